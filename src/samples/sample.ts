import { join } from 'node:path';
import type { FileSystem } from '../common/index.ts';
import type { ColumnFileManifest, ColumnManifest } from './column-file.ts';
import { ColumnFileReader, type LoadedColumn } from './read-column-file.ts';
import { RunIndex } from './run-index.ts';
import { SampleFault } from './sample-fault.ts';
import { readStrataTable, type StrataTable } from './strata-table.ts';
import { type KeyIndex, keyStarts } from './universe.ts';

/** Names of the columns that a sample has beside the table's own. */
export const stratumColumnName = '__stratum';
export const priorityColumnName = '__priority';
/** Where keys were drawn: the place of the row's key among those drawn. */
export const keyColumnName = '__key';
/** No table may have columns of these names. */
export const ownColumnNames: readonly string[] = [stratumColumnName, priorityColumnName, keyColumnName];

/** Where a sample's two files are and how to read them. */
export interface SampleFiles {
  /** File names in the samples' folder. */
  readonly dataFile: string;
  readonly strataFile: string;
  readonly data: ColumnFileManifest;
  readonly strata: ColumnFileManifest;
}

/** A sample in use: its strata and run index in memory, its columns loaded as they are needed. */
export interface Sample {
  readonly strata: StrataTable;
  readonly runs: RunIndex;
  /** Set where keys were drawn, each with all its rows; null: rows were. */
  readonly keys: KeyIndex | null;
  /** For each stratum how many of what was drawn, rows or keys, the sample has, and the table. */
  readonly unitSizes: Int32Array;
  readonly unitPopulation: Float64Array;
  readonly rows: number;
  /** Rows of a block; tasks are cut at multiples of it. */
  readonly blockRows: number;
  /** The table's columns that the sample holds; a column that it cannot hold is not among them. */
  readonly columns: readonly ColumnManifest[];
  /**
   * The column with at least its first rows filled and checked.
   * @throws QueryError DAMAGED_SAMPLE
   */
  load(name: string, rows: number): Promise<LoadedColumn>;
  /** Begins to read what {@link load} will be asked for next. Nothing is used before it was loaded. */
  readAhead(name: string, rows: number): void;
  /** Bytes that {@link load} would have to read. */
  readonly bytesToLoad: (name: string, rows: number) => number;
  /** Memory that the loaded columns take, bytes. */
  readonly bytesLoaded: () => number;
  /** The error of work that cannot do without rows which cannot be read. */
  unreadable(reason: string): Error;
  close(): Promise<void>;
}

/**
 * Opens a sample: reads its strata, none of its rows yet.
 * @param folder where the two files are
 * @throws QueryError DAMAGED_SAMPLE where a file is missing or not what was written
 */
export async function openSample(files: FileSystem, folder: string, described: SampleFiles): Promise<Sample> {
  const strataReader = await ColumnFileReader.open(
    files,
    join(folder, described.strataFile),
    described.strata,
    true,
  );
  let strata: StrataTable;
  try {
    strata = await readStrataTable(strataReader);
  } finally {
    await strataReader.close();
  }
  const reader = await ColumnFileReader.open(files, join(folder, described.dataFile), described.data);
  const { rows } = described.data;
  const runs = new RunIndex(strata.sampled, strata.takeAll);
  const { universe } = strata;
  let keys: KeyIndex | null;
  try {
    keys = universe === null ? null : { universe, starts: await readKeyStarts(reader, rows) };
  } catch (error) {
    await reader.close();
    throw error;
  }
  return {
    strata,
    runs,
    keys,
    unitSizes: keys === null ? runs.sizes : strata.sampled.map(() => keys.starts.length - 1),
    unitPopulation: keys === null ? strata.population : strata.population.map(() => keys.universe.keys),
    rows,
    blockRows: described.data.blockRows,
    columns: described.data.columns.filter(({ name }) => !ownColumnNames.includes(name)),
    load: (name, rows) => reader.load(name, rows),
    readAhead: (name, rows) => reader.readAhead(name, rows),
    bytesToLoad: (name, rows) => reader.bytesToLoad(name, rows),
    bytesLoaded: () => reader.bytesLoaded,
    unreadable: (reason) => new SampleFault('unavailable', reason),
    close: () => reader.close(),
  };
}

async function readKeyStarts(reader: ColumnFileReader, rows: number): Promise<Int32Array> {
  const { values } = await reader.load(keyColumnName, rows);
  return keyStarts(values as Int32Array, rows); // written as int32
}
