import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api';
import { type Pause, QueryError, untilAborted } from '../../common/index.ts';
import { type Control, pauseOf } from '../source.ts';
import type { CallGate } from './call-gate.ts';
import { fromDuckDB } from './duckdb-error.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { quoteName, quoteText } from './print-literal.ts';

export interface LockedDatabaseOptions {
  /** The only files that the database may open. */
  readonly allowedPaths: readonly string[];
  readonly threads: number;
  readonly memoryLimitBytes: number;
  /** Where it may spill. */
  readonly tempFolder: string;
  /** Statements to run before the door is locked, for example the views. */
  readonly setup: readonly string[];
  /** Shared by all databases of the process. */
  readonly gate: CallGate;
}

/** What may be spilled for each byte of memory: a statement that goes on for ever would else fill the device. */
const spilledPerByte = 4;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)}MiB`;

const progressEveryMs = 100;
/** An interrupt between two steps of a query is lost, so it is repeated until the query has ended. */
const interruptEveryMs = 50;

const closed = (): QueryError => new QueryError('CLOSED', 'the engine is closed');
const cancelled = (): QueryError => new QueryError('CANCELLED', 'the statement was cancelled');

/**
 * An in-memory DuckDB that can read the allowed files and nothing else: no extensions, no other path, no change of its
 * configuration. Division by zero is NULL, time is UTC.
 */
export class LockedDatabase {
  private readonly idle: DuckDBConnection[] = [];
  private readonly busy = new Set<DuckDBConnection>();
  private readonly running = new Set<Promise<unknown>>();
  private closing: Promise<void> | null = null;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly gate: CallGate,
  ) {}

  /** @throws QueryError INVALID_FILE where a setup statement meets a file that cannot be read */
  static async open(options: LockedDatabaseOptions): Promise<LockedDatabase> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: mebibytes(options.memoryLimitBytes),
      temp_directory: options.tempFolder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_community_extensions: 'false',
    });
    const database = new LockedDatabase(instance, options.gate);
    try {
      await database.lock(options);
    } catch (error) {
      await database.close();
      throw error;
    }
    return database;
  }

  private async lock({ allowedPaths, setup, memoryLimitBytes }: LockedDatabaseOptions): Promise<void> {
    await this.connect();
    const statements = [
      // Without GLOBAL a setting is of the one connection that it is made on.
      'SET GLOBAL ieee_floating_point_ops = false',
      "SET GLOBAL TimeZone = 'UTC'",
      `SET allowed_paths = [${allowedPaths.map(quoteText).join(', ')}]`,
      // Given with the options above it would be shown, and not kept to.
      `SET max_temp_directory_size = '${mebibytes(spilledPerByte * memoryLimitBytes)}'`,
      'SET enable_external_access = false',
      ...setup,
      'SET lock_configuration = true',
    ];
    await this.run(statements.join('; ')); // one by one they take several milliseconds
  }

  /** Opens a connection for each call that the gate lets through: some settings cannot be global, and later all are locked. */
  private async connect(): Promise<void> {
    for (let call = 0; call < this.gate.calls; call++) {
      const connection = await this.instance.connect();
      this.idle.push(connection);
      await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false');
    }
  }

  /** Runs a statement whose result is of no interest. @throws QueryError as {@link call} */
  async run(sql: string, control: Control = {}): Promise<void> {
    await this.call((connection) => connection.run(sql), control);
  }

  /** Runs a statement and reads its result, chunk by chunk. @throws QueryError as {@link call} */
  query<T>(
    sql: string,
    read: (result: DuckDBResult, pause: Pause) => Promise<T>,
    control: Control = {},
  ): Promise<T> {
    const pause = pauseOf(control);
    return this.call(async (connection) => await read(await connection.stream(sql), pause), control);
  }

  /**
   * Lets some work use a connection, when it is its turn.
   * @throws QueryError EXECUTION, INVALID_FILE or LIMIT_EXCEEDED as DuckDB reports it, CANCELLED where the signal fires, CLOSED
   */
  call<T>(use: (connection: DuckDBConnection) => Promise<T>, control: Control = {}): Promise<T> {
    if (this.closing !== null) return Promise.reject(closed());
    const work = this.work(use, control);
    const settled = work.then(nothing, nothing).finally(() => this.running.delete(settled));
    this.running.add(settled);
    // An interrupt can take a while: the caller need not wait for it.
    return control.signal === undefined ? work : untilAborted(work, control.signal, cancelled);
  }

  private async work<T>(
    use: (connection: DuckDBConnection) => Promise<T>,
    { signal, onProgress }: Control,
  ): Promise<T> {
    const leave = await this.gate.enter(signal).catch(() => {
      throw cancelled();
    });
    try {
      const connection = this.idle.pop()!; // there is one for each turn
      this.busy.add(connection);
      if (this.closing !== null) throw closed();
      const interrupting = repeatOnAbort(signal, () => connection.interrupt());
      onProgress?.(null, 0); // also work too short for the first tick is seen to begin
      const progress = onProgress && setInterval(() => report(connection, onProgress), progressEveryMs);
      try {
        return await use(connection);
      } catch (error) {
        throw fromDuckDB(error);
      } finally {
        interrupting.stop();
        clearInterval(progress);
        this.busy.delete(connection);
        this.idle.push(connection);
      }
    } finally {
      leave();
    }
  }

  /** Interrupts what runs, waits for it to end, then closes; closing during a query would hang. */
  close(): Promise<void> {
    this.closing ??= this.shutDown();
    return this.closing;
  }

  private async shutDown(): Promise<void> {
    while (this.running.size > 0) {
      for (const connection of this.busy) connection.interrupt();
      const pause = new Promise((resume) => setTimeout(resume, interruptEveryMs));
      await Promise.race([Promise.all(this.running), pause]);
    }
    // What cannot be given back beforehand, closing gives back.
    await this.giveBack().catch(nothing);
    for (const connection of this.idle) connection.closeSync();
    this.instance.closeSync();
  }

  /** Empties the database, and gives back what it held, before it is closed: that would hold everybody up. */
  private async giveBack(): Promise<void> {
    const [connection] = this.idle;
    if (connection === undefined) return; // it never opened
    const tables = await connection.runAndReadAll('SELECT table_name FROM duckdb_tables()');
    for (const [name] of tables.getRowsJson())
      await connection.run(`DROP TABLE ${quoteName(name as string)}`); // a VARCHAR
    await giveBackMemory();
  }
}

const nothing = (): void => undefined;

function report(connection: DuckDBConnection, onProgress: NonNullable<Control['onProgress']>): void {
  const { percentage, rows_processed: rows } = connection.progress;
  onProgress(percentage < 0 ? null : percentage / 100, Number(rows));
}

/** Calls `interrupt` when the signal fires, and again until stopped. */
function repeatOnAbort(signal: AbortSignal | undefined, interrupt: () => void): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    interrupt();
    timer = setInterval(interrupt, interruptEveryMs);
  };
  if (signal?.aborted) start();
  else signal?.addEventListener('abort', start, { once: true });
  return {
    stop() {
      signal?.removeEventListener('abort', start);
      clearInterval(timer);
    },
  };
}
