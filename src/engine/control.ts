import type { AnswerInPieces } from './answer-pieces.ts';
import type { CatalogInfo } from './catalog-info.ts';
import type { Engine, QueryResult } from './contract.ts';
import { BallparkEngine } from './engine.ts';
import type { EngineStatus } from './engine-status.ts';
import type { Foreseen } from './foresee.ts';
import { Answer } from './query-result.ts';
import type { JobOptions } from './jobs/job.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { RunOptions } from './run-options.ts';

/*
 * What a server steers an engine by, and what doors send answers by. No part of the public face.
 */

export {
  type AnswerInPieces,
  jsonPieces,
  type Outgoing,
  outgoing,
  rowPieces,
  rowsAtOnce,
} from './answer-pieces.ts';
export type { CatalogInfo, SampleInfo, TableInfo, TableSummary } from './catalog-info.ts';
export { csvPieces, type Formulas } from './csv.ts';
export type { EngineStatus } from './engine-status.ts';
export type { Foreseen } from './foresee.ts';
export type { Job, JobAnswer, JobOptions, JobRequest } from './jobs/job.ts';
export type { Jobs } from './jobs/jobs.ts';
export { loopTurns } from './loop-turns.ts';
export type { RunOptions } from './run-options.ts';

/** An engine as a server sees it. */
export interface EngineControl extends Pick<Engine, 'close'> {
  /** As {@link Engine}, and told more of the statement. @throws QueryError */
  query(sql: string, options?: RunOptions): Promise<QueryResult>;
  /** As {@link Engine}, and told more of the statement. @throws QueryError */
  stream(sql: string, options?: RunOptions): AsyncIterable<QueryResult>;
  /** What is known of a statement before it runs; it is parsed and planned for that. @throws QueryError as running it would */
  foresee(sql: string, options?: Pick<RunOptions, 'params'>): Foreseen;
  /** The tables and samples that there are. */
  readonly info: CatalogInfo;
  /** What the engine is fit for at the moment. */
  status(): Promise<EngineStatus>;
  /**
   * Opens all samples and loads what first statements need, so that they wait for neither, nor hold others up; a sample that cannot be
   * opened is told of as when it is asked. It ends early, and resolves, where the engine is closed meanwhile.
   */
  warmUp(): Promise<void>;
  /**
   * The jobs of the engine's data folder. From the first call on the engine runs jobs and looks after them, until it is closed; an
   * engine that is never asked for its jobs leaves them to other processes.
   * @param options of the first call
   * @throws QueryError INVALID_ARGUMENT, STORAGE, CLOSED
   */
  jobs(options?: JobOptions): Promise<Jobs>;
}

/** An answer for somebody else who asked the same, under an id of its own. @throws TypeError as {@link inPieces} */
export function answerFor(result: QueryResult, queryId: string): QueryResult {
  return ownAnswer(result).withId(queryId);
}

/** @throws TypeError where the engine is none of this library's */
export function controlOf(engine: Engine): EngineControl {
  if (engine instanceof BallparkEngine) return engine;
  throw new TypeError('the engine must come from openEngine()');
}

/** An answer, to be sent in pieces. @throws TypeError where it is none of this library's */
export function inPieces(result: QueryResult): AnswerInPieces {
  return ownAnswer(result);
}

function ownAnswer(result: QueryResult): Answer {
  if (result instanceof Answer) return result;
  throw new TypeError('the answer must come from an engine');
}
