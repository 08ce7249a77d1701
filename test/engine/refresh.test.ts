import { readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
const sampleSizes = async (name: string): Promise<unknown[]> => {
  const { columns, rows } = await work.query('SHOW SAMPLES');
  const places = ['method', 'rows', 'population_rows', 'strata'].map((wanted) =>
    columns.findIndex((column) => column.name === wanted),
  );
  const row = rows.find(([first]) => first === name)!; // it was made
  return places.map((place) => row[place]);
};
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
      expect(answer.reason).toBe('grown: 1 file added');
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
    expect(answer.reason).toBe('t: 1 file added, 1 file changed, 1 file gone');
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
      message: expect.stringMatching(/part-1\.parquet are not those of t$/) as string,
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
    ['made', /written from csv files/],
  ])('of %s is refused', async (table, message) => {
    await work.query(`CREATE TABLE made FROM '${work.write('made.csv', 'a,b\n1,2\n')}'`);
    expect((await work.error(`REFRESH SAMPLES ON ${table}`)).message).toMatch(message);
  });
});
