import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Job, JobAnswer, Jobs } from '../../../src/engine/control.ts';
import type { Engine, QueryResultJson } from '../../../src/index.ts';

/** Runs for minutes over a table `t` of 10^5 rows, and ends soon after it is interrupted. */
export const slow = 'EXACT SELECT COUNT(*) AS n FROM t a JOIN t b ON a.x + b.x < a.x * b.x';
/** Of a sample first, which cannot answer it within its bound; with a sample it has interim answers. */
export const sampledThenExact = 'SELECT SUM(x) AS s FROM t WHERE x % 3 = 0 ERROR WITHIN 0.0001%';
export const quick = 'SELECT COUNT(*) AS n FROM t WHERE x % 3 = 0';

/** An answer as it is read from its pieces. */
export async function readAnswer(answer: JobAnswer | null): Promise<QueryResultJson> {
  if (answer === null) throw new Error('there is no answer');
  const pieces: Uint8Array[] = [];
  for await (const piece of answer.pieces()) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as QueryResultJson;
}

/** Asks after a job until it is as wanted. */
export async function follow(jobs: Jobs, id: string, isWanted: (job: Job) => boolean = isOver): Promise<Job> {
  for (;;) {
    const job = await jobs.get(id);
    if (job === null) throw new Error('the job is forgotten');
    if (isWanted(job)) return job;
    await pause(20);
  }
}

export const isOver = ({ endedMs }: Pick<Job, 'endedMs'>): boolean => endedMs !== null;
export const isRunning = ({ state }: Pick<Job, 'state'>): boolean => state === 'running';

/** Looks at a job without renewing its lease. */
export const glance = (jobs: Jobs, id: string): Job => jobs.list().find((job) => job.id === id)!; // the caller knows that it is there

/** Rights to run jobs that somebody has. */
export async function runnersOf(engine: Engine): Promise<string[]> {
  const leases = (await engine.query('SHOW LEASES')).toObjects();
  return leases.map(({ lease }) => String(lease)).filter((name) => name.startsWith('job/'));
}

export const answerFiles = (folder: string): string[] => readdirSync(join(folder, 'data', 'jobs'));

/** Has both calls that an engine makes of DuckDB at once busy: others wait. @returns lets them go on */
export async function holdDuckDB(engine: Engine): Promise<{ release: () => Promise<void> }> {
  const holding = new AbortController();
  const { signal } = holding;
  const held = [1, 2].map((value) => engine.query(`${slow} + ${value}`, { signal }).catch(() => undefined));
  await pause(50);
  return {
    release: async () => {
      holding.abort();
      await Promise.all(held);
    },
  };
}
