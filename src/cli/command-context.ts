import type { Engine } from '../index.ts';
import type { CliStreams } from './cli-streams.ts';
import type { GlobalOptions } from './option-values.ts';

/** What a command needs from the program around it. */
export interface CommandContext {
  readonly streams: CliStreams;
  /** Sets the exit code. */
  readonly finish: (exitCode: number) => void;
  /** Opens the engine, does the work, closes the engine whatever happens. @throws QueryError where it cannot be opened */
  readonly withEngine: <T>(options: GlobalOptions, work: (engine: Engine) => Promise<T>) => Promise<T>;
}
