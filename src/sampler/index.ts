/*
 * sampler: from a base table to a sample file.
 * In: the scans of a source, a method, a seed. Out: the files of a sample, complete on the device, ready to be published.
 * Always: a stratum keeps its smallest priorities, at least min(K, N_h) of them; the same seed draws the same rows.
 */
export { buildSample } from './build-sample.ts';
export { mergeParts, type StratumPart } from './merge-parts.ts';
export { orderRows } from './order-rows.ts';
