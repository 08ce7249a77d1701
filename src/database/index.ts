/*
 * database: one SQLite file, opened with its schema up to date.
 * In: a path and migrations. Out: prepared statements and transactions.
 * Always: a transaction is all or nothing and short; a file locked by another process is waited for without blocking.
 */
export {
  type Database,
  type Migration,
  openDatabase,
  openSqliteFile,
  type OpenSqlite,
  type SqliteValue,
} from './open-database.ts';
export { lockFile } from './file-lock.ts';
