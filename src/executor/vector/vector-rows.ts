import { bytesPerValue } from '../../columns/index.ts';
import type { FunctionCode } from './function-code.ts';
import { at, f64x2, get, i16x8, i32, i32x4, i64x2, set, v128 } from './instructions.ts';
import type { RangeTest, VectorMeasure, VectorShape, VectorTest, WordStorage } from './vector-shape.ts';

type Instructions = readonly (readonly number[])[];

/** Variables of arguments, made into vectors. */
interface Range {
  readonly low: number;
  readonly span: number;
}
interface Scaling {
  readonly centre: number;
  readonly divisor: number | null;
}

/** Code of a function's eight rows at a time: which pass, and what their measures are. */
export class VectorRows {
  /** The variable of the first row's number. */
  readonly row: number;
  private readonly addresses: readonly number[];
  private readonly bitmaps: readonly number[];
  private readonly ranges: ReadonlyMap<VectorTest, Range>;
  private readonly scalings: readonly Scaling[];
  /** By column where the eight rows begin. */
  private readonly pointers: readonly number[];
  /** By measure four words of 32 bits. */
  private readonly words: readonly number[];
  /** By mask −1 or 0 for each of eight rows, and of four. */
  readonly masks: readonly number[];
  private readonly halfMasks: readonly number[];
  /** By measure what two rows have. */
  readonly values: readonly number[];

  /** Declares the function's arguments from the columns on, see {@link vectorModule}. */
  constructor(
    private readonly code: FunctionCode,
    private readonly shape: VectorShape,
  ) {
    const { columns, bitmaps, masks, measures } = shape;
    this.addresses = columns.map(() => code.parameter('i32'));
    this.bitmaps = Array.from({ length: bitmaps }, () => code.parameter('i32'));
    const tests = masks.flat().filter((test) => test.kind === 'range');
    const ranges = tests.map(() => ({ low: code.parameter('i32'), span: code.parameter('i32') }));
    const scalings = measures.map(({ isWhole, isDivided }) => ({
      centre: code.parameter(isWhole ? 'i32' : 'f64'),
      divisor: isDivided ? code.parameter('f64') : null,
    }));
    const splat = (place: number, by: readonly number[]): number => {
      const vector = code.local('v128');
      code.add(get(place), by, set(vector));
      return vector;
    };
    this.ranges = new Map(
      tests.map((test, place) => {
        const by = isLong(test.storage) ? i32x4.splat : i16x8.splat;
        const { low, span } = ranges[place]!; // one range each
        return [test, { low: splat(low, by), span: splat(span, by) }];
      }),
    );
    this.scalings = scalings.map(({ centre, divisor }, place) => ({
      centre: splat(centre, measures[place]!.isWhole ? i32x4.splat : f64x2.splat), // one each
      divisor: divisor === null ? null : splat(divisor, f64x2.splat),
    }));
    this.row = code.local('i32');
    this.pointers = code.locals('i32', columns.length);
    this.words = code.locals('v128', measures.length);
    this.values = code.locals('v128', measures.length);
    this.masks = code.locals('v128', masks.length);
    this.halfMasks = code.locals('v128', masks.length);
  }

  /** Goes to the eight rows from the first one on. */
  begin(): void {
    for (const [column, storage] of this.shape.columns.entries()) {
      const shift = i32.const(Math.log2(bytesPerValue(storage)));
      this.code.add(
        get(this.addresses[column]!),
        get(this.row),
        shift,
        i32.shl,
        i32.add,
        set(this.pointers[column]!),
      ); // one a column
    }
  }

  /** Whether there is a mask at a place. @param isLast fewer than eight rows are left */
  isMasked(place: number, isLast: boolean): boolean {
    const { masks } = this.shape;
    return isLast || masks[0]!.length > 0 || masks[place]!.length > 0; // there is one for all rows
  }

  /** Finds out which rows pass. @param left a variable: so many of them belong to the piece; null: all do */
  findMasks(left: number | null): void {
    const { code, masks } = this;
    for (const [place, tests] of this.shape.masks.entries()) {
      if (!this.isMasked(place, left !== null)) continue;
      const parts = tests.map((test) => this.test(test));
      if (place === 0 && left !== null) parts.unshift([i16x8.places, get(left), i16x8.splat, i16x8.ltS]);
      if (place > 0 && this.isMasked(0, left !== null)) parts.unshift([get(masks[0]!)]); // there is one for all rows
      for (const [order, part] of parts.entries()) code.add(...part, ...(order === 0 ? [] : [v128.and]));
      code.add(set(masks[place]!)); // a place of them
    }
  }

  private test(test: VectorTest): Instructions {
    if (test.kind === 'range') return this.within(test, this.ranges.get(test)!); // it has one
    // Sixteen bits hold those of eight rows, wherever these begin.
    const byte = [get(this.bitmaps[test.bitmap]!), get(this.row), i32.const(3), i32.shrU, i32.add]; // one a bitmap
    const bits = [...byte, at(i32.load16, 0), get(this.row), i32.const(7), i32.and, i32.shrU, i16x8.splat];
    return [...bits, i16x8.bits, v128.and, i16x8.bits, i16x8.eq];
  }

  /** Taken off the least value what lies below is greater than all others, without its sign. */
  private within({ column, storage, negated }: RangeTest, { low, span }: Range): Instructions {
    const pointer = get(this.pointers[column]!); // one a column
    const tested = (load: readonly number[], { sub, leU }: typeof i16x8 | typeof i32x4): Instructions => [
      pointer,
      load,
      get(low),
      sub,
      get(span),
      leU,
    ];
    const result = isLong(storage)
      ? [...tested(at(v128.load, 2), i32x4), ...tested(at(v128.load, 2, 16), i32x4), i16x8.narrow]
      : tested(isByte(storage) ? at(v128.loadWide[storage], 0) : at(v128.load, 1), i16x8);
    return negated ? [...result, v128.not] : result;
  }

  /** What four of the eight share. */
  beginHalf(half: 0 | 1, isLast: boolean): void {
    const { code, shape, masks, halfMasks } = this;
    const used = [...shape.measures, ...shape.sums.filter(({ factors }) => factors.length > 0)];
    for (const place of masks.keys())
      if (this.isMasked(place, isLast) && used.some(({ mask }) => mask === place))
        code.add(get(masks[place]!), i32x4.halves[half], set(halfMasks[place]!)); // places of masks
    for (const [place, { column, storage, isWhole, mask }] of shape.measures.entries()) {
      if (storage === 'float64') continue;
      code.add(get(this.pointers[column]!), ...fourWords(storage, half)); // one a column
      if (isWhole) code.add(get(this.scalings[place]!.centre), i32x4.sub); // one a measure, here and below
      if (isWhole && this.isMasked(mask, isLast)) code.add(get(halfMasks[mask]!), v128.and);
      code.add(set(this.words[place]!));
    }
  }

  /** Puts down the values of two rows of a half. */
  putValues(half: 0 | 1, quarter: 0 | 1, isLast: boolean): void {
    for (const [place, measure] of this.shape.measures.entries()) {
      const { mask, isWhole } = measure;
      this.code.add(...this.value(measure, place, half, quarter));
      if (!isWhole) this.code.add(...this.only(mask, quarter, isLast));
      this.code.add(set(this.values[place]!)); // one a measure
    }
  }

  /** Takes what two rows have, and pushes 0 for those that a mask leaves out. */
  only(mask: number, quarter: 0 | 1, isLast: boolean): Instructions {
    return this.isMasked(mask, isLast) ? [get(this.halfMasks[mask]!), i64x2.halves[quarter], v128.and] : []; // a place of masks
  }

  private value(
    { column, storage, isWhole }: VectorMeasure,
    place: number,
    half: 0 | 1,
    quarter: 0 | 1,
  ): Instructions {
    const words = get(this.words[place]!); // one a measure, here and below
    const { centre, divisor } = this.scalings[place]!;
    const stored =
      storage === 'float64'
        ? [get(this.pointers[column]!), at(v128.load, 3, 32 * half + 16 * quarter)] // one a column
        : [words, ...(quarter === 0 ? [] : [words, f64x2.lastTwo]), f64x2.convertLow];
    return [
      ...stored,
      ...(divisor === null ? [] : [get(divisor), f64x2.div]),
      ...(isWhole ? [] : [get(centre), f64x2.sub]),
    ];
  }
}

/** Loads four values of 32 bits of eight from an address that is pushed. */
function fourWords(storage: WordStorage, half: 0 | 1): Instructions {
  if (isLong(storage)) return [at(v128.load, 2, 16 * half)];
  if (isByte(storage)) return [at(v128.loadWide[storage], 0), i32x4.halves[half]];
  return [at(v128.loadWide[storage], 1, 8 * half)];
}

const isLong = (storage: WordStorage): storage is 'int32' => storage === 'int32';
const isByte = (storage: WordStorage): storage is 'int8' | 'uint8' =>
  storage === 'int8' || storage === 'uint8';
