import { afterAll, beforeAll, expect, test } from 'vitest';
import { QueryError, seededRandom } from '../../src/common/index.ts';
import {
  type BoundExpression,
  type ColumnRange,
  evaluate,
  type Lookup,
  type Range,
  rangeOf,
  rangeWhere,
  type Scalar,
  Unevaluable,
} from '../../src/plan/index.ts';
import { bindExpression } from '../support/bind.ts';
import { ReferenceDuckDB } from '../support/duckdb.ts';
import { QueryWriter, typedTableSql } from '../support/random-queries.ts';

/* Whatever value an expression takes over the rows of a table lies in the range that follows from its columns' extremes. */

const rows = 300;
let columns: { name: string; type: ReturnType<typeof bindExpression>['type']; values: readonly Scalar[] }[];
let duckdb: ReferenceDuckDB;

beforeAll(async () => {
  duckdb = await ReferenceDuckDB.open();
  const names = await duckdb.columns(`SELECT column_name FROM (DESCRIBE ${typedTableSql(rows)})`);
  const found = await duckdb.columns(typedTableSql(rows));
  columns = found.map(({ type, values }, place) => ({ name: String(names[0]!.values[place]), type, values }));
});
afterAll(() => duckdb.close());

/** The ranges of columns over all rows; null where none is known. */
function columnRanges(): ColumnRange {
  const extremes = new Map(
    columns.map(({ name, values }) => {
      const numbers = values.filter((value) => typeof value === 'number');
      return [name, numbers.length === 0 ? null : { low: Math.min(...numbers), high: Math.max(...numbers) }];
    }),
  );
  return ({ name }) => extremes.get(name) ?? null;
}

/** null where the text means nothing over the table. */
function bound(sql: string): BoundExpression | null {
  try {
    return bindExpression(sql, columns);
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

/** The value in a row; undefined where only DuckDB can tell. */
function valueIn(row: number, expression: BoundExpression): Scalar | undefined {
  const lookup: Lookup = (leaf) => (leaf.kind === 'column' ? columns[leaf.column]!.values[row]! : null);
  try {
    return evaluate(expression, lookup);
  } catch (error) {
    if (error instanceof Unevaluable) return undefined;
    throw error;
  }
}

/** A value outside the range, in words; undefined where there is none. @param isAsked rows that count */
function outsideOf(
  expression: BoundExpression,
  range: Range,
  isAsked: (row: number) => boolean,
): string | undefined {
  const slack = 1e-9 * Math.max(1, Math.abs(range.low), Math.abs(range.high));
  for (let row = 0; row < rows; row++) {
    if (!isAsked(row)) continue;
    const value = valueIn(row, expression);
    if (value === undefined) return undefined;
    if (value !== null && (Number(value) < range.low - slack || Number(value) > range.high + slack))
      return `${String(value)} is not in [${range.low}, ${range.high}]`;
  }
  return undefined;
}

test('over 2,000 random expressions', () => {
  const columnRange = columnRanges();
  const writer = new QueryWriter(seededRandom(77));
  const outside: string[] = [];
  let ranged = 0;
  for (let number = 0; number < 2000; number++) {
    const sql = writer.number(3);
    const expression = bound(sql);
    const range = expression === null ? null : rangeOf(expression, columnRange);
    if (expression === null || range === null) continue;
    ranged++;
    const found = outsideOf(expression, range, () => true);
    if (found !== undefined) outside.push(`${sql}: ${found}`);
  }
  expect(outside).toEqual([]);
  expect(ranged).toBeGreaterThan(800);
});

test('where 3,000 random conditions are true', () => {
  const columnRange = columnRanges();
  const asked = columns
    .map(({ name }) => bindExpression(name, columns))
    .filter((column) => rangeOf(column, columnRange) !== null);
  const writer = new QueryWriter(seededRandom(78));
  const outside: string[] = [];
  let narrowed = 0;
  for (let number = 0; number < 3000; number++) {
    const where = writer.condition(2);
    const condition = bound(where);
    if (condition === null) continue;
    const known = rangeWhere([condition], columnRange);
    for (const column of asked) {
      const [all, range] = [rangeOf(column, columnRange)!, rangeOf(column, known)!]; // columns that have one
      if (range.low === all.low && range.high === all.high) continue;
      narrowed++;
      const found = outsideOf(column, range, (row) => valueIn(row, condition) === true);
      if (found !== undefined) outside.push(`${where}: ${found}`);
    }
  }
  expect(outside).toEqual([]);
  expect(narrowed).toBeGreaterThan(300);
});

test.each([
  ['small BETWEEN 3 AND 7', 3, 7],
  ['small >= 3 AND 7 > small', 3, 7],
  ['small IN (5, 3, 7)', 3, 7],
  ['small = 5 OR small = 9', 5, 9],
  ['small <= 5.5', null, 6],
  ['small <= 5 OR price > 3', null, null],
  ['price > 3.5 AND small < 10', null, 10],
  ['NOT small <= 5', null, null],
  ['small > 7 AND small < 3', null, null],
])('where %s', (where, low, high) => {
  const column = bindExpression('small', columns);
  const whole = { low: -100, high: 100 };
  const range = rangeOf(
    column,
    rangeWhere([bindExpression(where, columns)], () => whole),
  );
  expect(range).toEqual({ low: low ?? whole.low, high: high ?? whole.high });
});
