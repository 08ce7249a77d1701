import { randomUUID } from 'node:crypto';
import { type Clock, type FileSystem, nodeFileSystem, systemClock } from '../common/index.ts';
import { type OpenSqlite, openSqliteFile } from '../database/index.ts';
import { systemTimers, type Timers } from '../leases/index.ts';

/** The world outside the engine, injected so that tests repeat and can plant faults. */
export interface Environment {
  readonly files: FileSystem;
  readonly openSqlite: OpenSqlite;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A name that was never given before. */
  readonly newId: () => string;
  /** A seed for a sample that names none. */
  readonly newSeed: () => number;
}

/** The world as it is. */
export const systemEnvironment: Environment = {
  files: nodeFileSystem,
  openSqlite: openSqliteFile,
  clock: systemClock,
  timers: systemTimers,
  newId: randomUUID,
  // A seed needs no more than to differ from the last; 31 bits of the identifier will do.
  newSeed: () => Number.parseInt(randomUUID().slice(0, 8), 16) >>> 1,
};
