import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf, type EngineControl } from '../../src/engine/control.ts';
import { type Engine, type Estimate, openEngine } from '../../src/index.ts';

/** Rows in all and in the sample; of a file whose x are spread evenly, so that sums are known. */
const [rows, sampled] = [200_000, 60_000];
const total = (rows / 1000) * ((999 * 1000) / 2);

let folder: string;
let engine: Engine;
let control: EngineControl;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballpark-test-'));
  const lines = Array.from({ length: rows }, (_, row) => `${row % 3},${(row * 7919) % 1000}`);
  await writeFile(join(folder, 't.csv'), ['g,x', ...lines].join('\n'));
  engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
  await engine.query(`CREATE TABLE t FROM '${join(folder, 't.csv')}'`);
  await engine.query(`CREATE SAMPLE s ON t UNIFORM ${sampled} ROWS SEED 1`);
  control = controlOf(engine);
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

// With a condition: without one a sample's totals answer it.
const sum = 'SELECT SUM(x) FROM t WHERE x >= 0';

describe('a share of the rows is enough', () => {
  test('without an error bound: the answer reads that and says so', async () => {
    const [whole, quarter] = [await control.query(sum), await control.query(sum, { rowsShare: 0.25 })];
    expect(whole.answer).toMatchObject({ degraded: null, sample: { rowsRead: sampled } });
    expect(quarter.answer).toMatchObject({ degraded: { rowsShare: 0.25 }, met: true });
    expect(quarter.answer.reason).toContain('cut short to 25 % under load');
    expect(quarter.answer.sample).toMatchObject({ rowsRead: sampled / 4 });
    const [[wide], [narrow]] = [quarter.rows[0] as Estimate[], whole.rows[0] as Estimate[]];
    expect(wide!.stdError).toBeGreaterThan(narrow!.stdError! * 1.5);
    expect(wide!.low).toBeLessThan(total);
    expect(wide!.high).toBeGreaterThan(total);
  });

  test('but never where an error bound is asked for', async () => {
    const bounded = await control.query(`${sum} ERROR WITHIN 0.6%`, { rowsShare: 1 / 16 });
    expect(bounded.answer).toMatchObject({ degraded: null, met: true });
    expect(bounded.answer.achieved.maxRelativeError).toBeLessThanOrEqual(0.006);
  });

  test('nor for rows with weights of their own, of which a part is no sample', async () => {
    const lines = Array.from({ length: 60_000 }, (_, row) => `${1 + (row % 3)},${row % 1000}`);
    await writeFile(join(folder, 'w.csv'), ['w,x', ...lines].join('\n'));
    await engine.query(`CREATE TABLE v FROM '${join(folder, 'w.csv')}' SAMPLED WEIGHT w`);
    const { answer } = await control.query('SELECT SUM(x) FROM v WHERE x >= 0', { rowsShare: 0.25 });
    expect(answer).toMatchObject({ degraded: null, sample: { rowsRead: 60_000 } });
    await engine.query('DROP TABLE v');
  });

  test('nor for what no sample answers', async () => {
    const exact = await control.query('EXACT SELECT SUM(x) FROM t', { rowsShare: 1 / 16 });
    expect(exact.answer).toMatchObject({ mode: 'exact', degraded: null });
    expect(exact.rows).toEqual([[total]]);
  });
});

describe('what waited before it came', () => {
  test('counts for its time and its deadline', async () => {
    const { answer } = await control.query(sum, { waitedMs: 4000 });
    expect(answer.achieved.elapsedMs).toBeGreaterThan(4000);
    const late = control.query(`${sum} WITHIN 3 SECONDS ON MISS FAIL`, { waitedMs: 4000 });
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  test('is no cost that is learned', async () => {
    const bounded = 'SELECT AVG(x) FROM t WHERE x >= 0 ERROR WITHIN 2%';
    for (let run = 0; run < 3; run++) await control.query(bounded, { waitedMs: 60_000 });
    const { answer } = await control.query(bounded);
    expect(answer.predicted!.elapsedMs).toBeLessThan(10_000);
  });
});

describe('foresees', () => {
  test.each([
    [sum, { kind: 'select', mayDegrade: true, sample: 's', withinMs: null }],
    [`${sum} ERROR WITHIN 5%`, { kind: 'select', mayDegrade: false, sample: 's' }],
    [`${sum} WITHIN 2 SECONDS`, { kind: 'select', mayDegrade: true, withinMs: 2000 }],
    [`EXACT ${sum}`, { kind: 'select', mayDegrade: false, sample: null }],
    ['CREATE SAMPLE z ON t UNIFORM 10 ROWS', { kind: 'change', mayDegrade: false }],
    ['REFRESH SAMPLES ON t', { kind: 'change' }],
    ['SHOW TABLES', { kind: 'other' }],
  ])('%s', (sql, foreseen) => {
    expect(control.foresee(sql)).toMatchObject(foreseen);
  });

  test('statements of one shape as one', () => {
    const shapes = [1, 2].map((x) => control.foresee(`SELECT SUM(x) FROM t WHERE g = ${x}`).shape);
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[0]).not.toBe(control.foresee(sum).shape);
  });

  test('what the source takes, and what is wrong', () => {
    expect(control.foresee(`EXACT ${sum}`).exactMs).toBeGreaterThan(0);
    expect(() => control.foresee('SELECT SUM(y) FROM t')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COLUMN' }) as Error,
    );
  });
});

test('tells what it is fit for', async () => {
  expect(await control.status()).toEqual({
    isCatalogWritable: true,
    tables: 1,
    samples: 1,
    samplesInTrouble: 0,
  });
});
