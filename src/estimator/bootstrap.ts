import { type Random, seededRandom } from '../common/index.ts';
import {
  cumulate,
  type Monomial,
  plainAlgebra,
  type ReasonCode,
  type Scalar,
  type WeightedValues,
} from '../plan/index.ts';
import type { Contribution } from './contributions.ts';
import { constantDual, type Dual } from './dual.ts';
import { aggregateValue, type GroupTotals, type PreparedOutput, type ValuedTotals } from './group-totals.ts';
import type { ListedGroups, ValueSource } from './listed-groups.ts';
import { type EstimateError, unbounded } from './make-estimate.ts';
import { poisson, poissonOfOne } from './poisson.ts';
import { normalQuantile } from './quantiles.ts';
import { openWeight, type Scope } from './scope.ts';
import { smoothValue } from './smooth.ts';

/** Replicates behind a standard error: with so many it is itself known to about 5 %. */
const replicatesOfError = 200;
/** Fewest of them that must have a value. */
const replicatesMin = 0.95 * replicatesOfError;

/** The error of an estimate by resampling. */
export interface ResampledError extends EstimateError {
  /** As if the strata had equal spreads, for forecasts. */
  readonly contributions: readonly Contribution[];
}

/** What an error is resampled for. */
export interface Resampling {
  readonly listed: ListedGroups;
  readonly scope: Scope;
  readonly key: (index: number) => Scalar;
  readonly confidence: number;
  /** The draws repeat from it. */
  readonly seed: number;
}

/**
 * The standard error of an output that is no smooth function of totals: the spread of its values over replicates of the listed rows.
 * In a replicate a row (a key with all its rows, where keys were drawn) of stratum h weighs w_h·(1 + c_h·(k/k̄ − 1)), k Poisson with
 * mean 1, k̄ the mean of all n_h rows read, matching or not, and c_h = √((1 − f_h)·n_h/(n_h − 1)), at most 1: so totals have the variance of the design, N²(1 − f)s²/n. With
 * replacement f_h is 0; independent rows weigh w·(1 + √(1 − 1/w)·(k − 1)), which has the variance w(w − 1).
 * @param seed for the draws, which repeat from it
 * @see Rao and Wu, "Resampling inference with complex survey data", Journal of the American Statistical Association 83, 1988, for
 * the rescaling; Beaumont and Patak, "On the generalized bootstrap for sample surveys", International Statistical Review 80, 2012
 */
export function resampledError(
  group: GroupTotals,
  prepared: PreparedOutput,
  value: number,
  { listed, scope, key, confidence, seed }: Resampling,
): ResampledError {
  const random = seededRandom(seed ^ Math.imul(group.group + 1, 0x9e3779b9));
  const replicate = new Replicate(listed, group.group, random);
  const totals = prepared.totals.map((total) => ({
    total,
    contributions: replicate.contributionsTo(total),
  }));
  const values: number[] = [];
  for (let drawn = 0; drawn < replicatesOfError; drawn++) {
    replicate.draw();
    const estimated = new Float64Array(group.totals.length);
    for (const { total, contributions } of totals) estimated[total] = replicate.weigh(contributions);
    const found = valueOf({ ...group, totals: estimated, listed: replicate }, prepared, key);
    if (found !== null) values.push(found);
  }
  const stdError = values.length < replicatesMin ? null : deviationOf(values);
  const contributions = spreadEqually(replicate.strata, listed, stdError ?? Number.POSITIVE_INFINITY);
  const reasons: ReasonCode[] = ['NOT_SMOOTH'];
  if (scope.singletons.length > 0) reasons.push('SINGLETON_STRATUM');
  // Replicates that all agree do not prove that there is no error.
  if (stdError === 0) reasons.push('ZERO_VARIANCE');
  if (stdError === null || stdError === 0) return { ...unbounded, reasons, contributions };
  const halfWidth = normalQuantile((1 + confidence) / 2) * stdError;
  return { low: value - halfWidth, high: value + halfWidth, stdError, exact: false, reasons, contributions };
}

/** The output without its rounding, from the totals and values of a replicate. */
function valueOf(
  group: ValuedTotals,
  { output: { expression }, aggregates }: PreparedOutput,
  key: (index: number) => Scalar,
): number | null {
  const duals: (Dual | null)[] = [];
  for (const index of aggregates) {
    const value = aggregateValue(group, index, plainAlgebra, (total) => total, false);
    duals[index] = value === null ? null : constantDual(value, 0);
  }
  return smoothValue(expression, { totals: 0, aggregates: duals, key }).dual?.value ?? null;
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** A measure's values in order, with the rows that they come from. */
interface OrderedRows {
  readonly values: Float64Array;
  /** Places among the group's rows. */
  readonly order: Int32Array;
}

/** A stratum with its rows in a group, or keys where these were drawn. */
interface OwnStratum {
  readonly stratum: number;
  readonly count: number;
}

/** The listed rows of one group with weights drawn anew. */
class Replicate implements ValueSource {
  readonly strata: readonly OwnStratum[];
  private readonly rows: Int32Array;
  /** For each row the unit that was drawn: itself, or its key. */
  private readonly unitOf: Int32Array;
  /** For each unit the place of its stratum in `strata`. */
  private readonly stratumOf: Int32Array;
  /** For each unit its number k of this replicate, then what its rows' weights are multiplied by. */
  private readonly factors: Float64Array;
  private readonly weights: Float64Array;
  private readonly ordered = new Map<number, OrderedRows>();
  private drawn = new Map<number, WeightedValues>();

  constructor(
    private readonly listed: ListedGroups,
    group: number,
    private readonly random: Random,
  ) {
    const { stratum, key } = listed.rows;
    this.rows = listed.rowsOf(group);
    this.weights = new Float64Array(this.rows.length);
    let units = 0;
    this.unitOf = this.rows.map((row, place) => {
      const isSame = place > 0 && key !== null && key[row] === key[this.rows[place - 1]!]; // rows of a key follow each other
      return isSame ? units - 1 : units++;
    });
    this.factors = new Float64Array(units);
    const firstOf = new Int32Array(units);
    for (let place = this.rows.length - 1; place >= 0; place--)
      firstOf[this.unitOf[place]!] = this.rows[place]!; // one unit a row
    const places = new Map<number, number>();
    this.stratumOf = firstOf.map((row) => {
      const own = places.get(stratum[row]!) ?? places.size; // a row's place
      places.set(stratum[row]!, own);
      return own;
    });
    const counts = new Int32Array(places.size);
    for (const place of this.stratumOf) counts[place]!++; // a place of strata
    this.strata = [...places].map(([own, place]) => ({ stratum: own, count: counts[place]! })); // a count a stratum
  }

  /** Draws weights for all rows. */
  draw(): void {
    const { factors, weights, stratumOf, random, rows, listed } = this;
    this.drawn = new Map();
    const sums = new Float64Array(this.strata.length);
    for (let unit = 0; unit < factors.length; unit++) {
      const k = poissonOfOne(random.next());
      factors[unit] = k;
      sums[stratumOf[unit]!]! += k; // a stratum a unit
    }
    const scales = this.strata.map(({ stratum, count }, place) => this.scaleOf(stratum, count, sums[place]!)); // a sum a stratum
    for (let unit = 0; unit < factors.length; unit++) {
      const { mean } = scales[stratumOf[unit]!]!; // a scale a stratum
      factors[unit] = mean === 0 ? -1 : factors[unit]! / mean - 1;
    }
    const isIndependent = listed.design.layout.design.kind === 'independent-weights';
    for (let place = 0; place < weights.length; place++) {
      const unit = this.unitOf[place]!; // one unit a row
      const weight = listed.weightOf(rows[place]!); // place < length
      const spread = isIndependent
        ? Math.sqrt(Math.max(0, 1 - 1 / weight))
        : scales[stratumOf[unit]!]!.spread; // a scale a stratum
      weights[place] = weight * (1 + spread * factors[unit]!);
    }
  }

  /** c_h and k̄; rows that were taken by themselves have no mean in common. */
  private scaleOf(stratum: number, count: number, sum: number): { spread: number; mean: number } {
    const { rowsRead, populationRows, layout } = this.listed.design;
    if (layout.design.kind === 'independent-weights') return { spread: 1, mean: 1 };
    const read = rowsRead[stratum]!; // one entry a stratum
    const share = layout.design.kind === 'strata' ? read / populationRows[stratum]! : 0;
    const mean = (sum + poisson(read - count, this.random)) / read;
    return { spread: Math.min(1, Math.sqrt(((1 - share) * read) / Math.max(1, read - 1))), mean };
  }

  valuesOf(_group: number, measure: number): WeightedValues {
    const known = this.drawn.get(measure);
    if (known !== undefined) return known;
    const { values, order } = this.orderOf(measure);
    const { weights } = this;
    const own = new Float64Array(order.length);
    for (let place = 0; place < own.length; place++) own[place] = weights[order[place]!]!; // a place of rows
    const weighted = { values, cumulative: cumulate(values, own) };
    this.drawn.set(measure, weighted);
    return weighted;
  }

  private orderOf(measure: number): OrderedRows {
    const known = this.ordered.get(measure);
    if (known !== undefined) return known;
    const all = Float64Array.from(this.rows, (row) => this.listed.rows.values[measure]![row]!); // one array a measure
    const taken = Int32Array.from(all.keys()).filter((place) => !Number.isNaN(all[place]!));
    const order = taken.sort((a, b) => all[a]! - all[b]!); // places of rows
    const found = { values: Float64Array.from(order, (place) => all[place]!), order };
    this.ordered.set(measure, found);
    return found;
  }

  /** What each row adds to a total, unweighted; of a total that counts keys the first row of each that has it adds 1. */
  contributionsTo(total: number): Float64Array {
    const { totals, keyed } = this.listed.design.layout;
    const monomial = totals[total]!; // a place of totals
    const isDistinct = keyed?.distinct[total] === true;
    let counted = -1;
    return Float64Array.from(this.rows, (row, place) => {
      const product = this.productOf(monomial, row);
      if (!isDistinct) return product;
      const unit = this.unitOf[place]!; // one unit a row
      if (product === 0 || unit === counted) return 0;
      counted = unit;
      return product;
    });
  }

  private productOf(monomial: Monomial, row: number): number {
    let product = 1;
    for (const { measure, power } of monomial) {
      const value = this.listed.rows.values[measure]![row]!; // one array a measure
      if (Number.isNaN(value)) return 0;
      product *= value ** power;
    }
    return product;
  }

  /** Σ of contributions with the weights of this replicate. */
  weigh(contributions: Float64Array): number {
    let sum = 0;
    for (let place = 0; place < contributions.length; place++)
      sum += this.weights[place]! * contributions[place]!; // one a row
    return sum;
  }
}

/** Contributions of one spread in all strata (of rows with weights: by the number of rows), so that they make this standard error. */
function spreadEqually(
  strata: readonly OwnStratum[],
  { design }: ListedGroups,
  stdError: number,
): Contribution[] {
  const { populationRows, rowsRead, layout } = design;
  const parts = strata.map(({ stratum, count }) => {
    const [population, read] = [populationRows[stratum]!, rowsRead[stratum]!]; // one entry a stratum
    const share = layout.design.kind === 'strata' ? (population * (population - read)) / read : count;
    const isOpen = openWeight(design, stratum) !== null;
    return { stratum, population, read, support: count, isOpen, share: isOpen ? share : 0 };
  });
  const whole = parts.reduce((sum, { share }) => sum + share, 0);
  const spread = whole > 0 ? stdError ** 2 / whole : 0;
  return parts.map(({ share, ...rest }) => ({
    ...rest,
    isSingleton: false,
    sum: 0,
    squares: 0,
    cubes: Number.NaN,
    spread,
    variance: share === 0 ? 0 : spread * share,
    openSquares: 0,
    third: Number.NaN,
    weights2: 0,
    weights3: 0,
  }));
}
