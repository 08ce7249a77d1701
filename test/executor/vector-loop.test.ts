import { describe, expect, test } from 'vitest';
import {
  bitmapBytes,
  bytesPerValue,
  isValid,
  type NumberArray,
  readAtOnceBytes,
  setValid,
  SharedRoom,
  threadStart,
} from '../../src/columns/index.ts';
import { seededRandom } from '../../src/common/index.ts';
import { vectorModule } from '../../src/executor/vector/vector-loop.ts';
import type { VectorShape, VectorTest, WordStorage } from '../../src/executor/vector/vector-shape.ts';

/* Loops over vectors against loops in plain JavaScript over the same columns: all storages, and pieces of any length at any place. */

const rows = 1000;
const random = seededRandom(11);
const wordStorages = ['int8', 'int16', 'int32', 'uint8', 'uint16'] as const;
const bits = { int8: 8, int16: 16, int32: 32, uint8: 8, uint16: 16, float64: 0 } as const;
const least = (storage: WordStorage): number => (storage.startsWith('u') ? 0 : -(2 ** (bits[storage] - 1)));
const most = (storage: WordStorage): number => least(storage) + 2 ** bits[storage] - 1;
const wholeIn = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));

const storages = [...wordStorages, 'float64'] as const;
const room = new SharedRoom([...storages.map((storage) => 8 * bytesPerValue(storage) * rows), rows]);
const columns = storages.map((storage) => {
  const { array, memory } = room.allocate(storage, rows);
  const values = array as NumberArray; // no column is int64
  for (let row = 0; row < rows; row++)
    values[row] = storage === 'float64' ? 1e3 * random.next() : wholeIn(least(storage), most(storage));
  if (storage !== 'float64') [values[0], values[1]] = [least(storage), most(storage)];
  return { storage, values, memory: memory! }; // there is room for all
});
const { memory } = columns[0]!;
const bitmap = room.allocate('uint8', bitmapBytes(rows)).array as Uint8Array; // its storage
for (let row = 0; row < rows; row++) if (random.next() < 0.7) setValid(bitmap, row);

/** What a test asks of a column's value, or of the bitmap. */
type Asked =
  { readonly column: number; readonly low: number; readonly high: number; readonly negated: boolean } | 'bit';
interface Summed {
  readonly column: number;
  readonly centre: number;
  readonly divisor?: number;
  readonly isWhole?: boolean;
  /** What it asks besides. */
  readonly takes?: readonly Asked[];
}
type Pieces = readonly (readonly [from: number, to: number])[];

const testOf = (asked: Asked): VectorTest =>
  asked === 'bit'
    ? { kind: 'valid', bitmap: 0 }
    : {
        kind: 'range',
        column: asked.column,
        negated: asked.negated,
        storage: columns[asked.column]!.storage as WordStorage,
      };

/** Counts and sums of pieces, by a loop over vectors: of all rows, of those that each measure takes, and of products. */
function byVectors(
  asked: readonly Asked[],
  summed: readonly Summed[],
  products: number[][],
  pieces: Pieces,
): number[][] {
  const masks = [asked, ...summed.map(({ takes = [] }) => takes)];
  const shape: VectorShape = {
    columns: columns.map(({ storage }) => storage),
    bitmaps: 1,
    masks: masks.map((mask) => mask.map(testOf)),
    measures: summed.map(({ column, divisor, isWhole = false }, place) => ({
      column,
      storage: columns[column]!.storage,
      isDivided: divisor !== undefined,
      isWhole,
      mask: 1 + place,
    })),
    sums: [
      ...masks.map((_, mask) => ({ factors: [], mask })),
      ...products.map((factors) => ({ factors, mask: 0 })),
      // Of products under each mask the first.
      ...masks.map((_, mask) => ({ factors: products[0] ?? [], mask })),
    ],
  };
  const module = new WebAssembly.Module(vectorModule(shape));
  const { exports } = new WebAssembly.Instance(module, { given: { memory } });
  const start = threadStart(0)!; // the first has room
  const stride = shape.sums.length;
  const told = new Int32Array(memory.buffer, start, 2 * pieces.length);
  told.set(pieces.flat());
  const sumsStart = start + 8 * pieces.length;
  const sums = new Float64Array(memory.buffer, sumsStart, stride * pieces.length);
  sums.fill(Number.NaN);
  (exports['run'] as (...given: number[]) => void)(
    start,
    pieces.length,
    sumsStart,
    ...columns.map(({ values }) => values.byteOffset),
    bitmap.byteOffset,
    ...masks.flat().flatMap((test) => (test === 'bit' ? [] : [test.low, test.high - test.low])),
    ...summed.flatMap(({ centre, divisor }) => (divisor === undefined ? [centre] : [centre, divisor])),
  );
  return pieces.map((_, piece) => [...sums.subarray(piece * stride, (piece + 1) * stride)]);
}

/** The same, row by row. */
function byRows(
  asked: readonly Asked[],
  summed: readonly Summed[],
  products: number[][],
  pieces: Pieces,
): number[][] {
  const passes = (row: number, tests: readonly Asked[]): boolean =>
    tests.every((test) => {
      if (test === 'bit') return isValid(bitmap, row);
      const value = columns[test.column]!.values[row]!;
      return (value >= test.low && value <= test.high) !== test.negated;
    });
  return pieces.map(([from, to]) => {
    const sums = Array.from({ length: 2 * (1 + summed.length) + products.length }, () => 0);
    for (let row = from; row < to; row++) {
      if (!passes(row, asked)) continue;
      sums[0]! += 1;
      const taken = summed.map(({ takes = [] }) => passes(row, takes));
      const values = summed.map(({ column, centre, divisor = 1 }, place) =>
        taken[place]! ? columns[column]!.values[row]! / divisor - centre : 0,
      );
      for (const [place, isTaken] of taken.entries()) sums[1 + place]! += +isTaken;
      for (const [place, factors] of products.entries())
        sums[1 + summed.length + place]! += factors.reduce((product, factor) => product * values[factor]!, 1);
      const first = (products[0] ?? []).reduce((product, factor) => product * values[factor]!, 1);
      for (const [place, isTaken] of [true, ...taken].entries())
        sums[1 + summed.length + products.length + place]! += isTaken ? first : 0;
    }
    return sums;
  });
}

function expectSame(
  asked: readonly Asked[],
  summed: readonly Summed[],
  products: number[][],
  pieces: Pieces,
): void {
  const [found, wanted] = [
    byVectors(asked, summed, products, pieces),
    byRows(asked, summed, products, pieces),
  ];
  const counts = 1 + summed.length;
  const biggest = summed.reduce(
    (greatest, { column, centre, divisor = 1 }) =>
      Math.max(greatest, Math.abs(centre) + Math.max(...columns[column]!.values.map(Math.abs)) / divisor),
    1,
  );
  for (const [piece, own] of found.entries()) {
    expect(own.slice(0, counts)).toEqual(wanted[piece]!.slice(0, counts));
    const [from, to] = pieces[piece]!;
    const all = [...products, ...Array.from({ length: counts }, () => products[0] ?? [])];
    for (const [place, factors] of all.entries()) {
      const error = Math.abs(own[counts + place]! - wanted[piece]![counts + place]!);
      expect(error, `${piece} ${place}`).toBeLessThanOrEqual(1e-12 * (to - from) * biggest ** factors.length);
    }
  }
}

const powers = [[0], [0, 0], [0, 0, 0]];
/** Of each length up to three steps, and at the end of the columns. */
const pieces: Pieces = [
  ...Array.from({ length: 26 }, (_, length): [number, number] => [3 * length, 4 * length + 1]),
  [0, rows],
  [rows - 1, rows],
  [rows - 7, rows],
];
const placeOf = (storage: (typeof storages)[number]): number => storages.indexOf(storage);

test.each(storages)('powers of %s without a condition', (storage) => {
  expectSame([], [{ column: placeOf(storage), centre: 17.25 }], powers, pieces);
  expectSame([], [{ column: placeOf(storage), centre: 0.5, divisor: 100 }], powers, pieces);
});

test.each(['int8', 'int16', 'uint8', 'uint16'] as const)('%s about a whole centre', (storage) => {
  const summed = [{ column: placeOf(storage), centre: -40, isWhole: true }];
  expectSame([], summed, powers, pieces);
  expectSame([{ column: placeOf('int16'), low: -5000, high: 9000, negated: false }], summed, powers, pieces);
});

describe.each(wordStorages)('a condition on %s', (storage) => {
  const [low, high] = [least(storage), most(storage)];
  const middle = Math.round((low + high) / 2);
  test.each([
    ['all', low, high],
    ['none but the least', low, low],
    ['none but the greatest', high, high],
    ['the lower half', low, middle],
    ['the upper half', middle, high],
    ['some', middle - 2 ** (bits[storage] - 3), middle + 2 ** (bits[storage] - 4)],
  ])('%s', (_, from, to) => {
    for (const negated of [false, true])
      for (const measured of storages) {
        const asked = [{ column: placeOf(storage), low: from, high: to, negated }];
        expectSame(asked, [{ column: placeOf(measured), centre: 3.5 }], powers, pieces);
      }
  });
});

test('several conditions, and products of several measures', () => {
  const asked = [
    { column: placeOf('uint8'), low: 20, high: 200, negated: false },
    { column: placeOf('int32'), low: -(2 ** 30), high: 2 ** 31 - 1, negated: false },
    { column: placeOf('int16'), low: 5, high: 5, negated: true },
  ];
  const summed = [
    { column: placeOf('float64'), centre: 500 },
    { column: placeOf('uint16'), centre: 30_000, isWhole: true },
  ];
  expectSame(asked, summed, [[0], [1], [0, 0], [0, 1], [1, 1], [0, 0, 1]], pieces);
});

test('a bitmap, and measures that take rows of their own', () => {
  const ofBytes = { column: placeOf('uint8'), low: 20, high: 200, negated: false };
  const summed: Summed[] = [
    { column: placeOf('float64'), centre: 500, takes: ['bit'] },
    { column: placeOf('int16'), centre: 30, isWhole: true, takes: [ofBytes, 'bit'] },
    { column: placeOf('int8'), centre: 0.5 },
  ];
  const products = [[0], [1], [2], [0, 0], [0, 1], [1, 2], [1, 1, 1]];
  expectSame([], summed, products, pieces);
  expectSame(['bit'], summed, products, pieces);
  expectSame(
    [{ column: placeOf('int16'), low: -9000, high: 20_000, negated: true }],
    summed,
    products,
    pieces,
  );
});

test('a count alone', () => {
  expectSame([{ column: placeOf('int8'), low: 0, high: 127, negated: false }], [], [], pieces);
});

test('what lies behind the last row is not added up', () => {
  const { values } = columns[placeOf('float64')]!;
  const behind = new Float64Array(memory.buffer, values.byteOffset + values.byteLength, readAtOnceBytes / 8);
  behind.fill(Number.NaN);
  const [sums] = byVectors([], [{ column: placeOf('float64'), centre: 0 }], [[0]], [[rows - 3, rows]]);
  expect(sums![2]).toBeCloseTo(values[rows - 3]! + values[rows - 2]! + values[rows - 1]!, 9);
});
