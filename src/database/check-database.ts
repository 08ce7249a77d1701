import type Sqlite from 'better-sqlite3';
import { QueryError } from '../common/index.ts';

/** The error of a database that is not what was written. @param found what is wrong, in words */
export function damagedDatabase(path: string, found: string, cause?: unknown): QueryError {
  return new QueryError('DAMAGED_CATALOG', `the catalog ${path} is damaged: ${found}`, {
    hint: 'restore it from a backup with its samples, or move the folder away: tables and samples can be made again',
    cause,
  });
}

/**
 * Checks that the database hangs together: its pages and their order, the references between its tables. It reads the whole file once.
 * Values are not checked: SQLite has no checksums.
 * @throws QueryError DAMAGED_CATALOG
 * @see sqlite.org/pragma.html#pragma_quick_check
 */
export function checkPages(db: Sqlite.Database, path: string): void {
  const found = db.pragma('quick_check(1)', { simple: true }) as string; // text by definition
  if (found !== 'ok') throw damagedDatabase(path, found);
  const [lost] = db.pragma('foreign_key_check') as { readonly table: string; readonly parent: string }[]; // by definition
  if (lost !== undefined)
    throw damagedDatabase(path, `rows of ${lost.table} belong to none of ${lost.parent}`);
}

/**
 * Checks that the tables have the columns that the schema gives them.
 * @param model a database with the schema
 * @throws QueryError DAMAGED_CATALOG
 */
export function checkSchema(db: Sqlite.Database, model: Sqlite.Database, path: string): void {
  const columns = `SELECT json_group_array(json_array(name, column_name, type, "notnull", dflt_value, pk)) FROM (
    SELECT m.name, p.cid, p.name AS column_name, p.type, p."notnull", p.dflt_value, p.pk
    FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table' ORDER BY m.name, p.cid)`;
  const [has, shall] = [db, model].map((each) => each.prepare(columns).pluck().get());
  if (has !== shall) throw damagedDatabase(path, 'its tables have not the columns of its version');
}
