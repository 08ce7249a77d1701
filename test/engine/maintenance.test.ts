import { copyFileSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Alert, type Engine, openEngine } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
let opened: Engine[];
let alerts: Alert[];
beforeEach(async () => {
  work = await Workspace.open();
  opened = [];
  alerts = [];
});
afterEach(async () => {
  for (const engine of opened) await engine.close();
  await work.close();
});

/** Another engine on the same folder, as another process would have it, that keeps samples fresh. */
async function maintainer(): Promise<Engine> {
  const engine = await openEngine({
    dataDir: work.path('data'),
    allowedPaths: [work.folder],
    threads: 1,
    maintainEveryMs: 100,
    onAlert: (alert) => alerts.push(alert),
  });
  opened.push(engine);
  return engine;
}
const part = (place: number, rows: number): Promise<string> =>
  work.writeRows(`part-${place}.parquet`, `SELECT i AS x, i % 7 AS g FROM range(${rows}) t(i)`);
const sampled = async (): Promise<void> => {
  await part(0, 1000);
  await work.query(`CREATE TABLE t FROM '${work.path('part-*.parquet')}'`);
  await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 20 SEED 1');
};
/** Version of the sample and rows of its table, as the first engine sees them. */
const seen = async (): Promise<unknown[]> => {
  const [sample] = (await work.query('SHOW SAMPLES')).toObjects();
  return [sample!['version'], sample!['population_rows'], sample!['state']].map((value) => (typeof value === 'bigint' ? Number(value) : value)); // prettier-ignore
};
const patience = { timeout: 20_000, interval: 50 };
const leaders = async (): Promise<string[]> =>
  (await work.values('SHOW LEASES')).filter(([name]) => name === 'maintenance').map((row) => String(row[3]));

describe('Maintenance', () => {
  test('takes added files in, in one process, once', async () => {
    await sampled();
    await Promise.all([maintainer(), maintainer()]);
    for (const [place, rows] of [
      [1, 1500],
      [2, 1600],
    ] as const) {
      await part(place, rows - [1000, 1500][place - 1]!);
      await vi.waitFor(async () => expect(await seen()).toEqual([place + 1, rows, 'sound']), patience);
    }
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[1600]]);
    expect(await leaders()).toHaveLength(1);
    expect(alerts).toEqual([]);
  });

  test('is taken over where the leader ends', async () => {
    await sampled();
    await maintainer();
    await vi.waitFor(async () => expect(await leaders()).toHaveLength(1), patience);
    const [first] = await leaders();
    await maintainer();
    await opened[0]!.close();
    await vi.waitFor(
      async () => expect(Number((await leaders())[0])).toBeGreaterThan(Number(first)),
      patience,
    );
    await part(1, 500);
    await vi.waitFor(async () => expect(await seen()).toEqual([2, 1500, 'sound']), patience);
  });

  test('draws damaged samples anew', async () => {
    await sampled();
    const [file] = readdirSync(work.path('data/samples')).filter((name) => !name.includes('strata'));
    writeFileSync(work.path(`data/samples/${file}`), 'something else');
    await work.query('SELECT AVG(x) FROM t WHERE x > 3');
    expect(await seen()).toEqual([1, 1000, 'damaged']);
    await maintainer();
    await vi.waitFor(async () => expect(await seen()).toEqual([2, 1000, 'sound']), patience);
  });

  test('leaves files alone that are no tables yet, and tells of it once', async () => {
    await sampled();
    const whole = await work.writeRows('elsewhere.parquet', 'SELECT i AS x, i % 7 AS g FROM range(500) t(i)');
    writeFileSync(work.path('part-1.parquet'), readFileSync(whole).subarray(0, 300));
    await maintainer();
    await vi.waitFor(() => expect(alerts).toHaveLength(1), patience);
    expect(alerts).toMatchObject([{ kind: 'failed-refresh', sample: null, table: 't', message: expect.stringMatching(/^t is not kept fresh: /) as string }]); // prettier-ignore
    expect(await seen()).toEqual([1, 1000, 'sound']);
    copyFileSync(whole, work.path('part-1.parquet'));
    await vi.waitFor(async () => expect(await seen()).toEqual([2, 1500, 'sound']), patience);
    expect(alerts).toHaveLength(1);
  });

  test('keeps the rows of imported files that were removed', async () => {
    const rows = (place: number): string => `x\n${[1, 2, 3].map((x) => x * 10 ** place).join('\n')}\n`;
    for (const place of [0, 1]) work.write(`rows-${place}.csv`, rows(place));
    await work.query(`CREATE TABLE imported FROM '${work.path('rows-*.csv')}'`);
    await maintainer();
    rmSync(work.path('rows-0.csv'));
    await vi.waitFor(() => expect(alerts).toHaveLength(1), patience);
    expect(alerts[0]!.message).toMatch(
      /^imported is not kept fresh: .*rows-0\.csv is gone, and REFRESH SAMPLES ON imported would take its rows out of the table$/,
    );
    expect(await work.values('SELECT SUM(x) FROM imported')).toEqual([[66]]);
    await work.query('REFRESH SAMPLES ON imported');
    expect(await work.values('SELECT SUM(x) FROM imported')).toEqual([[60]]);
  });

  test('tells of strata that have moved', async () => {
    await sampled();
    await work.writeRows('part-1.parquet', 'SELECT i AS x, 100 + i % 7 AS g FROM range(500) t(i)');
    await maintainer();
    await vi.waitFor(() => expect(alerts).toMatchObject([{ kind: 'drifted-sample', sample: 's', table: 't' }]), patience); // prettier-ignore
  });

  test('ends with the engine, whatever it does', async () => {
    await sampled();
    const engine = await maintainer();
    await part(1, 500);
    await new Promise((resolve) => setTimeout(resolve, 230));
    await engine.close();
    const after = await seen();
    expect([1, 2]).toContain(after[0]);
    rmSync(work.path('part-0.parquet'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await seen()).toEqual(after);
    expect(await leaders()).toEqual([]);
  });

  test('is refused where it would look all the time', async () => {
    await expect(openEngine({ dataDir: ':memory:', maintainEveryMs: 5 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'maintainEveryMs must be 100 or more',
    });
  });
});
