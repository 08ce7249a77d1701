import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/*
 * A build of a sample of a million rows leaves the process to others now and then: what is asserted is how the build's own time is
 * cut, which does not depend on how fast the machine is.
 */

const rows = 1_000_000;
const create = `CREATE SAMPLE large ON t UNIFORM ${rows} ROWS SEED 1`;

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  const columns = Array.from({ length: 8 }, (_, place) => `(hash(i, ${place}) % 100000) / 7.0 AS x${place}`);
  await work.table('t', `SELECT i % 1000 AS g, ${columns.join(', ')} FROM range(${rows * 1.1}) t(i)`);
  await work.table('other', 'SELECT i AS x FROM range(100000) t(i)');
  await work.query('CREATE SAMPLE ON other UNIFORM 10000 ROWS SEED 1');
  await work.query('SELECT AVG(x) FROM other WITHIN 200 MILLISECONDS');
}, 60_000);
afterAll(() => work.close());

const filesOfSamples = (): string[] => {
  const folder = work.path('data/samples');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
};

describe('a build of a million rows', () => {
  test('lets others go on: no turn of the process takes more than a small part of it', async () => {
    let [turns, longestMs, isBuilt] = [0, 0, false];
    const startMs = performance.now();
    let lastMs = startMs;
    const turn = (): void => {
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      [lastMs, turns] = [nowMs, turns + 1];
      if (!isBuilt) setTimeout(turn, 0);
    };
    turn();
    await work.query(create);
    isBuilt = true;
    turn();
    const tookMs = lastMs - startMs;
    await work.query('DROP SAMPLE large');
    expect(turns).toBeGreaterThan(60);
    expect(longestMs).toBeLessThan(tookMs / 10);
  }, 60_000);

  test('answers statements with deadlines beside it', async () => {
    const built = new AbortController();
    const building = work.query(create).finally(() => built.abort());
    let answered = 0;
    while (!built.signal.aborted) {
      const { answer } = await work.query('SELECT AVG(x) FROM other WHERE x > 5 WITHIN 200 MILLISECONDS');
      expect([answer.mode, answer.met]).toEqual(['approximate', true]);
      answered++;
      // Statements as small as these leave no turn to others by themselves.
      await new Promise((resume) => setTimeout(resume, 1));
    }
    await building;
    await work.query('DROP SAMPLE large');
    expect(answered).toBeGreaterThan(20);
  }, 60_000);

  test('cancelled at any time leaves nothing behind', async () => {
    const before = filesOfSamples();
    const startMs = performance.now();
    await work.query(create);
    const tookMs = performance.now() - startMs;
    await work.query('DROP SAMPLE large');
    for (const share of [0.05, 0.3, 0.5, 0.7, 0.8, 0.9]) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), share * tookMs);
      const ended = await work.engine.query(create, { signal: controller.signal }).then(
        () => null,
        (error: unknown) => error,
      );
      clearTimeout(timer);
      // A build that was faster than the one before is done.
      if (ended === null) await work.query('DROP SAMPLE large');
      else expect(ended).toMatchObject({ code: 'CANCELLED' });
      expect(filesOfSamples()).toEqual(before);
    }
  }, 60_000);
});
