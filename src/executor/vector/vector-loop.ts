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
 * The module of a function that adds up pieces of columns: `(from, count, into, …columns, …conditions, …measures)`. At `from` lie the
 * first row of each piece and the row behind its last, both of 32 bits; `into` takes a piece's count of matching rows and its sums, as
 * doubles. Of a column comes its address; of a condition the least value and the distance to the greatest; of a measure its centre, and
 * its divisor where it is divided. It may read 64 bytes beyond a column's end. Each sum has two lanes, of rows in turns: with more it
 * takes as long, for what it waits for are the units that multiply and add.
 */
export function vectorModule(shape: VectorShape): Uint8Array {
  const code = new FunctionCode();
  const [from, count, into] = [code.parameter('i32'), code.parameter('i32'), code.parameter('i32')];
  const pieces = new PieceCode(code, shape);
  const size = sumBytes * (1 + shape.products.length);
  code.add(control.loop);
  pieces.add(from, into);
  code.add(get(from), i32.const(pieceBytes), i32.add, set(from));
  code.add(get(into), i32.const(size), i32.add, set(into));
  code.add(get(count), i32.const(1), i32.sub, set(count));
  code.add(i32.const(0), get(count), i32.ltS, jumpIf(0), control.end);
  return code.module();
}

/** Code that adds up one piece. */
class PieceCode {
  private readonly rows: VectorRows;
  private readonly sums: readonly number[];
  /** For each of eight rows in turns how many matched. */
  private readonly matched: number;
  private readonly row: number;
  private readonly end: number;
  private readonly left: number;
  /** The variables of products of several measures. */
  private readonly products = new Map<string, number>();
  private readonly isFiltered: boolean;

  constructor(
    private readonly code: FunctionCode,
    private readonly shape: VectorShape,
  ) {
    this.rows = new VectorRows(code, shape);
    this.sums = code.locals('v128', shape.products.length);
    this.matched = code.local('v128');
    [this.row, this.end, this.left] = code.locals('i32', 3) as [number, number, number];
    this.isFiltered = shape.conditions.length > 0;
  }

  /** @param from, into variables: where the piece is told, and where its sums go */
  add(from: number, into: number): void {
    const { code, row, end, left, matched } = this;
    const hasLeft = [get(end), get(row), i32.sub, tee(left)];
    for (const sum of [...this.sums, matched]) code.add(v128.zeros, set(sum));
    code.add(get(from), at(i32.load, 2), set(row), get(from), at(i32.load, 2, 4), set(end));
    if (!this.isFiltered) this.store(into, 0, [get(end), get(row), i32.sub, f64.convertI32]);
    code.add(control.block, control.loop, ...hasLeft, i32.const(rowsOfStep), i32.ltS, jumpIf(1));
    this.step(false);
    code.add(get(row), i32.const(rowsOfStep), i32.add, set(row), jump(0), control.end, control.end);
    code.add(i32.const(0), ...hasLeft, i32.ltS, control.if);
    this.step(true);
    code.add(control.end);
    if (this.isFiltered) this.store(into, 0, this.countMatched());
    for (const [place, sum] of this.sums.entries())
      this.store(into, 1 + place, [get(sum), f64x2.lane(0), get(sum), f64x2.lane(1), f64.add]);
  }

  private store(into: number, place: number, value: readonly (readonly number[])[]): void {
    this.code.add(get(into), ...value, at(f64.store, 3, sumBytes * place));
  }

  private countMatched(): (readonly number[])[] {
    const { matched } = this;
    const lanes = [0, 1, 2, 3].map((lane) => [...get(matched), ...i32x4.lane(lane)]);
    return [get(matched), i16x8.addPairs, set(matched), ...lanes, i32.add, i32.add, i32.add, f64.convertI32];
  }

  /** Adds up eight rows. @param isLast fewer than eight are left */
  private step(isLast: boolean): void {
    const { code, rows, matched } = this;
    const isMasked = isLast || this.isFiltered;
    rows.goTo(this.row);
    if (isMasked) {
      rows.findMask(isLast ? this.left : null);
      code.add(get(matched), get(rows.mask), i16x8.sub, set(matched));
    }
    for (const half of [0, 1] as const) {
      rows.beginHalf(half, isMasked);
      for (const quarter of [0, 1] as const) {
        rows.putValues(half, quarter, isMasked);
        this.addProducts();
      }
    }
  }

  private addProducts(): void {
    const known = new Set<string>();
    for (const [place, factors] of this.shape.products.entries()) {
      const [value, sum] = [this.productOf(factors, known), this.sums[place]!]; // one a product
      this.code.add(get(sum), get(value), f64x2.add, set(sum));
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
