import Sqlite from 'better-sqlite3';
import { type FileSystem, nodeFileSystem, QueryError, storageError } from '../common/index.ts';
import { checkPages, checkSchema, damagedDatabase } from './check-database.ts';

/** A prepared statement; parameters are bound by place. */
export interface PreparedStatement {
  all(...parameters: readonly SqliteValue[]): Record<string, SqliteValue>[];
  get(...parameters: readonly SqliteValue[]): Record<string, SqliteValue> | undefined;
  run(...parameters: readonly SqliteValue[]): { readonly lastInsertRowid: number; readonly changes: number };
}
export type SqliteValue = string | number | Uint8Array | null;

/** A SQLite database with its schema up to date. Calls are short and synchronous. */
export interface Database {
  prepare(sql: string): PreparedStatement;
  /**
   * Runs the work in a transaction that has the write lock from its start; all or nothing. Where another process holds the
   * lock, waits without blocking and tries again. Resolves when what was written is on the device, with all that was before.
   * @throws QueryError STORAGE where the lock stays taken; or where the device gives trouble: it may have been written then
   */
  transact<T>(work: () => T): Promise<T>;
  /** The same for what a power loss may take back: it resolves before the device has it. */
  transactLazily<T>(work: () => T): Promise<T>;
  /** A number that changes when another connection has committed. */
  version(): number;
  close(): void;
}

/** One step of a schema: run once, in order, in a transaction of its own. */
export type Migration = string;

/** Opens a file with SQLite's driver, which waits so long for a lock. Injected, so that tests can make its calls fail. */
export type OpenSqlite = (path: string, timeoutMs: number) => Sqlite.Database;

/** The file as it is. */
export const openSqliteFile: OpenSqlite = (path, timeout) => new Sqlite(path, { timeout });

/** Older versions can corrupt a database in WAL mode. @see sqlite.org/wal.html, "The WAL-reset bug" */
const leastSqlite = [3, 51, 3] as const;

/** How long a call may wait for a lock while it blocks this process. */
const busyTimeoutMs = 20;
/** The same while the database is opened and its schema brought up to date: other processes may be doing that too. */
const openTimeoutMs = 5000;
const lockTriesMax = 250;

function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const difference = leastSqlite.map((least, place) => (parts[place] ?? 0) - least).find((d) => d !== 0) ?? 0;
  if (difference < 0)
    throw new Error(`SQLite ${version} is too old: ${leastSqlite.join('.')} or newer is needed`);
}

const codeOf = (error: unknown): string => {
  const raw = error instanceof QueryError ? error.cause : error;
  return raw instanceof Sqlite.SqliteError ? raw.code : '';
};

/** SQLite's troubles with the device, and with what is there, as the user should read them; other errors as they are. */
function readable(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (error instanceof QueryError) return error;
  if (!/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB|BUSY)/.test(code)) return error;
  const { message } = error as Error; // codeOf found a SqliteError
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return damagedDatabase(path, message, error);
  return new QueryError('STORAGE', `the catalog cannot be used: ${message}`, { cause: error });
}

function migrate(db: Sqlite.Database, migrations: readonly Migration[]): void {
  inTransaction(db, () => {
    const done = db.pragma('user_version', { simple: true }) as number; // an integer by definition
    if (done > migrations.length) {
      throw new QueryError('STORAGE', 'the catalog was written by a newer version of Ballpark');
    }
    if (done < 0) throw damagedDatabase(db.name, `its version is ${done}`);
    if (done === migrations.length) return;
    for (const migration of migrations.slice(done)) db.exec(migration);
    db.pragma(`user_version = ${migrations.length}`);
  });
}

/** Does the work, saying as the user should read it what trouble SQLite has. */
function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw readable(error, path);
  }
}

function guardedStatement(statement: PreparedStatement, path: string): PreparedStatement {
  return {
    all: (...parameters) => guarded(path, () => statement.all(...parameters)),
    get: (...parameters) => guarded(path, () => statement.get(...parameters)),
    run: (...parameters) => guarded(path, () => statement.run(...parameters)),
  };
}

/** Checks that the schema is what the migrations make. @throws QueryError DAMAGED_CATALOG */
function checkAgainst(db: Sqlite.Database, migrations: readonly Migration[], path: string): void {
  const model = new Sqlite(':memory:');
  try {
    migrate(model, migrations);
    checkSchema(db, model, path);
  } finally {
    model.close();
  }
}

/**
 * Waits until all that is committed is on the device. SQLite itself would wait in the commit, and hold up the process: for tenths of
 * a second while the system writes a sample.
 */
async function syncLog(files: FileSystem, path: string): Promise<void> {
  const log = `${path}-wal`;
  try {
    if ((await files.stat(log)) === null) return;
    const file = await files.open(log, 'read');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // Closing the database, which another process may do at any time, brings all home and removes it.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw storageError(error, 'write the catalog');
  }
}

/**
 * Opens the database, makes it where there is none, and brings its schema up to date.
 * @param path a file, or `:memory:`
 * @param files to wait for the device with
 * @param openSqlite the driver, so that tests can make its calls fail
 * @throws QueryError STORAGE where the file cannot be used, DAMAGED_CATALOG where it is not what was written
 */
export function openDatabase(
  path: string,
  migrations: readonly Migration[],
  files: FileSystem = nodeFileSystem,
  openSqlite: OpenSqlite = openSqliteFile,
): Database {
  let db: Sqlite.Database | null = null;
  try {
    db = openSqlite(path, openTimeoutMs);
    assertVersion(db.prepare('SELECT sqlite_version() AS v').pluck().get() as string); // text by definition
    db.pragma('journal_mode = WAL');
    // Neither a token nor a number of a file can be given twice, though a power loss may take back the last commits: whoever gets
    // one gets it from `transact`, which has waited for the device, unless nothing is kept under it, such as a reader's pin. What is
    // taken back nobody had yet, or any process that saw it has ended with the machine.
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    checkPages(db, path);
    migrate(db, migrations);
    checkAgainst(db, migrations, path);
    db.pragma(`busy_timeout = ${busyTimeoutMs}`);
  } catch (error) {
    closeQuietly(db);
    throw readable(error, path);
  }
  return databaseOn(db, path, files);
}

/** Closes what could not be used. */
function closeQuietly(db: Sqlite.Database | null): void {
  try {
    db?.close();
  } catch {
    // The error that led here is the one to report.
  }
}

/** Ends a transaction that failed; SQLite may have ended it already. */
function undo(db: Sqlite.Database): void {
  try {
    if (db.inTransaction) db.exec('ROLLBACK');
  } catch {
    // The error that led here is the one to report; the next transaction undoes this one first.
  }
}

/** Does the work in a transaction that has the write lock from its start. */
function inTransaction<T>(db: Sqlite.Database, work: () => T): T {
  // One that could not be undone when it should have been.
  if (db.inTransaction) db.exec('ROLLBACK');
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    undo(db);
    throw error;
  }
}

function databaseOn(db: Sqlite.Database, path: string, files: FileSystem): Database {
  const transactLazily = async <T>(work: () => T): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return inTransaction(db, work);
      } catch (error) {
        if (!codeOf(error).startsWith('SQLITE_BUSY') || tries >= lockTriesMax) throw readable(error, path);
        await new Promise((resume) => setTimeout(resume, Math.min(tries, 20)));
      }
    }
  };
  const statements = new Map<string, PreparedStatement>();
  const prepare = (sql: string): PreparedStatement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = guarded(path, () => db.prepare(sql));
    const made = guardedStatement(statement as unknown as PreparedStatement, path); // rows of plain values: no column holds 64-bit integers
    statements.set(sql, made);
    return made;
  };
  return {
    prepare,
    async transact(work) {
      const result = await transactLazily(work);
      if (path !== ':memory:') await syncLog(files, path);
      return result;
    },
    transactLazily,
    // Every statement asks it: `db.pragma` would compile it each time.
    version: () => prepare('PRAGMA data_version').get()!['data_version'] as number, // one row, an integer by definition
    close: () => void guarded(path, () => db.close()),
  };
}
