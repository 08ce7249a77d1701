import type { Pieces } from '../common/index.ts';
import { type Moments, placeOfShare, type ReasonCode, totalWeight } from '../plan/index.ts';
import { type Contributions, contributionsFrom, ContributionTable, eachOf } from './contribution-table.ts';
import { unmatchedSingletons } from './contributions.ts';
import { emptyStratumError, stratumError } from './design-error.ts';
import type { ListedGroups, ListedValues } from './listed-groups.ts';
import type { StratumSides } from './stratum-sides.ts';
import type { Scope } from './scope.ts';
import type { AskedQuantile } from './ordered-values.ts';
import { effectiveSupportMin, effectiveSupportOf } from './tails.ts';
import { linearisedVariance } from './variance.ts';
import { effectiveRowsOf, shareInterval, type ShareSpread, standardError, valueOfShare } from './woodruff.ts';

/** Fewest effective rows on the rarer side of a certified quantile by the variance of F̂, n_eff·min(p, 1 − p). */
const rarerRowsMin = 5;
/**
 * And by m_eff of the rows met there: where heavy rows beyond the quantile are too few to be met in most draws, the variance of F̂
 * is too small as well. Measured over 400 cells: with fewer than 3 coverage falls to 30 %, from 4 on it is 92.5 % and more. Of keys,
 * whose rows come together, the variance itself is less certain, and it takes 8.
 */
const rarerSupportMin = { row: 4, key: 8 };
/** The error of a quantile. */
export interface QuantileError {
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  readonly reasons: readonly ReasonCode[];
  /** What the strata contribute to it, in the values' unit: the spread of the share below times the values' distance by share. */
  readonly contributions: Contributions;
  readonly df: number;
  /** What rows there are behind it as a multiple of those that certification asks for; it grows as they do. */
  readonly certainty: number;
}

/**
 * Woodruff's interval of a quantile, in the beta form of Korn and Graubard, see {@link shareInterval}: an interval of the share of
 * values below it, mapped back through F̂⁻¹. Where it is likelier than α/2 that all of so many values lie on one side, there is no
 * end on the other. It goes around F̂ of the quantile, as R's does; but among tied values that may be far from p, even 1, and would
 * leave out the values before, so then it goes around p. The standard error is R's, whatever the confidence.
 * @param value the quantile itself
 * @see Woodruff, "Confidence intervals for medians and other position measures", Journal of the American Statistical Association 47, 1952
 */
export function* quantileError(
  listed: ListedGroups,
  scope: Scope,
  group: number,
  asked: AskedQuantile,
  value: number,
  confidence: number,
): Pieces<QuantileError> {
  const { measure, share } = asked;
  const values = yield* listed.inOrder(group, measure);
  const alpha = 1 - confidence;
  const place = placeOfShare(values, share);
  const own = yield* spreadAt(listed, scope, group, measure, place);
  const isNear = own.share < 1 && own.share - share <= Math.sqrt(own.variance) / 2;
  const near = isNear ? place : placeNear(values, share, place);
  const spread = near === place ? own : yield* spreadAt(listed, scope, group, measure, near);
  const { sides, contributions, singletons, df } = spread;
  const effectiveRows = effectiveRowsOf(spread, df, confidence);
  const rarerRows = shareContributions(listed.design, sides, share < 0.5 ? 'below' : 'above');
  const onRarerSide = Math.min(
    (effectiveRows * Math.min(share, 1 - share)) / rarerRowsMin,
    effectiveSupportOf(rarerRows, scope) / rarerSupportMin[listed.rows.key === null ? 'row' : 'key'],
  );
  const inAll = effectiveSupportOf(contributions, scope) / effectiveSupportMin;
  const reasons: ReasonCode[] = [];
  if (inAll < 1) reasons.push('LOW_SUPPORT');
  if (onRarerSide < 1) reasons.push('EXTREME_QUANTILE');
  if (singletons > 0) reasons.push('SINGLETON_STRATUM');
  else if (effectiveRows === 0) reasons.push('ZERO_VARIANCE');
  const certainty = Math.min(onRarerSide, inAll);
  const rest = { df, certainty, contributions: scaled(contributions, Number.POSITIVE_INFINITY) };
  if (effectiveRows === 0) return { low: null, high: null, stdError: null, reasons, ...rest };
  const stdError = standardError(values, own, own.units - own.sides.length);
  const [from, to] = shareInterval(isNear ? own.share : share, effectiveRows, confidence);
  const low = (1 - share) ** effectiveRows > alpha / 2 ? null : Math.min(value, valueOfShare(values, from));
  const high = share ** effectiveRows > alpha / 2 ? null : Math.max(value, valueOfShare(values, to));
  if (low === null || high === null) {
    if (!reasons.includes('EXTREME_QUANTILE')) reasons.push('EXTREME_QUANTILE');
    return { low, high, stdError, reasons, ...rest };
  }
  const byShare = (high - low) / (to - from);
  return { low, high, stdError, reasons, ...rest, contributions: scaled(contributions, byShare) };
}

/** The place of a quantile or the one before it, whichever's F̂ is nearer to p and tells anything at all. */
function placeNear(values: ListedValues, share: number, place: number): number {
  if (place === 0) return place;
  const [before, own] = [shareUpTo(values, place - 1), shareUpTo(values, place)];
  return own >= 1 || share - before < own - share ? place - 1 : place;
}

/** F̂ of the value at a place. */
function shareUpTo(values: ListedValues, place: number): number {
  return values.cumulative[place]! / totalWeight(values); // a place of values
}

/** The share of values up to one of them, the ratio of two totals: u = (1[x ≤ bound] − F̂) / N̂ of rows that the measure takes. */
interface SpreadAt extends ShareSpread {
  readonly sides: readonly StratumSides[];
  readonly contributions: Contributions;
  readonly singletons: number;
  readonly df: number;
}

/** How well F̂ of the value at a place is known. */
export function* spreadAt(
  listed: ListedGroups,
  scope: Scope,
  group: number,
  measure: number,
  place: number,
): Pieces<SpreadAt> {
  const { design } = listed;
  const values = yield* listed.inOrder(group, measure);
  const [share, total] = [shareUpTo(values, place), totalWeight(values)];
  const bound = values.values[place]!; // a place of values
  const sides = yield* listed.sidesOf(group, measure, bound, (1 - share) / total, -share / total);
  const contributions = shareContributions(design, sides, 'all');
  const unmatched = unmatchedSingletons(design, scope, contributions);
  const parts = linearisedVariance(contributions, unmatched, design.layout.design.kind);
  const units = sides.reduce((sum, { all }) => sum + all.count, 0);
  return { share, units, sides, contributions, ...parts };
}

/**
 * What the strata contribute to F̂.
 * @param design for the strata's N_h and n_h
 * @param matches which rows count as the support
 */
function shareContributions(
  { populationRows, rowsRead, weightMax, layout }: Moments,
  sides: readonly StratumSides[],
  matches: 'all' | 'below' | 'above',
): Contributions {
  const table = new ContributionTable(sides.length);
  for (const [place, each] of sides.entries()) {
    const { stratum, sums } = each;
    const { count, weights, rows2, rows3 } = each[matches];
    const sum = (j: number, k: number): number => sums[3 * (j - 1) + k - 1]!; // Σ wʲuᵏ
    const rows = {
      population: populationRows[stratum]!, // one entry a stratum
      read: rowsRead[stratum]!,
      support: count,
      sum: sum(1, 1),
      squares: sum(2, 2),
      magnitude: sum(2, 2),
      cubes: sum(3, 3),
      squaresBelow: sum(1, 2),
      cubesBelow: sum(2, 3),
      cubesTwiceBelow: sum(1, 3),
      weightSum: weights[0],
      weightSquares: weights[1],
      weightCubes: weights[2],
      weightMax: weightMax === null ? 1 : weightMax[stratum]!,
    };
    const error = emptyStratumError();
    stratumError(layout.design.kind, rows, error);
    // Keys with many of the rows weigh more, and so are as good as fewer.
    error.weights2 = count === 0 ? 0 : (error.weights2 * rows2) / count;
    error.weights3 = count === 0 ? 0 : (error.weights3 * rows3) / count;
    table.set(place, stratum, rows, error);
  }
  return { table, from: 0, to: table.length };
}

function scaled(contributions: Contributions, factor: number): Contributions {
  return contributionsFrom(
    eachOf(contributions).map((each) => ({
      ...each,
      sum: product(each.sum, factor),
      spread: product(each.spread, factor ** 2),
      variance: product(each.variance, factor ** 2),
    })),
  );
}

/** Nothing is nothing also times infinity. */
const product = (x: number, factor: number): number => (x === 0 ? 0 : x * factor);
