import type { Engine } from './contract.ts';
import { BallparkEngine } from './engine.ts';
import type { JobOptions } from './jobs/job.ts';
import type { Jobs } from './jobs/jobs.ts';

/*
 * What a server steers an engine by; not part of the public API.
 */
export type { Job, JobAnswer, JobOptions, JobRequest } from './jobs/job.ts';
export type { Jobs } from './jobs/jobs.ts';

/**
 * The jobs of an engine's data folder. From the first call on the engine runs jobs and looks after them, until it is closed; an engine
 * that is never asked for its jobs leaves them to other processes.
 * @param options of the first call
 * @throws QueryError INVALID_ARGUMENT, STORAGE, CLOSED
 */
export function jobsOf(engine: Engine, options: JobOptions = {}): Promise<Jobs> {
  if (!(engine instanceof BallparkEngine)) throw new Error('an engine of another kind');
  return engine.jobs(options);
}
