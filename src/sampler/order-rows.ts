import { RunIndex, runStride } from '../samples/index.ts';

/** Where the rows of a scan go in the sample. */
export interface RowOrder {
  /** For each row of the sample, in file order, its place in the scan. */
  readonly order: Int32Array;
  /** Rows of each stratum in the sample. */
  readonly sizes: Int32Array;
}

/** 64-bit priorities as their two halves: plain numbers sort faster than bigints. */
interface Halves {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** The machines that Node runs on have the low half first. */
function halvesOf(priority: BigUint64Array): Halves {
  const words = new Uint32Array(priority.buffer, priority.byteOffset, priority.length * 2);
  const [high, low] = [new Uint32Array(priority.length), new Uint32Array(priority.length)];
  for (let row = 0; row < priority.length; row++) {
    low[row] = words[2 * row]!; // two words a row
    high[row] = words[2 * row + 1]!;
  }
  return { high, low };
}

/** The priority as a number in [0, 1): its 53 leading bits. */
function shareOf({ high, low }: Halves, row: number): number {
  return (high[row]! * 2 ** 21 + (low[row]! >>> 11)) / 2 ** 53; // one entry a row
}

/** The priorities of rows as numbers in [0, 1), as the sample's priority column holds them. */
export function prioritiesOf(priority: BigUint64Array, order: Int32Array): Float64Array {
  const halves = halvesOf(priority);
  const shares = new Float64Array(order.length);
  for (let row = 0; row < order.length; row++) shares[row] = shareOf(halves, order[row]!); // row < length
  return shares;
}

/** The priorities again from what the priority column holds: those 53 bits of them, the others 0. */
export function prioritiesFrom(shares: Float64Array): BigUint64Array {
  const words = new Uint32Array(shares.length * 2);
  for (let row = 0; row < shares.length; row++) {
    const bits = shares[row]! * 2 ** 53; // row < length
    const high = Math.floor(bits / 2 ** 21);
    words[2 * row] = (bits - high * 2 ** 21) * 2 ** 11;
    words[2 * row + 1] = high;
  }
  return new BigUint64Array(words.buffer);
}

/** One stable pass of a counting sort by some bits of a value. @param bins more than any key */
function countingPass(rows: Int32Array, values: Uint32Array, shift: number, bins: number): Int32Array {
  const mask = bins <= 2048 ? 2047 : -1;
  const starts = new Int32Array(bins + 1);
  // The rows index the values, and keys are below `bins`.
  for (let i = 0; i < rows.length; i++) starts[((values[rows[i]!]! >>> shift) & mask) + 1]!++;
  for (let key = 0; key < bins; key++) starts[key + 1]! += starts[key]!;
  const sorted = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i++) sorted[starts[(values[rows[i]!]! >>> shift) & mask]!++] = rows[i]!;
  return sorted;
}

/** All rows by stratum, inside a stratum by priority: a radix sort by the leading 32 bits, then by stratum; ties by the rest. */
function sortByStratumAndPriority(
  stratum: Int32Array,
  { high, low }: Halves,
  strataCount: number,
): Int32Array {
  let rows: Int32Array = new Int32Array(stratum.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  for (const shift of [0, 11, 22]) rows = countingPass(rows, high, shift, 2048);
  rows = countingPass(
    rows,
    new Uint32Array(stratum.buffer, stratum.byteOffset, stratum.length),
    0,
    Math.max(strataCount, 2048),
  );
  for (let i = 1; i < rows.length; i++) {
    const row = rows[i]!; // i < length
    let place = i;
    // Rows that share stratum and leading bits are few and adjacent.
    for (; place > 0; place--) {
      const before = rows[place - 1]!;
      if (high[before] !== high[row] || stratum[before] !== stratum[row] || low[before]! <= low[row]!) break;
      rows[place] = before;
    }
    rows[place] = row;
  }
  return rows;
}

/**
 * Trims every stratum to its smallest priorities, but those that are taken whole, and orders what is left as a sample file has it:
 * first those taken whole, then bands of ranks, inside a band by stratum, inside a stratum by rank.
 * @param stratum for each scanned row its stratum
 * @param priority for each scanned row its 64-bit priority
 * @param caps for each stratum the most rows of it (bottom-k)
 * @param shareMax keep only priorities below this share of their range (1: all)
 * @param takeAll for each stratum 1 where all its rows stay
 */
export function orderRows(
  stratum: Int32Array,
  priority: BigUint64Array,
  caps: Float64Array,
  shareMax: number,
  takeAll: Uint8Array = new Uint8Array(caps.length),
): RowOrder {
  const strataCount = caps.length;
  const halves = halvesOf(priority);
  const sorted = sortByStratumAndPriority(stratum, halves, strataCount);
  const sizes = new Int32Array(strataCount);
  const starts = new Int32Array(strataCount);
  for (let place = 0; place < sorted.length; place++) {
    const row = sorted[place]!; // place < length
    const h = stratum[row]!; // one stratum a row
    if (sizes[h] === 0) starts[h] = place;
    // Sorted by priority, so the rows that stay are the first of their stratum.
    if (takeAll[h] === 1 || (sizes[h]! < caps[h]! && shareOf(halves, row) < shareMax)) sizes[h]!++;
  }
  const index = new RunIndex(sizes, takeAll);
  const runs = index.runs(new Int32Array(strataCount), sizes);
  const order = new Int32Array(index.rows);
  const next = starts.slice();
  for (let run = 0; run < runs.length; run += runStride) {
    const h = runs[run]!; // whole runs
    for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) order[row] = sorted[next[h]!++]!; // a run has that many rows left
  }
  return { order, sizes };
}

/** All rows by key, inside a key by priority. @param key for each scanned row the place of its key */
export function orderByKey(key: Int32Array, priority: BigUint64Array): Int32Array {
  const keys = key.reduce((most, each) => Math.max(most, each), -1) + 1;
  return sortByStratumAndPriority(key, halvesOf(priority), keys);
}
