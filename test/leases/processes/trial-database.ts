import Sqlite from 'better-sqlite3';
import { type Database, openDatabase } from '../../../src/database/index.ts';
import { leaseSchema } from '../../../src/leases/index.ts';

/** Two tables that take whatever is written to them: only the token can refuse it. */
const trialSchema = `
  CREATE TABLE writes (id INTEGER PRIMARY KEY, name TEXT NOT NULL, token INTEGER NOT NULL);
  CREATE TABLE commits (id INTEGER PRIMARY KEY, name TEXT NOT NULL, token INTEGER NOT NULL);`;

/** The database of the trials, made where there is none. */
export function openTrialDatabase(path: string): Database {
  return openDatabase(path, [leaseSchema, trialSchema]);
}

/** True where somebody holds the file's lock for long. */
export function isLocked(path: string): boolean {
  const database = new Sqlite(path, { timeout: 200 });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return true;
    throw error;
  } finally {
    database.close();
  }
}
