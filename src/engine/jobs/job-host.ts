import type { JobEnding, JobStore } from '../../catalog/index.ts';
import type { Parameters } from '../../planner/index.ts';
import type { Statement } from '../../parser/index.ts';
import type { QueryOptions, QueryResult } from '../contract.ts';
import type { EngineState } from '../state.ts';
import type { FullJobOptions } from './job.ts';
import type { JobResults } from './job-results.ts';

/** What the engine does for jobs. */
export interface JobEngine {
  /** Parses and plans a statement. @throws QueryError */
  examine(sql: string, params: Parameters): Statement;
  stream(sql: string, options: QueryOptions): AsyncIterable<QueryResult>;
}

/** What runs jobs, and what they need. */
export interface JobHost {
  readonly engine: JobEngine;
  readonly state: Pick<EngineState, 'environment' | 'catalog' | 'leases'>;
  readonly store: JobStore;
  readonly results: JobResults;
  readonly options: FullJobOptions;
}

/** How a job ends now. */
export function endingOf(
  { state, options }: Pick<JobHost, 'state' | 'options'>,
  ending: Pick<JobEnding, 'state' | 'reason'> & Partial<JobEnding>,
): JobEnding {
  const nowMs = state.environment.clock.nowMs();
  return { error: null, answer: null, endedMs: nowMs, forgetMs: nowMs + options.keepMs, ...ending };
}
