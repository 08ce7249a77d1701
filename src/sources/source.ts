import { type Pause, QueryError, withoutPause, type Zones } from '../common/index.ts';
import type { OutputColumn, Scalar } from '../plan/index.ts';

/** How a long call is watched and ended. */
export interface Control {
  /** Ends the call: it rejects at once with QueryError CANCELLED; what runs below is interrupted behind it. */
  readonly signal?: AbortSignal | undefined;
  /** Called now and then: the share done in 0..1 (null: not known) and the rows so far. */
  readonly onProgress?: ((fraction: number | null, rows: number) => void) | undefined;
  /** Lets other work of the process go on; long work of our own pauses every few milliseconds. It rejects with QueryError CANCELLED. */
  readonly pause?: Pause | undefined;
}

/** The pause of a call, which ends it where its signal has fired. */
export function pauseOf({ signal, pause = withoutPause }: Control): Pause {
  return async () => {
    await pause();
    if (signal?.aborted === true) throw new QueryError('CANCELLED', 'the statement was cancelled');
  };
}

/** A base table as a source knows it. */
export interface SourceTable {
  readonly name: string;
  readonly files: readonly SourceFile[];
}
export interface SourceFile {
  /** The catalog's number for the file; part of a row's identity. */
  readonly id: number;
  readonly path: string;
}

/** Rows from a source, by column. */
export interface ExactResult {
  readonly columns: readonly OutputColumn[];
  readonly rowCount: number;
  /** For each column its values in the form of its type. */
  readonly values: readonly (readonly Scalar[])[];
}

/** Files of another format than Parquet. */
export interface ForeignFiles {
  readonly format: 'csv' | 'json' | 'arrow';
  readonly paths: readonly string[];
  /** The columns that they are to be read as; not there: what they look like. Arrow files say themselves what they hold. */
  readonly as?: FileDescription['columns'] | undefined;
}

/** What a set of files holds. */
export interface FileDescription {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Rows of each file, in the order given. */
  readonly rows: readonly number[];
  /** Where in each file values lie; null where its rows have no order that helps. */
  readonly zones: readonly (Zones | null)[];
}
