import type { ColumnArray, Dictionary } from '../columns/index.ts';
import type { Column, ColumnManifest } from './column-file.ts';

/** A column's rows in memory. */
export interface HeldColumn {
  readonly manifest: Pick<ColumnManifest, 'sqlType'>;
  readonly values: ColumnArray;
  /** null: no row is NULL. */
  readonly validity: Uint8Array | null;
  readonly dictionary: Dictionary | null;
}

/** What gives columns by name: a file, or memory. */
export interface ColumnReader {
  readonly manifest: { readonly rows: number; readonly columns: readonly { readonly name: string }[] };
  load(name: string, rows: number): Promise<HeldColumn>;
}

/** Columns in memory, to be had as those of a file are. */
export function columnsInMemory(columns: readonly Column[], rows: number): ColumnReader {
  const held = new Map(columns.map((column) => [column.name, { ...column, manifest: column }]));
  return {
    manifest: { rows, columns },
    load: (name) => Promise.resolve(held.get(name)!), // one of its names
  };
}
