/*
 * sampler: from a base table to a sample file, and from samples of its parts to a sample of all of it.
 * In: the scans of a source, a method, a seed; or open samples. Out: the files of a sample, complete on the device, ready to be
 * published.
 * Always: a stratum keeps its smallest priorities, when built at least min(K, N_h) of them; the same seed draws the same rows; parts
 * merge to what their rows together would have been drawn as.
 * Inside: advisor/ selects the samples to keep, pure but for the solver's thread.
 */
export { buildSample, type BuildRequest } from './build-sample.ts';
export { drawPart } from './draw-part.ts';
export { mergeSamples, type SamplePart } from './merge-samples.ts';
export { JointScan, rowsOfStratum } from './joint-scan.ts';
export { orderRows } from './order-rows.ts';
export { rulesOf } from './outlier-rules.ts';
export { strataDrift } from './strata-drift.ts';
export { wholeTotals } from './whole-totals.ts';
export { candidateSets, columnsKey, type WeightedColumns } from './advisor/candidate-sets.ts';
export { capFor, capLadder } from './advisor/caps.ts';
export { type AskedSet, type PresentSample, type ProposalRequest } from './advisor/proposal-request.ts';
export { type Proposal, type ProposedSample, proposeSamples } from './advisor/propose-samples.ts';
export { selectGreedily } from './advisor/select-greedily.ts';
export { allowForcedDrops, selectSamples } from './advisor/select-samples.ts';
export {
  type Candidate,
  droppedBy,
  gainsOf,
  isAllowed,
  type QuerySet,
  type SelectionProblem,
  storageOf,
  valueOf,
} from './advisor/selection-problem.ts';
export { writeProgram } from './advisor/selection-program.ts';
export { ProgramSolver } from './advisor/program-solver.ts';
