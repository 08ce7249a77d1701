import { renameSync, utimesSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Estimate, openEngine, type QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Expressions of whose tails the strata table says nothing: the first run under a bound is exact and learns, the next is sampled.
 */

const rows = 200_000;
const gauss = `sqrt(-2 * ln((hash(i, 1) % 1000000 + 1) / 1000001)) * cos(2 * pi() * (hash(i, 2) % 1000000) / 1000000)`;
const tableRows = `SELECT i AS id, exp(0.8 * ${gauss}) AS a, 1 + (hash(i, 3) % 1000) / 1000 AS b,
  (hash(i, 4) % 1000000 + 1) / 1000001 AS u, 'g' || (hash(i, 5) % 5) AS g FROM range(${rows}) t(i)`;

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', tableRows);
  await work.query('CREATE SAMPLE uni ON t UNIFORM 40000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

const first = ({ rows: [row] }: QueryResult): Estimate => row!.at(-1) as Estimate; // asked of approximate answers
const learnedNote = /has been learned, the next run can be sampled unless/;
const modeOf = async (sql: string): Promise<string> => (await work.query(sql)).answer.mode;

/** Asks twice: exact and learning, then sampled and certified, with the exact answer inside. */
async function askTwice(sql: string): Promise<Estimate> {
  const exact = await work.query(sql);
  expect(exact.answer).toMatchObject({ mode: 'exact', met: true });
  expect(exact.answer.notes.join()).toMatch(learnedNote);
  const sampled = await work.query(sql);
  expect(sampled.answer).toMatchObject({ mode: 'approximate', met: true, notes: [] });
  for (const [place, row] of sampled.rows.entries()) {
    const estimate = row.at(-1) as Estimate; // the last output
    expect(estimate).toMatchObject({ certified: true, reasons: [] });
    if (row.length === 1) {
      const truth = exact.rows[place]![0] as number;
      expect(Math.abs(estimate.value! - truth)).toBeLessThan(4 * estimate.stdError!);
    }
  }
  return first(sampled);
}

describe('a statement asked twice', () => {
  test.each([
    'SELECT AVG(a ^ 0.9 / b) FROM t WHERE u < 0.5 ERROR WITHIN 5%',
    'SELECT SUM(a ^ 0.9 * b) FROM t WHERE u < 0.2 ERROR WITHIN 8%',
    'SELECT AVG(CASE WHEN u < 0.5 THEN a ^ 0.9 ELSE 0 END) FROM t ERROR WITHIN 8%',
    'SELECT SUM(a ^ 0.9 * u) / SUM(u) FROM t WHERE u > 0.2 ERROR WITHIN 5%',
    'SELECT CORR(a, b) FROM t WHERE u < 0.7 ERROR WITHIN 0.1',
  ])('%s', async (sql) => {
    await askTwice(sql);
  });

  test('by strata and groups', async () => {
    await work.query('CREATE SAMPLE groups ON t STRATIFIED BY (g) CAP 7000 SEED 3');
    await askTwice('SELECT g, AVG(a ^ 0.9 / (b + 1)) FROM t GROUP BY g ERROR WITHIN 6%');
    // The same strata columns, another sample of them: nothing is to be learned.
    await work.query('DROP SAMPLE groups');
    await work.query('CREATE SAMPLE others ON t STRATIFIED BY (g) CAP 8000 SEED 4');
    expect(await modeOf('SELECT g, AVG(a ^ 0.9 / (b + 1)) FROM t GROUP BY g ERROR WITHIN 6%')).toBe(
      'approximate',
    );
    await work.query('DROP SAMPLE others');
  });

  test('with outliers taken whole', async () => {
    await work.query('DROP SAMPLE uni');
    await work.query('CREATE SAMPLE uni ON t UNIFORM 40000 ROWS OUTLIERS OF (a) SEED 1');
    await askTwice('SELECT AVG(a ^ 0.9 / (b + 9)) FROM t WHERE u < 0.5 ERROR WITHIN 5%');
    await work.query('DROP SAMPLE uni');
    await work.query('CREATE SAMPLE uni ON t UNIFORM 40000 ROWS SEED 1');
  });

  test('EXPLAIN says what is not known, and nothing of it once it is', async () => {
    const sql = 'SELECT AVG(a ^ 0.9 / (b + 2)) AS r FROM t ERROR WITHIN 5%';
    const lines = async (): Promise<Map<unknown, unknown>> =>
      new Map((await work.values(`EXPLAIN ${sql}`)) as [unknown, unknown][]);
    expect((await lines()).get('tails')).toMatch(/does not certify r: an exact run learns more/);
    await askTwice(sql);
    expect((await lines()).has('tails')).toBe(false);
    expect((await lines()).get('route')).toBe('sample');
  });

  test('a heavy tail is learned to be one: it stays exact, and is learned once', async () => {
    const sql = 'SELECT AVG(u ^ (-2.0 / 3)) AS r FROM t ERROR WITHIN 6%'; // Pareto 1.5
    expect((await work.query(sql)).answer.notes.join()).toMatch(learnedNote);
    const { answer } = await work.query(sql);
    expect(answer).toMatchObject({ mode: 'exact', met: true, notes: [] });
    expect(answer.reason).toMatch(/HEAVY_TAIL/);
    const effort = await work.query(`${sql} ON MISS BEST EFFORT`);
    expect(first(effort)).toMatchObject({ certified: false, reasons: ['HEAVY_TAIL'] });
  });
});

test('a deadline with room lets a statement learn, behind its answer', async () => {
  const sql = 'SELECT AVG(a ^ 0.9 / (b + 3)) FROM t ERROR WITHIN 5% WITHIN 30 SECONDS ON MISS EXACT';
  expect((await work.query(sql)).answer).toMatchObject({ mode: 'exact', met: true });
  expect((await work.query(sql)).answer).toMatchObject({ mode: 'approximate', met: true });
});

test('what was learned outlives the engine', async () => {
  const sql = 'SELECT AVG(a ^ 0.9 / (b + 4)) FROM t ERROR WITHIN 5%';
  await askTwice(sql);
  await work.reopen();
  expect(await modeOf(sql)).toBe('approximate');
});

test('what another process learns, and this one, serves a statement that was asked before', async () => {
  const sql = 'SELECT AVG(a ^ 0.9 / (b + 6)) AS r FROM t';
  const asked = async (): Promise<Estimate> => first(await work.query(sql));
  expect(await asked()).toMatchObject({ certified: false, reasons: ['UNKNOWN_TAIL'] });
  expect(await asked()).toMatchObject({ certified: false });
  const other = await openEngine({ dataDir: work.path('data'), allowedPaths: [work.folder], threads: 1 });
  try {
    expect((await other.query(`${sql} ERROR WITHIN 5%`)).answer.mode).toBe('exact');
  } finally {
    await other.close();
  }
  expect(await asked()).toMatchObject({ certified: true, reasons: [] });
  const own = 'SELECT AVG(a ^ 0.9 / (b + 7)) AS r FROM t';
  expect(first(await work.query(own))).toMatchObject({ certified: false });
  expect(await modeOf(`${own} ERROR WITHIN 5%`)).toBe('exact');
  expect(first(await work.query(own))).toMatchObject({ certified: true, reasons: [] });
});

test('over many samples the certified intervals hold the exact answer', async () => {
  const sql = 'SELECT SUM(a) / SUM(a ^ 1.1 * b) AS r FROM t WHERE u < 0.6';
  const truth = (await work.values(`EXACT ${sql}`))[0]![0] as number;
  expect(await modeOf(`${sql} ERROR WITHIN 4%`)).toBe('exact');
  const seeds = 60;
  let [certified, covered] = [0, 0];
  for (let seed = 1; seed <= seeds; seed++) {
    await work.query('DROP SAMPLE uni');
    await work.query(`CREATE SAMPLE uni ON t UNIFORM 6000 ROWS SEED ${seed}`);
    const estimate = first(await work.query(`${sql} ERROR WITHIN 4% ON MISS BEST EFFORT`));
    if (!estimate.certified) continue;
    certified++;
    if (estimate.low! <= truth && truth <= estimate.high!) covered++;
  }
  expect(certified).toBeGreaterThan(0.9 * seeds);
  // Four standard errors below 95 %.
  expect(covered / certified).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / certified));
}, 120_000);

test('a changed file makes what was learned void', async () => {
  const sql = 'SELECT AVG(a ^ 0.9 / b) FROM v ERROR WITHIN 5%';
  const sample = 'CREATE SAMPLE v_uni ON v UNIFORM 40000 ROWS SEED 1';
  await work.table('v', tableRows);
  await work.query(sample);
  await askTwice(sql);
  const changed = await work.writeRows('changed.parquet', tableRows.replace('0.8 *', '0.9 *'));
  renameSync(changed, work.path('v.parquet'));
  utimesSync(work.path('v.parquet'), 1e9, 1e9);
  await new Promise((resolve) => setTimeout(resolve, 1100)); // a look at files is good for a second
  const { answer } = await work.query(sql);
  expect(answer).toMatchObject({ mode: 'exact', notes: [] });
  expect(answer.reason).toMatch(/older than its file/);
  await work.query('DROP TABLE v');
  await work.query(`CREATE TABLE v FROM '${work.path('v.parquet')}'`);
  await work.query(sample);
  await askTwice(sql);
});

test('where the tail is not known, the rest of a large sample bears witness', async () => {
  await work.query('CREATE SAMPLE large ON t UNIFORM 120000 ROWS SEED 9');
  const light = await work.query('SELECT AVG(a ^ 0.5 / b) FROM t WHERE u < 0.9 ERROR WITHIN 6%');
  expect(light.answer).toMatchObject({ mode: 'approximate', met: true, sample: { name: 'large' } });
  expect(light.answer.sample!.rowsRead).toBeLessThanOrEqual(6000);
  expect(light.answer.notes.join()).toMatch(/120,000 rows of the sample were read/);
  expect(first(light)).toMatchObject({ certified: true, support: expect.any(Number) });
  expect(first(light).support).toBeLessThanOrEqual(6000);
  const heavy = await work.query('SELECT AVG(2 * u ^ (-2.0 / 3)) FROM t ERROR WITHIN 20%');
  expect(heavy.answer).toMatchObject({ mode: 'exact', met: true });
  expect(heavy.answer.reason).toMatch(/_TAIL/);
  const explained = new Map(
    (await work.values('EXPLAIN SELECT AVG(a ^ 0.6 / b) FROM t ERROR WITHIN 6%')) as [string, string][],
  );
  expect(explained.get('tails')).toMatch(/all rows of the sample are read/);
  await work.query('DROP SAMPLE large');
});

describe('learning is no one’s burden', () => {
  test('a statement that is cancelled while it learns', async () => {
    const controller = new AbortController();
    const running = work.engine.query('SELECT AVG(exp(ln(a)) / (b + 5)) FROM t ERROR WITHIN 5%', {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await work.values('EXACT SELECT COUNT(*) FROM t')).toEqual([[rows]]);
  });

  test('closing while statements learn does not hang', async () => {
    const running = Array.from({ length: 4 }, (_, place) =>
      work.engine
        .query(`SELECT AVG(a ^ 0.9 / (b + ${10 + place})) FROM t ERROR WITHIN 5%`)
        .catch((error: unknown) => error),
    );
    await new Promise((resolve) => setTimeout(resolve, 15));
    await work.reopen();
    await Promise.all(running);
    expect(await work.values('EXACT SELECT COUNT(*) FROM t')).toEqual([[rows]]);
  });
});
