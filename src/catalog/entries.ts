import type { Zones } from '../common/index.ts';
import type { SampleFiles } from '../samples/index.ts';

/** A table that CREATE TABLE registered. */
export interface TableEntry {
  readonly id: number;
  readonly name: string;
  /** The file or glob of CREATE TABLE, absolute; of tables of earlier versions as it was written. */
  readonly source: string;
  readonly format: SourceFormat;
  readonly columns: readonly ColumnEntry[];
  /** Parquet files that hold the rows: the user's own, or the one that was written from them. */
  readonly files: readonly FileEntry[];
  readonly rows: number;
  readonly createdMs: number;
  /** The file is itself a sample: there is a sample of the method `given` with all its rows. */
  readonly isSample: boolean;
  /** Why it must not be used: what the catalog has of it is not what was written. Not there: it is. */
  readonly trouble?: string;
}
export type SourceFormat = 'parquet' | 'csv' | 'json' | 'arrow';
export interface ColumnEntry {
  readonly name: string;
  /** SQL type as DuckDB names it. */
  readonly type: string;
}

/** One file of a table and what it was like when it was read: its fingerprint. */
export interface FileEntry {
  /** Unique within the table and never given twice: priorities hash it, so it must not move when files are added. */
  readonly id: number;
  /** Absolute path, links followed. */
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly rows: number;
  /** Where in it values lie; null where its rows have no order that helps. */
  readonly zones: Zones | null;
  /** The files of another format that it was written from, as they were then; not there: it is the user's own. */
  readonly origins?: readonly OriginEntry[];
}

/** A file of the user and what it was like when it was read. */
export type OriginEntry = Pick<FileEntry, 'path' | 'bytes' | 'modifiedMs'>;

/** How a sample was drawn. */
export type SamplingMethod = (
  | { readonly kind: 'uniform'; readonly unit: 'rows' | 'percent'; readonly amount: number }
  | { readonly kind: 'stratified'; readonly columns: readonly string[]; readonly cap: number }
  /** The table itself is a sample, and this is all of it: a column tells the population of each stratum, or each row's weight. */
  | {
      readonly kind: 'given';
      /** What its strata are made of; none: one stratum. */
      readonly columns: readonly string[];
      readonly source: 'population' | 'weight';
      readonly column: string;
    }
  /** Of all different keys so many percent, each with all its rows. */
  | { readonly kind: 'universe'; readonly columns: readonly string[]; readonly percent: number }
) & { readonly outliers?: SampleOutliers };

/** The methods that draw rows, not keys. */
export type RowMethod = Exclude<SamplingMethod, { readonly kind: 'universe' }>;

/** The outliers that a sample holds whole, in strata of their own. */
export interface SampleOutliers {
  /** Rows of the table that are one, by any of the columns. */
  readonly rows: number;
  /** Of UNIFORM n%: the share of the other rows that is drawn, so that with outliers it is n % of all; null: not drawn by share. */
  readonly share: number | null;
  readonly columns: readonly {
    readonly name: string;
    /** Rows with |x| above it are outliers; null: none is. */
    readonly threshold: number | null;
    /** Standard error of the column's sum over the whole table, as a share of the one without; null: there was none. */
    readonly errorShare: number | null;
  }[];
}

/** A sample that is published: its files are complete on the device. */
export interface SampleEntry {
  readonly id: number;
  readonly tableId: number;
  readonly name: string;
  readonly version: number;
  readonly method: SamplingMethod;
  readonly seed: number;
  readonly rows: number;
  /** Rows that the table had when the sample was drawn. */
  readonly populationRows: number;
  readonly strata: number;
  /** Bytes of both files. */
  readonly bytes: number;
  readonly files: SampleFiles;
  readonly createdMs: number;
  /** Why the advisor made it; not there: the user did. */
  readonly advice?: string;
  /** How its strata have moved since they were chosen; not there: nothing has refreshed it. */
  readonly drift?: SampleDrift;
  /** Why it must not be used; not there: nothing is known against it. */
  readonly trouble?: SampleTrouble;
}

/** How the strata of a sample have moved in all refreshes together. */
export interface SampleDrift {
  /** Sum of the total variation distances between the shares of strata, before and after each refresh: at least the distance in all. */
  readonly distance: number;
  /** Strata that there were none of at first. */
  readonly newStrata: number;
}

/** Why a sample must not be used. */
export interface SampleTrouble {
  /** Damaged is for good, until it is made anew; unavailable is for now, and only for this process. */
  readonly kind: 'damaged' | 'unavailable';
  readonly sinceMs: number;
  /** In words. */
  readonly reason: string;
  /** What the catalog says of the sample is not what was written: nothing of its entry is to be believed. */
  readonly ofEntry?: true;
}

/** Everything the catalog knows at one moment. */
export interface CatalogSnapshot {
  readonly tables: readonly TableEntry[];
  readonly samples: readonly SampleEntry[];
}

/** The columns that a sample's strata are made of; none for others than stratified ones. */
export function strataColumnsOf(method: SamplingMethod): readonly string[] {
  return method.kind === 'stratified' || method.kind === 'given' ? method.columns : [];
}

/** The sample that a table itself is; undefined where it is none. */
export function givenSampleOf(
  { samples }: Pick<CatalogSnapshot, 'samples'>,
  { id }: Pick<TableEntry, 'id'>,
): SampleEntry | undefined {
  return samples.find(({ tableId, method }) => tableId === id && method.kind === 'given');
}

/** Names match without regard to case. */
export function findNamed<T extends { readonly name: string }>(
  entries: readonly T[],
  name: string,
): T | undefined {
  const wanted = name.toLowerCase();
  return entries.find((entry) => entry.name.toLowerCase() === wanted);
}

/** One statement that was run. */
export interface QueryLogEntry {
  readonly queryId: string;
  readonly sql: string;
  readonly startedMs: number;
  readonly elapsedMs: number;
  /** How it was answered, or the code of the error. */
  readonly outcome: string;
  readonly rowsRead: number;
  /** What is kept of a SELECT for choosing samples and judging predictions; null: it was none, or failed. */
  readonly workload: WorkloadEntry | null;
}

/** A SELECT as part of a workload. */
export interface WorkloadEntry {
  /** Its text without what differs when it is asked again: constants, bounds, layout. */
  readonly shape: string;
  /** The one table that it is about, by the catalog's number, and the columns that it filters and groups by; null: samples are not for it. */
  readonly columnSet: { readonly tableId: number; readonly columns: readonly string[] } | null;
  readonly bounds: {
    readonly error: { readonly bound: number; readonly relative: boolean } | null;
    readonly confidence: number;
    readonly simultaneous: boolean;
    readonly withinMs: number | null;
    readonly onMiss: string;
    /** Nothing was asked. */
    readonly isDefault: boolean;
  };
  /** The sample that it was answered from, by name. */
  readonly sample: string | null;
  readonly met: boolean;
  /** Largest relative half-width. null: none, or not known. */
  readonly predictedError: number | null;
  readonly achievedError: number | null;
  readonly predictedMs: number | null;
}
