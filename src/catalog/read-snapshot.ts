import type { Zones } from '../common/index.ts';
import type { Database, SqliteValue } from '../database/index.ts';
import type { SampleFiles } from '../samples/index.ts';
import { readDamaged } from './damaged-samples.ts';
import type {
  CatalogSnapshot,
  ColumnEntry,
  FileEntry,
  OriginEntry,
  SampleDrift,
  SampleEntry,
  SamplingMethod,
  SourceFormat,
  TableEntry,
} from './entries.ts';
import { isSampleSound, isTableSound } from './seals.ts';

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, SqliteValue>>;
/** A column that is declared TEXT NOT NULL. */
export const text = (row: Row, name: string): string => row[name] as string; // by its declaration
/** A column that is declared INTEGER or REAL NOT NULL. */
export const number = (row: Row, name: string): number => row[name] as number; // by its declaration
/** A column that the catalog wrote as JSON, from the type that the reader names. @throws SyntaxError */
export const json = (row: Row, name: string): unknown => JSON.parse(text(row, name));

/** All tables and samples. What is not as it was written is there, with its trouble. */
export function readSnapshot(database: Database): CatalogSnapshot {
  const files = new Map<number, Row[]>();
  for (const row of database.prepare('SELECT * FROM table_files ORDER BY table_id, file_id').all()) {
    const table = number(row, 'table_id');
    files.set(table, [...(files.get(table) ?? []), row]);
  }
  const damageOf = readDamaged(database);
  return {
    tables: database
      .prepare('SELECT * FROM tables ORDER BY name')
      .all()
      .map((row) => readTable(row, files.get(number(row, 'id')) ?? [])),
    samples: database
      .prepare('SELECT * FROM samples ORDER BY name')
      .all()
      .map((row) => {
        const sample = legible(isSampleSound(row), () => readSample(row));
        if (sample === null) return withoutBelief(row);
        const trouble = damageOf(sample);
        return trouble === undefined ? sample : { ...sample, trouble };
      }),
  };
}

const notAsWritten = 'what the catalog says of it is not what was written there';

function readTable(row: Row, files: readonly Row[]): TableEntry {
  const known = { id: number(row, 'id'), name: text(row, 'name'), createdMs: number(row, 'created_ms') };
  const isSample = row['is_sample'] !== 0;
  const nothing: TableEntry = { ...known, source: '', format: 'parquet', columns: [], files: [], rows: 0, isSample, trouble: notAsWritten }; // prettier-ignore
  const table = legible(isTableSound(row, files), () => ({
    ...known,
    source: text(row, 'source'),
    format: text(row, 'format') as SourceFormat, // written from one
    columns: json(row, 'columns') as ColumnEntry[],
    files: files.map(readFile),
    rows: number(row, 'rows'),
    isSample,
  }));
  return table ?? nothing;
}

/** What can be read of rows that are sound; null: nothing. */
function legible<T>(isSound: boolean, read: () => T): T | null {
  if (!isSound) return null;
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError) return null; // without a seal what is no JSON shows here
    throw error;
  }
}

function readFile(row: Row): FileEntry {
  return {
    id: number(row, 'file_id'),
    path: text(row, 'path'),
    bytes: number(row, 'bytes'),
    modifiedMs: number(row, 'modified_ms'),
    rows: number(row, 'rows'),
    zones: row['zones'] === null ? null : (json(row, 'zones') as Zones),
    ...(row['origins'] === null ? {} : { origins: json(row, 'origins') as OriginEntry[] }),
  };
}

function readSample(row: Row): SampleEntry {
  return {
    id: number(row, 'id'),
    tableId: number(row, 'table_id'),
    name: text(row, 'name'),
    version: number(row, 'version'),
    method: json(row, 'method') as SamplingMethod,
    seed: number(row, 'seed'),
    rows: number(row, 'rows'),
    populationRows: number(row, 'population_rows'),
    strata: number(row, 'strata'),
    bytes: number(row, 'bytes'),
    files: json(row, 'files') as SampleFiles,
    createdMs: number(row, 'created_ms'),
    ...(row['advice'] === null ? {} : { advice: text(row, 'advice') }),
    ...(row['drift'] === null ? {} : { drift: json(row, 'drift') as SampleDrift }),
  };
}

/** A sample whose row is not what was written: its name is for dropping it, the rest of the entry says nothing. */
function withoutBelief(row: Row): SampleEntry {
  const [id, name, sinceMs] = [number(row, 'id'), String(row['name']), 0];
  const nothing = { byteLength: 0, rows: 0, blockRows: 1, head: { offset: 0, length: 0, sha256: '' }, columns: [] }; // prettier-ignore
  return {
    id,
    name,
    tableId: Number(row['table_id']),
    version: 0,
    method: { kind: 'uniform', unit: 'rows', amount: 0 },
    seed: 0,
    rows: 0,
    populationRows: 0,
    strata: 0,
    bytes: 0,
    files: { dataFile: '', strataFile: '', data: nothing, strata: nothing },
    createdMs: 0,
    trouble: { kind: 'damaged', sinceMs, reason: notAsWritten, ofEntry: true },
  };
}
