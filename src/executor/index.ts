/*
 * executor: a query's sums over a sample, or its answer from a strata table.
 * In: filter, keys and the layout of moments as bound expressions; an open sample. Out: Moments by group and stratum.
 * Always: it computes what DuckDB computes, or refuses and says why; it never sees a confidence level.
 */
export { answerFromStrata, type ExactGroups } from './precomputed.ts';
export type { KeyColumn } from './key-column.ts';
export { openScan, type SampleScan } from './scan.ts';
export type { CollectedSums } from './scan-sums.ts';
export type { Patience, Pauses, Proceed } from './scan-steering.ts';
export { plantFaults } from './threads/planted-faults.ts';
export type { TaskFaults } from './threads/task-faults.ts';
export { ScanThreads, type ThreadsWorth } from './threads/scan-threads.ts';
