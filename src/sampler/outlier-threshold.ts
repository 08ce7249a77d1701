import type { MagnitudeHistogram } from '../sources/index.ts';

/** The skewness of a mean over the kept rest of a table that is near enough to normal. */
const skewnessMax = 0.2;

/** What taking a table's rows of largest |x| whole would come to. */
interface Cut {
  /** Rows beyond it are taken whole: the largest |x| of the rest. */
  readonly threshold: number;
  /** t, how many there are. */
  readonly taken: number;
  /** (N−t)²·S²_rest·(1/(b−t) − 1/(N−t)), the variance of the estimated sum. */
  readonly variance: number;
  /** |G₁,rest|/√(b−t), the skewness of the estimated sum; 0 where the rest is all alike. */
  readonly skewness: number;
}

/** The cuts between the bins at which at most `takenMax` rows lie beyond, in the order of rows taken: none first. */
function cutsOf({ largest, rows, powers }: MagnitudeHistogram, kept: number, takenMax: number): Cut[] {
  const all = rows.reduce((sum, count) => sum + count, 0);
  const cuts: Cut[] = [];
  // From the smallest |x| on, so that sums over the rest never are small differences of large ones.
  let rest = 0;
  const sums = powers.map(() => 0);
  for (const [bin, count] of rows.entries()) {
    rest += count;
    for (const [order, power] of powers.entries()) sums[order]! += power[bin]!; // one sum a power, one entry a bin
    const taken = all - rest;
    if (taken > takenMax) continue;
    const [first, second, third] = sums as [number, number, number]; // three powers
    const mean = first / rest;
    const spread = Math.max(0, second / rest - mean ** 2);
    const cubes = third / rest - (3 * mean * second) / rest + 2 * mean ** 3;
    const variance =
      rest * rest * ((spread * rest) / Math.max(1, rest - 1)) * (1 / (kept - taken) - 1 / rest);
    const skewness = spread > 0 ? Math.abs(cubes) / spread ** 1.5 / Math.sqrt(kept - taken) : 0;
    cuts.push({ threshold: largest[bin]!, taken, variance, skewness }); // one entry a bin
  }
  return cuts.toReversed();
}

/**
 * How large |x| must be for a row to be taken whole: where the variance of the estimated sum is least for as many rows kept in all,
 * then lower, until the sum of the rest is near enough to normal, or as near as it comes. It follows from the population alone,
 * so nothing is biased.
 * @param kept b, rows of the sample in all
 * @param takenMax most rows that may be taken whole
 * @returns null where none is better taken whole
 * @see Hidiroglou, "The construction of a self-representing stratum of large units in survey design", The American Statistician 40,
 *   1986, for the variance that is minimised
 */
export function outlierThreshold(
  histogram: MagnitudeHistogram,
  kept: number,
  takenMax: number,
): number | null {
  const cuts = cutsOf(histogram, kept, takenMax);
  const [none, ...others] = cuts;
  if (none === undefined) return null;
  const best = others.reduce((least, cut) => (cut.variance < least.variance ? cut : least), none);
  const onwards = cuts.slice(cuts.indexOf(best));
  const nearest = onwards.reduce((least, cut) => (cut.skewness < least.skewness ? cut : least), best);
  const chosen = onwards.find(({ skewness }) => skewness <= skewnessMax) ?? nearest;
  return chosen.taken === 0 ? null : chosen.threshold;
}
