import { placeOfShare, type WeightedValues } from '../plan/index.ts';
import { betaQuantile, tQuantile } from './quantiles.ts';

/** Beyond so many effective rows the interval of the share is narrower than anything that is sampled. */
const effectiveRowsMax = 1e8;
/** The level of the interval that standard errors are made from. */
const errorLevel = 0.95;

/** How well a share of values is known. */
export interface ShareSpread {
  /** F̂ */
  readonly share: number;
  /** V of F̂ */
  readonly variance: number;
  /** Rows that have a value; keys, where these were drawn. */
  readonly units: number;
}

/** n_eff = F̂(1 − F̂)/V, times (t(m − 1)/t(df))², as Korn and Graubard account for few degrees of freedom; 0 where V tells nothing. */
export function effectiveRowsOf(
  { share, variance, units }: ShareSpread,
  df: number,
  confidence: number,
): number {
  if (share <= 0 || share >= 1 || variance <= 0 || units < 2) return 0;
  const level = (1 + confidence) / 2;
  const rows = ((share * (1 - share)) / variance) * (tQuantile(level, units - 1) / tQuantile(level, df)) ** 2;
  return Math.min(rows, effectiveRowsMax);
}

/**
 * The interval of a share by so many effective rows: that of Clopper and Pearson, whose rows need not be whole.
 * @see Korn and Graubard, "Confidence intervals for proportions with small expected number of positive counts", Survey Methodology 24, 1998
 */
export function shareInterval(share: number, rows: number, confidence: number): [number, number] {
  const alpha = 1 - confidence;
  const [successes, failures] = [rows * share, rows * (1 - share)];
  return [
    betaQuantile(alpha / 2, successes, failures + 1),
    betaQuantile(1 - alpha / 2, successes + 1, failures),
  ];
}

/** F̂⁻¹ of a share. */
export function valueOfShare(values: WeightedValues, share: number): number {
  return values.values[placeOfShare(values, share)]!; // a place of values
}

/**
 * Half the width of the 95 % interval around F̂ that so many degrees of freedom make, over their t quantile.
 * @param df n − H, by R's rule
 * @returns null where the variance tells nothing, or both ends are the same value: that is no certainty
 * @see R's `svyquantile` of the package survey, `interval.type = "beta"`
 */
export function standardError(values: WeightedValues, spread: ShareSpread, df: number): number | null {
  const own = Math.max(1, df);
  const rows = effectiveRowsOf(spread, own, errorLevel);
  if (rows === 0) return null;
  const [from, to] = shareInterval(spread.share, rows, errorLevel);
  const width = valueOfShare(values, to) - valueOfShare(values, from);
  return width > 0 ? width / 2 / tQuantile((1 + errorLevel) / 2, own) : null;
}
