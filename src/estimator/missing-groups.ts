import type { Pieces } from '../common/index.ts';
import { findSlot, type Moments } from '../plan/index.ts';
import { normalQuantile } from './quantiles.ts';
import { openWeight } from './scope.ts';

/** Cells that are looked at without a pause. */
const cellsAtOnce = 8192;

/** What an answer by groups cannot show. */
export interface MissingGroups {
  /** No group with more rows than this is missing; 0: none can be. */
  readonly groupRowsMax: number;
  /** Groups that are not shown have at most this many rows in all. */
  readonly rowsMax: number;
}

/** W(x) for x ≥ 0: the w with w·eʷ = x, by Newton's method. */
export function lambertW(x: number): number {
  let w = Math.log1p(x);
  for (let step = 0; step < 50; step++) {
    const exponential = Math.exp(w);
    const change = (w * exponential - x) / (exponential * (w + 1));
    w -= change;
    if (Math.abs(change) <= 1e-14 * (1 + Math.abs(w))) break;
  }
  return w;
}

/**
 * Bounds on the groups that a sample did not meet.
 *
 * A single group: a group of R rows is missed with probability at most e^(−R/w); over at most N/R groups of that size the bound
 * holds with confidence 1 − α for R = w·W(N/(w·α)). All together: Good–Turing's estimate Ĝ of the unseen mass, with Esty's
 * variance, Ĝ + z·√(Σ_{seen once} w² + Σ_{seen twice} Σ w²) + w·ln(1/α).
 *
 * Where keys were drawn this holds of keys: a group of R rows is in R/r keys at least, r the rows of the largest, and there are at
 * most N/R groups in R keys or more, N being the rows of the table.
 * @see Esty, "A normal limit law for a nonparametric estimator of the coverage of a random sample", Annals of Statistics 11, 1983
 */
export function* missingGroups(moments: Moments, confidence: number): Pieces<MissingGroups> {
  const { groupsByStratum, keys } = moments;
  const { weightMax, rows } = groupsByStratum ? { weightMax: 0, rows: 0 } : openRows(moments);
  if (weightMax === 0) return { groupRowsMax: 0, rowsMax: 0 };
  const population = keys === null ? rows : keys.rows;
  // A stratum that was not read at all may hide any group.
  if (!Number.isFinite(weightMax)) return { groupRowsMax: population, rowsMax: population };
  const alpha = 1 - confidence;
  const { unseen, variance } = yield* unseenMass(moments);
  const rowsMax = unseen + normalQuantile(confidence) * Math.sqrt(variance) + weightMax * Math.log(1 / alpha);
  // A key may have so many rows of a group.
  const scale = keys?.rowsMax ?? 1;
  return {
    groupRowsMax: Math.min(population, scale * weightMax * lambertW(population / (weightMax * alpha))),
    rowsMax: Math.min(population, scale * rowsMax),
  };
}

/** The largest weight of the strata that are not read whole, and their rows in the population. */
function openRows(moments: Moments): { weightMax: number; rows: number } {
  const { included, populationRows } = moments;
  let [weightMax, rows] = [0, 0];
  for (let stratum = 0; stratum < included.length; stratum++) {
    if (included[stratum] === 0) continue;
    const open = openWeight(moments, stratum);
    if (open === null) continue;
    rows += populationRows[stratum]!; // one entry a stratum
    weightMax = Math.max(weightMax, open.weight);
  }
  return { weightMax, rows };
}

/** What groups that were seen once or twice weigh. */
interface UnseenMass {
  unseen: number;
  variance: number;
  /** The first cell that was not looked at. */
  next: number;
}

/** Σ of weights of groups seen once, and Esty's variance of it. */
function* unseenMass(moments: Moments): Pieces<UnseenMass> {
  const mass = { unseen: 0, variance: 0, next: 0 };
  while (mass.next < moments.cellCount) {
    addGroups(moments, mass, Math.min(moments.cellCount, mass.next + cellsAtOnce));
    yield;
  }
  return mass;
}

/** Goes on until a group ends at a cell or behind it. */
function addGroups(moments: Moments, mass: UnseenMass, until: number): void {
  const { sums, layout, cellCount, cellGroup, cellStratum, populationRows, rowsRead } = moments;
  const stride = layout.monomials.length;
  const [first, second] = [findSlot(layout, [], 1)!, findSlot(layout, [], 2)!]; // of weights, or else the count
  let cell = mass.next;
  while (cell < until) {
    const group = cellGroup[cell]!; // one a cell, here and below
    let rows = 0;
    let weights = 0;
    let squares = 0;
    for (; cell < cellCount && cellGroup[cell] === group; cell++) {
      const stratum = cellStratum[cell]!;
      const weight = layout.weightMeasure === null ? populationRows[stratum]! / rowsRead[stratum]! : 1;
      rows += sums[cell * stride]!; // slot 0 counts the matching rows
      weights += sums[cell * stride + first]! * weight;
      squares += sums[cell * stride + second]! * weight * weight;
    }
    if (rows === 1) mass.unseen += weights;
    if (rows === 1 || rows === 2) mass.variance += squares;
  }
  mass.next = cell;
}
