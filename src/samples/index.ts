/*
 * samples: the sample file itself. Rows in bands of ranks as Arrow IPC, a strata table beside it, checksums for every buffer.
 * In: columns in file order. Out: a manifest, and from it an open Sample whose columns load as far as they are needed.
 * Always: nothing is used before its hash was checked; every stratum's rows are runs whose places the run index knows.
 */
export { type Column, type ColumnFileManifest } from './column-file.ts';
export { columnsInMemory, type HeldColumn } from './held-columns.ts';
export { ColumnFileReader, type LoadedColumn } from './read-column-file.ts';
export { bandEnds, type BandName, ranksOfBand, RunIndex, runStride } from './run-index.ts';
export {
  keyColumnName,
  openSample,
  ownColumnNames,
  priorityColumnName,
  type Sample,
  type SampleFiles,
  stratumColumnName,
} from './sample.ts';
export { SampleFault } from './sample-fault.ts';
export {
  centredOrders,
  type ColumnStatistics,
  readStrataTable,
  strataColumn,
  type StrataTable,
} from './strata-table.ts';
export { type KeyIndex, keyMomentOrders, universeColumn } from './universe.ts';
export { writeColumnFile } from './write-column-file.ts';
