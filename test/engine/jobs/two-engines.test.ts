import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { catalogMigrations, JobStore } from '../../../src/catalog/index.ts';
import { systemClock } from '../../../src/common/index.ts';
import { type Database, openDatabase } from '../../../src/database/index.ts';
import { type Job, type Jobs, controlOf } from '../../../src/engine/control.ts';
import { type Engine, openEngine } from '../../../src/index.ts';
import { LeaseStore } from '../../../src/leases/index.ts';
import { Workspace } from '../../support/workspace.ts';
import { answerFiles, follow, glance, holdDuckDB, isRunning, quick, readAnswer, runnersOf, sampledThenExact, slow } from './job-support.ts'; // prettier-ignore

/** Two engines on one folder, as two processes would have them; the first runs jobs, the other one comes when it is asked. */
let work: Workspace;
let other: Engine;
let jobs: Jobs;
let database: Database;
beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, i % 50000 AS g FROM range(100000) t(i)');
  other = await openEngine({ dataDir: work.path('data'), allowedPaths: [work.folder], threads: 2 });
  jobs = await controlOf(work.engine).jobs({ runningMax: 1 });
  database = openDatabase(work.path('data/catalog.sqlite'), catalogMigrations);
});
afterEach(async () => {
  database.close();
  await other.close();
  await work.close();
});

const submit = (to: Jobs, sql: string, termMs?: number): Promise<Job> =>
  to.submit({ sql, owner: 'ann', termMs });
const patience = { timeout: 20_000, interval: 20 };
/** Somebody else, whose wall clock is a minute ahead: to whom all leases look over. */
const stranger = (): LeaseStore =>
  new LeaseStore(
    database,
    { ...systemClock, nowMs: () => systemClock.nowMs() + 60_000 },
    'process 1 elsewhere',
  );

describe('two engines on a folder', () => {
  test('share jobs: either tells of them, and has the answer', async () => {
    const others = await controlOf(other).jobs({ runningMax: 1 });
    const running = await submit(jobs, slow);
    await follow(jobs, running.id, isRunning);
    // The first has no room for another one.
    const { id } = await submit(jobs, quick);
    const here = await follow(jobs, id);
    const there = await follow(others, id);
    expect({ ...there, answer: null }).toEqual({ ...here, answer: null });
    expect(await readAnswer(there.answer)).toEqual(await readAnswer(here.answer));
    expect(others.list().map((job) => job.id)).toEqual(jobs.list().map((job) => job.id));
  });

  test('who asks one of them keeps a job running in the other, and ends it there', async () => {
    const running = await submit(jobs, slow, 700);
    await follow(jobs, running.id, isRunning);
    const others = await controlOf(other).jobs();
    const startedMs = Date.now();
    await follow(others, running.id, () => Date.now() - startedMs > 2000);
    expect(glance(jobs, running.id).state).toBe('running');
    expect(await runnersOf(other)).toEqual(['job/1']);
    await others.cancel(running.id);
    await vi.waitFor(async () => expect(await runnersOf(other)).toEqual([]), patience);
    expect(glance(jobs, running.id).reason).toBe('it was cancelled');
  });

  test('who asks nobody any more ends it, whichever runs it', async () => {
    const running = await submit(jobs, slow, 700);
    await follow(jobs, running.id, isRunning);
    const others = await controlOf(other).jobs();
    await others.get(running.id);
    const leftMs = Date.now();
    await vi.waitFor(async () => expect(await runnersOf(other)).toEqual([]), patience);
    const { state, endedMs } = glance(others, running.id);
    expect(state).toBe('cancelled');
    expect(endedMs! - leftMs).toBeGreaterThan(500);
    expect(endedMs! - leftMs).toBeLessThan(700 + 2000);
  });

  test('interim answers are told through the other one', async () => {
    await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
    const held = await holdDuckDB(work.engine);
    const { id } = await submit(jobs, sampledThenExact);
    await follow(jobs, id, isRunning);
    const others = await controlOf(other).jobs();
    const { answer } = await follow(others, id, (job) => job.answer !== null);
    expect(await readAnswer(answer)).toMatchObject({ final: false, answer: { mode: 'approximate' } });
    await held.release();
    expect(await readAnswer((await follow(others, id)).answer)).toMatchObject({ final: true });
  });
});

describe('a runner that ends', () => {
  test('gives its jobs back, and the other one goes on with them at once', async () => {
    const { id } = await submit(jobs, 'EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x + b.x < a.x * b.x AND a.x < 3'); // prettier-ignore
    const held = await submit(jobs, slow);
    await follow(jobs, held.id, isRunning);
    expect((await jobs.get(id))!.state).toBe('done');
    await work.engine.close();
    const others = await controlOf(other).jobs();
    expect(await follow(others, held.id, isRunning)).toMatchObject({ attempts: 1, reason: null });
    expect((await readAnswer((await others.get(id))!.answer)).final).toBe(true);
    await work.start();
  });

  test('alone leaves them to the next one, and their clients get another term', async () => {
    const running = await submit(jobs, slow, 500);
    const queued = await submit(jobs, quick, 500);
    await follow(jobs, running.id, isRunning);
    await work.engine.close();
    await new Promise((resume) => setTimeout(resume, 800));
    await work.start();
    const next = await controlOf(work.engine).jobs({ runningMax: 2 });
    expect(await follow(next, queued.id)).toMatchObject({ state: 'done', attempts: 1 });
    expect(await follow(next, running.id, isRunning)).toMatchObject({ attempts: 1 });
  });
});

describe('a runner that lost its lease', () => {
  test('writes nothing any more, and ends', async () => {
    const held = await holdDuckDB(work.engine);
    const { id } = await submit(jobs, 'EXACT SELECT COUNT(*) AS n FROM t');
    await follow(jobs, id, isRunning);
    const store = new JobStore(database);
    const before = store.find(id, null)!;
    // Another process takes it over, as if this one had been stopped for a minute.
    const [attempt] = await stranger().acquire(['job/1'], 30_000);
    if (attempt?.kind !== 'granted') throw new Error('the lease was not over');
    const lost = { state: 'lost', reason: '', error: null, answer: null, endedMs: 0, forgetMs: 0 } as const;
    const taken = await store.begin(1, attempt.lease, { nowMs: Date.now(), attemptsMax: 3, lost });
    expect(taken).toMatchObject({ isAgain: true, job: { attempts: 2, token: attempt.lease.token } });
    const stale = { name: 'job/1', token: before.token! };
    await expect(store.end(1, stale, lost)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(store.report(1, stale, '{}', '{}')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(store.giveBack(1, stale)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await held.release();
    // The stale one would have its answer at once now; it is another's to give.
    const answer = await work.query('EXACT SELECT COUNT(*) AS n FROM t');
    expect(answer.rows).toEqual([[100_000]]);
    await new Promise((resume) => setTimeout(resume, 600));
    expect(store.find(id, null)).toMatchObject({ state: 'running', attempts: 2, answer: null });
    expect(answerFiles(work.folder)).toEqual([]);
  });

  test('and whose successor is gone too is begun again, but not for ever', async () => {
    const { id } = await submit(jobs, slow);
    await follow(jobs, id, isRunning);
    await work.engine.close();
    const store = new JobStore(database);
    const lost = { state: 'lost', reason: '', error: null, answer: null, endedMs: 0, forgetMs: 0 } as const;
    for (let attempt = 1; attempt <= 3; attempt++) {
      const [granted] = await stranger().acquire(['job/1'], 1);
      if (granted?.kind !== 'granted') throw new Error('the lease was not over');
      expect(await store.begin(1, granted.lease, { nowMs: Date.now(), attemptsMax: 3, lost })).toMatchObject({ job: { attempts: attempt } }); // prettier-ignore
      await stranger().release([granted.lease.token]);
    }
    await work.start();
    const next = await controlOf(work.engine).jobs();
    expect(await follow(next, id)).toMatchObject({
      state: 'lost',
      attempts: 3,
      reason: 'it was begun 3 times, and its process was gone each time, or could not write how it ended',
    });
  });
});

describe('what an attempt before may have done', () => {
  /** A job that a process has begun and not ended; its process is gone. */
  const abandoned = async (sql: string, before: () => Promise<unknown>): Promise<string> => {
    const { id } = await submit(jobs, slow);
    await follow(jobs, id, isRunning);
    await work.engine.close();
    database.prepare('UPDATE jobs SET sql = ?, state = ?, token = 0, attempts = 1').run(sql, 'running');
    await work.start();
    await before();
    return id;
  };
  const resumed = async (id: string): Promise<Job> => follow(await controlOf(work.engine).jobs(), id);
  const sample = 'CREATE SAMPLE s ON t UNIFORM 100 ROWS SEED 1';

  test('is found', async () => {
    const id = await abandoned(sample, () => work.query(sample));
    expect(await resumed(id)).toMatchObject({ state: 'done', attempts: 2, reason: 'there is a sample s already' }); // prettier-ignore
    expect(await work.values('SHOW SAMPLES')).toHaveLength(1);
  });

  test('is found where its process gave it back', async () => {
    const id = await abandoned(sample, async () => {
      database.prepare('UPDATE jobs SET state = ?, attempts = 0').run('queued');
      await work.query(sample);
    });
    expect(await resumed(id)).toMatchObject({ state: 'done', attempts: 1, reason: 'there is a sample s already' }); // prettier-ignore
  });

  test('is done where it was not', async () => {
    const id = await abandoned(sample, () => Promise.resolve());
    expect(await resumed(id)).toMatchObject({ state: 'done', attempts: 2, reason: expect.stringMatching(/^sample s drawn/) }); // prettier-ignore
  });

  test('is waited for where its right outlives it', async () => {
    const builder = new LeaseStore(database, systemClock, 'process 1 elsewhere');
    const id = await abandoned(sample, () => builder.acquire(['build/s'], 1500));
    expect(await resumed(id)).toMatchObject({ state: 'done', reason: expect.stringMatching(/^sample s drawn/) }); // prettier-ignore
  });

  test('a refresh waits for it too', async () => {
    await work.query(sample);
    const builder = new LeaseStore(database, systemClock, 'process 1 elsewhere');
    const id = await abandoned('REFRESH SAMPLES ON t', async () => {
      await builder.acquire(['build/s'], 1500);
      await work.table('u', 'SELECT 1 AS x');
      await work.writeRows('t.parquet', 'SELECT i AS x, i % 50000 AS g FROM range(90000) t(i)');
    });
    expect(await resumed(id)).toMatchObject({ state: 'done', attempts: 2 });
    expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[90_000]]);
  });

  test('of a table', async () => {
    const create = `CREATE TABLE v FROM '${await work.writeRows('v.csv', 'SELECT 1 AS y', 'FORMAT csv, HEADER')}'`;
    const id = await abandoned(create, () => work.query(create));
    expect(await resumed(id)).toMatchObject({ state: 'done', reason: 'there is a table v already' });
  });

  test('is told where nobody knows', async () => {
    const unnamed = 'CREATE SAMPLE ON t UNIFORM 100 ROWS';
    const id = await abandoned(unnamed, () => work.query(unnamed));
    const { state, reason } = await resumed(id);
    expect([state, reason]).toEqual(['lost', 'the process that ran it is gone, and the sample t_uniform, made since, may be its: run it again if it is not']); // prettier-ignore
    expect(await work.values('SHOW SAMPLES')).toHaveLength(1);
  });

  const list = 'CREATE SAMPLES ON t UNIFORM 100 ROWS AS s, STRATIFIED BY (g) CAP 1 AS r SEED 1';

  test('of a list of samples: those that it made are found, the others are made', async () => {
    const builder = new LeaseStore(database, systemClock, 'process 1 elsewhere');
    const id = await abandoned(list, async () => {
      await work.query(sample);
      await builder.acquire(['build/r'], 1500);
    });
    expect(await resumed(id)).toMatchObject({ state: 'done', reason: '1 sample of t drawn; there is a sample s already' }); // prettier-ignore
    expect(await work.values('SHOW SAMPLES')).toHaveLength(2);
  });

  test('of a list with one that has no name is told where nobody knows', async () => {
    const unnamed = list.replace(' AS r', '');
    const id = await abandoned(unnamed, () => work.query(sample));
    const { state, reason } = await resumed(id);
    expect([state, reason]).toEqual(['lost', 'the process that ran it is gone, and the sample s, made since, may be its: run it again if it is not']); // prettier-ignore
    expect(await work.values('SHOW SAMPLES')).toHaveLength(1);
  });

  test('what was there before is not taken for it', async () => {
    await work.query(sample);
    const id = await abandoned(sample, () => Promise.resolve());
    const { state, error } = await resumed(id);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'DUPLICATE_NAME', span: { start: 14, end: 15 } });
  });

  test('nor in a list', async () => {
    await work.query(sample);
    const id = await abandoned(list, () => Promise.resolve());
    const { state, error } = await resumed(id);
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'DUPLICATE_NAME', span: { start: 40, end: 41 } });
    expect(await work.values('SHOW SAMPLES')).toHaveLength(1);
  });
});
