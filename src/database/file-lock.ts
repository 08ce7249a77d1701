import type { OpenSqlite } from './open-database.ts';
import Sqlite from 'better-sqlite3';

/** Where it is locked by somebody, SQLite says so at once. */
const withoutWaiting = 0;

/**
 * Locks a file, which is made where there is none, for as long as the process lives: the system lets go of it when the process ends,
 * however it ends. So it tells the living from the dead without a clock; a process that is stopped lives.
 * @returns gives the lock back; null: somebody has it
 * @throws SqliteError where the file cannot be made
 */
export function lockFile(path: string, openSqlite: OpenSqlite): (() => void) | null {
  const db = openSqlite(path, withoutWaiting);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
  return () => void db.close();
}
