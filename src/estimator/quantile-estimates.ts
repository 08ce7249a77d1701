import { type Moments, placeOfShare, type ReasonCode, totalWeight } from '../plan/index.ts';
import { type Contribution, unmatchedSingletons } from './contributions.ts';
import { stratumError } from './design-error.ts';
import type { ListedGroups, ListedValues, StratumSides } from './listed-groups.ts';
import { betaQuantile, tQuantile } from './quantiles.ts';
import type { Scope } from './scope.ts';
import type { AskedQuantile } from './ordered-values.ts';
import { effectiveSupportMin, effectiveSupportOf } from './tails.ts';
import { linearisedVariance } from './variance.ts';

/** Fewest effective rows on the rarer side of a certified quantile by the variance of F̂, n_eff·min(p, 1 − p). */
const rarerRowsMin = 5;
/**
 * And by m_eff of the rows met there: where heavy rows beyond the quantile are too few to be met in most draws, the variance of F̂
 * is too small as well. Measured over 400 cells: with fewer than 3 coverage falls to 30 %, from 4 on it is 92.5 % and more. Of keys,
 * whose rows come together, the variance itself is less certain, and it takes 8.
 */
const rarerSupportMin = { row: 4, key: 8 };
/** Beyond so many effective rows the interval of the share is narrower than anything that is sampled. */
const effectiveRowsMax = 1e8;

/** The error of a quantile. */
export interface QuantileError {
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  readonly reasons: readonly ReasonCode[];
  /** What the strata contribute to it, in the values' unit: the spread of the share below times the values' distance by share. */
  readonly contributions: readonly Contribution[];
  readonly df: number;
  /** What rows there are behind it as a multiple of those that certification asks for; it grows as they do. */
  readonly certainty: number;
}

/**
 * Woodruff's interval of a quantile: an interval of the share of values below it, mapped back through F̂⁻¹. The share's is the beta
 * form of Korn and Graubard around p, with as many effective rows as the estimated variance of F̂ there tells; so it covers near the
 * ends too. Where it is likelier than α/2 that all of so many values lie on one side, there is no end on the other.
 * Its standard error is half its width over the t quantile, as R's `svyquantile` has it.
 * @param value the quantile itself
 * @see Woodruff, "Confidence intervals for medians and other position measures", Journal of the American Statistical Association 47,
 * 1952; Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts", Survey Methodology 24, 1998
 */
export function quantileError(
  listed: ListedGroups,
  scope: Scope,
  group: number,
  asked: AskedQuantile,
  value: number,
  confidence: number,
): QuantileError {
  const { measure, share } = asked;
  const values = listed.valuesOf(group, measure);
  const alpha = 1 - confidence;
  const bound = boundNear(values, share);
  const sides = sidesOfShare(listed, group, measure, bound);
  const contributions = shareContributions(listed.design, sides, 'all');
  const singletons = unmatchedSingletons(listed.design, scope, contributions);
  const parts = linearisedVariance(contributions, singletons, listed.design.layout.design.kind);
  const units = sides.reduce((sum, { all }) => sum + all.count, 0);
  const effectiveRows = effectiveRowsOf(bound.share, parts.variance, parts.df, units, confidence);
  const rarerRows = shareContributions(listed.design, sides, share < 0.5 ? 'below' : 'above');
  const onRarerSide = Math.min(
    (effectiveRows * Math.min(share, 1 - share)) / rarerRowsMin,
    effectiveSupportOf(rarerRows, scope) / rarerSupportMin[listed.rows.key === null ? 'row' : 'key'],
  );
  const inAll = effectiveSupportOf(contributions, scope) / effectiveSupportMin;
  const reasons: ReasonCode[] = [];
  if (inAll < 1) reasons.push('LOW_SUPPORT');
  if (onRarerSide < 1) reasons.push('EXTREME_QUANTILE');
  if (parts.singletons > 0) reasons.push('SINGLETON_STRATUM');
  else if (effectiveRows === 0) reasons.push('ZERO_VARIANCE');
  const certainty = Math.min(onRarerSide, inAll);
  const rest = { df: parts.df, certainty, contributions: scaled(contributions, Number.POSITIVE_INFINITY) };
  if (effectiveRows === 0) return { low: null, high: null, stdError: null, reasons, ...rest };
  const [from, to] = shareInterval(share, effectiveRows, alpha);
  const low = (1 - share) ** effectiveRows > alpha / 2 ? null : Math.min(value, values.values[placeOfShare(values, from)]!); // prettier-ignore
  const high =
    share ** effectiveRows > alpha / 2 ? null : Math.max(value, values.values[placeOfShare(values, to)]!); // places of values
  if (low === null || high === null) {
    if (!reasons.includes('EXTREME_QUANTILE')) reasons.push('EXTREME_QUANTILE');
    return { low, high, stdError: null, reasons, ...rest };
  }
  const stdError = (high - low) / 2 / tQuantile(1 - alpha / 2, parts.df);
  const byShare = (high - low) / (to - from);
  return { low, high, stdError, reasons, ...rest, contributions: scaled(contributions, byShare) };
}

/** A value, and the estimated share of values up to it. */
interface ShareBound {
  readonly value: number;
  /** F̂(value) */
  readonly share: number;
}

/**
 * The value at which the spread of F̂ is taken: the quantile or the value before it, whichever's F̂ is nearer to p and tells anything
 * at all. Among tied values the quantile's own may be far from p, even 1.
 */
function boundNear(values: ListedValues, share: number): ShareBound {
  const place = placeOfShare(values, share);
  const total = totalWeight(values);
  const up = { value: values.values[place]!, share: values.cumulative[place]! / total }; // a place of values
  if (place === 0) return up;
  const before = { value: values.values[place - 1]!, share: values.cumulative[place - 1]! / total }; // prettier-ignore
  return up.share >= 1 || share - before.share < up.share - share ? before : up;
}

/** The rows behind the share F̂ of values up to a bound, the ratio of two totals: u = (1[x ≤ bound] − F̂) / N̂ for those that the measure takes. */
export function sidesOfShare(
  listed: ListedGroups,
  group: number,
  measure: number,
  { value, share }: ShareBound,
): StratumSides[] {
  const total = totalWeight(listed.valuesOf(group, measure));
  return listed.sidesOf(group, measure, value, (1 - share) / total, -share / total);
}

/**
 * What the strata contribute to F̂.
 * @param design for the strata's N_h and n_h
 * @param matches which rows count as the support
 */
export function shareContributions(
  { populationRows, rowsRead, weightMax, layout }: Moments,
  sides: readonly StratumSides[],
  matches: 'all' | 'below' | 'above',
): Contribution[] {
  return sides.map((each) => {
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
      cubesBelow: [sum(2, 3), sum(1, 3)],
      weights,
      weightMax: weightMax === null ? 1 : weightMax[stratum]!,
    } as const;
    const { population, read, squares, cubes } = rows;
    const error = stratumError(layout.design.kind, rows);
    // Keys with many of the rows weigh more, and so are as good as fewer.
    const weights2 = count === 0 ? 0 : (error.weights2 * rows2) / count;
    const weights3 = count === 0 ? 0 : (error.weights3 * rows3) / count;
    return {
      stratum,
      population,
      read,
      support: count,
      sum: rows.sum,
      squares,
      cubes,
      ...error,
      weights2,
      weights3,
    };
  });
}

/** n_eff = F̂(1 − F̂)/V, times (t(m − 1)/t(df))² as Korn and Graubard account for few degrees of freedom; 0 where V tells nothing. */
function effectiveRowsOf(
  share: number,
  variance: number,
  df: number,
  count: number,
  confidence: number,
): number {
  if (share <= 0 || share >= 1 || variance <= 0 || count < 2) return 0;
  const level = (1 + confidence) / 2;
  const rows = ((share * (1 - share)) / variance) * (tQuantile(level, count - 1) / tQuantile(level, df)) ** 2;
  return Math.min(rows, effectiveRowsMax);
}

/** The interval of a share p that n effective values show. */
function shareInterval(share: number, rows: number, alpha: number): [number, number] {
  const [successes, failures] = [rows * share, rows * (1 - share)];
  return [
    betaQuantile(alpha / 2, successes, failures + 1),
    betaQuantile(1 - alpha / 2, successes + 1, failures),
  ];
}

function scaled(contributions: readonly Contribution[], factor: number): Contribution[] {
  return contributions.map((each) => ({
    ...each,
    sum: product(each.sum, factor),
    spread: product(each.spread, factor ** 2),
    variance: product(each.variance, factor ** 2),
  }));
}

/** Nothing is nothing also times infinity. */
const product = (x: number, factor: number): number => (x === 0 ? 0 : x * factor);
