import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seededRandom } from '../../../src/common/index.ts';
import { type Job, type Jobs, controlOf } from '../../../src/engine/control.ts';
import { bundleProcess } from '../../leases/processes/bundle.ts';
import { strayFiles } from '../../support/engine-state.ts';
import { Workspace } from '../../support/workspace.ts';
import { answerFiles, isOver, readAnswer, runnersOf, slow } from './job-support.ts';

/*
 * Servers killed (SIGKILL) while they take on and run jobs. A few here; `npm run jobs` has as many as the design asks for, and shows
 * what became of the jobs.
 */
const isFull = process.env['MODE'] === 'jobs';
const rounds = isFull ? 50 : 4;
/** Longer than two terms of any lease: what the dead held is over. */
const aheadMs = 61_000;

let offsetMs = 0;
let work: Workspace;
let bundle: Awaited<ReturnType<typeof bundleProcess>>;
beforeAll(async () => {
  bundle = await bundleProcess('test/engine/jobs/job-process.ts');
  work = await Workspace.open({
    clock: { nowMs: () => Date.now() + offsetMs, monotonicMs: () => performance.now() + offsetMs },
  });
  await work.table('t', 'SELECT i AS x, i % 50000 AS g FROM range(100000) t(i)');
  await work.query('CREATE SAMPLE taken ON t UNIFORM 100 ROWS SEED 1');
});
afterAll(async () => {
  await work.close();
  await bundle.remove();
});

const quick = 'EXACT SELECT COUNT(*) AS n FROM t WHERE x % 3 = 0';
const groups = 'EXACT SELECT g, COUNT(*) AS n FROM t GROUP BY g';
/** Statements for the n-th job, and for how long their clients' leases are good: longer than all this takes, or not. */
const requests: readonly ((place: number) => { sql: string; termMs: number })[] = [
  () => ({ sql: quick, termMs: 3_600_000 }),
  () => ({ sql: groups, termMs: 3_600_000 }),
  (place) => ({ sql: `CREATE SAMPLE s${place} ON t UNIFORM 1000 ROWS SEED 1`, termMs: 3_600_000 }),
  () => ({ sql: 'CREATE SAMPLE taken ON t UNIFORM 100 ROWS SEED 1', termMs: 3_600_000 }),
  () => ({ sql: 'REFRESH SAMPLES ON t', termMs: 3_600_000 }),
  () => ({ sql: slow, termMs: 700 }),
];

async function start(): Promise<ChildProcess> {
  const child = fork(bundle.program, [work.path('data'), work.folder], { execArgv: [] });
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`a process ended by itself: ${code ?? signal}`);
  });
  await Promise.race([once(child, 'message'), ended]);
  return child;
}

/** What is wrong with what became of a job. */
async function faultsOf(
  { sql, state, reason, error, answer }: Job,
  samples: readonly string[],
): Promise<string[]> {
  const wrong = (what: string): string[] => [`${sql} is ${state} (${reason}): ${what}`];
  const isNamed = reason !== null && reason !== '';
  if (!isNamed) return wrong('nobody knows why');
  switch (state) {
    case 'done': {
      const { rows } = await readAnswer(answer);
      if (sql === quick && JSON.stringify(rows) !== '[[33334]]') return wrong('a wrong answer');
      if (sql === groups && rows.length !== 50_000) return wrong('a wrong answer');
      const sample = /^CREATE SAMPLE (\w+)/.exec(sql)?.[1];
      return sql === slow || sample === 'taken' || (sample !== undefined && !samples.includes(sample))
        ? wrong('it was not done')
        : [];
    }
    case 'failed':
      return error?.code === 'DUPLICATE_NAME' && sql.includes('taken') ? [] : wrong('it should not fail');
    case 'cancelled':
      return sql === slow ? [] : wrong('its term was not over');
    case 'lost':
      return reason.includes('it was begun 3 times') ? [] : wrong('it could be resumed');
    default:
      return wrong('it has not ended');
  }
}

test('no job is forgotten where servers are killed', { timeout: 900_000 }, async () => {
  await work.engine.close();
  const random = seededRandom(rounds);
  const submitted = new Map<string, string>();
  let sent = 0;
  for (let round = 0; round < rounds; round++) {
    const child = await start();
    child.on('message', ({ id, sql }: { readonly id: string; readonly sql: string }) =>
      submitted.set(id, sql),
    );
    const killAtMs = performance.now() + 100 + random.next() * 900;
    while (performance.now() < killAtMs) {
      if (random.next() < 0.6) child.send({ ...requests[Math.floor(random.next() * requests.length)]!(sent++), owner: 'ann' }); // prettier-ignore
      await pause(random.next() * 80);
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  offsetMs = aheadMs;
  await work.start();
  const jobs: Jobs = await controlOf(work.engine).jobs({ endedMax: 10_000 });
  while (jobs.list().some((job) => !isOver(job)) || (await runnersOf(work.engine)).length > 0)
    await pause(50);

  const found = jobs.list();
  const forgotten = [...submitted.keys()].filter((id) => !found.some((job) => job.id === id));
  expect(forgotten).toEqual([]);
  const samples = (await work.values('SHOW SAMPLES')).map(([name]) => String(name));
  const faults: string[] = [];
  for (const job of found) faults.push(...(await faultsOf(job, samples)));
  expect(faults).toEqual([]);
  const done = found.filter(({ state }) => state === 'done');
  expect(answerFiles(work.folder)).toHaveLength(done.length);
  expect(strayFiles(work.path('data'))).toEqual([]);
  const count = (of: (job: Job) => boolean): number => found.filter(of).length;
  const states = Object.fromEntries(['done', 'failed', 'cancelled', 'lost'].map((state) => [state, count((job) => job.state === state)])); // prettier-ignore
  if (isFull) console.table({ kills: rounds, sent, acknowledged: submitted.size, found: found.length, ...states, resumed: count(({ attempts }) => attempts > 1) }); // prettier-ignore
  // Else nothing was tested.
  expect(submitted.size).toBeGreaterThan(rounds);
  expect(count(({ attempts }) => attempts > 1)).toBeGreaterThan(0);
});
