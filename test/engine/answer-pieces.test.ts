import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AnswerInPieces, inPieces, rowPieces } from '../../src/engine/control.ts';
import type { QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
let result: QueryResult;
let pieces: AnswerInPieces;
beforeAll(async () => {
  work = await Workspace.open();
  // In every 50th group nothing is known of x, so that some batches have NULLs and others none.
  await work.table(
    't',
    `SELECT (i % 9000)::INTEGER AS g, 'g' || (i % 9000) AS name, IF(i % 9000 % 50 = 7 AND i % 9000 < 4000, NULL, (i * 7919 % 997)::DOUBLE) AS x FROM range(90000) r(i)`,
  );
  await work.query('CREATE SAMPLE s ON t UNIFORM 60000 ROWS SEED 1');
  result = await work.query('SELECT name, AVG(x) AS x, COUNT(*) AS x FROM t GROUP BY name ORDER BY name');
  pieces = inPieces(result);
});
afterAll(() => work.close());

test('rows say the same in whatever order, and however few', async () => {
  const sorted = result.toJSON().rows;
  const names = (rows: typeof sorted): string[] => rows.map(([name]) => String(name));
  const byName = new Map(sorted.map((row) => [row[0], row]));
  const asked = 'SELECT name, AVG(x) AS x, COUNT(*) AS x FROM t GROUP BY name';
  const asMet = (await work.query(asked)).toJSON();
  const reversed = (await work.query(`${asked} ORDER BY name DESC`)).toJSON();
  expect(names(reversed.rows)).not.toEqual(names(sorted));
  for (const { rows } of [asMet, reversed]) expect(new Map(rows.map((row) => [row[0], row]))).toEqual(byName);
  const few = await work.query(`${asked} ORDER BY name LIMIT 5 OFFSET 2`);
  expect(few.toJSON().rows).toEqual(sorted.slice(2, 7));
});

test('rows in pieces are those in one', () => {
  expect(result.answer.mode).toBe('approximate');
  const places = [...rowPieces(pieces.columns, pieces.rowCount)];
  expect(places.length).toBeGreaterThan(5);
  expect(places.flatMap(([from, to]) => pieces.rowsJson(from, to))).toEqual(result.toJSON().rows);
});

test('an Arrow stream holds the table, in batches of one schema', () => {
  const whole = result.toArrow();
  const bytes = Buffer.concat([...pieces.arrowStream(pieces.rowCount, new Map([['k', 'ü']]))]);
  const table = tableFromIPC(bytes);
  expect(table.batches.length).toBeGreaterThan(3);
  expect(table.schema.metadata).toEqual(new Map([['k', 'ü']]));
  expect(String(table.schema)).toBe(String(whole.schema));
  expect(table.schema.names).toContain('x_certified_1');
  expect(table.toArray().map(String)).toEqual(whole.toArray().map(String));
  expect(table.getChildAt(1)?.nullCount).toBeGreaterThan(0);
});

test('an Arrow stream of no rows has its schema', () => {
  const table = tableFromIPC(Buffer.concat([...pieces.arrowStream(0, new Map())]));
  expect([table.numRows, String(table.schema)]).toEqual([0, String(result.toArrow().schema)]);
});

test('intervals are counted', () => {
  const cells = result.toJSON().rows.flatMap((row) => row.filter((cell) => typeof cell === 'object' && cell !== null)); // prettier-ignore
  const intervals = cells.filter(({ low, high, exact }) => !exact && (low !== null || high !== null));
  expect(intervals.length).toBeGreaterThan(9000);
  const [half, { count, certified }] = [
    Math.floor(pieces.rowCount / 2),
    pieces.countIntervals(0, pieces.rowCount),
  ];
  expect(count).toBe(intervals.length);
  expect(certified).toBe(intervals.filter((cell) => cell.certified).length);
  const [first, second] = [pieces.countIntervals(0, half), pieces.countIntervals(half, pieces.rowCount)];
  expect(first.count + second.count).toBe(count);
});

test('what no engine made is refused', () => {
  expect(() => inPieces({ ...result })).toThrow(TypeError);
});
