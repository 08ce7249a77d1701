import { afterAll, beforeAll, expect, test } from 'vitest';
import { carryOut, measureMemory, statementOf } from '../../bench/memory-mix.mjs';
import { generateSessions } from '../../data/generate-sessions.mjs';
import type { Engine } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/* The first statements of `npm run memory`: what is alive does not grow with their number. */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  const { path } = await generateSessions({ path: work.path('sessions.parquet'), rows: 50_000, seed: 1 });
  await work.query(`CREATE TABLE sessions FROM '${path}'`);
  await work.query('CREATE SAMPLE ON sessions UNIFORM 20000 ROWS SEED 1');
  await work.query('CREATE SAMPLE ON sessions STRATIFIED BY (os, genre) CAP 100 SEED 2');
}, 60_000);
afterAll(() => work.close());

/** Statements before the first measurement, which fill what is filled once; then those that must leave nothing behind. */
const [before, behind, leaking] = [300, 700, 150];
const growthMax = 0.1;

const patience = new AbortController();
let number = 0;
/** By how much the memory grows with so many statements, a statement. */
async function growth(engine: Engine, statements: number): Promise<{ heap: number; outside: number }> {
  const first = await measureMemory();
  for (let end = number + statements; number < end; number++)
    await carryOut(engine, statementOf(number), patience.signal);
  const last = await measureMemory();
  return {
    heap: (last.heapUsed / first.heapUsed - 1) / statements,
    outside: (last.external / first.external - 1) / statements,
  };
}

test('1,000 statements leave nothing behind', async () => {
  await growth(work.engine, before);
  const { heap, outside } = await growth(work.engine, behind);
  expect(heap * behind).toBeLessThan(growthMax);
  expect(outside * behind).toBeLessThan(growthMax);
  // Planted: an engine that keeps 64 KiB a statement, in plans say, would be noticed.
  const kept: number[][] = [];
  const keeping = {
    query: (sql, options) => {
      kept.push(Array.from({ length: 8192 }, (_, place) => place + 0.5));
      return work.engine.query(sql, options);
    },
    stream: (sql, options) => work.engine.stream(sql, options),
  } as Engine; // nothing else is called
  expect((await growth(keeping, leaking)).heap * behind).toBeGreaterThan(growthMax);
  expect(kept.length).toBeGreaterThan(0);
}, 300_000);
