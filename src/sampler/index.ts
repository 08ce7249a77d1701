/*
 * sampler: from a base table to a sample file.
 * In: the scans of a source, a method, a seed. Out: the files of a sample, complete on the device, ready to be published.
 * Always: a stratum keeps its smallest priorities, at least min(K, N_h) of them; the same seed draws the same rows.
 */
export {
  allocationOf,
  buildSample,
  type BuildRequest,
  type BuiltSample,
  sampleColumns,
} from './build-sample.ts';
export { orderRows, prioritiesOf, type RowOrder } from './order-rows.ts';
export { strataColumns } from './strata-columns.ts';
