import type { JobState } from '../../catalog/index.ts';
import { type ErrorCode, QueryError, type Span } from '../../common/index.ts';
import type { Parameters } from '../../planner/index.ts';
import type { Progress } from '../contract.ts';

/** What is asked for as a job. */
export interface JobRequest {
  /** One statement: SELECT, EXPLAIN, CREATE TABLE, CREATE SAMPLE(S), REFRESH SAMPLES. */
  readonly sql: string;
  readonly params?: Parameters | undefined;
  /** Whose it is: jobs are counted, listed and shown by owner. */
  readonly owner: string;
  /** For how long it goes on without being asked after. Default: as the options say. */
  readonly termMs?: number | undefined;
}

/** A job as clients see it: plain data, but for the answer. Times are of the wall clock, milliseconds since 1970. */
export interface Job {
  readonly id: string;
  readonly owner: string;
  readonly sql: string;
  readonly state: JobState;
  /** Why it ended as it did, in words; null: it has not. */
  readonly reason: string | null;
  readonly progress: Progress | null;
  readonly submittedMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  /** The client's right to have it run, which asking after it renews; null: it has ended. */
  readonly lease: { readonly termMs: number; readonly expiresMs: number } | null;
  /** Until when its answer is kept; null: it has not ended. */
  readonly keptUntilMs: number | null;
  /** How often it was begun: more than once where processes that ran it are gone. */
  readonly attempts: number;
  /** What went wrong; null unless it failed. */
  readonly error: JobError | null;
  /** The final answer, or the latest that there is; null: there is none. */
  readonly answer: JobAnswer | null;
}

export interface JobError {
  /** INTERNAL: a bug. */
  readonly code: ErrorCode | 'INTERNAL';
  readonly message: string;
  readonly span: Span | null;
  readonly hint: string | null;
}

export interface JobAnswer {
  readonly final: boolean;
  /** null: not known before it is read. */
  readonly bytes: number | null;
  /** Its JSON, a QueryResultJson in UTF-8. @throws QueryError STORAGE where it cannot be read, or is not what was written */
  pieces(): AsyncIterable<Uint8Array>;
}

/** How jobs are run. */
export interface JobOptions {
  /** For how long a job goes on without being asked after, where its client does not say. Default 30 seconds. */
  readonly termMs?: number;
  /** For how long what came of a job is kept. Default an hour. */
  readonly keepMs?: number;
  /** Jobs that this process runs at once. Default 1: an engine makes two calls of DuckDB at once, and others want one of them. */
  readonly runningMax?: number;
  /** Unfinished jobs of one owner. Default 100. */
  readonly ownerMax?: number;
  /** Unfinished jobs of all owners. Default 1,000. */
  readonly unfinishedMax?: number;
  /** Ended jobs that are kept; the oldest go. Default 1,000. */
  readonly endedMax?: number;
  /** How long the right to run a job outlives the process that has it. Default: as all leases. */
  readonly runnerTermMs?: number;
}

export type FullJobOptions = Required<Omit<JobOptions, 'runnerTermMs'>> & Pick<JobOptions, 'runnerTermMs'>;

const defaults = {
  termMs: 30_000,
  keepMs: 3_600_000,
  runningMax: 1,
  ownerMax: 100,
  unfinishedMax: 1000,
  endedMax: 1000,
};

/** The shortest and the longest term of a client. */
const termMinMs = 100;
const termMaxMs = 86_400_000;

/** The options with what is said by default. @throws QueryError INVALID_ARGUMENT */
export function fullOptions(options: JobOptions): FullJobOptions {
  const full = { ...defaults, ...options };
  requireTerm(full.termMs);
  for (const name of ['keepMs', 'runningMax', 'ownerMax', 'unfinishedMax', 'endedMax'] as const)
    if (!(full[name] >= 1)) throw new QueryError('INVALID_ARGUMENT', `${name} of jobs must be 1 or more`);
  return full;
}

/** @throws QueryError INVALID_ARGUMENT */
export function requireTerm(termMs: number): void {
  if (termMs >= termMinMs && termMs <= termMaxMs) return;
  throw new QueryError(
    'INVALID_ARGUMENT',
    `the term of a job must be ${termMinMs} milliseconds or more, a day at most`,
  );
}
