import { type Pieces, piecewise, rowsAtOnce } from '../common/index.ts';

/** Values in ascending order, −0 before 0, and for each the row that has it. */
export interface OrderedRows {
  readonly values: Float64Array;
  readonly rows: Int32Array;
}

/** Up to so many values each is put to its place among those before it. */
const fewValues = 64;
/** Bits of a digit, and where the digits of a word begin. */
const digitBits = 11;
const digitMask = 2 ** digitBits - 1;
const digitShifts = [0, digitBits, 2 * digitBits] as const;

/** Values as whole numbers that stand in the same order: of each the high word, and then the low one. */
interface Keys {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** Places of values, and the words that they are put in order by. */
interface Sorting {
  readonly words: Uint32Array;
  readonly places: Int32Array;
}

const sortingOf = (length: number): Sorting => ({
  words: new Uint32Array(length),
  places: new Int32Array(length),
});

/**
 * Puts rows in the order of their values, piece by piece; rows of the same value stay in their order. A radix sort by the high words,
 * which tell most values apart; those that share one are put in order by the low words.
 * @param values without NaN
 * @param rows one a value
 */
export function* orderByValue(values: Float64Array, rows: Int32Array): Pieces<OrderedRows> {
  const { length } = values;
  if (length <= fewValues) return insertEach(values.slice(), rows.slice(0, length));
  const keys = { high: new Uint32Array(length), low: new Uint32Array(length) };
  yield* piecewise(length, (from, to) => takeKeys(values, keys, from, to));
  const all = { words: keys.high, places: new Int32Array(length) };
  yield* piecewise(length, (from, to) => {
    for (let place = from; place < to; place++) all.places[place] = place;
  });
  const { words: high, places } = yield* sortByWords(all);
  yield* breakTies(high, keys.low, places);
  const ordered = { values: new Float64Array(length), rows: new Int32Array(length) };
  yield* piecewise(length, (from, to) => {
    for (let at = from; at < to; at++) {
      const place = places[at]!; // at < length, and a place of values
      ordered.values[at] = values[place]!;
      ordered.rows[at] = rows[place]!;
    }
  });
  return ordered;
}

/**
 * Takes values as keys: of negative numbers all bits are turned over, of others the sign, so that keys are in the order of the numbers.
 * The machines that Node runs on have the low word first.
 */
function takeKeys(values: Float64Array, { high, low }: Keys, from: number, to: number): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let place = from; place < to; place++) {
    const above = words[2 * place + 1]!; // two words a value
    const turned = above >>> 31 === 1 ? 0xffff_ffff : 0;
    low[place] = words[2 * place]! ^ turned;
    high[place] = above ^ (turned | 0x8000_0000);
  }
}

/** A stable radix sort by words; digits that all of them share are passed over. @returns these or others, in order */
function* sortByWords(sorting: Sorting): Pieces<Sorting> {
  const { length } = sorting.words;
  let [source, target] = [sorting, sortingOf(length)];
  for (const shift of digitShifts) {
    const [from, to] = [source, target];
    const next = new Int32Array(2 ** digitBits);
    yield* piecewise(length, (first, end) => countDigits(from.words, shift, next, first, end));
    if (!toStarts(next, length)) continue;
    yield* piecewise(length, (first, end) => moveKeys(from, to, shift, next, first, end));
    [source, target] = [target, source];
  }
  return source;
}

function countDigits(words: Uint32Array, shift: number, counts: Int32Array, from: number, to: number): void {
  for (let at = from; at < to; at++) counts[(words[at]! >>> shift) & digitMask]!++; // digits are within the counts
}

/** Makes of the counts of a digit where its first key goes. @returns false where all keys have the same digit */
function toStarts(counts: Int32Array, length: number): boolean {
  let start = 0;
  for (let digit = 0; digit < counts.length; digit++) {
    const count = counts[digit]!; // digit < length
    if (count === length) return false;
    counts[digit] = start;
    start += count;
  }
  return true;
}

/** Moves the next keys behind those of their digit. */
function moveKeys(
  { words, places }: Sorting,
  { words: toWords, places: toPlaces }: Sorting,
  shift: number,
  next: Int32Array,
  from: number,
  to: number,
): void {
  for (let at = from; at < to; at++) {
    const word = words[at]!; // at < length
    const target = next[(word >>> shift) & digitMask]!++; // there is a place for each key
    toWords[target] = word;
    toPlaces[target] = places[at]!;
  }
}

/** Puts values that share their high word in the order of the low one. */
function* breakTies(high: Uint32Array, low: Uint32Array, places: Int32Array): Pieces<void> {
  for (let from = 0; from < places.length;) {
    const end = Math.min(places.length, from + rowsAtOnce);
    const tie = findTie(high, low, places, from, end);
    if (tie === null) {
      from = end;
      yield;
    } else {
      yield* orderByLow(places.subarray(tie.from, tie.to), low);
      from = tie.to;
    }
  }
}

/** The next values that share their high word, and not the low one; null where none begin before the end. */
function findTie(
  high: Uint32Array,
  low: Uint32Array,
  places: Int32Array,
  start: number,
  end: number,
): { readonly from: number; readonly to: number } | null {
  let from = start;
  while (from < end) {
    const word = high[from]!; // from < length
    let to = from + 1;
    if (to === high.length || high[to] !== word) {
      from = to;
      continue;
    }
    const first = low[places[from]!]!; // a place of values
    let differ = false;
    for (; to < high.length && high[to] === word; to++) differ ||= low[places[to]!] !== first; // to < length
    if (differ) return { from, to };
    from = to;
  }
  return null;
}

/** Puts places in the order of their low words. */
function* orderByLow(places: Int32Array, low: Uint32Array): Pieces<void> {
  if (places.length <= fewValues) {
    for (let next = 1; next < places.length; next++) {
      const own = places[next]!; // next < length
      let at = next;
      for (; at > 0 && low[places[at - 1]!]! > low[own]!; at--) places[at] = places[at - 1]!; // at > 0
      places[at] = own;
    }
    return;
  }
  const words = Uint32Array.from(places, (place) => low[place]!); // one a place
  const sorted = yield* sortByWords({ words, places: places.slice() });
  places.set(sorted.places);
}

/** Puts each value to its place among those before it. */
function insertEach(values: Float64Array, rows: Int32Array): OrderedRows {
  for (let next = 1; next < values.length; next++) {
    const [value, row] = [values[next]!, rows[next]!]; // next < length
    let place = next;
    for (; place > 0 && isBefore(value, values[place - 1]!); place--) {
      values[place] = values[place - 1]!;
      rows[place] = rows[place - 1]!;
    }
    values[place] = value;
    rows[place] = row;
  }
  return { values, rows };
}

/** Whether one value stands before another: −0 before 0. */
function isBefore(a: number, b: number): boolean {
  return a < b || (a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0));
}
