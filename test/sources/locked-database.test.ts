import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CallGate } from '../../src/sources/duckdb/call-gate.ts';
import { LockedDatabase } from '../../src/sources/duckdb/locked-database.ts';
import { readResult } from '../../src/sources/duckdb/read-values.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
const gate = new CallGate(2);
const open = (allowedPaths: readonly string[] = []): Promise<LockedDatabase> =>
  LockedDatabase.open({
    allowedPaths,
    threads: 2,
    memoryLimitBytes: 2 ** 30,
    tempFolder: work.path('scratch'),
    setup: [],
    gate,
  });
const slow = 'SELECT count(*) FROM range(100000000) a, range(1000) b WHERE (a.range * b.range) % 7 = 3';

beforeAll(async () => {
  work = await Workspace.open();
  await work.writeRows('allowed.parquet', 'SELECT 42 AS x');
  await work.writeRows('other.parquet', 'SELECT 43 AS x');
});
afterAll(() => work.close());

describe('the lock', () => {
  test('lets the allowed file be read and nothing else be touched', async () => {
    const database = await open([work.path('allowed.parquet')]);
    const { values } = await database.query(
      `SELECT x FROM read_parquet('${work.path('allowed.parquet')}')`,
      readResult,
    );
    expect(values).toEqual([[42]]);
    for (const sql of [
      `SELECT * FROM read_parquet('${work.path('other.parquet')}')`,
      "SELECT * FROM read_csv('/etc/passwd')",
      "SELECT content FROM read_text('/etc/hostname')",
      "SELECT * FROM glob('/etc/*')",
      `COPY (SELECT 1) TO '${work.path('out.csv')}'`,
      `ATTACH '${work.path('x.db')}'`,
      'INSTALL httpfs',
      'LOAD httpfs',
      'SET threads = 1',
      'SET enable_external_access = true',
      "SET allowed_paths = ['/etc']",
    ]) {
      await expect(database.run(sql), sql).rejects.toThrow();
    }
    await database.close();
  });
});

describe('a result', () => {
  test('is read with pauses between its columns, and no further than whoever pauses wants', async () => {
    const database = await open();
    // Three chunks of 2,048 rows at most, of two columns.
    const sql = 'SELECT range::INTEGER AS i, range / 2 AS x FROM range(5000)';
    let pauses = 0;
    const pause = (): Promise<void> =>
      ++pauses === 9 ? Promise.reject(new Error('enough')) : Promise.resolve();
    const { values } = await database.query(sql, readResult, { pause });
    expect([values[0]!.length, values[1]![4999], pauses]).toEqual([5000, 2499.5, 6]);
    await expect(database.query(sql, readResult, { pause })).rejects.toThrow('enough');
    // What was not read is in nobody's way.
    expect((await database.query('SELECT 1', readResult)).values).toEqual([[1]]);
    await database.close();
  });
});

describe('calls', () => {
  test('are two at most', async () => {
    const [one, other] = [await open(), await open()];
    let [running, most] = [0, 0];
    const call = (database: LockedDatabase): Promise<void> =>
      database.call(async () => {
        most = Math.max(most, ++running);
        await new Promise((resume) => setTimeout(resume, 20));
        running--;
      });
    await Promise.all([call(one), call(other), call(one), call(other), call(one)]);
    expect(most).toBe(2);
    await Promise.all([one.close(), other.close()]);
  });

  test('compute the same, whichever connection they take, and report progress', async () => {
    const database = await open();
    const statement =
      "SELECT 1 / 0, current_setting('TimeZone'), current_setting('enable_progress_bar'), current_setting('enable_progress_bar_print')";
    const ask = (): Promise<unknown> =>
      database.query(statement, async (result) => {
        const { values } = await readResult(result);
        // The connection is taken until both have answered.
        await new Promise((resume) => setTimeout(resume, 20));
        return values;
      });
    const expected = [[null], ['UTC'], [true], [false]];
    expect(await Promise.all([ask(), ask()])).toEqual([expected, expected]);
    await database.close();
  });

  test('that are cancelled reject at once, waiting or running, and free their place', async () => {
    const database = await open();
    const controller = new AbortController();
    const cancelled = [1, 2, 3].map(() => database.run(slow, { signal: controller.signal }));
    const outcomes = Promise.allSettled(cancelled);
    setTimeout(() => controller.abort(), 30);
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
    expect((await database.query('SELECT 1', readResult)).values).toEqual([[1]]);
    await database.close();
  });

  test('report progress', async () => {
    const database = await open();
    const seen: (number | null)[] = [];
    const controller = new AbortController();
    const running = database.run(slow, {
      signal: controller.signal,
      onProgress: (fraction) => seen.push(fraction),
    });
    const outcome = expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    setTimeout(() => controller.abort(), 350);
    await outcome;
    expect(seen.length).toBeGreaterThan(0);
    await database.close();
  });
});

describe('closing', () => {
  test('during a query interrupts it and ends', async () => {
    const database = await open();
    const running = database.run(slow);
    const outcome = expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await new Promise((resume) => setTimeout(resume, 30));
    await database.close();
    await outcome;
    await expect(database.run('SELECT 1')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

test('errors that data provoke are QueryErrors, errors in what we print are bugs', async () => {
  const database = await open();
  await expect(database.run("SELECT CAST('x' AS INTEGER)")).rejects.toMatchObject({
    name: 'QueryError',
    code: 'EXECUTION',
  });
  await expect(database.run('SELECT 9223372036854775807::BIGINT + 1')).rejects.toMatchObject({
    code: 'EXECUTION',
  });
  await expect(database.run('SELEC 1')).rejects.not.toMatchObject({ name: 'QueryError' });
  await expect(database.run('SELECT * FROM nowhere')).rejects.not.toMatchObject({ name: 'QueryError' });
  await database.close();
});
