import { expect, test } from 'vitest';
import { parseStatement, shapeOf } from '../../src/parser/index.ts';

/** The shape of a SELECT without its bounds. */
function shape(sql: string): string {
  const statement = parseStatement(sql);
  if (statement.kind !== 'select-statement') throw new Error(`no SELECT: ${sql}`);
  return shapeOf(sql, statement.query.span);
}

test('constants, bounds, comments, layout and case make no difference', () => {
  const expected = 'select count ( * ) from t where x > ? and s = ?';
  for (const sql of [
    "SELECT COUNT(*) FROM t WHERE x > 5 AND s = 'a'",
    "select count(*)\nfrom T -- all\nwhere X > 7.5e2 and s = 'it''s' ERROR WITHIN 5% WITHIN 2 SECONDS",
    'SELECT COUNT(*) FROM t WHERE x > ? AND s = ? ON MISS FAIL',
    'EXACT SELECT COUNT(*) FROM t WHERE x > :least AND s = :name',
  ])
    expect(shape(sql)).toBe(expected);
});

test('lists of constants are alike however long they are', () => {
  const two = shape('SELECT SUM(x) FROM t WHERE y IN (1, 2)');
  expect(two).toBe('select sum ( x ) from t where y in ( ?, … )');
  expect(shape("SELECT SUM(x) FROM t WHERE y IN ('a', ?, 3, 4)")).toBe(two);
  expect(shape('SELECT SUM(x) FROM t WHERE y IN (1)')).not.toBe(two);
});

test('what is asked makes a difference', () => {
  const shapes = [
    'SELECT SUM(x) FROM t WHERE y > 1',
    'SELECT SUM(x) FROM t WHERE y >= 1',
    'SELECT SUM(x) FROM t WHERE z > 1',
    'SELECT SUM(y) FROM t WHERE y > 1',
    'SELECT SUM("X") FROM t WHERE y > 1',
    'SELECT SUM(x) FROM t WHERE y > 1 GROUP BY z',
  ].map(shape);
  expect(new Set(shapes).size).toBe(shapes.length);
});
