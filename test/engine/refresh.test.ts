import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LockedDatabase } from '../../src/sources/duckdb/locked-database.ts';
import { sizesOf } from '../support/sample-sizes.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
});
afterEach(() => work.close());

/** Rows of a part: groups and values differ from part to part. */
const part = (place: number, rows: number): string =>
  `SELECT ${place} * 100000 + i AS id, 'g' || ((i + ${place}) % ${3 + place}) AS g, (hash(i, ${place}) % 1000)::INTEGER AS x, i / 8.0 AS y, (i % 40)::INTEGER AS who FROM range(${rows}) t(i)`;
const addPart = (place: number, rows: number): Promise<string> =>
  work.writeRows(`part-${place}.parquet`, part(place, rows));
const createTable = (name: string): Promise<unknown> =>
  work.query(`CREATE TABLE ${name} FROM '${work.path('part-*.parquet')}'`);
const sampleSizes = (name: string): Promise<unknown[]> => sizesOf(work, name);
/** Exact totals of the strata, and estimates with their intervals, where the sample has them. */
const asked = async (table: string): Promise<unknown[]> => {
  const found: unknown[] = [];
  for (const sql of [
    `SELECT COUNT(*), SUM(x), MIN(x), MAX(id) FROM ${table}`,
    `SELECT g, COUNT(*), SUM(x), AVG(y) FROM ${table} WHERE x < 800 GROUP BY g ORDER BY g`,
    `SELECT COUNT(DISTINCT who) FROM ${table} WHERE x < 100`,
    `EXACT SELECT COUNT(*), SUM(x), SUM(id) FROM ${table}`,
  ]) {
    const { rows, answer } = await work.query(sql);
    found.push([answer.mode, rows]);
  }
  return found;
};

describe('REFRESH SAMPLES', () => {
  test.each([
    ['UNIFORM 300 ROWS', 'merged'],
    ['UNIFORM 10%', 'merged'],
    ['UNIFORM 300 ROWS OUTLIERS OF (x)', 'merged'],
    ['STRATIFIED BY (g) CAP 50', 'merged'],
    ['UNIVERSE BY (who) 50%', 'drawn anew'],
  ])('of files that were added makes of %s what a build of all files makes', async (method, how) => {
    await addPart(0, 4000);
    await createTable('grown');
    await work.query(`CREATE SAMPLE grown_s ON grown ${method} SEED 7`);
    let rows = 4000;
    for (const [place, added] of [
      [1, 1500],
      [2, 40],
      [3, 900],
    ] as const) {
      await addPart(place, added);
      rows += added;
      const { rows: told, answer } = await work.query('REFRESH SAMPLES ON grown');
      expect(told).toEqual([['grown_s', place + 1, expect.any(Number), rows, how]]);
      expect(answer.reason).toMatch(/^grown: 1 file added(; since grown_s was made .* strata are new: .*)?$/);
    }
    await createTable('fresh');
    await work.query(`CREATE SAMPLE fresh_s ON fresh ${method} SEED 7`);
    if (!method.includes('OUTLIERS')) {
      // Thresholds of outliers stay, a fresh build finds its own.
      expect(await sampleSizes('grown_s')).toEqual(await sampleSizes('fresh_s'));
      expect(await asked('grown')).toEqual(await asked('fresh'));
    }
    const [exact, [all]] = [await work.values('EXACT SELECT COUNT(*), SUM(x) FROM grown'), await work.values('SELECT COUNT(*), SUM(x) FROM grown')]; // prettier-ignore
    expect([all]).toEqual(exact);
  });

  test('opens what was added once, for a look into it and for all samples', async () => {
    await addPart(1, 3000);
    await createTable('t');
    for (const method of ['UNIFORM 200 ROWS', 'STRATIFIED BY (g) CAP 30', 'UNIFORM 5%'])
      await work.query(`CREATE SAMPLE ON t ${method} SEED 3`);
    await addPart(2, 500);
    const opening = vi.spyOn(LockedDatabase, 'open'); // it only counts
    try {
      const { answer } = await work.query('REFRESH SAMPLES ON t');
      expect(answer.reason).toMatch(/^t: 1 file added/);
      expect(opening.mock.calls.map(([{ allowedPaths }]) => allowedPaths)).toEqual([
        [work.path('part-2.parquet')],
      ]);
    } finally {
      opening.mockRestore();
    }
  });

  test('twice adds nothing twice, and leaves no file behind', async () => {
    await addPart(0, 2000);
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 7');
    await addPart(1, 500);
    await work.query('REFRESH SAMPLES ON t');
    const before = await asked('t');
    const again = await work.query('REFRESH SAMPLES ON t');
    expect([again.rows, again.answer.reason]).toEqual([[], 'the files of t are what they were']);
    expect(await asked('t')).toEqual(before);
    await work.reopen();
    expect(await asked('t')).toEqual(before);
    expect(readdirSync(work.path('data/samples'))).toHaveLength(2);
  });

  test('of files that changed or went draws samples anew', async () => {
    for (const place of [0, 1, 2]) await addPart(place, 1000);
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 7');
    await addPart(1, 300);
    rmSync(work.path('part-2.parquet'));
    await addPart(3, 200);
    const { rows, answer } = await work.query('REFRESH SAMPLES ON t');
    expect(rows).toEqual([['s', 2, expect.any(Number), 1500, 'drawn anew']]);
    expect(answer.reason).toMatch(/^t: 1 file added, 1 file changed, 1 file gone; since s was made /);
    expect(await work.values('SELECT COUNT(*), SUM(x) FROM t')).toEqual(
      await work.values('EXACT SELECT COUNT(*), SUM(x) FROM t'),
    );
  });

  test('of a table without samples takes its new files in', async () => {
    await addPart(0, 100);
    await createTable('t');
    await addPart(1, 50);
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[100]]);
    await work.query('REFRESH SAMPLES ON t');
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[150]]);
  });

  test('refuses files of other columns, and changes nothing', async () => {
    await addPart(0, 100);
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t UNIFORM 50 ROWS SEED 7');
    await work.writeRows('part-1.parquet', 'SELECT 1 AS id');
    expect(await work.error('REFRESH SAMPLES ON t')).toMatchObject({
      code: 'INVALID_FILE',
      message: expect.stringMatching(/^the columns of .*part-1\.parquet are id INTEGER$/) as string,
    });
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[100]]);
  });

  test('two at once add the files once', async () => {
    await addPart(0, 2000);
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 7');
    await addPart(1, 500);
    const outcomes = await Promise.allSettled([1, 2].map(() => work.query('REFRESH SAMPLES ON t')));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[2500]]);
  });

  test.each([
    ['nothing', /there is no table nothing/],
    ['made', /is itself a sample/],
  ])('of %s is refused', async (table, message) => {
    await work.query(`CREATE TABLE made FROM '${work.write('made.csv', 'a,w\n1,2\n')}' SAMPLED WEIGHT w`);
    expect((await work.error(`REFRESH SAMPLES ON ${table}`)).message).toMatch(message);
  });

  test('draws anew what it cannot merge because it is damaged', async () => {
    await addPart(0, 4000);
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t UNIFORM 300 ROWS SEED 7');
    const [file] = readdirSync(work.path('data/samples')).filter((name) => !name.includes('strata'));
    const bytes = readFileSync(work.path(`data/samples/${file}`));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(work.path(`data/samples/${file}`), bytes);
    await addPart(1, 500);
    const { rows } = await work.query('REFRESH SAMPLES ON t');
    expect(rows).toEqual([['s', 2, 300, 4500, 'drawn anew']]);
    expect((await work.query('SELECT COUNT(*), AVG(x) FROM t WHERE id > 5')).answer.mode).toBe('approximate');
  });
});

/** Rows of a text file: the codes of the first part cannot be numbers, those of the others look like some. */
const csvPart = (place: number, rows: number): string =>
  ['code,n', ...Array.from({ length: rows }, (_, row) => `${place === 0 ? 'A' : '0'}${row % 7},${place * 1000 + row}`)].join('\n'); // prettier-ignore
const jsonPart = (place: number, rows: number): string =>
  csvPart(place, rows).split('\n').slice(1).map((line) => line.split(',')).map(([code, n]) => JSON.stringify({ code, n: Number(n) })).join('\n'); // prettier-ignore

describe.each([
  ['csv', csvPart],
  ['json', jsonPart],
] as const)('REFRESH SAMPLES of a table written from %s files', (ending, textOf) => {
  const write = (place: number, rows: number): string =>
    work.write(`part-${place}.${ending}`, textOf(place, rows));
  const create = async (): Promise<void> => {
    await work.query(`CREATE TABLE t FROM '${work.path(`part-*.${ending}`)}'`);
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (code) CAP 20 SEED 7');
  };
  const all = 'SELECT COUNT(*), SUM(n), MIN(code), MAX(code) FROM t';

  test('takes in what was added, as the columns that there are', async () => {
    write(0, 700);
    await create();
    write(1, 70);
    expect((await work.query('REFRESH SAMPLES ON t')).rows).toEqual([
      ['s', 2, expect.any(Number), 770, 'merged'],
    ]);
    const sum = (700 * 699) / 2 + 70 * 1000 + (70 * 69) / 2;
    const [exact] = await work.values(`EXACT ${all}`);
    expect(exact).toEqual([770, sum, '00', 'A6']);
    expect((await work.values('SELECT COUNT(*), SUM(n) FROM t'))[0]).toEqual([770, sum]);
    const again = await work.query('REFRESH SAMPLES ON t');
    expect(again.answer.reason).toBe('the files of t are what they were');
    expect(readdirSync(work.path('data/tables'))).toHaveLength(2);
  });

  test('writes all anew where one has changed or gone', async () => {
    write(0, 700);
    write(1, 70);
    await create();
    write(0, 350);
    rmSync(work.path(`part-1.${ending}`));
    write(2, 10);
    const { rows, answer } = await work.query('REFRESH SAMPLES ON t');
    expect(rows).toEqual([['s', 2, expect.any(Number), 360, 'drawn anew']]);
    expect(answer.reason).toMatch(/^t: 1 file added, 1 file changed, 1 file gone/);
    expect((await work.values(all))[0]?.[0]).toBe(360);
    expect(readdirSync(work.path('data/tables'))).toHaveLength(1);
  });

  test('refuses files of other columns, and leaves nothing behind', async () => {
    write(0, 700);
    await create();
    work.write(`part-1.${ending}`, ending === 'csv' ? 'code,other\nA,1\n' : '{"code": {"a": 1}, "n": "x"}\n');
    expect(await work.error('REFRESH SAMPLES ON t')).toMatchObject({ code: 'INVALID_FILE' });
    expect((await work.values(all))[0]?.[0]).toBe(700);
    expect(readdirSync(work.path('data/tables'))).toHaveLength(1);
  });
});

describe('Strata that are no longer those that a sample was made for', () => {
  const rows = (groups: string, count: number): string =>
    `SELECT ${groups} AS g, i AS x FROM range(${count}) t(i)`;

  test('are told of when many refreshes have moved them a little each', async () => {
    await work.writeRows('part-0.parquet', rows('(i % 10)::INTEGER', 10_000));
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 7');
    const reasons: string[] = [];
    for (const place of [1, 2, 3]) {
      await work.writeRows(`part-${place}.parquet`, rows('0', 600));
      reasons.push((await work.query('REFRESH SAMPLES ON t')).answer.reason);
    }
    expect(reasons.slice(0, 2)).toEqual(['t: 1 file added', 't: 1 file added']);
    // 0.9 · 600 / 10 600 and so on: 13.7 % of the rows in all.
    expect(reasons[2]).toBe(
      't: 1 file added; since s was made up to 14 % of the rows are in other strata, 0 of its 10 strata are new: EXPLAIN CREATE SAMPLES may find a better one',
    );
  });

  test('are told of when they are new', async () => {
    await work.writeRows('part-0.parquet', rows('(i % 10)::INTEGER', 10_000));
    await createTable('t');
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 50 SEED 7');
    await work.writeRows('part-1.parquet', rows('(10 + i % 5)::INTEGER', 100));
    expect((await work.query('REFRESH SAMPLES ON t')).answer.reason).toMatch(/5 of its 15 strata are new/);
  });
});
