/** What was kept of one part of a stratum: rows of a file of its own, or rows that were appended. */
export interface StratumPart {
  /** Rows of the stratum in the part. */
  readonly population: number;
  /** The priorities of those kept, in ascending order: the smallest that the part has. */
  readonly priorities: Float64Array;
}

/**
 * Merges what was kept of a stratum's parts into what would have been kept of all of it: its smallest priorities. A part that was
 * cut short says nothing of the rows beyond its last, so no more rows can be kept than the smallest of such parts has; to keep more
 * would take too many from the others. Parts that were kept whole set no limit.
 * @param cap most rows of a stratum
 * @returns for each part how many of its first rows stay
 * @see Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007, on coordinated bottom-k samples and their unions
 */
export function mergeParts(parts: readonly StratumPart[], cap: number): Int32Array {
  const cut = parts.filter(({ population, priorities }) => priorities.length < population);
  const rows = Math.min(cap, ...cut.map(({ priorities }) => priorities.length));
  const kept = new Int32Array(parts.length);
  for (let row = 0; row < rows; row++) {
    const next = leastAt(parts, kept);
    if (next === null) break;
    kept[next]!++; // a part's place
  }
  return kept;
}

/** The part whose next row has the least priority; null where no part has one. */
function leastAt(parts: readonly StratumPart[], kept: Int32Array): number | null {
  let [least, found] = [Number.POSITIVE_INFINITY, -1];
  for (const [place, { priorities }] of parts.entries()) {
    const priority = priorities[kept[place]!] ?? Number.POSITIVE_INFINITY; // beyond the last: none
    if (priority < least) [least, found] = [priority, place];
  }
  return found < 0 ? null : found;
}
