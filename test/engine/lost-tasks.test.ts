import type { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { type Environment, systemEnvironment } from '../../src/engine/environment.ts';
import type { Estimate, OpenOptions, QueryResult } from '../../src/index.ts';
import { WatchedThreads } from '../support/watched-threads.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * What becomes of statements where threads end, stall or fail. `npm run losses` kills more of them.
 */

const isFull = process.env['MODE'] === 'losses';
const kills = isFull ? 500 : 20;

const threads = new WatchedThreads();
/** They are given whatever there is to read. */
const shared = { startThread: threads.start, threadsWorth: { rows: 0, ms: 0, againMs: 0, startAfterMs: 0 } };
afterEach(() => threads.leaveAlone());

const opened: Workspace[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

/** An engine on the data of another, with faults of its own. */
async function open(options: OpenOptions = {}, world: Partial<Environment> = {}): Promise<Workspace> {
  const work = await Workspace.open({ ...shared, ...world }, { dataDir: base.path('data'), ...options });
  opened.push(work);
  return work;
}

const warmUp = (work: Workspace): Promise<QueryResult> => threads.askUntilShared(() => work.query(sql));

/** Enough rows for eleven blocks. */
const sampleRows = 700_000;
const blockRows = 65_536;
const weightedRows = 900_000;
const sql =
  'SELECT g, COUNT(*) AS n, SUM(x) AS total, AVG(y) AS mean FROM t WHERE y > 0.5 GROUP BY g ORDER BY g';
let base: Workspace;
beforeAll(async () => {
  base = await Workspace.open(shared);
  opened.unshift(base);
  await base.table(
    't',
    `SELECT 'g' || (hash(i, 1) % 5) AS g, (hash(i, 2) % 1000)::INTEGER AS x, sin(i) + 1.5 AS y FROM range(1000000) r(i)`,
  );
  await base.query(`CREATE SAMPLE plain ON t UNIFORM ${sampleRows} ROWS SEED 1`);
  await base.table(
    'heavy',
    'SELECT i AS id, (1 + hash(i, 3) % 100)::DOUBLE ** 3 AS x FROM range(300000) r(i)',
  );
  await base.query('CREATE SAMPLE outlying ON heavy UNIFORM 100000 ROWS OUTLIERS OF (x) SEED 1');
  const path = await base.writeRows(
    'weighted.parquet',
    `SELECT (hash(i, 4) % 100)::DOUBLE AS x, 2.0 + (i % 3) AS w FROM range(${weightedRows}) r(i)`,
  );
  await base.query(`CREATE TABLE weighted FROM '${path}' SAMPLED WEIGHT w`);
}, 120_000);

/** All that an answer says of the data. */
const told = ({ rows, answer: { tasks, sample, met, notes } }: QueryResult): unknown => ({
  rows,
  tasks,
  sample,
  met,
  notes,
});

test(
  `threads that are killed in the middle of a query cost neither the answer nor a digit of it, ${kills} times`,
  async () => {
    const alone = await open({ threads: 1 });
    const expected = told(await alone.query(sql));
    const work = await open();
    await warmUp(work);
    const random = seededRandom(11);
    let [queries, struck, killed] = [0, 0, 0];
    for (; struck < kills && queries < 4 * kills; queries++) {
      threads.leaveAlone();
      let isOver = false;
      const ending: Promise<unknown>[] = [];
      const kill = (thread: Worker): void => {
        if (isOver || ending.length === 2 || !threads.mayEnd(thread)) return;
        ending.push(thread.terminate());
      };
      threads.onShare = (thread) => {
        if (random.next() < 0.4) setTimeout(() => kill(thread), random.next() * 3);
        return null;
      };
      const result = await work.query(sql);
      isOver = true;
      if (ending.length > 0) struck++;
      killed += ending.length;
      expect(told(result)).toEqual(expected);
      await Promise.all(ending);
    }
    if (isFull)
      console.log(`${killed} threads killed in the middle of ${struck} queries: the same answer each time`);
    expect(struck).toBe(kills);
    expect(killed).toBeGreaterThan(kills);
  },
  isFull ? 900_000 : 60_000,
);

/** All tasks are accounted for. */
function expectTasks({ answer: { tasks } }: QueryResult, discarded: number | null = null): void {
  expect(tasks.planned).toBe(tasks.completed + tasks.discarded);
  if (discarded !== null) expect(tasks.discarded).toBe(discarded);
}

/** Longer than any query here takes, and well below the time after which a thread that does not answer is ended. */
const soonMs = 2500;

/** Milliseconds that something takes. */
async function timed<T>(work: Promise<T>): Promise<{ result: T; tookMs: number }> {
  const startMs = performance.now();
  const result = await work;
  return { result, tookMs: performance.now() - startMs };
}

describe('threads that stall', () => {
  test('cost a query within a deadline nothing beyond it', async () => {
    const work = await open({ taskFaults: 'stall=1' });
    const ask = async (): Promise<void> => {
      const { result, tookMs } = await timed(work.query(`${sql} WITHIN 200 MILLISECONDS`));
      expect(tookMs).toBeLessThan(soonMs);
      const { met, notes, tasks, sample } = result.answer;
      expect(result.rows).toHaveLength(5);
      expect(sample!.rowsRead).toBeGreaterThan(0);
      expect(met).toBe(notes.length === 0);
      expect(tasks.discarded).toBe(0);
      expect(tasks.planned).toBeGreaterThanOrEqual(tasks.completed);
      if (sample!.rowsRead === sampleRows) expectTasks(result, 0);
    };
    for (let run = 0; run < 3; run++) await threads.askUntilShared(ask);
  });

  test('leave the answer what others had read before in order', async () => {
    const work = await open();
    await warmUp(work);
    const before = { shares: 0 };
    threads.onShare = () => (threads.shares - before.shares >= 3 ? { kind: 'stall' } : null);
    await threads.askUntilShared(async () => {
      before.shares = threads.shares;
      const { result, tookMs } = await timed(work.query(`${sql} WITHIN 200 MILLISECONDS`));
      expect(tookMs).toBeLessThan(soonMs);
      const { tasks, sample } = result.answer;
      expect(tasks.completed).toBeGreaterThanOrEqual(Math.floor(sample!.rowsRead / blockRows));
      expect(tasks.completed).toBeLessThanOrEqual(tasks.planned);
    });
    // They are ended: nobody behind waits for them.
    threads.leaveAlone();
    const { result, tookMs } = await timed(work.query(sql));
    expect(tookMs).toBeLessThan(soonMs);
    expectTasks(result, 0);
  });

  test('do not keep rows from a deadline that no answer can do without', async () => {
    const weighted = 'SELECT SUM(x) AS total, COUNT(*) AS n FROM weighted WHERE x > 3';
    const values = ({ rows }: QueryResult): unknown => rows[0]!.map((cell) => (cell as Estimate).value); // both are estimated
    const whole = values(await base.query(weighted));
    const work = await open();
    await warmUp(work);
    threads.onShare = () => ({ kind: 'stall' });
    await threads.askUntilShared(async () => {
      const { result, tookMs } = await timed(work.query(`${weighted} WITHIN 60 MILLISECONDS`));
      expect(tookMs).toBeLessThan(soonMs);
      expect(result.answer.sample!.rowsRead).toBe(weightedRows);
      expect(values(result)).toEqual(whole);
    });
  });

  test('are ended, and others read what they had, where there is no deadline', async () => {
    const { timers } = systemEnvironment;
    const impatient = {
      ...timers,
      after: (ms: number, act: () => void) => timers.after(Math.min(ms, 400), act),
    };
    const work = await open({}, { timers: impatient });
    await warmUp(work);
    const expected = told(await work.query(sql));
    for (let run = 0; run < 3; run++) {
      let shares = 0;
      threads.onShare = () => (shares++ === run ? { kind: 'stall' } : null);
      const { result, tookMs } = await timed(work.query(sql));
      expect(told(result)).toEqual(expected);
      expectTasks(result, 0);
      expect(shares).toBeGreaterThan(run);
      expect(tookMs).toBeGreaterThan(400);
      // Another has to take its place first.
      threads.leaveAlone();
      await warmUp(work);
    }
  });

  test('do not keep an engine from closing in the middle of a query', async () => {
    const work = await open();
    await warmUp(work);
    const given = new Promise<void>((resolve) => {
      threads.onShare = () => {
        resolve();
        return { kind: 'stall' };
      };
    });
    const asked = work.query(sql).then(
      () => 'answered',
      ({ code }: { code: string }) => code,
    );
    await given;
    const { tookMs } = await timed(work.engine.close());
    expect(tookMs).toBeLessThan(soonMs);
    expect(await asked).toBe('CLOSED');
  });
});

describe('closing', () => {
  test('ends a query in the middle of it, whenever it comes', async () => {
    for (let run = 0; run < 6; run++) {
      const work = await open();
      await warmUp(work);
      const asked = work.query(sql).then(told, ({ code }: { code: string }) => code);
      await systemEnvironment.timers.pause(run * 4);
      const { tookMs } = await timed(work.engine.close());
      expect(tookMs).toBeLessThan(soonMs);
      const outcome = await asked;
      if (typeof outcome === 'string') expect(outcome).toBe('CLOSED');
    }
  });
});

const average = 'SELECT AVG(x) AS mean FROM heavy WHERE id > 1000';

describe('tasks that cannot be read', () => {
  test('are counted and told of, and the answer is from the rest', async () => {
    const whole = await base.query(sql);
    expectTasks(whole, 0);
    const work = await open({ taskFaults: 'unreadable=0.3,seed=2' });
    const result = await work.query(sql);
    const { tasks, notes, sample } = result.answer;
    expectTasks(result);
    expect(tasks.planned).toBe(11);
    expect(tasks.discarded).toBeGreaterThan(0);
    expect(sample!.rowsRead).toBeLessThan(sampleRows);
    expect(notes).toContainEqual(
      expect.stringMatching(`^${tasks.discarded} tasks? of 11 could not be read; the intervals allow for it`),
    );
    for (const [place, row] of result.rows.entries()) {
      const [was, is] = [whole.rows[place]![1], row[1]].map((cell) => cell as Estimate); // COUNT(*) is estimated
      expect(is!.high! - is!.low!).toBeGreaterThan(was!.high! - was!.low!);
      expect(Math.abs(is!.value! / was!.value! - 1)).toBeLessThan(0.05);
    }
    // What is lost for good is lost again: the answer is the same.
    expect((await work.query(sql)).rows).toEqual(result.rows);
  });

  test.each(['unreadable', 'fail'])('%s: without what answers need, the sample is left out', async (kind) => {
    const work = await open({ taskFaults: `${kind}=1,class=whole` });
    // Lost is what begins with outliers: they are stored first.
    const exact = await work.query(average);
    expect(exact.answer.mode).toBe('exact');
    expect(exact.answer.reason).toContain('outlying');
    expectTasks(exact, 0);
    await base.query('CREATE SAMPLE simple ON heavy UNIFORM 100000 ROWS SEED 2');
    const next = await (await open({ taskFaults: `${kind}=1,class=whole` })).query(average);
    expect(next.answer).toMatchObject({ mode: 'approximate', sample: { name: 'simple' }, met: true });
    expectTasks(next, 0);
    await base.query('DROP SAMPLE simple');
  });

  test('a sample that is lost altogether leaves the exact answer', async () => {
    const work = await open({ taskFaults: 'unreadable=1' });
    const { answer, rows } = await work.query('SELECT COUNT(*) AS n FROM t WHERE y > 0.5');
    expect(answer.mode).toBe('exact');
    expect(answer.reason).toContain('plain');
    expect(rows).toEqual((await base.query('EXACT SELECT COUNT(*) AS n FROM t WHERE y > 0.5')).rows);
  });

  test('may be lost because of their values: only counts and sums keep an interval', async () => {
    const work = await open({ taskFaults: 'fail=0.3,seed=2' });
    const { rows, answer } = await work.query(sql);
    expect(answer.tasks.discarded).toBeGreaterThan(0);
    for (const row of rows) {
      const [count, sum, mean] = row.slice(1).map((cell) => cell as Estimate); // they are estimated
      expect([count!.low, count!.high, sum!.low, sum!.high].every(Number.isFinite)).toBe(true);
      expect(mean).toMatchObject({ low: null, certified: false });
      expect(mean!.reasons).toContain('LOST_ROWS');
    }
  });
});
