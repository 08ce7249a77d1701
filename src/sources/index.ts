/*
 * sources: where base tables live. DuckDB in this process over Parquet files.
 * In: paths, bound queries, requests for build scans. Out: descriptions, exact answers by column, rows for samples in typed arrays.
 * Always: no text of the user reaches another engine but names and constants; what it may open is locked down before it is asked.
 */
export type {
  BuildScan,
  FileScan,
  KeyRequest,
  KeyTotals,
  MagnitudeHistogram,
  OutlierRule,
  RowRequest,
  SampledColumn,
  ScannedColumn,
  ScannedKeys,
  ScannedRows,
  ScannedStrata,
  StrataOutline,
} from './build-scan.ts';
export type { ColumnSetCounts, ColumnSetScan } from './column-sets.ts';
export { sampledColumn } from './sampled-column.ts';
export { DuckDBSource } from './duckdb/duckdb-source.ts';
export type { LearnedStrata } from './learning.ts';
export { printOver } from './duckdb/print-expression.ts';
export { printQuery } from './duckdb/print-query.ts';
export {
  type Control,
  type ExactResult,
  type FileDescription,
  type ForeignFiles,
  pauseOf,
  type SourceFile,
  type SourceTable,
} from './source.ts';
