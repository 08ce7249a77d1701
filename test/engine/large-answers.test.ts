import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/*
 * Answers of nearly a hundred thousand groups leave the process to others now and then. What is asserted is how a statement's own processor time
 * is cut, which does not depend on how fast the machine is, nor on who else uses it.
 */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open({}, { threads: 1 });
  await work.table(
    't',
    `SELECT (hash(i, 1) % 100000)::INTEGER AS g, (hash(i, 2) % 5)::INTEGER AS h, exp((hash(i, 3) % 1000) / 300.0) AS x
     FROM range(500000) r(i)`,
  );
  await work.query('CREATE SAMPLE s ON t UNIFORM 300000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

/** Processor time of the process so far, milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const turn = (): Promise<void> => new Promise((resume) => setImmediate(resume));

/** What each turn of the process takes until work has ended, in processor time, milliseconds. */
async function turnsOf(running: Promise<unknown>): Promise<number[]> {
  const turns: number[] = [];
  const ended = new AbortController();
  const whole = running.finally(() => ended.abort());
  for (let before = cpuMs(); !ended.signal.aborted;) {
    await turn();
    const now = cpuMs();
    turns.push(now - before);
    before = now;
  }
  await whole;
  return turns;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

const statements = {
  'all groups': 'SELECT g, COUNT(*), AVG(x) FROM t WHERE h < 4 GROUP BY g',
  'groups in order':
    'SELECT g, COUNT(*) AS c, AVG(x) FROM t WHERE h < 4 GROUP BY g HAVING COUNT(*) > 3 ORDER BY c DESC, g LIMIT 100',
  'a bound': 'SELECT g, COUNT(*), AVG(x) FROM t WHERE h < 4 GROUP BY g ERROR WITHIN 10% ON MISS BEST EFFORT',
};

describe.each(Object.entries(statements))('%s', (_, sql) => {
  test('no turn of the process takes more than a small part of a statement', async () => {
    const { answer } = await work.query(sql);
    expect(answer.mode).toBe('approximate');
    const turns = await turnsOf(work.query(sql));
    expect(turns.length).toBeGreaterThan(10);
    expect(Math.max(...turns)).toBeLessThan(0.15 * sum(turns));
  });

  test('cancelled at any time it ends at once', async () => {
    const wholes: number[] = [];
    for (let run = 0; run < 3; run++) wholes.push(sum(await turnsOf(work.query(sql))));
    // Each may be faster than the one before, as those are that are cancelled: a statement that has ended is none any more.
    const wholeMs = Math.min(...wholes);
    for (const share of [0.3, 0.8]) {
      const controller = new AbortController();
      const ended = work.engine.query(sql, { signal: controller.signal }).catch((error: unknown) => error);
      const startMs = cpuMs();
      while (cpuMs() - startMs < share * wholeMs * 0.8) await turn();
      controller.abort();
      const abortedMs = cpuMs();
      expect(await ended).toMatchObject({ code: 'CANCELLED' });
      // If it went on, each of these turns would take its part.
      for (let after = 0; after < 100; after++) await turn();
      expect(cpuMs() - abortedMs).toBeLessThan(0.15 * wholeMs);
    }
  });
});
