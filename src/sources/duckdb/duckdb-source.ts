import { type BoundQuery, type OutputColumn, tablesOf } from '../../plan/index.ts';
import type { BuildScan } from '../build-scan.ts';
import type { Control, ExactResult, FileDescription, SourceTable } from '../source.ts';
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

/** Calls of DuckDB at once in one process. */
const callsMax = 2;

/** Base tables in files, read and queried by DuckDB in this process. */
export class DuckDBSource {
  private readonly gate = new CallGate(callsMax);
  /** The database that answers queries; its allowed files are those of the tables it was opened for. */
  private answering: { readonly tables: string; readonly database: Promise<LockedDatabase> } | null = null;
  private readonly retired = new Set<Promise<void>>();
  private readonly open = new Set<LockedDatabase>();

  constructor(private readonly options: DuckDBSourceOptions) {}

  /** What the Parquet files hold. @throws QueryError INVALID_FILE */
  async inspect(paths: readonly string[]): Promise<FileDescription> {
    const { inspectParquet } = await native();
    return await this.within(paths, (database) => inspectParquet(database, paths));
  }

  /** Writes files of another format as one Parquet file. @throws QueryError INVALID_FILE, NOT_SUPPORTED, CANCELLED */
  async convert(
    format: 'csv' | 'json' | 'arrow',
    paths: readonly string[],
    target: string,
    control: Control,
  ): Promise<void> {
    const { writeAsParquet } = await native();
    await this.within([...paths, target], (database) =>
      writeAsParquet(database, format, paths, target, control),
    );
  }

  /**
   * Answers a query exactly.
   * @param tables all registered tables: the database that answers can read just their files
   * @throws QueryError EXECUTION, INVALID_FILE, LIMIT_EXCEEDED, CANCELLED
   */
  async query(query: BoundQuery, tables: readonly SourceTable[], control: Control): Promise<ExactResult> {
    const { readerOf, readResult } = await native();
    const database = await this.answeringFor(tables);
    // Views are made when they are first needed: a file that is gone fails the queries on its table alone.
    for (const { name, files } of tables.filter(({ name }) => tablesOf(query).has(name))) {
      const reader = readerOf('parquet', files.map(({ path }) => path)); // prettier-ignore
      await database.run(`CREATE VIEW IF NOT EXISTS ${quoteName(name)} AS SELECT * FROM ${reader}`, control);
    }
    const result = await database.query(printQuery(query), readResult, control);
    // The names and types that the binder gave are what the user reads; DuckDB's own type tells how the values are written.
    return {
      ...result,
      columns: result.columns.map(({ type }, place) => ({ name: query.columns[place]!.name, type })),
    };
  }

  /** Opens the scans of a sample build. */
  async openBuild(table: SourceTable, columns: readonly OutputColumn[]): Promise<BuildScan> {
    const database = await this.openDatabase(
      table.files.map(({ path }) => path),
      ['SET preserve_insertion_order = false'],
    );
    const { DuckDBBuildScan } = await native();
    return new DuckDBBuildScan(database, table, columns, () => this.closeDatabase(database));
  }

  /** Interrupts what runs and closes. */
  async close(): Promise<void> {
    await Promise.all([...this.open].map((database) => database.close()));
    await Promise.all(this.retired);
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

  /** A locked database cannot be given more files, so another set of tables takes another database. */
  private async answeringFor(tables: readonly SourceTable[]): Promise<LockedDatabase> {
    const wanted = JSON.stringify(tables);
    if (this.answering?.tables === wanted) return await this.answering.database;
    const previous = this.answering?.database;
    const database = this.openDatabase(
      tables.flatMap(({ files }) => files.map(({ path }) => path)),
      [],
    );
    this.answering = { tables: wanted, database };
    if (previous !== undefined) this.retire(previous);
    try {
      return await database;
    } catch (error) {
      this.answering = null;
      throw error;
    }
  }

  private retire(database: Promise<LockedDatabase>): void {
    const done = database
      .then(
        (old) => old.retire().finally(() => this.open.delete(old)),
        () => undefined, // it never opened
      )
      .finally(() => this.retired.delete(done));
    this.retired.add(done);
  }

  private async closeDatabase(database: LockedDatabase): Promise<void> {
    this.open.delete(database);
    await database.close();
  }

  private async openDatabase(
    allowedPaths: readonly string[],
    setup: readonly string[],
  ): Promise<LockedDatabase> {
    const { LockedDatabase } = await native();
    const database = await LockedDatabase.open({ ...this.options, allowedPaths, setup, gate: this.gate });
    this.open.add(database);
    return database;
  }
}
