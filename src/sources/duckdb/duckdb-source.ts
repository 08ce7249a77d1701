import { QueryError, untilAborted } from '../../common/index.ts';
import { type BoundQuery, type OutputColumn, tablesOf } from '../../plan/index.ts';
import type { FileScan } from '../build-scan.ts';
import type { ColumnSetScan } from '../column-sets.ts';
import type { LearnedStrata, LearningRequest } from '../learning.ts';
import type { Control, ExactResult, FileDescription, ForeignFiles, SourceTable } from '../source.ts';
import { CallGate } from './call-gate.ts';
import type { LockedDatabase } from './locked-database.ts';
import type * as Native from './native.ts';
import { quoteName } from './print-literal.ts';
import { printQuery } from './print-query.ts';

export interface DuckDBSourceOptions {
  readonly threads: number;
  readonly memoryLimitBytes: number;
  /** Where DuckDB may spill; made when it is needed. */
  readonly tempFolder: string;
}

/** DuckDB's library takes long to load, and many processes answer from samples alone. */
const native = (): Promise<typeof Native> => import('./native.ts');

/** Calls of DuckDB at once in one engine. */
const callsMax = 2;
/** Memory that an answer may take in this process. What builds read of strata is bounded by their number. */
const answerBytesMax = 2 ** 29;

const cancelled = (): QueryError => new QueryError('CANCELLED', 'the statement was cancelled');

/** A database that answers queries over a set of tables, and how many use it. */
interface AnsweringDatabase {
  /** The tables, as text. */
  readonly tables: string;
  readonly database: Promise<LockedDatabase>;
  /** Lets one call at a time make views. */
  readonly views: CallGate;
  users: number;
}

/** Base tables in files, read and queried by DuckDB in this process. */
export class DuckDBSource {
  private readonly gate = new CallGate(callsMax);
  private answering: AnsweringDatabase | null = null;
  private readonly open = new Set<LockedDatabase>();
  private closed = false;

  constructor(private readonly options: DuckDBSourceOptions) {}

  /** A database has answered, and answers the next query without a start. */
  get isStarted(): boolean {
    return this.answering !== null;
  }

  /** Loads DuckDB's library, which holds the process up for longer than many a query. */
  async load(): Promise<void> {
    await native();
  }

  /** What the Parquet files hold. @throws QueryError INVALID_FILE */
  async inspect(paths: readonly string[]): Promise<FileDescription> {
    const { inspectParquet } = await native();
    return await this.within(paths, (database) => inspectParquet(database, paths));
  }

  /**
   * Writes files of another format as one Parquet file.
   * @throws QueryError INVALID_FILE, NOT_SUPPORTED, CANCELLED
   */
  async convert(from: ForeignFiles, target: string, control: Control): Promise<void> {
    const { writeAsParquet } = await native();
    await this.within([...from.paths, target], (database) => writeAsParquet(database, from, target, control));
  }

  /**
   * Answers a query exactly.
   * @param tables all registered tables: the database that answers can read just their files
   * @throws QueryError EXECUTION, INVALID_FILE, LIMIT_EXCEEDED, CANCELLED
   */
  async query(query: BoundQuery, tables: readonly SourceTable[], control: Control): Promise<ExactResult> {
    const { readResult } = await native();
    return await this.answer(tablesOf(query), tables, control, async (database) => {
      const sql = printQuery(query);
      const result = await database.query(
        sql,
        (rows, pause) => readResult(rows, pause, answerBytesMax),
        control,
      );
      // The names that the binder gave are what the user reads; DuckDB's own types tell how the values are written.
      return {
        ...result,
        columns: result.columns.map(({ type }, place) => ({ name: query.columns[place]!.name, type })),
      };
    });
  }

  /**
   * Works out exact moments of expressions over a table, for the next time that samples are asked.
   * @param tables all registered tables
   * @throws QueryError as {@link query}
   */
  async learn(
    request: LearningRequest,
    tables: readonly SourceTable[],
    control: Control,
  ): Promise<LearnedStrata> {
    const { learnMoments } = await native();
    return await this.answer(new Set([request.table]), tables, control, (database) =>
      learnMoments(database, request, control),
    );
  }

  /** Uses the database over all tables, with views of those that are read. */
  private async answer<T>(
    read: ReadonlySet<string>,
    tables: readonly SourceTable[],
    control: Control,
    use: (database: LockedDatabase) => Promise<T>,
  ): Promise<T> {
    const answering = this.answeringFor(tables);
    answering.users++;
    try {
      const database = await answering.database;
      await this.makeViews(
        answering,
        tables.filter(({ name }) => read.has(name)),
        control,
      );
      return await use(database);
    } finally {
      answering.users--;
      await this.closeUnused(answering);
    }
  }

  /**
   * Views are made when they are first needed: a file that is gone fails the queries on its table alone. Not several at once: calls
   * that make the same view are in each other's way. Whoever cancels does not wait for one that is being made, but the next call does.
   */
  private async makeViews(
    answering: AnsweringDatabase,
    tables: readonly SourceTable[],
    { signal }: Control,
  ): Promise<void> {
    const { readerOf } = await native();
    const database = await answering.database;
    const leave = await answering.views.enter(signal).catch(() => {
      throw cancelled();
    });
    const make = async (): Promise<void> => {
      try {
        for (const { name, files } of tables) {
          if (signal?.aborted === true) return;
          const reader = readerOf('parquet', files.map(({ path }) => path)); // prettier-ignore
          const sql = `CREATE VIEW IF NOT EXISTS ${quoteName(name)} AS SELECT * FROM ${reader}`;
          await database.run(sql);
        }
      } finally {
        leave();
      }
    };
    await (signal === undefined ? make() : untilAborted(make(), signal, cancelled));
  }

  /** Opens the scans of sample builds. */
  async openBuild(table: SourceTable, columns: readonly OutputColumn[]): Promise<FileScan> {
    const paths = table.files.map(({ path }) => path);
    const { DuckDBBuildScan } = await native();
    const database = await this.openDatabase(paths, ['SET preserve_insertion_order = false']);
    return new DuckDBBuildScan(database, table, columns, () => this.closeBehind(database));
  }

  /** Opens the counts of column sets. */
  async openColumnSets(table: SourceTable): Promise<ColumnSetScan> {
    const paths = table.files.map(({ path }) => path);
    const { DuckDBColumnSetScan } = await native();
    const database = await this.openDatabase(paths, ['SET preserve_insertion_order = false']);
    return new DuckDBColumnSetScan(database, table, () => this.closeBehind(database));
  }

  /** Interrupts what runs and closes. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.open].map((database) => database.close()));
  }

  private async within<T>(
    paths: readonly string[],
    use: (database: LockedDatabase) => Promise<T>,
  ): Promise<T> {
    const database = await this.openDatabase(paths, []);
    try {
      return await use(database);
    } finally {
      await this.closeDatabase(database);
    }
  }

  /** A locked database cannot be given more files, so another set of tables takes another database; the last one ends with its users. */
  private answeringFor(tables: readonly SourceTable[]): AnsweringDatabase {
    const wanted = JSON.stringify(tables);
    const previous = this.answering;
    if (previous?.tables === wanted) return previous;
    const paths = tables.flatMap(({ files }) => files.map(({ path }) => path));
    const answering: AnsweringDatabase = {
      tables: wanted,
      database: this.openDatabase(paths, []),
      views: new CallGate(1),
      users: 0,
    };
    answering.database.catch(() => {
      if (this.answering === answering) this.answering = null;
    });
    this.answering = answering;
    if (previous !== null) void this.closeUnused(previous);
    return answering;
  }

  /** Closes a database that another has taken the place of, once nobody uses it. */
  private async closeUnused(answering: AnsweringDatabase): Promise<void> {
    if (answering === this.answering || answering.users > 0) return;
    // One that never opened has nothing to close.
    await answering.database.then((database) => this.closeDatabase(database)).catch(() => undefined);
  }

  /** Closes a database without anybody waiting: to end what it runs and to give its memory back takes up to a tenth of a second. */
  private closeBehind(database: LockedDatabase): void {
    // Where it fails the end of the source says so.
    this.closeDatabase(database).catch(() => undefined);
  }

  private async closeDatabase(database: LockedDatabase): Promise<void> {
    await database.close();
    this.open.delete(database);
  }

  private async openDatabase(
    allowedPaths: readonly string[],
    setup: readonly string[],
  ): Promise<LockedDatabase> {
    const { LockedDatabase } = await native();
    const database = await LockedDatabase.open({ ...this.options, allowedPaths, setup, gate: this.gate });
    this.open.add(database);
    if (!this.closed) return database;
    await this.closeDatabase(database);
    throw new QueryError('CLOSED', 'the engine is closed');
  }
}
