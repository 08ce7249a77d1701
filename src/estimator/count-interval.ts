import { chiSquareQuantile } from './quantiles.ts';
import type { Scope } from './scope.ts';

/** An estimated count and what is known of it. */
export interface CountEstimate {
  /** T̂ */
  readonly value: number;
  /** Its estimated variance V. */
  readonly variance: number;
  /** Matching rows among those read. */
  readonly support: number;
  /** Those of them in strata that were read whole: they are part of the count for certain. */
  readonly certain: number;
}

/** Where an interval begins and ends. */
export interface Ends {
  low: number;
  high: number;
}

/**
 * The interval of a count, right also where few or no rows match: Fay and Feuer's gamma limits, from which the weight w_M of a row
 * that was not read keeps the upper one. Where more than half of a known population match they are put around the rows that do not.
 * What was seen is certain: a count is never less than the matching rows, nor does it take in those seen not to match; and the limits
 * are put around the part alone that is not certain, whose few matches are no less skewed for the many beside them.
 * @param confidence two-sided, in (0, 1)
 * @param into is filled with it, and returned; missing: a new one is
 * @see Fay and Feuer, "Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997
 */
export function countInterval(
  { value, variance, support, certain }: CountEstimate,
  { population, read, heaviest }: Scope,
  confidence: number,
  into: Ends = { low: 0, high: 0 },
): Ends {
  const weight = heaviest?.weight ?? 0;
  const open = value - certain;
  const unmatched = read - (support - certain);
  const inverted = open > population / 2;
  putGammaLimits(inverted ? population - open : open, variance, weight, 1 - confidence, into);
  const { low, high } = into;
  into.low = Math.max(support, certain + (inverted ? population - high : low));
  into.high = certain + Math.min(population - unmatched, inverted ? population - low : high);
  return into;
}

/** The most rows that may match where none of those read does, at a two-sided confidence: w_M·ln(2/α). */
export function unseenRowsMax({ heaviest }: Scope, confidence: number): number {
  return heaviest === null ? 0 : heaviest.weight * Math.log(2 / (1 - confidence));
}

/** Fay and Feuer's limits of a count T with variance V. @param weight of one row more */
function putGammaLimits(count: number, variance: number, weight: number, alpha: number, into: Ends): void {
  if (count <= 0) {
    into.low = 0;
    into.high = weight * Math.log(2 / alpha);
    return;
  }
  into.low =
    variance > 0
      ? (variance / (2 * count)) * chiSquareQuantile(alpha / 2, (2 * count * count) / variance)
      : count - weight * Math.log(2 / alpha);
  const [y, v] = [count + weight, variance + weight * weight];
  into.high = (v / (2 * y)) * chiSquareQuantile(1 - alpha / 2, (2 * y * y) / v);
}
