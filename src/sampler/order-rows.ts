import { RunIndex, runStride } from '../samples/index.ts';

/** Where the rows of a scan go in the sample. */
export interface RowOrder {
  /** For each row of the sample, in file order, its place in the scan. */
  readonly order: Int32Array;
  /** Rows of each stratum in the sample. */
  readonly sizes: Int32Array;
}

/** Priorities as pairs of 32-bit words, low word first (the machines that Node runs on are little-endian). */
const wordsOf = (priority: BigUint64Array): Uint32Array =>
  new Uint32Array(priority.buffer, priority.byteOffset, priority.length * 2);

/**
 * The priority as a number in [0, 1): its 53 leading bits.
 * @param words as {@link wordsOf} gives them
 */
function shareOf(words: Uint32Array, row: number): number {
  return (words[2 * row + 1]! * 2 ** 21 + (words[2 * row]! >>> 11)) / 2 ** 53; // two words a row
}

/** The priorities of rows as numbers in [0, 1), as the sample's priority column holds them. */
export function prioritiesOf(priority: BigUint64Array, order: Int32Array): Float64Array {
  const words = wordsOf(priority);
  return Float64Array.from(order, (row) => shareOf(words, row));
}

/** One stable pass of a counting sort. @param keyOf of a row, in [0, keys) */
function countingPass(rows: Int32Array, keys: number, keyOf: (row: number) => number): Int32Array {
  const starts = new Int32Array(keys + 1);
  for (const row of rows) starts[keyOf(row) + 1]!++; // key < keys
  for (let key = 0; key < keys; key++) starts[key + 1]! += starts[key]!;
  const sorted = new Int32Array(rows.length);
  for (const row of rows) sorted[starts[keyOf(row)]!++] = row;
  return sorted;
}

/** All rows by stratum, inside a stratum by priority: a radix sort by the leading 32 bits, then by stratum; ties by the rest. */
function sortByStratumAndPriority(stratum: Int32Array, words: Uint32Array, strataCount: number): Int32Array {
  const high = (row: number): number => words[2 * row + 1]!; // two words a row
  let rows: Int32Array = Int32Array.from({ length: stratum.length }, (_, row) => row);
  for (const shift of [0, 11, 22]) rows = countingPass(rows, 2048, (row) => (high(row) >>> shift) & 2047);
  rows = countingPass(rows, strataCount, (row) => stratum[row]!); // one stratum a row
  for (let i = 1; i < rows.length; i++) {
    const row = rows[i]!; // i < length
    let place = i;
    // Rows that share stratum and leading bits are few and adjacent.
    for (; place > 0; place--) {
      const before = rows[place - 1]!;
      const tied = stratum[before] === stratum[row] && high(before) === high(row);
      if (!tied || words[2 * before]! <= words[2 * row]!) break;
      rows[place] = before;
    }
    rows[place] = row;
  }
  return rows;
}

/**
 * Trims every stratum to its smallest priorities and orders what is left as a sample file has it: bands of ranks, inside a band
 * by stratum, inside a stratum by rank.
 * @param stratum for each scanned row its stratum
 * @param priority for each scanned row its 64-bit priority
 * @param cap most rows of a stratum (bottom-k)
 * @param shareMax keep only priorities below this share of their range (1: all)
 */
export function orderRows(
  stratum: Int32Array,
  priority: BigUint64Array,
  strataCount: number,
  cap: number,
  shareMax: number,
): RowOrder {
  const words = wordsOf(priority);
  const sorted = sortByStratumAndPriority(stratum, words, strataCount);
  const sizes = new Int32Array(strataCount);
  const starts = new Int32Array(strataCount);
  for (const [place, row] of sorted.entries()) {
    const h = stratum[row]!; // one stratum a row
    if (sizes[h] === 0) starts[h] = place;
    // Sorted by priority, so the rows that stay are the first of their stratum.
    if (sizes[h]! < cap && shareOf(words, row) < shareMax) sizes[h]!++;
  }
  const index = new RunIndex(sizes);
  const runs = index.runs(new Int32Array(strataCount), sizes);
  const order = new Int32Array(index.rows);
  const next = starts.slice();
  for (let run = 0; run < runs.length; run += runStride) {
    const h = runs[run]!; // whole runs
    for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) order[row] = sorted[next[h]!++]!; // a run has that many rows left
  }
  return { order, sizes };
}
