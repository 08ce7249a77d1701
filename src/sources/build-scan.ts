import type { ColumnArray, Dictionary, Storage } from '../columns/index.ts';
import type { OutputColumn, Scalar, SqlType } from '../plan/index.ts';
import type { Control, FileDescription } from './source.ts';

/** What a sample build asks of a source: two scans pushed down into it, never a sort of the table. */
export interface BuildScan {
  /** How many rows each combination of the keys has, in no order; without keys the one number of all rows. Reads only the keys. */
  scanSizes(keys: readonly string[], control: Control): Promise<Float64Array>;
  /** How the magnitudes of a numeric column are spread. Reads only the column. */
  scanMagnitudes(column: string, control: Control): Promise<MagnitudeHistogram>;
  /**
   * First scan: the strata, how many rows each has, and exact totals of the columns.
   * @param outliers where there are any, rows beyond one of them form strata of their own
   * @param onOutline may be called before the totals are made: the second scan can begin meanwhile
   */
  scanStrata(
    keys: readonly string[],
    control: Control,
    outliers?: readonly OutlierRule[],
    onOutline?: (outline: StrataOutline) => void,
  ): Promise<ScannedStrata>;
  /**
   * Second scan, one for all samples that are drawn together: of each all rows whose priority is at most their stratum's threshold, in any
   * order. Its strata have been scanned.
   */
  scanRows(requests: readonly RowRequest[], control: Control): Promise<ScannedRows[]>;
  /** The second scan where keys are drawn: all rows of the keys whose priority is below a share of its range. */
  scanKeys(request: KeyRequest, control: Control): Promise<ScannedKeys>;
  /** Ends it. What it used is given back behind; the end of the source waits for that. */
  close(): void;
}

/** The scans of builds, one after the other, over files that can be looked into. */
export interface FileScan extends BuildScan {
  /** What the files hold. @throws QueryError INVALID_FILE */
  inspect(): Promise<FileDescription>;
}

/** Rows with |x| above the threshold are outliers; rows where x is NULL, NaN or infinite are none. */
export interface OutlierRule {
  readonly column: string;
  readonly threshold: number;
}

/** Rows by |x| in log-spaced bins, the smallest first; NULL, NaN and infinite count as 0. Arrays have one entry a bin that has rows. */
export interface MagnitudeHistogram {
  /** The largest |x| of the bin: exactly the rows of the bins behind it lie above. */
  readonly largest: Float64Array;
  readonly rows: Float64Array;
  /** Σ(x − c)^k for k = 1, 2, 3, with c near the mean. */
  readonly powers: readonly Float64Array[];
}

/** Which keys to draw, and what to bring of their rows. */
export interface KeyRequest {
  readonly seed: number;
  /** Names of the columns that a key is made of; NULL is a value of them. */
  readonly keys: readonly string[];
  /** Share of the priorities' range, in (0, 1]. */
  readonly share: number;
  readonly columns: readonly SampledColumn[];
  /** For each column of the table what its key sums are taken about. */
  readonly centres: readonly number[];
}

/** The keys drawn, in the order of their priorities, and what there is to know of all keys of the table. */
export interface ScannedKeys {
  /** Different keys of the table. */
  readonly population: number;
  /** Rows of its largest key. */
  readonly rowsMax: number;
  /** Of all its rows, and for each of its columns, see {@link KeyTotals}. */
  readonly ofRows: KeyTotals;
  readonly ofColumns: readonly { readonly column: OutputColumn; readonly totals: KeyTotals }[];
  /** Their rows; `stratum` is the place of the row's key among those drawn. */
  readonly rows: ScannedRows;
  /** For each of these rows the priority of its key as a share of the range. */
  readonly priority: Float64Array;
}

/** Σ nᵃ sᵇ over the keys with a value: n such rows of the key, s their Σ (x − centre); NaN where there are no such sums. */
export type KeyTotals = (a: number, b: number) => number;

/** The strata in the order of their keys, NULL last, outliers behind the other rows of a key. Arrays have one entry a stratum. */
export interface ScannedStrata {
  readonly count: number;
  /** 1 where the stratum is the outliers of its key; null: outliers are not apart. */
  readonly takeAll: Uint8Array | null;
  /** N_h */
  readonly population: Float64Array;
  readonly keys: readonly { readonly column: OutputColumn; readonly values: readonly Scalar[] }[];
  /** For each column of the table, in its order. */
  readonly columns: readonly ScannedColumn[];
}

/** What the second scan needs to know of the strata; all of it stays as it is here. */
export interface StrataOutline extends Omit<ScannedStrata, 'columns'> {
  readonly columns: readonly Pick<ScannedColumn, 'column' | 'nonFinite' | 'low' | 'high'>[];
}

/** Exact totals of a column in each stratum, over its values that are not NULL. */
export interface ScannedColumn {
  readonly column: OutputColumn;
  readonly count: Float64Array;
  /** Values that no moment can hold: NaN, infinite, or beyond 1e150. */
  readonly nonFinite: Float64Array;
  /** Least and greatest value (DECIMAL scaled, DATE days, TIMESTAMP microseconds); NaN where there is none or the type has none. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Exact sums of an integer or DECIMAL (scaled); null: another type, or a sum beyond 64 bits. */
  readonly sum: BigInt64Array | null;
  /** Mean and centred moments Σ(x − mean)^k, k = 2 … 6, in the column's unit; NaN where there are none or the digits were lost. */
  readonly mean: Float64Array;
  readonly centred: readonly Float64Array[];
}

/** A column that a sample can hold, and how. */
export interface SampledColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly storage: Storage;
  readonly dictionary: boolean;
}

export interface RowRequest {
  readonly seed: number;
  /** Names of the key columns; none: one stratum. */
  readonly keys: readonly string[];
  /** The rules that the strata were made with. */
  readonly outliers?: readonly OutlierRule[];
  /** For each stratum a share of the priorities' range, in [0, 1]. */
  readonly thresholds: Float64Array;
  readonly columns: readonly SampledColumn[];
  /** For each stratum the rows that must come back at least: a stratum that falls short is fetched again with a wider threshold. */
  readonly atLeast: Float64Array;
}

/** Rows as they come, by column. */
export interface ScannedRows {
  readonly count: number;
  readonly stratum: Int32Array;
  /** 64-bit priorities; as shares of their range they are uniform. */
  readonly priority: BigUint64Array;
  readonly columns: readonly {
    readonly column: SampledColumn;
    readonly values: ColumnArray;
    readonly validity: Uint8Array | null;
    readonly dictionary: Dictionary | null;
  }[];
}
