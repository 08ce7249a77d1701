import { FunctionCode } from './function-code.ts';
import {
  at,
  control,
  f64,
  f64x2,
  get,
  i16x8,
  i32,
  i32x4,
  jump,
  jumpIf,
  set,
  tee,
  v128,
} from './instructions.ts';
import { VectorRows } from './vector-rows.ts';
import type { VectorShape } from './vector-shape.ts';

/** Rows that one step takes. */
const rowsOfStep = 8;
/** Bytes of what a piece is told by, and of each of its sums. */
export const pieceBytes = 8;
export const sumBytes = 8;

/**
 * The module of a function that adds up pieces of columns: `(from, count, into, …columns, …bitmaps, …tests, …measures)`. At `from` lie the
 * first row of each piece and the row behind its last, both of 32 bits; `into` takes a piece's sums, as doubles. Of a column and a bitmap
 * comes its address; of a test of a range the least value and the distance to the greatest; of a measure its centre, and its divisor where
 * it is divided. It may read 64 bytes beyond a column's end. Each sum has two lanes, of rows in turns: with more it takes as long, for
 * what it waits for are the units that multiply and add.
 */
export function vectorModule(shape: VectorShape): Uint8Array {
  const code = new FunctionCode();
  const [from, count, into] = [code.parameter('i32'), code.parameter('i32'), code.parameter('i32')];
  const pieces = new PieceCode(code, shape);
  code.add(control.loop);
  pieces.add(from, into);
  code.add(get(from), i32.const(pieceBytes), i32.add, set(from));
  code.add(get(into), i32.const(sumBytes * shape.sums.length), i32.add, set(into));
  code.add(get(count), i32.const(1), i32.sub, set(count));
  code.add(i32.const(0), get(count), i32.ltS, jumpIf(0), control.end);
  return code.module();
}

/** Code that adds up one piece. */
class PieceCode {
  private readonly rows: VectorRows;
  /** By sum: of products two lanes, of counts eight. */
  private readonly sums: readonly number[];
  private readonly end: number;
  private readonly left: number;
  /** The variables of products of several measures. */
  private readonly products = new Map<string, number>();

  constructor(
    private readonly code: FunctionCode,
    private readonly shape: VectorShape,
  ) {
    this.rows = new VectorRows(code, shape);
    this.sums = code.locals('v128', shape.sums.length);
    [this.end, this.left] = code.locals('i32', 2) as [number, number];
  }

  /** @param from, into variables: where the piece is told, and where its sums go */
  add(from: number, into: number): void {
    const { code, end, left } = this;
    const { row } = this.rows;
    const hasLeft = [get(end), get(row), i32.sub, tee(left)];
    for (const sum of this.sums) code.add(v128.zeros, set(sum));
    code.add(get(from), at(i32.load, 2), set(row), get(from), at(i32.load, 2, 4), set(end));
    code.add(control.block, control.loop, ...hasLeft, i32.const(rowsOfStep), i32.ltS, jumpIf(1));
    this.step(false);
    code.add(get(row), i32.const(rowsOfStep), i32.add, set(row), jump(0), control.end, control.end);
    code.add(i32.const(0), ...hasLeft, i32.ltS, control.if);
    this.step(true);
    code.add(control.end);
    for (const [place, { factors }] of this.shape.sums.entries()) {
      const total = factors.length > 0 ? twoLanes(this.sums[place]!) : eightLanes(this.sums[place]!); // one each
      code.add(get(into), ...total, at(f64.store, 3, sumBytes * place));
    }
  }

  /** Adds up eight rows. @param isLast fewer than eight are left */
  private step(isLast: boolean): void {
    const { code, rows } = this;
    rows.begin();
    rows.findMasks(isLast ? this.left : null);
    for (const [place, { factors, mask }] of this.shape.sums.entries()) {
      if (factors.length > 0) continue;
      const sum = this.sums[place]!; // one each
      const passing = rows.isMasked(mask, isLast) ? get(rows.masks[mask]!) : i16x8.all; // a place of masks
      code.add(get(sum), passing, i16x8.sub, set(sum));
    }
    for (const half of [0, 1] as const) {
      rows.beginHalf(half, isLast);
      for (const quarter of [0, 1] as const) {
        rows.putValues(half, quarter, isLast);
        this.addProducts(quarter, isLast);
      }
    }
  }

  private addProducts(quarter: 0 | 1, isLast: boolean): void {
    const known = new Set<string>();
    for (const [place, { factors, mask }] of this.shape.sums.entries()) {
      if (factors.length === 0) continue;
      const [value, sum] = [this.productOf(factors, known), this.sums[place]!]; // one each
      const left = mask === 0 ? [] : this.rows.only(mask, quarter, isLast);
      this.code.add(get(sum), get(value), ...left, f64x2.add, set(sum));
    }
  }

  /** The variable that holds a product, which is worked out unless it is known. */
  private productOf(factors: readonly number[], known: Set<string>): number {
    const { code, products } = this;
    const last = this.rows.values[factors.at(-1)!]!; // no product is empty
    if (factors.length === 1) return last;
    const key = factors.join();
    const variable = products.get(key) ?? code.local('v128');
    products.set(key, variable);
    if (!known.has(key)) {
      const before = this.productOf(factors.slice(0, -1), known);
      code.add(get(before), get(last), f64x2.mul, set(variable));
    }
    known.add(key);
    return variable;
  }
}

/** The sum of two doubles. */
const twoLanes = (sum: number): (readonly number[])[] => [
  get(sum),
  f64x2.lane(0),
  get(sum),
  f64x2.lane(1),
  f64.add,
];

/** The sum of eight counts, as a double. */
function eightLanes(sum: number): (readonly number[])[] {
  const lanes = [0, 1, 2, 3].map((lane) => [...get(sum), ...i32x4.lane(lane)]);
  return [get(sum), i16x8.addPairs, set(sum), ...lanes, i32.add, i32.add, i32.add, f64.convertI32];
}
