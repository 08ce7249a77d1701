import { type Pieces, piecewise } from '../common/index.ts';
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
function* halvesOf(priority: BigUint64Array): Pieces<Halves> {
  const words = new Uint32Array(priority.buffer, priority.byteOffset, priority.length * 2);
  const [high, low] = [new Uint32Array(priority.length), new Uint32Array(priority.length)];
  yield* piecewise(priority.length, (from, to) => split(words, high, low, from, to));
  return { high, low };
}

function split(words: Uint32Array, high: Uint32Array, low: Uint32Array, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    low[row] = words[2 * row]!; // two words a row
    high[row] = words[2 * row + 1]!;
  }
}

/** The priority as a number in [0, 1): its 53 leading bits. */
function shareOf({ high, low }: Halves, row: number): number {
  return (high[row]! * 2 ** 21 + (low[row]! >>> 11)) / 2 ** 53; // one entry a row
}

/** The priorities of rows as numbers in [0, 1), as the sample's priority column holds them. */
export function* prioritiesOf(priority: BigUint64Array, order: Int32Array): Pieces<Float64Array> {
  const halves = yield* halvesOf(priority);
  const shares = new Float64Array(order.length);
  yield* piecewise(order.length, (from, to) => {
    for (let row = from; row < to; row++) shares[row] = shareOf(halves, order[row]!); // row < length
  });
  return shares;
}

/** The priorities again from what the priority column holds: those 53 bits of them, the others 0. */
export function* prioritiesFrom(shares: Float64Array): Pieces<BigUint64Array> {
  const words = new Uint32Array(shares.length * 2);
  yield* piecewise(shares.length, (from, to) => {
    for (let row = from; row < to; row++) {
      const bits = shares[row]! * 2 ** 53; // row < length
      const high = Math.floor(bits / 2 ** 21);
      words[2 * row] = (bits - high * 2 ** 21) * 2 ** 11;
      words[2 * row + 1] = high;
    }
  });
  return new BigUint64Array(words.buffer);
}

/** A pass of a counting sort by some bits of a value. */
interface Pass {
  readonly values: Uint32Array;
  readonly shift: number;
  readonly mask: number;
  /** For each key where its next row goes. */
  readonly starts: Int32Array;
}

// The rows index the values, and the starts hold all keys.
function countKeys({ values, shift, mask, starts }: Pass, rows: Int32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) starts[((values[rows[i]!]! >>> shift) & mask) + 1]!++;
}
function placeRows(
  { values, shift, mask, starts }: Pass,
  rows: Int32Array,
  sorted: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) sorted[starts[(values[rows[i]!]! >>> shift) & mask]!++] = rows[i]!;
}

/** One stable pass of a counting sort by some bits of a value. @param bins more than any key */
function* countingPass(
  rows: Int32Array,
  values: Uint32Array,
  shift: number,
  bins: number,
): Pieces<Int32Array> {
  const starts = new Int32Array(bins + 1);
  const pass = { values, shift, mask: bins <= 2048 ? 2047 : -1, starts };
  yield* piecewise(rows.length, (from, to) => countKeys(pass, rows, from, to));
  yield* piecewise(bins, (from, to) => {
    for (let key = from; key < to; key++) starts[key + 1]! += starts[key]!; // key < bins
  });
  const sorted = new Int32Array(rows.length);
  yield* piecewise(rows.length, (from, to) => placeRows(pass, rows, sorted, from, to));
  return sorted;
}

/** All rows by stratum, inside a stratum by priority: a radix sort by the leading 32 bits, then by stratum; ties by the rest. */
function* sortByStratumAndPriority(
  stratum: Int32Array,
  halves: Halves,
  strataCount: number,
): Pieces<Int32Array> {
  let rows: Int32Array = new Int32Array(stratum.length);
  const all = rows;
  yield* piecewise(all.length, (from, to) => {
    for (let row = from; row < to; row++) all[row] = row;
  });
  for (const shift of [0, 11, 22]) rows = yield* countingPass(rows, halves.high, shift, 2048);
  const strata = new Uint32Array(stratum.buffer, stratum.byteOffset, stratum.length);
  rows = yield* countingPass(rows, strata, 0, Math.max(strataCount, 2048));
  const sorted = rows;
  yield* piecewise(sorted.length, (from, to) => breakTies(sorted, stratum, halves, Math.max(1, from), to));
  return sorted;
}

/** Puts rows that share stratum and leading bits in the order of the other bits: they are few and adjacent. */
function breakTies(
  rows: Int32Array,
  stratum: Int32Array,
  { high, low }: Halves,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!; // i < length
    let place = i;
    for (; place > 0; place--) {
      const before = rows[place - 1]!;
      if (high[before] !== high[row] || stratum[before] !== stratum[row] || low[before]! <= low[row]!) break;
      rows[place] = before;
    }
    rows[place] = row;
  }
}

/** Longer runs are copied as a block. */
const shortRun = 64;

/** Copies the next rows of a run's stratum to its place. */
function copyRun(
  order: Int32Array,
  sorted: Int32Array,
  next: Int32Array,
  stratum: number,
  first: number,
  end: number,
): void {
  const from = next[stratum]!; // one entry a stratum
  next[stratum] = from + end - first;
  // A stratum has so many rows left.
  if (end - first > shortRun) order.set(sorted.subarray(from, from + end - first), first);
  else for (let row = first; row < end; row++) order[row] = sorted[from + row - first]!;
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
export function* orderRows(
  stratum: Int32Array,
  priority: BigUint64Array,
  caps: Float64Array,
  shareMax: number,
  takeAll: Uint8Array = new Uint8Array(caps.length),
): Pieces<RowOrder> {
  const strataCount = caps.length;
  const halves = yield* halvesOf(priority);
  const sorted = yield* sortByStratumAndPriority(stratum, halves, strataCount);
  const sizes = new Int32Array(strataCount);
  const starts = new Int32Array(strataCount);
  yield* piecewise(sorted.length, (from, to) => {
    for (let place = from; place < to; place++) {
      const row = sorted[place]!; // place < length
      const h = stratum[row]!; // one stratum a row
      if (sizes[h] === 0) starts[h] = place;
      // Sorted by priority, so the rows that stay are the first of their stratum.
      if (takeAll[h] === 1 || (sizes[h]! < caps[h]! && shareOf(halves, row) < shareMax)) sizes[h]!++;
    }
  });
  const index = new RunIndex(sizes, takeAll);
  const runs = index.runs(new Int32Array(strataCount), sizes);
  const order = new Int32Array(index.rows);
  const next = starts.slice();
  yield* piecewise(runs.length / runStride, (from, to) => {
    for (let run = from * runStride; run < to * runStride; run += runStride)
      copyRun(order, sorted, next, runs[run]!, runs[run + 1]!, runs[run + 2]!); // whole runs
  });
  return { order, sizes };
}

/** All rows by key, inside a key by priority. @param key for each scanned row the place of its key */
export function* orderByKey(key: Int32Array, priority: BigUint64Array): Pieces<Int32Array> {
  let last = -1;
  yield* piecewise(key.length, (from, to) => {
    for (let row = from; row < to; row++) last = Math.max(last, key[row]!); // row < length
  });
  return yield* sortByStratumAndPriority(key, yield* halvesOf(priority), last + 1);
}
