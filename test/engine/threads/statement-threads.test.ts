import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Environment, systemEnvironment } from '../../../src/engine/environment.ts';
import type { OpenOptions, QueryResult } from '../../../src/index.ts';
import { WatchedStatementThreads } from '../../support/watched-statement-threads.ts';
import { Workspace } from '../../support/workspace.ts';

/*
 * Statements that have others beside them are answered in threads, and say what they would say alone, whatever becomes of the threads.
 */

const threads = new WatchedStatementThreads();
afterEach(() => threads.reset());
const opened: Workspace[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

async function open(options: OpenOptions = {}, world: Partial<Environment> = {}): Promise<Workspace> {
  const work = await Workspace.open({ startStatementThread: threads.start, ...world }, options);
  opened.push(work);
  await work.table(
    't',
    `SELECT 'g' || (hash(i, 1) % 5) AS g, (hash(i, 2) % 1000)::INTEGER AS x, sin(i) + 1.5 AS y,
       CASE WHEN i % 7 > 0 THEN i % 11 END AS holes FROM range(200000) r(i)`,
  );
  await work.query('CREATE SAMPLE even ON t UNIFORM 50000 ROWS SEED 1');
  await work.query('CREATE SAMPLE by_g ON t STRATIFIED BY (g) CAP 4000 SEED 2');
  return work;
}

let work: Workspace;
beforeAll(async () => {
  work = await open();
}, 120_000);

const clients = [...Array(24).keys()];

/** Statements that samples answer, with all kinds of groups, values and bounds. */
const statements = [
  'SELECT g, COUNT(*), SUM(x), AVG(y) FROM t WHERE y > 0.7 GROUP BY g ORDER BY g ERROR WITHIN 5%',
  'SELECT COUNT(*) FROM t WHERE x < 100 AT CONFIDENCE 99%',
  'SELECT x % 3 AS third, AVG(holes) FROM t GROUP BY third HAVING COUNT(*) > 10 ORDER BY 2 DESC AT CONFIDENCE 95%',
  "SELECT g, MEDIAN(x) FROM t WHERE g <> 'g1' GROUP BY g ORDER BY g ERROR WITHIN 10%",
  'SELECT AVG(x / y), relative_error(AVG(x / y)) FROM t WHERE holes IS NULL ERROR WITHIN 5%',
];

/** All that an answer says of the data. */
const told = ({ columns, rows, marks, answer }: QueryResult): unknown => {
  const error = answer.achieved.maxRelativeError;
  return { columns, rows, marks, ...answer, timings: null, achieved: null, predicted: null, error };
};

/** So often two threads have answered when their rehearsals are over: what they answer then is what clients get. */
const rehearsed = 200;

/** Asks everything at once, again and again, until threads have answered so often since. */
async function askUntilAnswered(
  { engine }: Workspace,
  least: number,
  sqls: readonly string[] = statements,
): Promise<QueryResult[]> {
  const before = threads.answered;
  for (let tries = 0; tries < 400; tries++) {
    const answers = await Promise.all(clients.map((client) => engine.query(sqls[client % sqls.length]!)));
    if (threads.answered - before >= least) return answers;
    await systemEnvironment.timers.pause(5);
  }
  throw new Error(`threads answered ${threads.answered - before} statements`);
}

describe('answers', () => {
  test('are those of the engine itself, to the last digit', async () => {
    const expected = [];
    for (const sql of statements) expected.push(told(await work.query(sql)));
    expect(threads.asked).toBe(0);
    const found = await askUntilAnswered(work, 300);
    for (const [client, answer] of found.entries())
      expect(told(answer)).toEqual(expected[client % expected.length]);
  });

  test('take parameters', async () => {
    await askUntilAnswered(work, 1);
    const sql = 'SELECT COUNT(*) FROM t WHERE g = ? AND x < ? AT CONFIDENCE 95%';
    const alone = await work.engine.query(sql, { params: ['g2', 500] });
    const before = threads.answered;
    const found = await Promise.all(clients.map((x) => work.engine.query(sql, { params: ['g2', 477 + x] })));
    expect(threads.answered).toBeGreaterThan(before);
    expect(told(found[23]!)).toEqual(told(alone));
    expect(new Set(found.map(({ answer, rows }) => JSON.stringify([answer.sample, rows]))).size).toBeGreaterThan(20); // prettier-ignore
  });

  test('come from elsewhere where threads have none, with the same words', async () => {
    await askUntilAnswered(work, 1);
    const others = [
      'SELECT g, SUM(x) FROM t WHERE y > 0.7 GROUP BY g ORDER BY g ERROR WITHIN 0.0001%',
      'SELECT SUM(CAST(x AS TINYINT)) FROM t WHERE y > 1 ERROR WITHIN 5%',
      'SELECT AVG(x) FROM t WHERE y > 0.7 ERROR WITHIN 0.01% ON MISS FAIL',
    ];
    const ask = async (sql: string): Promise<unknown> => {
      try {
        const { rows, answer } = await work.query(sql);
        return [answer.mode, answer.met, rows];
      } catch (error) {
        // Of several rows that are wrong DuckDB tells of any.
        return String(error).replace(/value -?\d+/, 'value');
      }
    };
    const alone = [];
    for (const sql of others) alone.push(await ask(sql));
    const found = await Promise.all(clients.map((client) => ask(others[client % 3]!)));
    expect(threads.givenBack).toBeGreaterThan(0);
    for (const [client, outcome] of found.entries()) expect(outcome).toEqual(alone[client % 3]);
    // What came back once is not tried again at once.
    const asked = threads.asked;
    await Promise.all(clients.map((client) => ask(others[client % 3]!)));
    expect(threads.asked).toBe(asked);
  });

  test('under a deadline, of streams, and with progress are the engine’s own', async () => {
    await askUntilAnswered(work, 1);
    const asked = threads.asked;
    const last = async (sql: string): Promise<void> => {
      for await (const answer of work.engine.stream(sql)) if (answer.final) return;
    };
    await Promise.all(
      clients.map(async (client) => {
        const sql = statements[0]!;
        if (client % 3 === 0) await work.query(sql.replace('ERROR', 'WITHIN 5 SECONDS ERROR'));
        else if (client % 3 === 1) await work.engine.query(sql, { onProgress: () => undefined });
        else await last(sql);
      }),
    );
    expect(threads.asked).toBe(asked);
  });
});

describe('where a thread', () => {
  test('ends at its work, all get their answers', async () => {
    const expected = told(await work.query(statements[0]!));
    await askUntilAnswered(work, 1);
    let ended = 0;
    threads.onAsked = (thread) => {
      if (threads.asked % 7 !== 0 || ended >= 5) return;
      ended++;
      void thread.terminate();
    };
    for (const answer of await askUntilAnswered(work, 50, statements.slice(0, 1)))
      expect(told(answer)).toEqual(expected);
    expect(ended).toBeGreaterThan(0);
  });

  test('stalls, it is ended, and others answer', async () => {
    const started: Worker[] = [];
    const stalling = await open(
      {},
      {
        // It is ready, rehearses, and never answers then.
        startStatementThread: () => {
          const thread = new Worker(
            `const { parentPort } = require('node:worker_threads');
             let asked = 0;
             parentPort.on('message', ({ kind, job }) => {
               if (kind !== 'answer') return;
               if (++asked > 64) for (;;);
               parentPort.postMessage({ kind: 'answered', answers: [{ job, answer: 'not-now' }] });
             });
             parentPort.postMessage({ kind: 'ready' });`,
            { eval: true },
          );
          started.push(thread);
          return thread;
        },
        timers: {
          ...systemEnvironment.timers,
          after: (ms, work) => systemEnvironment.timers.after(ms === 5000 ? 50 : ms, work),
        },
      },
    );
    const expected = told(await stalling.query(statements[0]!));
    for (let round = 0; round < 300 && started.length < 4; round++) {
      const found = await Promise.all(clients.map(() => stalling.query(statements[0]!)));
      for (const answer of found) expect(told(answer)).toEqual(expected);
    }
    expect(started.length).toBeGreaterThanOrEqual(4);
  });

  test('is at work when the engine is closed, its statements end, and it does', async () => {
    const own = new WatchedStatementThreads();
    const closing = await open({}, { startStatementThread: own.start });
    while (own.answered < rehearsed)
      await Promise.all(clients.map((client) => closing.query(statements[client % 5]!)));
    expect(own.running.size).toBe(2);
    const outcomes = clients.map((client) =>
      closing.query(statements[client % 5]!).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    );
    await closing.engine.close();
    expect(own.running.size).toBe(0);
    for (const outcome of await Promise.all(outcomes)) expect(['answered', 'CLOSED']).toContain(outcome);
  });

  test('has a statement that is given up, it gives it up', async () => {
    await askUntilAnswered(work, 1);
    const outcomes = await Promise.all(
      clients.map((client) => {
        const giveUp = new AbortController();
        const asked = work.engine.query(statements[client % 5]!, { signal: giveUp.signal });
        if (client % 2 === 0) setImmediate(() => giveUp.abort());
        return asked.then(
          () => 'answered',
          (error: { code: string }) => error.code,
        );
      }),
    );
    expect(outcomes.filter((_, client) => client % 2 === 1)).toEqual(Array(12).fill('answered'));
    for (const outcome of outcomes) expect(['answered', 'CANCELLED']).toContain(outcome);
  });
});

describe('samples', () => {
  test('that are dropped and made anew meanwhile are read as they are', async () => {
    const changing = await open();
    const sql = 'SELECT COUNT(*), AVG(x) FROM t WHERE y > 0.7 AT CONFIDENCE 95%';
    await askUntilAnswered(changing, rehearsed, [sql]);
    for (const seed of [3, 4, 5]) {
      await Promise.all([
        changing
          .query('DROP SAMPLE even')
          .then(() => changing.query(`CREATE SAMPLE even ON t UNIFORM 50000 ROWS SEED ${seed}`)),
        askUntilAnswered(changing, 20, [sql]),
      ]);
      const alone = told(await changing.query(sql));
      for (const answer of await askUntilAnswered(changing, 10, [sql])) expect(told(answer)).toEqual(alone);
    }
    expect(threads.takenBack).toBeGreaterThan(0);
  });

  test('that there is no memory for are taken back', async () => {
    const small = await open({ memoryLimitBytes: 2 ** 26 });
    for (const name of ['b', 'c', 'd'])
      await small.table(
        name,
        `SELECT (hash(i, 1) % 5)::INTEGER AS g, random() AS x, random() AS y, random() AS z FROM range(400000) r(i)`,
      );
    const sqls = [];
    for (const name of ['b', 'c', 'd']) {
      await small.query(`CREATE SAMPLE s_${name} ON ${name} UNIFORM 390000 ROWS SEED 1`);
      sqls.push(
        `SELECT g, AVG(x + y + z) FROM ${name} WHERE x > 0.1 GROUP BY g ORDER BY g AT CONFIDENCE 95%`,
      );
    }
    const expected = [];
    for (const sql of sqls) expected.push(told(await small.query(sql)));
    await askUntilAnswered(small, rehearsed, sqls);
    do {
      const found = await askUntilAnswered(small, 20, sqls);
      for (const [client, answer] of found.entries())
        expect(told(answer)).toEqual(expected[client % expected.length]);
    } while (threads.takenBack === 0);
  });
});
