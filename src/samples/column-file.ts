import type { ColumnArray, Dictionary, Storage } from '../columns/index.ts';

/*
 * A column file: columns of typed arrays as an Arrow IPC file, with a manifest that says where each buffer lies and what its
 * SHA-256 is. Any Arrow reader can read the file; Ballpark reads just the buffers that it needs, straight into the columns, and
 * checks each before its first use, since Arrow IPC has no checksum of its own.
 */

/** A column in memory: all rows, in file order. */
export interface Column {
  readonly name: string;
  /** The SQL type as text, for whoever reads the file. */
  readonly sqlType: string;
  readonly storage: Storage;
  /** Values, or codes into the dictionary; anything where the row is NULL (codes: the dictionary's length). */
  readonly values: ColumnArray;
  /** null: no row is NULL. */
  readonly validity: Uint8Array | null;
  /** null: the values stand for themselves. */
  readonly dictionary: Dictionary | null;
}

/** A range of bytes in the file and the SHA-256 (hex) of what is there. */
export interface Extent {
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
}

export interface ColumnManifest {
  readonly name: string;
  readonly sqlType: string;
  readonly storage: Storage;
  readonly nullable: boolean;
  /** The dictionary's offsets and bytes; null: no dictionary. */
  readonly dictionary: { readonly entries: number; readonly offsets: Extent; readonly bytes: Extent } | null;
  /** For each block the values; where the column is nullable the validity (null: the block has no NULL). */
  readonly blocks: readonly { readonly values: Extent; readonly validity: Extent | null }[];
}

/** Everything needed to read the file without trusting it. Kept in the catalog as JSON. */
export interface ColumnFileManifest {
  readonly byteLength: number;
  readonly rows: number;
  /** Rows of each block but the last. */
  readonly blockRows: number;
  /** Schema and dictionaries: all bytes before the first block. */
  readonly head: Extent;
  readonly columns: readonly ColumnManifest[];
}

/** Rows of a block: the executor's unit of work. A multiple of 8, so that a block's validity starts at a byte. */
export const defaultBlockRows = 65_536;
