/*
 * estimator: from Moments to estimates with intervals. Pure numbers.
 * In: Moments, the query's outputs, a confidence. Out: estimates by group, forecasts of their precision at other sizes, bounds on
 * what the answer cannot show. Always: it sees no SQL text, no Arrow, no file; an interval of width zero is exact, or a quantile's
 * among tied values.
 */
export { comparedIn, type Condition, readCondition, readSide, type Side } from './condition.ts';
export { estimateDistinct, type SeenValue } from './distinct.ts';
export { GroupEstimator } from './estimate-groups.ts';
export type { GroupEstimate } from './estimate-output.ts';
export type { MetGroup, MetGroups } from './met-group.ts';
export { SuspectRows } from './suspect-rows.ts';
export { GroupIntervals } from './group-intervals.ts';
export { type CellRange, groupStarts } from './group-totals.ts';
export { confirmTails, type TailRows } from './hill.ts';
export type { ListedRows } from './listed-groups.ts';
export { lambertW, type MissingGroups, missingGroups } from './missing-groups.ts';
export { isResampled } from './ordered-values.ts';
export { type GroupReach, openReach, outcomesOf, reachOf } from './outcomes.ts';
export { chiSquareQuantile, normalQuantile, tQuantile } from './quantiles.ts';
export { wholeScope } from './scope.ts';
export { type PackedEstimates, ShownEstimates } from './shown-estimates.ts';
export {
  CellForecast,
  type ErrorTarget,
  foreseenOf,
  pilotSupportMin,
  type Presumption,
  type RowsAt,
} from './sizing.ts';
export { Forecasts } from './forecasts.ts';
export { isHopeless, sizeForTarget, type SizingResult } from './size-for-target.ts';
export { cellConfidence } from './simultaneous.ts';
export { smoothRefusal } from './smooth.ts';
export { type Witness, witnessTimes } from './witness.ts';
