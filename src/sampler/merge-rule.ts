import type { StrataTable } from '../samples/index.ts';

/** What a part has of its strata, and where these are among those of all parts. */
export interface PartStrata extends Pick<StrataTable, 'population' | 'sampled'> {
  /** For each stratum of the part its place in the union. */
  readonly places: Int32Array;
  /** It was drawn to be merged with the first part: it has all rows up to where that one ends. */
  readonly isDrawnToFirst?: boolean;
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
  const endsInFirst = new Uint8Array(count);
  for (const [part, { population, sampled, places, isDrawnToFirst = false }] of parts.entries()) {
    for (const [own, stratum] of places.entries()) {
      const rows = sampled[own]!; // one entry a stratum, here and below
      if (rows >= population[own]! || (isDrawnToFirst && endsInFirst[stratum] === 1)) continue;
      caps[stratum] = Math.min(caps[stratum]!, rows);
      if (part === 0) endsInFirst[stratum] = 1;
    }
  }
  return caps;
}
