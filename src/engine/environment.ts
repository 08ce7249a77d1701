import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { type Clock, type FileSystem, nodeFileSystem, systemClock } from '../common/index.ts';
import type { ThreadsWorth } from '../executor/index.ts';
import { type OpenSqlite, openSqliteFile } from '../database/index.ts';
import type { ThreadData } from './threads/messages.ts';
import { systemTimers, type Timers } from '../leases/index.ts';

/** The world outside the engine, injected so that tests repeat and can plant faults. */
export interface Environment {
  readonly files: FileSystem;
  readonly openSqlite: OpenSqlite;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Starts a thread that reads samples. */
  readonly startThread: () => Worker;
  /** Starts a thread that answers statements. */
  readonly startStatementThread: (data: ThreadData) => Worker;
  /** When they should be given something to read. */
  readonly threadsWorth: ThreadsWorth;
  /** A name that was never given before. */
  readonly newId: () => string;
  /** A seed for a sample that names none. */
  readonly newSeed: () => number;
}

/** Where a thread's program is: beside the bundle. Run from its source, as tests do, the bundled one serves: Node 20 runs no TypeScript. */
const programFile = (name: string): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `../../dist/${name}` : name, import.meta.url);

/**
 * What a thread may hold beside the columns and sums that it works on, which lie outside: the keys of groups, at most two million. One that
 * takes more ends alone, and others read what it had.
 */
const threadMemory = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64 };

/** The world as it is. */
export const systemEnvironment: Environment = {
  files: nodeFileSystem,
  openSqlite: openSqliteFile,
  clock: systemClock,
  timers: systemTimers,
  startThread: () => new Worker(programFile('scan-thread.js'), { resourceLimits: threadMemory }),
  startStatementThread: (workerData) =>
    new Worker(programFile('statement-thread.js'), { workerData, resourceLimits: threadMemory }),
  // What a thread runs for the first time takes it many times as long; what it knows it shares from a fifth of a millisecond on.
  threadsWorth: { rows: 2 ** 17, ms: 12, againMs: 0.2, startAfterMs: 150 },
  newId: randomUUID,
  // A seed needs no more than to differ from the last; 31 bits of the identifier will do.
  newSeed: () => Number.parseInt(randomUUID().slice(0, 8), 16) >>> 1,
};
