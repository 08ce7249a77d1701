import { createHash } from 'node:crypto';
import type { Database, Migration, SqliteValue } from '../database/index.ts';

/*
 * SQLite's pages have no checksums: a flipped bit in a number or a text reads as another one. So each table, sample and lesson has a
 * seal, a hash of all that its rows say, which is checked when they are read.
 */

/** Seals, and which tables are themselves samples: should the sample's row get lost, the table must not pass for the population. */
export const sealSchema: Migration = `ALTER TABLE tables ADD COLUMN is_sample INTEGER NOT NULL DEFAULT 0;
  UPDATE tables SET is_sample = 1 WHERE id IN (SELECT table_id FROM samples WHERE json_extract(method, '$.kind') = 'given');
  ALTER TABLE tables ADD COLUMN seal TEXT;
  ALTER TABLE samples ADD COLUMN seal TEXT;
  ALTER TABLE lessons ADD COLUMN seal TEXT;`;

type Row = Readonly<Record<string, SqliteValue>>;

const tableColumns = ['id', 'name', 'source', 'format', 'columns', 'rows', 'created_ms', 'is_sample'];
const fileColumns = ['table_id', 'file_id', 'path', 'bytes', 'modified_ms', 'rows', 'zones', 'origins'];
const sampleColumns = [
  'id', 'table_id', 'name', 'version', 'method', 'seed', 'rows', 'population_rows', 'strata', 'bytes', 'files', 'created_ms', 'advice', 'drift',
]; // prettier-ignore

const hashOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');
/** Columns that came later are in it where they hold something: what was sealed before them stays sound. */
const laterColumns: readonly string[] = ['origins', 'drift'];
const valuesOf = (row: Row, columns: readonly string[]): unknown[] =>
  columns.flatMap((column) => (laterColumns.includes(column) && row[column] === null ? [] : [row[column]]));

/** @param files rows of the table's files, in the order of their numbers */
const tableSeal = (row: Row, files: readonly Row[]): string =>
  hashOf([valuesOf(row, tableColumns), files.map((file) => valuesOf(file, fileColumns))]);
const sampleSeal = (row: Row): string => hashOf(valuesOf(row, sampleColumns));

/** Whether a table's rows say what was written; of those that an earlier version wrote nothing is known. */
export function isTableSound(row: Row, files: readonly Row[]): boolean {
  return row['seal'] === null || row['seal'] === tableSeal(row, files);
}

/** Whether a sample's row says what was written; of those that an earlier version wrote nothing is known. */
export function isSampleSound(row: Row): boolean {
  return row['seal'] === null || row['seal'] === sampleSeal(row);
}

/** To be called in the transaction that writes a table, when it has. */
export function sealTable(database: Database, id: number): void {
  const row = database.prepare('SELECT * FROM tables WHERE id = ?').get(id)!; // it was just written
  const files = database.prepare('SELECT * FROM table_files WHERE table_id = ? ORDER BY file_id').all(id);
  database.prepare('UPDATE tables SET seal = ? WHERE id = ?').run(tableSeal(row, files), id);
}

/** To be called in every transaction that writes a sample, when it has. */
export function sealSample(database: Database, id: number): void {
  const row = database.prepare('SELECT * FROM samples WHERE id = ?').get(id)!; // it was just written
  database.prepare('UPDATE samples SET seal = ? WHERE id = ?').run(sampleSeal(row), id);
}

/** The seal of a lesson. @param about what else its row says */
export const lessonSeal = (about: readonly unknown[], data: Uint8Array): string =>
  createHash('sha256').update(JSON.stringify(about)).update(data).digest('hex');
