import { afterAll, beforeAll, expect, test } from 'vitest';
import { QueryError, seededRandom } from '../../src/common/index.ts';
import {
  type ColumnRange,
  evaluate,
  type Lookup,
  rangeOf,
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

test('over 2,000 random expressions', () => {
  const extremes = new Map(
    columns.map(({ name, values }) => {
      const numbers = values.filter((value) => typeof value === 'number');
      return [name, numbers.length === 0 ? null : { low: Math.min(...numbers), high: Math.max(...numbers) }];
    }),
  );
  const columnRange: ColumnRange = ({ name }) => extremes.get(name) ?? null;
  const writer = new QueryWriter(seededRandom(77));
  const outside: string[] = [];
  let ranged = 0;
  for (let number = 0; number < 2000; number++) {
    const sql = writer.number(3);
    let expression;
    try {
      expression = bindExpression(sql, columns);
    } catch (error) {
      if (error instanceof QueryError) continue;
      throw error;
    }
    const range = rangeOf(expression, columnRange);
    if (range === null) continue;
    ranged++;
    for (let row = 0; row < rows; row++) {
      const lookup: Lookup = (leaf) => (leaf.kind === 'column' ? columns[leaf.column]!.values[row]! : null);
      let value: Scalar;
      try {
        value = evaluate(expression, lookup);
      } catch (error) {
        if (error instanceof Unevaluable) break;
        throw error;
      }
      if (value === null) continue;
      const slack = 1e-9 * Math.max(1, Math.abs(range.low), Math.abs(range.high));
      if (Number(value) < range.low - slack || Number(value) > range.high + slack) {
        outside.push(`${sql}: ${String(value)} is not in [${range.low}, ${range.high}]`);
        break;
      }
    }
  }
  expect(outside).toEqual([]);
  expect(ranged).toBeGreaterThan(800);
});
