import type { Pieces } from '../common/index.ts';
import type { Moments, Scalar } from '../plan/index.ts';
import { resampledError } from './bootstrap.ts';
import { type GroupTotals, supportOf } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { KnownError } from './make-estimate.ts';
import { quantileError } from './quantile-estimates.ts';
import type { ListedGroups } from './listed-groups.ts';
import type { Scope } from './scope.ts';

/** Rows of the sample behind an output. */
export function supportBehind(moments: Moments, prepared: PreparedOutput, group: GroupTotals): number {
  const { listed, cells } = group;
  return prepared.quantile === null || listed === null
    ? supportOf(moments, prepared, cells.from, cells.to)
    : listed.valuesOf(group.group, prepared.quantile.measure).count;
}

/** What of a request an error depends on. */
export interface ErrorRequest {
  /** The value of a group's key. */
  readonly key: (group: number, index: number) => Scalar;
  /** In (0, 1) */
  readonly confidence: number;
  /** What resampling repeats from. */
  readonly seed?: number;
  /** All outputs that are resampled. */
  readonly resampled: readonly PreparedOutput[];
}

/** The error of an output that is made from listed values, at its value before rounding. */
export function* listedError(
  group: GroupTotals,
  listed: ListedGroups,
  prepared: PreparedOutput,
  scope: Scope,
  value: number,
  { key, confidence, seed = 0, resampled }: ErrorRequest,
): Pieces<KnownError> {
  const { quantile } = prepared;
  if (quantile !== null) {
    const found = yield* quantileError(listed, scope, group.group, quantile, value, confidence);
    const { contributions, df, certainty } = found;
    return { error: { exact: false, ...found }, parts: { contributions, df, tail: null, certainty } };
  }
  const ofGroup = (index: number): Scalar => key(group.group, index);
  const error = yield* resampledError(group, prepared, value, {
    listed,
    scope,
    key: ofGroup,
    confidence,
    seed,
    outputs: resampled,
  });
  const { contributions } = error;
  return { error, parts: { contributions, df: Number.POSITIVE_INFINITY, tail: null, certainty: 0 } };
}
