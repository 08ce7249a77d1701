import type { Migration } from '../database/index.ts';

/**
 * The table of leases: a row for each name that is held, or was until its holder went silent. A token is the key that SQLite gives
 * to a new row, and AUTOINCREMENT never gives one twice, not after its row is gone either.
 * @see sqlite.org/autoinc.html
 */
export const leaseSchema: Migration = `CREATE TABLE leases (
  token INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, holder TEXT NOT NULL, term_ms REAL NOT NULL,
  granted_ms REAL NOT NULL, expires_ms REAL NOT NULL, renewals INTEGER NOT NULL);`;
