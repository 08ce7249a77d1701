import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/common/index.ts';
import { type Job, type Jobs, controlOf } from '../../../src/engine/control.ts';
import { type Engine, openEngine } from '../../../src/index.ts';
import { Workspace } from '../../support/workspace.ts';
import { answerFiles, isOver, quick, readAnswer, runnersOf, slow } from './job-support.ts';

/*
 * Clients that ask after their jobs for a while and vanish, over two engines on one folder. A few here; `npm run jobs` has as many as
 * the design asks for, and shows what came of them.
 */
const isFull = process.env['MODE'] === 'jobs';
const clients = isFull ? 1000 : 60;
const termMs = 2000;
/** How long after a term all must be free. */
const slackMs = 2000;
/** Most that a client waits before it comes. */
const arrivalsMs = isFull ? 120_000 : 4000;

let work: Workspace;
let other: Engine;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, i % 50000 AS g FROM range(100000) t(i)');
  other = await openEngine({ dataDir: work.path('data'), allowedPaths: [work.folder], threads: 2 });
});
afterAll(async () => {
  await other.close();
  await work.close();
});

const statements = [
  quick,
  slow,
  slow,
  'EXACT SELECT g, COUNT(*) AS n FROM t GROUP BY g',
  'CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 1000 ROWS SEED 1',
];

/** What a client saw. */
interface Visit {
  readonly id: string;
  /** As it was last seen by the client. */
  readonly last: Job;
}

/** Submits a job, asks after it again and again through either engine, and leaves when it is over or its patience is. */
async function visit(places: readonly Jobs[], random: Random): Promise<Visit> {
  const anywhere = (): Jobs => places[Math.floor(random.next() * places.length)]!; // there are two
  const sql = statements[Math.floor(random.next() * statements.length)]!; // below the length
  await pause(random.next() * arrivalsMs);
  let last = await anywhere().submit({ sql, owner: 'ann', termMs });
  const polls = Math.floor(random.next() * 12);
  for (let poll = 0; poll < polls && !isOver(last); poll++) {
    await pause(random.next() * 0.3 * termMs);
    last = (await anywhere().get(last.id))!; // kept for longer than this takes
    expect(last.state === 'cancelled' ? last.reason : null).toBeNull();
  }
  return { id: last.id, last };
}

test('whoever vanishes is not worked for any longer', { timeout: 600_000 }, async () => {
  // Two engines in one process share its threads for files, which DuckDB's calls take.
  const limits = { runningMax: 1, ownerMax: clients, unfinishedMax: clients, endedMax: clients };
  const places = [await controlOf(work.engine).jobs(limits), await controlOf(other).jobs(limits)];
  const [jobs] = places as [Jobs, Jobs];
  /** When the right to run each job was last seen. */
  const heldMs = new Map<string, number>();
  const watch = new AbortController();
  const watching = (async () => {
    while (!watch.signal.aborted) {
      for (const name of await runnersOf(work.engine)) heldMs.set(name, Date.now());
      await pause(50);
    }
  })();
  const randoms = Array.from({ length: clients }, (_, place) => seededRandom(place + 1));
  const visits = await Promise.all(randoms.map((random) => visit(places, random)));
  while (jobs.list().some((job) => !isOver(job)) || (await runnersOf(work.engine)).length > 0)
    await pause(50);
  watch.abort();
  await watching;

  const found = jobs.list().toReversed();
  expect(found).toHaveLength(clients);
  const lateMs: number[] = [];
  const files: number[] = [];
  for (const [place, job] of found.entries()) {
    const { last } = visits.find(({ id }) => id === job.id)!; // each client had one
    expect(['done', 'cancelled']).toContain(job.state);
    if (job.state === 'done') files.push((await readAnswer(job.answer)).rows.length);
    if (job.state !== 'cancelled') continue;
    // A statement may be done just when its job is given up, which is said then.
    expect(job).toMatchObject({
      reason: expect.stringMatching(/^nobody asked after it for 2 s/),
      answer: null,
    });
    const { expiresMs } = last.lease!; // it was not over when it was last seen
    expect(job.endedMs).toBeGreaterThanOrEqual(expiresMs);
    // Jobs are numbered as they come.
    lateMs.push(Math.max(job.endedMs!, heldMs.get(`job/${place + 1}`) ?? 0) - expiresMs);
  }
  const interrupted = found.filter(
    ({ state, startedMs }) => state === 'cancelled' && startedMs !== null,
  ).length;
  if (isFull) console.table({ jobs: found.length, done: files.length, cancelled: lateMs.length, interrupted, latestMs: Math.max(...lateMs) }); // prettier-ignore
  expect(Math.max(...lateMs)).toBeLessThanOrEqual(slackMs);
  expect(answerFiles(work.folder)).toHaveLength(files.length);
  // Else nothing was tested.
  expect(Math.min(files.length, lateMs.length)).toBeGreaterThan(clients / 20);
  expect(interrupted).toBeGreaterThan(0);
  // There is room again.
  expect((await work.query('EXACT SELECT COUNT(*) AS n FROM t')).rows).toEqual([[100_000]]);
});
