import { bytesPerValue } from '../../columns/index.ts';
import type { FunctionCode } from './function-code.ts';
import { at, f64x2, get, i16x8, i32, i32x4, i64x2, set, v128 } from './instructions.ts';
import type { VectorCondition, VectorMeasure, VectorShape, WordStorage } from './vector-shape.ts';

/** Places of arguments, made into vectors. */
interface Range {
  readonly low: number;
  readonly span: number;
}
interface Scaling {
  readonly centre: number;
  readonly divisor: number | null;
}

/** Code of a function's eight rows at a time: which match, and what their measures are. */
export class VectorRows {
  private readonly addresses: readonly number[];
  private readonly ranges: readonly Range[];
  private readonly scalings: readonly Scaling[];
  /** By column where the eight rows begin. */
  private readonly pointers: readonly number[];
  /** By measure four words of 32 bits. */
  private readonly words: readonly number[];
  /** −1 or 0 for each of eight rows, and of four. */
  readonly mask: number;
  private readonly halfMask: number;
  /** By measure what two rows have. */
  readonly values: readonly number[];

  /** Declares the function's arguments from the columns on, see {@link vectorModule}. */
  constructor(
    private readonly code: FunctionCode,
    private readonly shape: VectorShape,
  ) {
    const { columns, conditions, measures } = shape;
    this.addresses = columns.map(() => code.parameter('i32'));
    const ranges = conditions.map(() => ({ low: code.parameter('i32'), span: code.parameter('i32') }));
    const scalings = measures.map(({ isWhole, isDivided }) => ({
      centre: code.parameter(isWhole ? 'i32' : 'f64'),
      divisor: isDivided ? code.parameter('f64') : null,
    }));
    const splat = (place: number, by: readonly number[]): number => {
      const vector = code.local('v128');
      code.add(get(place), by, set(vector));
      return vector;
    };
    this.ranges = ranges.map(({ low, span }, place) => {
      const by = isLong(conditions[place]!.storage) ? i32x4.splat : i16x8.splat; // one range each
      return { low: splat(low, by), span: splat(span, by) };
    });
    this.scalings = scalings.map(({ centre, divisor }, place) => ({
      centre: splat(centre, measures[place]!.isWhole ? i32x4.splat : f64x2.splat), // one each
      divisor: divisor === null ? null : splat(divisor, f64x2.splat),
    }));
    this.pointers = code.locals('i32', columns.length);
    this.words = code.locals('v128', measures.length);
    this.values = code.locals('v128', measures.length);
    [this.mask, this.halfMask] = code.locals('v128', 2) as [number, number];
  }

  /** Goes to the eight rows from one on, whose number is in a variable. */
  goTo(row: number): void {
    for (const [column, storage] of this.shape.columns.entries()) {
      const shift = i32.const(Math.log2(bytesPerValue(storage)));
      this.code.add(
        get(this.addresses[column]!),
        get(row),
        shift,
        i32.shl,
        i32.add,
        set(this.pointers[column]!),
      ); // one a column
    }
  }

  /** Finds out which of them match. @param left a variable: so many of them belong to the piece; null: all do */
  findMask(left: number | null): void {
    const { code } = this;
    let isFirst = true;
    const push = (...instructions: readonly (readonly number[])[]): void => {
      code.add(...instructions, ...(isFirst ? [] : [v128.and]));
      isFirst = false;
    };
    if (left !== null) push(i16x8.places, get(left), i16x8.splat, i16x8.ltS);
    for (const [place, condition] of this.shape.conditions.entries())
      push(...this.condition(condition, this.ranges[place]!)); // one a condition
    code.add(set(this.mask));
  }

  /** Taken off the least value what lies below is greater than all others, without its sign. */
  private condition(
    { column, storage, negated }: VectorCondition,
    { low, span }: Range,
  ): (readonly number[])[] {
    const pointer = get(this.pointers[column]!); // one a column
    const within = (
      load: readonly number[],
      { sub, leU }: typeof i16x8 | typeof i32x4,
    ): (readonly number[])[] => [pointer, load, get(low), sub, get(span), leU];
    const tested = isLong(storage)
      ? [...within(at(v128.load, 2), i32x4), ...within(at(v128.load, 2, 16), i32x4), i16x8.narrow]
      : within(isByte(storage) ? at(v128.loadWide[storage], 0) : at(v128.load, 1), i16x8);
    return negated ? [...tested, v128.not] : tested;
  }

  /** What four of the eight share. @param isMasked those that do not match have values of 0 */
  beginHalf(half: 0 | 1, isMasked: boolean): void {
    const { code, halfMask } = this;
    if (isMasked) code.add(get(this.mask), i32x4.halves[half], set(halfMask));
    for (const [place, { column, storage, isWhole }] of this.shape.measures.entries()) {
      if (storage === 'float64') continue;
      code.add(get(this.pointers[column]!), ...fourWords(storage, half)); // one a column
      if (isWhole) code.add(get(this.scalings[place]!.centre), i32x4.sub); // one a measure, here and below
      if (isWhole && isMasked) code.add(get(halfMask), v128.and);
      code.add(set(this.words[place]!));
    }
  }

  /** Puts down the values of two rows of a half. */
  putValues(half: 0 | 1, quarter: 0 | 1, isMasked: boolean): void {
    for (const [place, measure] of this.shape.measures.entries()) {
      this.code.add(...this.value(measure, place, half, quarter));
      if (isMasked && !measure.isWhole) this.code.add(get(this.halfMask), i64x2.halves[quarter], v128.and);
      this.code.add(set(this.values[place]!)); // one a measure
    }
  }

  private value(
    { column, storage, isWhole }: VectorMeasure,
    place: number,
    half: 0 | 1,
    quarter: 0 | 1,
  ): (readonly number[])[] {
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
function fourWords(storage: WordStorage, half: 0 | 1): (readonly number[])[] {
  if (isLong(storage)) return [at(v128.load, 2, 16 * half)];
  if (isByte(storage)) return [at(v128.loadWide[storage], 0), i32x4.halves[half]];
  return [at(v128.loadWide[storage], 1, 8 * half)];
}

const isLong = (storage: WordStorage): storage is 'int32' => storage === 'int32';
const isByte = (storage: WordStorage): storage is 'int8' | 'uint8' =>
  storage === 'int8' || storage === 'uint8';
