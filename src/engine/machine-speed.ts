import type { Clock } from '../common/index.ts';

const rows = 2 ** 16;
/** Enough for the loop to be compiled. */
const passes = 12;
/** What the fastest pass takes on the machine that costs are given for, milliseconds. */
const referenceMs = 0.075;

/** How many times longer than the reference machine this one takes for a loop like those of a scan. Takes a few milliseconds. */
export function slownessOf(clock: Clock): number {
  const values = new Float64Array(rows).map((_, row) => ((row * 7919) % rows) / rows);
  let fastestMs = Number.POSITIVE_INFINITY;
  let kept = 0;
  for (let pass = 0; pass < passes; pass++) {
    const startMs = clock.monotonicMs();
    kept += countAbove(values, pass / passes);
    fastestMs = Math.min(fastestMs, clock.monotonicMs() - startMs);
  }
  // The count is used, or the loop could be left out.
  return kept > 0 && fastestMs > 0 ? fastestMs / referenceMs : 1;
}

function countAbove(values: Float64Array, threshold: number): number {
  let [count, sum] = [0, 0];
  for (const value of values) {
    if (value <= threshold) continue;
    count++;
    sum += value * value;
  }
  return sum < 0 ? 0 : count;
}
