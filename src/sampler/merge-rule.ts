import type { StrataTable } from '../samples/index.ts';

/** What a part has of its strata, and where these are among those of all parts. */
export interface PartStrata extends Pick<StrataTable, 'population' | 'sampled'> {
  /** For each stratum of the part its place in the union. */
  readonly places: Int32Array;
}

/**
 * How many rows of each stratum stay when parts are merged by keeping the smallest priorities of all: the least K of the parts that
 * have only some of their rows. Of such a part nothing is known beyond its K smallest; of a part that is complete, everything.
 * Beyond the least K, rows of the parts that reach further would be kept more often than the others.
 * @param cap the most rows of a stratum, whatever the parts have
 * @param count strata of the union
 * @see Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007, section 3, for parts of the same K
 */
export function mergedCaps(cap: number, count: number, parts: readonly PartStrata[]): Float64Array {
  const caps = new Float64Array(count).fill(cap);
  for (const { population, sampled, places } of parts) {
    for (const [own, stratum] of places.entries()) {
      const rows = sampled[own]!; // one entry a stratum, here and below
      if (rows < population[own]!) caps[stratum] = Math.min(caps[stratum]!, rows);
    }
  }
  return caps;
}
