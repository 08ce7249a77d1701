import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemEnvironment } from '../../src/engine/environment.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
let aheadMs = 0;
beforeEach(async () => {
  aheadMs = 0;
  const { clock } = systemEnvironment;
  work = await Workspace.open({ clock: { ...clock, monotonicMs: () => clock.monotonicMs() + aheadMs } });
});
afterEach(() => work.close());

const part = (place: number, rows: number): Promise<string> =>
  work.writeRows(`part-${place}.parquet`, `SELECT i AS x, i % 7 AS g FROM range(${rows}) t(i)`);
const sampled = async (): Promise<void> => {
  await part(0, 10_000);
  await part(1, 10_000);
  await work.query(`CREATE TABLE t FROM '${work.path('part-*.parquet')}'`);
  await work.query('CREATE SAMPLE s ON t UNIFORM 1000 ROWS SEED 1');
};
const staleOf = async (sql = 'SELECT AVG(x) FROM t'): Promise<unknown> =>
  (await work.query(sql)).answer.stale?.rowsAddedSinceSample ?? null;
const shownStale = async (): Promise<unknown> => {
  const { columns, rows } = await work.query('SHOW SAMPLES');
  return rows[0]![columns.findIndex(({ name }) => name === 'stale_rows')];
};
/** Lets looks that went on meanwhile end. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe('Files that a table has not taken in', () => {
  test('are told of by answers, with about how many rows they have, until it is refreshed', async () => {
    await sampled();
    expect(await staleOf()).toBe(null);
    await part(2, 5000);
    await work.reopen();
    const { answer } = await work.query('SELECT AVG(x) FROM t');
    const rows = answer.stale?.rowsAddedSinceSample ?? 0;
    expect([rows > 3500, rows < 6500]).toEqual([true, true]);
    expect(answer.notes).toContainEqual(
      expect.stringMatching(
        /^since t was made or refreshed: 1 file added, about \d,\d{3} rows more; REFRESH SAMPLES ON t takes them in$/,
      ),
    );
    for (const sql of [
      'EXACT SELECT AVG(x) FROM t',
      'SELECT COUNT(*) FROM t',
      'EXPLAIN SELECT AVG(x) FROM t',
    ])
      expect(await staleOf(sql)).toBe(rows);
    expect(await shownStale()).toBe(rows);
    await work.query('REFRESH SAMPLES ON t');
    expect([await staleOf(), await shownStale()]).toEqual([null, 0]);
  });

  test('are seen a second after the last look, by looks that no statement waits for', async () => {
    await sampled();
    expect(await staleOf()).toBe(null);
    await part(2, 10_000);
    expect(await staleOf()).toBe(null);
    aheadMs += 5000;
    await staleOf();
    await settle();
    expect(await staleOf()).not.toBe(null);
    rmSync(work.path('part-2.parquet'));
    aheadMs += 5000;
    await staleOf();
    await settle();
    expect(await staleOf()).toBe(null);
  });

  test('are not waited for where time is short', async () => {
    await sampled();
    await part(2, 10_000);
    await work.reopen();
    expect(await staleOf('SELECT AVG(x) FROM t WITHIN 1 SECONDS')).toBe(null);
    await settle();
    expect(await staleOf('SELECT AVG(x) FROM t WITHIN 1 SECONDS')).not.toBe(null);
  });

  test('are told of where the table was written from CSV', async () => {
    const csv = (rows: number): string => `x\n${Array.from({ length: rows }, (_, row) => row).join('\n')}\n`;
    work.write('part-0.csv', csv(100));
    await work.query(`CREATE TABLE t FROM '${work.path('part-*.csv')}'`);
    expect(await staleOf()).toBe(null);
    work.write('part-0.csv', csv(200));
    await work.reopen();
    const { answer } = await work.query('SELECT AVG(x) FROM t');
    expect(answer.notes).toContainEqual(expect.stringMatching(/1 file changed, about 1\d\d rows more/));
  });

  test('are none of a table that is itself a sample, or whose folder cannot be looked at', async () => {
    work.write('given-0.csv', 'x,w\n1,2\n3,4\n');
    await work.query(`CREATE TABLE given FROM '${work.path('given-*.csv')}' SAMPLED WEIGHT w`);
    work.write('given-1.csv', 'x,w\n1,2\n');
    expect(await staleOf('SELECT SUM(x) FROM given')).toBe(null);
    work.write('lost.csv', 'x\n1\n');
    await work.query(`CREATE TABLE lost FROM '${work.path('lost.csv')}'`);
    rmSync(work.path('lost.csv'));
    expect(await staleOf('SELECT SUM(x) FROM lost')).toBe(null);
  });
});
