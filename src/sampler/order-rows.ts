import { type Pieces, piecewise, rowsAtOnce } from '../common/index.ts';
import { RunIndex, runStride } from '../samples/index.ts';

/** Where the rows of a scan go in the sample. */
export interface RowOrder {
  /** For each row of the sample, in file order, its place in the scan. */
  readonly order: Int32Array;
  /** Rows of each stratum in the sample. */
  readonly sizes: Int32Array;
  /** Where the rows of a stratum follow each other in the sample, flat, see {@link RunIndex.runs}. */
  readonly runs: Int32Array;
}

/** 64-bit priorities as plain numbers, which sort faster than bigints. */
interface Halves {
  readonly high: Uint32Array;
  /** Both halves of each; the machines that Node runs on have the low one first. */
  readonly words: Uint32Array;
}

const wordsOf = (priority: BigUint64Array): Uint32Array =>
  new Uint32Array(priority.buffer, priority.byteOffset, priority.length * 2);

function* halvesOf(priority: BigUint64Array): Pieces<Halves> {
  const words = wordsOf(priority);
  const high = new Uint32Array(priority.length);
  yield* piecewise(priority.length, (from, to) => takeHigh(words, high, from, to));
  return { high, words };
}

function takeHigh(words: Uint32Array, high: Uint32Array, from: number, to: number): void {
  for (let row = from; row < to; row++) high[row] = words[2 * row + 1]!; // two words a row
}

/** The priority as a number in [0, 1): its 53 leading bits. */
function shareOf(words: Uint32Array, row: number): number {
  return (words[2 * row + 1]! * 2 ** 21 + (words[2 * row]! >>> 11)) / 2 ** 53; // two words a row
}

/** Priorities as numbers in [0, 1), as the sample's priority column holds them. */
export function* sharesOf(priority: BigUint64Array): Pieces<Float64Array> {
  const words = wordsOf(priority);
  const shares = new Float64Array(priority.length);
  yield* piecewise(priority.length, (from, to) => {
    for (let row = from; row < to; row++) shares[row] = shareOf(words, row); // row < length
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

/**
 * One stable pass of a counting sort by some bits of a value.
 * @param bins more than any key @param sorted where the rows go
 * @returns for each key where its rows end
 */
function* countingPass(
  rows: Int32Array,
  values: Uint32Array,
  shift: number,
  bins: number,
  sorted: Int32Array,
): Pieces<Int32Array> {
  const starts = new Int32Array(bins + 1);
  const pass = { values, shift, mask: bins <= 2048 ? 2047 : -1, starts };
  yield* piecewise(rows.length, (from, to) => countKeys(pass, rows, from, to));
  yield* piecewise(bins, (from, to) => {
    for (let key = from; key < to; key++) starts[key + 1]! += starts[key]!; // key < bins
  });
  yield* piecewise(rows.length, (from, to) => placeRows(pass, rows, sorted, from, to));
  return starts; // each has moved on by its rows
}

/** Sorted rows, and an array of as many that is free again. */
interface Sorted {
  readonly rows: Int32Array;
  readonly spare: Int32Array;
}

/** Rows by stratum; of each where its rows end. */
interface SortedStrata extends Sorted {
  readonly ends: Int32Array;
}

/**
 * All rows by stratum, inside a stratum by priority: a counting sort by stratum, then each stratum on its own, which stays in the
 * processor's cache. Memory that is made for each pass, and given back, holds up whoever touches other memory: two arrays do for all.
 */
function* sortByStratumAndPriority(
  stratum: Int32Array,
  halves: Halves,
  strataCount: number,
): Pieces<SortedStrata> {
  const spare = new Int32Array(stratum.length);
  yield* piecewise(spare.length, (from, to) => {
    for (let row = from; row < to; row++) spare[row] = row;
  });
  const rows = new Int32Array(stratum.length);
  const strata = new Uint32Array(stratum.buffer, stratum.byteOffset, stratum.length);
  const ends = yield* countingPass(spare, strata, 0, Math.max(strataCount, 2048), rows);
  const room = { keys: new Uint32Array(sortedAtOnce), starts: new Int32Array(sortedAtOnce + 1) };
  let [from, pending] = [0, 0];
  for (let h = 0; h < strataCount; h++) {
    const to = ends[h]!; // one entry a stratum
    const run = { rows: rows.subarray(from, to), spare: spare.subarray(from, to) };
    if (to - from > sortedAtOnce || !sortShortRun(run, halves, room)) yield* sortLongRun(run, halves);
    pending += to - from;
    from = to;
    if (pending < sortedAtOnce) continue;
    pending = 0;
    yield;
  }
  return { rows, spare, ends };
}

/** Rows of a stratum that are sorted at once, in a millisecond or less; of more a radix sort can be left in between. */
const sortedAtOnce = 2 ** 14;

/** Rows that one bucket may hold: where priorities are spread evenly, hardly ever more than ten. */
const bucketMax = 32;

/**
 * Sorts the rows of a stratum by priority. Priorities are spread evenly, so one nearly tells its row's place: as many buckets as there are
 * rows hold one each or a few, which is all that is left to be put in order.
 * @param room for the rows' leading bits, and for where the rows of each bucket go
 * @returns whether it was done: not where priorities are not spread evenly, as in parts of different depths that are merged
 */
function sortShortRun(
  { rows, spare }: Sorted,
  halves: Halves,
  { keys, starts }: { readonly keys: Uint32Array; readonly starts: Int32Array },
): boolean {
  const { high } = halves;
  const count = rows.length;
  let greatest = 0;
  for (let i = 0; i < count; i++) {
    const key = high[rows[i]!]!; // the rows index the halves
    keys[i] = key;
    if (key > greatest) greatest = key;
  }
  const scale = count / (greatest + 1);
  starts.fill(0, 0, count + 1);
  let most = 0;
  for (let i = 0; i < count; i++) {
    const filled = ++starts[Math.floor(keys[i]! * scale) + 1]!; // less than the count
    if (filled > most) most = filled;
  }
  if (most > bucketMax) return false;
  for (let bucket = 0; bucket < count; bucket++) starts[bucket + 1]! += starts[bucket]!;
  for (let i = 0; i < count; i++) spare[starts[Math.floor(keys[i]! * scale)]!++] = rows[i]!;
  rows.set(spare);
  sortNeighbours(rows, halves, 1, count);
  return true;
}

/** The same by a radix sort by the leading 32 bits, to and fro between the two arrays. */
function* sortLongRun({ rows, spare }: Sorted, halves: Halves): Pieces<void> {
  yield* countingPass(rows, halves.high, 0, 2048, spare);
  yield* countingPass(spare, halves.high, 11, 2048, rows);
  yield* countingPass(rows, halves.high, 22, 2048, spare);
  yield* piecewise(rows.length, (from, to) => rows.set(spare.subarray(from, to), from));
  yield* piecewise(rows.length, (from, to) => sortNeighbours(rows, halves, Math.max(1, from), to));
}

/** Sorts rows of a stratum that lie a few places from theirs at most: behind a sort by leading bits those that share these. */
function sortNeighbours(rows: Int32Array, { high, words }: Halves, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!; // i < length
    const key = high[row]!;
    let place = i;
    for (; place > 0; place--) {
      const before = rows[place - 1]!;
      if (high[before]! < key || (high[before] === key && words[2 * before]! <= words[2 * row]!)) break;
      rows[place] = before;
    }
    rows[place] = row;
  }
}

/** Among rows [from, to), which are sorted by priority, the first whose priority is no less than a share of the range. */
function firstBeyond(rows: Int32Array, { words }: Halves, from: number, to: number, share: number): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (shareOf(words, rows[middle]!) < share)
      low = middle + 1; // middle < to
    else high = middle;
  }
  return low;
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
  const { rows: sorted, spare, ends } = yield* sortByStratumAndPriority(stratum, halves, strataCount);
  const sizes = new Int32Array(strataCount);
  const starts = new Int32Array(strataCount);
  yield* piecewise(strataCount, (from, to) => {
    for (let h = from; h < to; h++) {
      const start = h === 0 ? 0 : ends[h - 1]!; // one entry a stratum
      starts[h] = start;
      const isWhole = takeAll[h] === 1;
      const end = isWhole ? ends[h]! : firstBeyond(sorted, halves, start, ends[h]!, shareMax);
      sizes[h] = isWhole ? end - start : Math.min(caps[h]!, end - start);
    }
  });
  const index = new RunIndex(sizes, takeAll);
  yield;
  const runs = index.runs(new Int32Array(strataCount), sizes);
  const order = spare.subarray(0, index.rows);
  const next = starts.slice();
  let copied = 0;
  for (let run = 0; run < runs.length; run += runStride) {
    const [first, end] = [runs[run + 1]!, runs[run + 2]!]; // whole runs
    copyRun(order, sorted, next, runs[run]!, first, end); // a run's stratum
    copied += end - first;
    if (copied < rowsAtOnce) continue;
    copied = 0;
    yield;
  }
  return { order, sizes, runs };
}

/** All rows by key, inside a key by priority. @param key for each scanned row the place of its key */
export function* orderByKey(key: Int32Array, priority: BigUint64Array): Pieces<Int32Array> {
  let last = -1;
  yield* piecewise(key.length, (from, to) => {
    for (let row = from; row < to; row++) last = Math.max(last, key[row]!); // row < length
  });
  return (yield* sortByStratumAndPriority(key, yield* halvesOf(priority), last + 1)).rows;
}
