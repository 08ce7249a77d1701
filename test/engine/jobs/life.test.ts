import { rmSync, writeFileSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Job, type JobOptions, type Jobs, controlOf } from '../../../src/engine/control.ts';
import { openEngine } from '../../../src/index.ts';
import { Workspace } from '../../support/workspace.ts';
import {
  answerFiles,
  follow,
  glance,
  holdDuckDB,
  isRunning,
  quick,
  readAnswer,
  runnersOf,
  sampledThenExact,
  slow,
} from './job-support.ts';

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, i % 50000 AS g FROM range(100000) t(i)');
});
afterEach(async () => {
  await work.close();
});

const open = (options?: JobOptions): Promise<Jobs> => controlOf(work.engine).jobs(options);
const submit = (jobs: Jobs, sql: string, owner = 'ann', termMs?: number): Promise<Job> =>
  jobs.submit({ sql, owner, termMs });
const patience = { timeout: 20_000, interval: 20 };

describe('the life of a job', () => {
  test('is queued, runs, and has the answer of the statement', async () => {
    const jobs = await open();
    const job = await submit(jobs, quick);
    expect(job).toMatchObject({
      owner: 'ann', sql: quick, state: 'queued', reason: null, startedMs: null, endedMs: null, attempts: 0, error: null,
      answer: null, keptUntilMs: null, lease: { termMs: 30_000, expiresMs: job.submittedMs + 30_000 },
    }); // prettier-ignore
    const done = await follow(jobs, job.id);
    expect(done).toMatchObject({ id: job.id, state: 'done', attempts: 1, error: null, lease: null });
    expect(done.keptUntilMs).toBe(done.endedMs! + 3_600_000);
    expect(done.answer!.final).toBe(true);
    const answer = await readAnswer(done.answer);
    const asked = await work.query(quick);
    expect(answer).toMatchObject({ final: true, columns: asked.columns, rows: asked.toJSON().rows });
    expect(done.reason).toBe(asked.answer.reason);
    const [shown] = (await work.query('SHOW JOBS')).toObjects();
    expect(shown).toMatchObject({ job: job.id, owner: 'ann', state: 'done', reason: done.reason, bytes: done.answer!.bytes, sql: quick }); // prettier-ignore
    await vi.waitFor(async () => expect(await runnersOf(work.engine)).toEqual([]), patience);
  });

  test('hands over large answers as the engine has them', async () => {
    const jobs = await open();
    const sql = 'EXACT SELECT g, COUNT(*) AS n, AVG(x) AS a, MIN(x) / 0.0 AS i FROM t GROUP BY g ORDER BY g';
    const { answer } = await follow(jobs, (await submit(jobs, sql)).id);
    const read = await readAnswer(answer);
    expect(read.rows).toHaveLength(50_000);
    const { queryId: _id, answer: summary, ...rest } = read;
    const expected = (await work.query(sql)).toJSON();
    expect(rest).toEqual(JSON.parse(JSON.stringify({ ...expected, queryId: undefined, answer: undefined })));
    expect(summary.mode).toBe('exact');
  });

  test('takes parameters of every kind along', async () => {
    const jobs = await open();
    const params = {
      low: 99_990n,
      at: new Date('2024-02-03T04:05:06Z'),
      __proto__: null,
      word: 'a"b',
      no: null,
    };
    const sql = 'EXACT SELECT COUNT(*) AS n, :at AS at, :word AS word, :no AS nothing FROM t WHERE x >= :low';
    const { answer } = await follow(jobs, (await jobs.submit({ sql, params, owner: 'ann' })).id);
    expect((await readAnswer(answer)).rows).toEqual((await work.engine.query(sql, { params })).toJSON().rows);
  });

  test('builds and refreshes samples', async () => {
    const jobs = await open();
    const build = await submit(jobs, 'CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 2 SEED 1');
    const refresh = await submit(jobs, 'REFRESH SAMPLES ON t');
    expect(await follow(jobs, build.id)).toMatchObject({ state: 'done', reason: expect.stringMatching(/^sample s drawn/) }); // prettier-ignore
    expect(await follow(jobs, refresh.id)).toMatchObject({ state: 'done' });
    expect(await work.values('SHOW SAMPLES')).toHaveLength(1);
  });

  test('a statement that fails says where', async () => {
    const jobs = await open();
    rmSync(work.path('t.parquet'));
    const failed = await follow(jobs, (await submit(jobs, quick)).id);
    const error = await work.error(quick);
    expect(failed).toMatchObject({ state: 'failed', reason: error.message, answer: null });
    expect(failed.error).toMatchObject({ code: error.code, message: error.message });
  });

  test('has interim answers while it runs', async () => {
    const jobs = await open();
    await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
    const held = await holdDuckDB(work.engine);
    // The sample is read, then the exact answer is waited for.
    const { id } = await submit(jobs, sampledThenExact);
    const early = await follow(jobs, id, ({ answer }) => answer !== null);
    expect(early.state).toBe('running');
    expect(early.answer!.final).toBe(false);
    const interim = await readAnswer(early.answer);
    expect(interim).toMatchObject({ final: false, answer: { mode: 'approximate' } });
    await held.release();
    const { answer } = await follow(jobs, id);
    expect(await readAnswer(answer)).toMatchObject({ final: true, answer: { mode: 'exact' } });
  });
});

describe('what is wrong with a statement is said at once', () => {
  test.each([
    ['SELEC 1', { code: 'SYNTAX', span: { start: 0, end: 5 } }],
    ['SELECT SUM(y) FROM t', { code: 'UNKNOWN_COLUMN', span: { start: 11, end: 12 } }],
    ['SELECT COUNT(*) FROM u', { code: 'UNKNOWN_TABLE', span: { start: 21, end: 22 } }],
    ['CREATE SAMPLES ON u UNIFORM 1%', { code: 'UNKNOWN_TABLE', span: { start: 18, end: 19 } }],
    ['REFRESH SAMPLES ON u', { code: 'UNKNOWN_TABLE', span: { start: 19, end: 20 } }],
    ['SELECT COUNT(*) FROM t WHERE x = ?', { code: 'INVALID_PARAMETER' }],
    ['DROP TABLE t', { code: 'NOT_SUPPORTED' }],
    ['SHOW TABLES', { code: 'NOT_SUPPORTED' }],
  ])('%s', async (sql, error) => {
    const jobs = await open();
    await expect(submit(jobs, sql)).rejects.toMatchObject(error);
    expect(jobs.list()).toEqual([]);
  });

  test('terms and options out of range', async () => {
    await expect(open({ runningMax: 0 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const jobs = await open();
    await expect(submit(jobs, quick, 'ann', 5)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('a lease', () => {
  test('goes on while somebody asks, and the job ends when nobody does', async () => {
    const jobs = await open();
    const { id } = await submit(jobs, slow, 'ann', 600);
    // Three terms and more.
    for (let round = 0; round < 20; round++) {
      const job = (await jobs.get(id))!;
      expect(job.state).toMatch(/^(queued|running)$/);
      expect(job.lease!.expiresMs).toBeGreaterThan(Date.now() + 400);
      await pause(100);
    }
    const leftMs = Date.now();
    await vi.waitFor(() => expect(glance(jobs, id).state).toBe('cancelled'), patience);
    expect(glance(jobs, id)).toMatchObject({
      reason: 'nobody asked after it for 0.6 s',
      lease: null,
      answer: null,
    });
    expect(glance(jobs, id).endedMs! - leftMs).toBeGreaterThan(400);
    await vi.waitFor(async () => expect(await runnersOf(work.engine)).toEqual([]), patience);
    expect(glance(jobs, id).endedMs! - leftMs).toBeLessThan(600 + 2000);
  });

  test('goes on where nobody could ask, since all was stopped or the clock was set', async () => {
    let offsetMs = 0;
    const clock = { nowMs: () => Date.now() + offsetMs, monotonicMs: () => performance.now() };
    const stopped = await Workspace.open({ clock });
    try {
      await stopped.table('t', 'SELECT i AS x FROM range(100000) t(i)');
      const jobs = await controlOf(stopped.engine).jobs();
      const { id } = await submit(jobs, slow, 'ann', 1500);
      await follow(jobs, id, isRunning);
      offsetMs = 3_600_000;
      await vi.waitFor(
        () => expect(glance(jobs, id).lease!.expiresMs).toBeGreaterThan(clock.nowMs()),
        patience,
      );
      expect(glance(jobs, id).state).toBe('running');
      await vi.waitFor(() => expect(glance(jobs, id).state).toBe('cancelled'), patience);
    } finally {
      await stopped.close();
    }
  });

  test('of a queued job ends likewise', async () => {
    const jobs = await open({ runningMax: 1 });
    const running = await submit(jobs, slow);
    const queued = await submit(jobs, quick, 'ann', 300);
    await vi.waitFor(() => expect(glance(jobs, queued.id).state).toBe('cancelled'), patience);
    expect(glance(jobs, queued.id)).toMatchObject({ attempts: 0, startedMs: null });
    expect(glance(jobs, running.id).state).toBe('running');
  });

  test('is not renewed by strangers', async () => {
    const jobs = await open({ runningMax: 1 });
    const { id, lease } = await submit(jobs, slow);
    await pause(20);
    expect(await jobs.get(id, 'bob')).toBeNull();
    expect(await jobs.cancel(id, 'bob')).toBeNull();
    expect(await jobs.get('nothing')).toBeNull();
    expect(glance(jobs, id).lease).toEqual(lease);
    expect(jobs.list('bob')).toEqual([]);
    expect(jobs.list('ann')).toHaveLength(1);
  });
});

describe('cancelling', () => {
  test('ends what runs and what waits, and leaves alone what has ended', async () => {
    const jobs = await open({ runningMax: 1 });
    const done = await follow(jobs, (await submit(jobs, quick)).id);
    const running = await submit(jobs, slow);
    const queued = await submit(jobs, slow);
    await follow(jobs, running.id, isRunning);
    for (const { id } of [queued, running]) expect(await jobs.cancel(id)).toMatchObject({ state: 'cancelled', reason: 'it was cancelled' }); // prettier-ignore
    expect(await jobs.cancel(done.id)).toMatchObject({ state: 'done' });
    await vi.waitFor(async () => expect(await runnersOf(work.engine)).toEqual([]), patience);
    // There is room for others again.
    expect((await follow(jobs, (await submit(jobs, quick)).id)).state).toBe('done');
  });

  test('a build that is cancelled leaves nothing', async () => {
    const jobs = await open();
    await work.table('u', 'SELECT i AS x, hash(i) % 1000 AS g FROM range(3000000) t(i)');
    const { id } = await submit(jobs, 'CREATE SAMPLE s ON u STRATIFIED BY (g) CAP 500 SEED 1');
    await follow(jobs, id, ({ progress }) => progress !== null);
    await jobs.cancel(id);
    await vi.waitFor(async () => expect(await runnersOf(work.engine)).toEqual([]), patience);
    expect(await work.values('SHOW SAMPLES')).toEqual([]);
    expect(glance(jobs, id)).toMatchObject({ state: 'cancelled' });
  });
});

describe('bounds', () => {
  test('so many run at once, in the order in which they came', async () => {
    const jobs = await open({ runningMax: 2 });
    const ids: string[] = [];
    for (let place = 0; place < 5; place++) ids.push((await submit(jobs, slow)).id);
    await follow(jobs, ids[1]!, isRunning);
    expect(ids.map((id) => glance(jobs, id).state)).toEqual(['running', 'running', 'queued', 'queued', 'queued']); // prettier-ignore
    await jobs.cancel(ids[0]!);
    await follow(jobs, ids[2]!, isRunning);
    expect(glance(jobs, ids[3]!).state).toBe('queued');
  });

  test('an owner has so many, and all together', async () => {
    const jobs = await open({ ownerMax: 2, unfinishedMax: 3 });
    const first = await submit(jobs, slow);
    await submit(jobs, slow);
    await expect(submit(jobs, slow)).rejects.toMatchObject({ code: 'TOO_MANY_JOBS', message: '2 of your jobs are unfinished, of at most 2' }); // prettier-ignore
    await submit(jobs, slow, 'bob');
    await expect(submit(jobs, slow, 'cid')).rejects.toMatchObject({ code: 'TOO_MANY_JOBS', message: '3 jobs are unfinished, of at most 3' }); // prettier-ignore
    await jobs.cancel(first.id);
    await submit(jobs, slow);
  });

  test('results are kept for a while, and so many of them', async () => {
    const jobs = await open({ keepMs: 1500, endedMax: 2 });
    const ids: string[] = [];
    for (let place = 0; place < 3; place++) {
      ids.push((await submit(jobs, quick)).id);
      await follow(jobs, ids[place]!);
    }
    await vi.waitFor(() => expect(jobs.list().map(({ id }) => id)).toEqual([ids[2], ids[1]]), patience);
    await vi.waitFor(() => expect(answerFiles(work.folder)).toHaveLength(2), patience);
    await vi.waitFor(() => expect(answerFiles(work.folder)).toEqual([]), patience);
    expect(await jobs.get(ids[2]!)).toBeNull();
  });
});

describe('answers on the device', () => {
  test('are not handed over where they are not what was written', async () => {
    const jobs = await open();
    const { id, answer } = await follow(jobs, (await submit(jobs, quick)).id);
    const [file] = answerFiles(work.folder);
    const path = work.path(`data/jobs/${file}`);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('"rows":[[') + 9]! ^= 1;
    writeFileSync(path, bytes);
    await expect(readAnswer(answer)).rejects.toMatchObject({ code: 'STORAGE' });
    rmSync(path);
    await expect(readAnswer((await jobs.get(id))!.answer)).rejects.toMatchObject({ code: 'STORAGE' });
  });

  test('a folder in memory has jobs too', async () => {
    const engine = await openEngine({ dataDir: ':memory:', allowedPaths: [work.folder], threads: 1 });
    try {
      await engine.query(`CREATE TABLE t FROM '${work.path('t.parquet')}'`);
      const jobs = await controlOf(engine).jobs();
      const { answer } = await follow(jobs, (await submit(jobs, quick)).id);
      expect((await readAnswer(answer)).rows).toEqual([[33334]]);
    } finally {
      await engine.close();
    }
  });
});
