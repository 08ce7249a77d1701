import { readFileSync, utimesSync, writeFileSync } from 'node:fs';
import * as arrow from 'apache-arrow';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
});
afterEach(() => work.close());

const select =
  "SELECT i AS id, 'n' || (i % 3) AS name, i / 4.0 AS share, DATE '2021-01-01' + i::INTEGER AS day, i % 2 = 0 AS even FROM range(100) t(i)";
const totals = 'EXACT SELECT COUNT(*), SUM(id), COUNT(DISTINCT name), MIN(day) FROM t';
const expected = [[100, 4950, 3, new Date('2021-01-01')]];

describe('CREATE TABLE reads', () => {
  test('Parquet in place', async () => {
    await work.table('t', select);
    expect(await work.values(totals)).toEqual(expected);
  });

  test('CSV, JSON and their compressed forms, written once as Parquet', async () => {
    for (const [name, options] of [
      ['a.csv', 'FORMAT csv, HEADER'],
      ['b.json', 'FORMAT json'],
      ['c.csv.gz', 'FORMAT csv, HEADER, COMPRESSION gzip'],
    ] as const) {
      const path = await work.writeRows(name, select, options);
      await work.query(`CREATE TABLE t FROM '${path}'`);
      // Only the copy is read from now on.
      writeFileSync(path, 'gone');
      expect(await work.values(totals)).toEqual(expected);
      await work.query('DROP TABLE t');
    }
  });

  test('Arrow IPC files and streams, with dictionaries, NULLs and decimals', async () => {
    const table = new arrow.Table({
      id: arrow.vectorFromArray([1n, 2n, null], new arrow.Int64()),
      name: arrow.vectorFromArray(['a', 'b', 'a'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())),
      share: arrow.vectorFromArray([0.5, null, 2.5], new arrow.Float64()),
      day: arrow.vectorFromArray([new Date('2021-01-01'), null, new Date('1969-12-31')], new arrow.DateDay()),
      at: arrow.vectorFromArray(
        [new Date('2021-01-01T01:02:03.456Z'), null, new Date(0)],
        new arrow.TimestampMicrosecond(),
      ),
      even: arrow.vectorFromArray([true, false, null], new arrow.Bool()),
    });
    for (const [name, format] of [
      ['a.arrow', 'file'],
      ['b.arrows', 'stream'],
    ] as const) {
      await work.query(`CREATE TABLE t FROM '${work.write(name, arrow.tableToIPC(table, format))}'`);
      expect(await work.values('DESCRIBE t')).toEqual([
        ['id', 'BIGINT'],
        ['name', 'VARCHAR'],
        ['share', 'DOUBLE'],
        ['day', 'DATE'],
        ['at', 'TIMESTAMP'],
        ['even', 'BOOLEAN'],
      ]);
      expect(await work.values('SELECT * FROM t ORDER BY id NULLS LAST')).toEqual([
        [1, 'a', 0.5, new Date('2021-01-01'), new Date('2021-01-01T01:02:03.456Z'), true],
        [2, 'b', null, null, null, false],
        [null, 'a', 2.5, new Date('1969-12-31'), new Date(0), null],
      ]);
      await work.query('DROP TABLE t');
    }
    expect((await work.error(`CREATE TABLE t FROM '${work.write('c.arrow', 'no Arrow')}'`)).code).toBe(
      'INVALID_FILE',
    );
  });

  test('a glob as one table, each file with rows of its own', async () => {
    for (const part of [1, 2, 3])
      await work.writeRows(`part-${part}.parquet`, `SELECT ${part} AS part, i FROM range(${part * 10}) t(i)`);
    await work.query(`CREATE TABLE t FROM '${work.path('part-*.parquet')}'`);
    expect(await work.values('EXACT SELECT part, COUNT(*) FROM t GROUP BY part ORDER BY part')).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
    ]);
    // All rows of a full sample, so every file's rows have priorities of their own.
    await work.query('CREATE SAMPLE ON t UNIFORM 30 ROWS SEED 1');
    const [[count]] = (await work.values('SELECT COUNT(*) FROM t WHERE i >= 0')) as [[number]];
    expect(count).toBe(60);
    await work.writeRows('other-1.csv', 'SELECT 1 AS x', 'FORMAT csv, HEADER');
    await work.writeRows('other-2.parquet', 'SELECT 1 AS x');
    expect((await work.error(`CREATE TABLE u FROM '${work.path('other-*')}'`)).code).toBe('INVALID_FILE');
  });
});

test('names match without regard to case, quoted or not', async () => {
  await work.table('Trips', 'SELECT 1 AS "Day Part", 2 AS "__proto__", 3 AS "select"');
  expect(await work.values('SELECT "day part", "__PROTO__", "Select" FROM TRIPS')).toEqual([[1, 2, 3]]);
  const [object] = (await work.query('SELECT "__proto__" FROM trips')).toObjects();
  expect(Object.keys(object!)).toEqual(['__proto__']);
});

test('tables and samples are there after a restart, and DROP removes them', async () => {
  await work.table('t', select);
  await work.query('CREATE SAMPLE s ON t UNIFORM 50 ROWS SEED 4');
  const before = await work.values('SELECT SUM(id) FROM t WHERE share > 1');
  await work.reopen();
  expect(await work.values('SELECT SUM(id) FROM t WHERE share > 1')).toEqual(before);
  await work.query('DROP SAMPLE s');
  expect(await work.values('SHOW SAMPLES')).toEqual([]);
  expect((await work.query('SELECT SUM(id) FROM t WHERE share > 1')).answer.mode).toBe('exact');
  await work.query('DROP TABLE t');
  expect(await work.values('SHOW TABLES')).toEqual([]);
  expect(await work.values('DROP TABLE IF EXISTS t')).toEqual([]);
  // The user's own file stays.
  expect(readFileSync(work.path('t.parquet')).length).toBeGreaterThan(0);
});

test('IF NOT EXISTS leaves what is there', async () => {
  await work.table('t', select);
  await work.query(`CREATE TABLE IF NOT EXISTS t FROM '${work.path('t.parquet')}'`);
  await work.query('CREATE SAMPLE s ON t UNIFORM 10 ROWS');
  await work.query('CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 20 ROWS');
  const [[rows]] = (await work.values('SHOW SAMPLES')).map((row) => [row[3]]) as [[number]];
  expect(rows).toBe(10);
});

test('samples are set aside when the table changes below them', async () => {
  await work.table('t', select);
  await work.query('CREATE SAMPLE ON t UNIFORM 50 ROWS SEED 4');
  expect((await work.query('SELECT AVG(id) FROM t WHERE share > 1')).answer.mode).toBe('approximate');
  await work.writeRows('t.parquet', `SELECT * REPLACE (id + 1000 AS id) FROM (${select})`);
  utimesSync(work.path('t.parquet'), new Date(), new Date(Date.now() + 5000));
  await work.reopen();
  const { rows, answer } = await work.query('SELECT AVG(id) FROM t WHERE share > 1');
  expect(answer).toMatchObject({ mode: 'exact', reason: expect.stringContaining('older than') as unknown });
  expect(rows[0]![0]).toBeGreaterThan(1000);
  expect((await work.error('CREATE SAMPLE ON t UNIFORM 1%')).code).toBe('CHANGED_FILE');
});

test('a file that is gone is named', async () => {
  await work.table('t', select);
  await work.table('u', select);
  const { rmSync } = await import('node:fs');
  rmSync(work.path('t.parquet'));
  expect(await work.error('SELECT COUNT(*) FROM t')).toMatchObject({
    code: 'MISSING_FILE',
    message: expect.stringContaining('t.parquet') as unknown,
  });
  // Other tables still answer.
  expect(await work.values('SELECT COUNT(*) FROM u')).toEqual([[100]]);
});

test('SHOW QUERIES tells what was asked, newest first', async () => {
  await work.table('t', select);
  await work.values('SELECT COUNT(*) FROM t');
  await work.error('SELECT nothing FROM t');
  await work.values('SELECT name, COUNT(*) FROM t WHERE id > 5 GROUP BY name');
  const log = (await work.query('SHOW QUERIES')).toObjects();
  // What is asked of a table without samples is kept too: it tells which to make.
  expect(log.slice(0, 3)).toMatchObject([
    { outcome: 'exact', columns: 'id, name' },
    { outcome: 'UNKNOWN_COLUMN', sql: 'SELECT nothing FROM t', shape: null, columns: null },
    {
      outcome: 'exact',
      sql: 'SELECT COUNT(*) FROM t',
      shape: 'select count ( * ) from t',
      columns: '',
      met: true,
    },
  ]);
});

test('a query goes on while other tables come and go', async () => {
  await work.table('t', 'SELECT i AS x FROM range(20000) t(i)');
  const running = work.values('EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x');
  for (const name of ['u', 'v', 'w']) {
    await work.table(name, select);
    expect(await work.values(`EXACT SELECT COUNT(*) FROM ${name}`)).toEqual([[100]]);
  }
  expect(await running).toEqual([[(20_000 * 19_999) / 2]]);
});
