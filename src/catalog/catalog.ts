import type { Database, Migration } from '../database/index.ts';
import { QueryError } from '../common/index.ts';
import { type Fence, leaseSchema } from '../leases/index.ts';
import { damagedSampleSchema, markDamaged } from './damaged-samples.ts';
import { droppedSampleSchema, rememberFiles } from './dropped-samples.ts';
import type { CatalogSnapshot, FileEntry, SampleEntry, SampleTrouble, TableEntry } from './entries.ts';
import { jobSchema } from './job-entry.ts';
import { fingerprintOf } from './lessons.ts';
import { number, readSnapshot } from './read-snapshot.ts';
import { sealSample, sealSchema, sealTable } from './seals.ts';
import { finishFiles, giveFileNumber, unfinishedFileSchema } from './unfinished-files.ts';

/** The catalog's schema; a change is a new entry at the end. */
export const catalogMigrations: readonly Migration[] = [
  `CREATE TABLE tables (
     id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE COLLATE NOCASE, source TEXT NOT NULL, format TEXT NOT NULL,
     columns TEXT NOT NULL, rows INTEGER NOT NULL, created_ms REAL NOT NULL);
   CREATE TABLE table_files (
     table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE, file_id INTEGER NOT NULL, path TEXT NOT NULL,
     bytes INTEGER NOT NULL, modified_ms REAL NOT NULL, rows INTEGER NOT NULL, PRIMARY KEY (table_id, file_id));
   CREATE TABLE samples (
     id INTEGER PRIMARY KEY, table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE,
     name TEXT NOT NULL UNIQUE COLLATE NOCASE, version INTEGER NOT NULL, method TEXT NOT NULL, seed INTEGER NOT NULL, rows INTEGER NOT NULL,
     population_rows INTEGER NOT NULL, strata INTEGER NOT NULL, bytes INTEGER NOT NULL, files TEXT NOT NULL, created_ms REAL NOT NULL);
   CREATE TABLE file_numbers (number INTEGER PRIMARY KEY AUTOINCREMENT);
   CREATE TABLE query_log (
     id INTEGER PRIMARY KEY AUTOINCREMENT, query_id TEXT NOT NULL, sql TEXT NOT NULL, started_ms REAL NOT NULL, elapsed_ms REAL NOT NULL,
     outcome TEXT NOT NULL, rows_read INTEGER NOT NULL);`,
  `CREATE TABLE lessons (
     id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL REFERENCES tables (id) ON DELETE CASCADE, strata TEXT NOT NULL,
     subject TEXT NOT NULL, fingerprint TEXT NOT NULL, learned_ms REAL NOT NULL, strata_count INTEGER NOT NULL, data BLOB NOT NULL,
     UNIQUE (table_id, strata, subject));`,
  `CREATE TABLE efforts (
     id INTEGER PRIMARY KEY AUTOINCREMENT, work TEXT NOT NULL, shape TEXT NOT NULL, threads INTEGER NOT NULL, size REAL NOT NULL,
     elapsed_ms REAL NOT NULL);
   ALTER TABLE query_log ADD COLUMN workload TEXT;`,
  'ALTER TABLE table_files ADD COLUMN zones TEXT;',
  leaseSchema,
  droppedSampleSchema,
  `ALTER TABLE samples ADD COLUMN advice TEXT;
   ALTER TABLE samples ADD COLUMN uses INTEGER NOT NULL DEFAULT 0;`,
  damagedSampleSchema,
  sealSchema,
  unfinishedFileSchema,
  `ALTER TABLE table_files ADD COLUMN origins TEXT;
   ALTER TABLE samples ADD COLUMN drift TEXT;`,
  jobSchema,
];

/** Tables and samples, in SQLite. */
export class Catalog {
  private cached: { readonly version: number; readonly snapshot: CatalogSnapshot } | null = null;

  constructor(private readonly database: Database) {}

  /** All tables and samples, as of now. Unchanged content is the same object. */
  snapshot(): CatalogSnapshot {
    const version = this.database.version();
    if (this.cached?.version !== version) this.cached = { version, snapshot: readSnapshot(this.database) };
    return this.cached.snapshot;
  }

  /** @throws QueryError STORAGE where nothing can be written now */
  async checkWritable(): Promise<void> {
    await this.database.transactLazily(() => undefined);
  }

  /**
   * A number that was never given before and never will be: for file names.
   * @param fence the lease under which they are written: while it is not over, the files are the builder's
   */
  async nextFileNumber(fence: Fence): Promise<number> {
    return await this.database.transact(() => giveFileNumber(this.database, fence));
  }

  /**
   * @param sample the sample that the table itself is, whose files are complete: both are published at once
   * @param fence the lease that files were written under; not there: none were
   * @throws QueryError DUPLICATE_NAME where a table has the name already, or a sample that of the sample; LEASE_LOST as for samples
   */
  async addTable(
    table: Omit<TableEntry, 'id'>,
    { sample, fence }: { readonly sample?: Omit<SampleEntry, 'tableId'>; readonly fence?: Fence } = {},
  ): Promise<void> {
    await this.write(() => {
      if (fence !== undefined) finishFiles(this.database, fence);
      this.refuseTaken('tables', 'table', table.name);
      const { lastInsertRowid } = this.database
        .prepare(
          'INSERT INTO tables (name, source, format, columns, rows, created_ms, is_sample) VALUES (?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          table.name,
          table.source,
          table.format,
          JSON.stringify(table.columns),
          table.rows,
          table.createdMs,
          table.isSample ? 1 : 0,
        );
      this.insertFiles(lastInsertRowid, table.files);
      sealTable(this.database, lastInsertRowid);
      if (sample !== undefined) this.insertSample({ ...sample, tableId: lastInsertRowid });
    });
  }

  /** Removes the table and its samples; the files of these stay, see {@link DroppedSamples}. */
  async dropTable(id: number): Promise<void> {
    await this.write(() => {
      rememberFiles(this.database, 'table_id', id);
      this.database.prepare('DELETE FROM tables WHERE id = ?').run(id);
    });
  }

  /**
   * Publishes a sample whose files are complete.
   * @param of the table as it was drawn from
   * @param fence the lease that it was built under
   * @throws QueryError LEASE_LOST where the lease is somebody else's by now, DUPLICATE_NAME where a sample has the name already,
   * UNKNOWN_TABLE where its table is gone, CHANGED_FILE where it has other files by now
   */
  async addSample(sample: SampleEntry, of: TableEntry, fence: Fence): Promise<void> {
    await this.write(() => {
      finishFiles(this.database, fence);
      this.requireAsBefore(of);
      this.insertSample(sample);
    });
  }

  /**
   * Publishes at once what a table's files are now, and samples of these in the place of those before, whose files stay, see
   * {@link DroppedSamples}.
   * @param before the table as the work on it began, with all its samples then
   * @param fences the leases that the samples were made under
   * @throws QueryError LEASE_LOST where one of these is somebody else's by now, UNKNOWN_TABLE where the table is gone, CHANGED_FILE
   * where it has other files, or other samples, by now
   */
  async refreshTable(
    before: TableEntry,
    after: TableEntry,
    samples: readonly SampleEntry[],
    renewals: readonly { readonly before: SampleEntry; readonly after: SampleEntry }[],
    fences: readonly Fence[],
  ): Promise<void> {
    await this.write(() => {
      for (const fence of fences) finishFiles(this.database, fence);
      this.requireAsBefore(before);
      const now = this.database
        .prepare('SELECT id FROM samples WHERE table_id = ? ORDER BY id')
        .all(before.id);
      const then = samples.map(({ id }) => id).toSorted((a, b) => a - b);
      if (JSON.stringify(now.map((row) => number(row, 'id'))) !== JSON.stringify(then))
        throw changedMeanwhile(before, 'samples');
      this.database.prepare('DELETE FROM table_files WHERE table_id = ?').run(before.id);
      this.insertFiles(before.id, after.files);
      this.database.prepare('UPDATE tables SET rows = ? WHERE id = ?').run(after.rows, before.id);
      sealTable(this.database, before.id);
      const usesOf = this.database.prepare('SELECT uses FROM samples WHERE id = ?');
      for (const { before: old, after: renewed } of renewals) {
        const uses = number(usesOf.get(old.id)!, 'uses'); // it is there: see above
        rememberFiles(this.database, 'id', old.id);
        this.database.prepare('DELETE FROM samples WHERE id = ?').run(old.id);
        this.insertSample(renewed);
        this.database.prepare('UPDATE samples SET uses = ? WHERE id = ?').run(uses, renewed.id);
      }
    });
  }

  /** Removes the sample; its files stay, see {@link DroppedSamples}. */
  async dropSample(id: number): Promise<void> {
    await this.write(() => {
      rememberFiles(this.database, 'id', id);
      this.database.prepare('DELETE FROM samples WHERE id = ?').run(id);
    });
  }

  /** Keeps a sample from being used by any process: it is damaged. @throws QueryError STORAGE */
  async quarantine(sample: Pick<SampleEntry, 'id' | 'version'>, trouble: SampleTrouble): Promise<void> {
    await this.write(() => markDamaged(this.database, sample, trouble));
  }

  /** To be called in a transaction of the same database. @throws QueryError UNKNOWN_SAMPLE where the sample was dropped */
  requireSample(id: number, name: string): void {
    if (this.database.prepare('SELECT 1 FROM samples WHERE id = ?').get(id) === undefined)
      throw new QueryError('UNKNOWN_SAMPLE', `the sample ${name} was dropped meanwhile`);
  }

  close(): void {
    this.database.close();
  }

  private async write(work: () => void): Promise<void> {
    await this.database.transact(() => {
      work();
      // Our own commits do not change the version that we see.
      this.cached = null;
    });
  }

  private insertFiles(table: number, files: readonly FileEntry[]): void {
    const add = this.database.prepare(
      'INSERT INTO table_files (table_id, file_id, path, bytes, modified_ms, rows, zones, origins) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    for (const { id, path, bytes, modifiedMs, rows, zones, origins = null } of files)
      add.run(table, id, path, bytes, modifiedMs, rows, asJson(zones), asJson(origins));
  }

  /** Work on a table must not be published over what somebody else has made of it meanwhile. */
  private requireAsBefore(table: TableEntry): void {
    const now = this.snapshot().tables.find(({ id }) => id === table.id);
    if (now === undefined)
      throw new QueryError(
        'UNKNOWN_TABLE',
        `the table ${table.name} was dropped while a sample of it was made`,
      );
    if (fingerprintOf(now) !== fingerprintOf(table)) throw changedMeanwhile(table, 'files');
  }

  private insertSample(sample: SampleEntry): void {
    this.refuseTaken('samples', 'sample', sample.name);
    const { method, files } = sample;
    this.database
      .prepare(
        `INSERT INTO samples (id, table_id, name, version, method, seed, rows, population_rows, strata, bytes, files, created_ms, advice, drift)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        sample.id, sample.tableId, sample.name, sample.version, JSON.stringify(method), sample.seed, sample.rows,
        sample.populationRows, sample.strata, sample.bytes, JSON.stringify(files), sample.createdMs, sample.advice ?? null,
        asJson(sample.drift ?? null),
      ); // prettier-ignore
    sealSample(this.database, sample.id);
  }

  private refuseTaken(within: 'tables' | 'samples', what: string, name: string): void {
    if (this.database.prepare(`SELECT 1 FROM ${within} WHERE name = ?`).get(name) !== undefined) {
      throw new QueryError('DUPLICATE_NAME', `there is already a ${what} named ${name}`);
    }
  }
}

/** NULL for null. */
const asJson = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

const changedMeanwhile = ({ name }: TableEntry, what: 'files' | 'samples'): QueryError =>
  new QueryError('CHANGED_FILE', `the ${what} of ${name} were changed meanwhile by another statement`, {
    hint: 'run it again',
  });
