import { clear, type Pieces, type Writable } from '../common/index.ts';
import type { AggregateQuery, AggregateTotals, Estimate, Moments, Scalar } from '../plan/index.ts';
import { type Contributions, type ContributionTable, noContributions } from './contribution-table.ts';
import { contributionsOf, putContributions, unmatchedSingletons } from './contributions.ts';
import { Draft } from './draft.ts';
import type { Dual } from './dual.ts';
import { aggregateDuals, type CellRange, openSupportOf } from './group-totals.ts';
import { isExact, type PreparedOutput } from './prepared-output.ts';
import type { IntervalEnds } from './interval-ends.ts';
import { linearisedError } from './linearised-error.ts';
import { type ErrorRequest, listedError, supportBehind } from './listed-error.ts';
import type { ListedGroups, ListedRows } from './listed-groups.ts';
import { type ErrorParts, estimateOf } from './make-estimate.ts';
import type { MetGroup } from './met-group.ts';
import type { PointColumns } from './point-columns.ts';
import type { Scope } from './scope.ts';
import { smoothValue } from './smooth.ts';
import { emptyVariance, linearisedVariance, type VarianceParts } from './variance.ts';
import type { Witness } from './witness.ts';

/** A divisor whose coefficient of variation is larger makes a ratio too skewed. */
const divisorCvMax = 0.1;

export interface EstimateRequest {
  readonly query: AggregateQuery;
  readonly aggregateTotals: readonly AggregateTotals[];
  readonly moments: Moments;
  /** The values of rows, where the query asks for any. */
  readonly listed?: ListedRows | null;
  /** What resampling repeats from. */
  readonly seed?: number;
  /** The value of a group's key. */
  readonly key: (group: number, index: number) => Scalar;
  /** In (0, 1) */
  readonly confidence: number;
  readonly witness?: Witness | undefined;
}

/** One estimate with what sizing needs of it. */
export interface GroupEstimate extends ErrorParts {
  readonly estimate: Estimate;
  readonly prepared: PreparedOutput;
  /** Derivatives by the output's totals; none where there is no value. */
  readonly gradient: readonly number[];
}

/** What is being worked out: of use again as soon as it is put down. */
const draft = new Draft();
const parts = emptyVariance();
const contributions: Writable<Contributions> = { ...noContributions };
/** Each divisor in the output. */
const divisors: Dual[] = [];

/**
 * Estimates an output that is made from totals for a group.
 * @param table takes what the strata contribute
 * @param points of the output; null: it is no aggregate as it stands
 * @param at place of the group among those of which the points were found; negative: in none
 * @param ends is asked for the ends of counts
 * @returns a draft that is of use until the next is asked for
 */
export function draftOutput(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  table: ContributionTable,
  points: PointColumns | null,
  at: number,
  ends: IntervalEnds,
): Draft {
  beginDraft(request, prepared, group, scope, points, at);
  if (draft.hasValue && !hasNoError(prepared, scope))
    return errorByTotals(request, prepared, group, scope, table, ends);
  endWithoutError(prepared, scope);
  return draft;
}

/** Estimates an output that is made from listed values for a group. */
export function* estimateListed(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  listed: ListedGroups,
  points: PointColumns | null,
): Pieces<GroupEstimate> {
  const { confidence } = request;
  beginDraft(request, prepared, group, scope, points, -1);
  if (!draft.hasValue || hasNoError(prepared, scope)) {
    endWithoutError(prepared, scope);
    return draft.taken(prepared, group.cells, confidence);
  }
  const { support, value } = draft;
  const gradient = Array.from(draft.gradient);
  const found = yield* listedError(group, listed, prepared, scope, value, request);
  const estimate = estimateOf(value, found.error, prepared.monotone, { confidence, support });
  return { estimate, prepared, gradient, ...found.parts };
}

/** Whether there is no error to estimate: the value is exact, or cannot be told at all. */
const hasNoError = (prepared: PreparedOutput, scope: Scope): boolean =>
  scope.hasUnread || isExact(prepared, scope);

function endWithoutError(prepared: PreparedOutput, scope: Scope): void {
  const { hasValue, value } = draft;
  draft.hasValue = false;
  if (scope.hasUnread) draft.reasons.push('UNREAD_STRATUM');
  else if (isExact(prepared, scope)) draft.setExact(hasValue ? value : null);
  else draft.reasons.push('NO_MATCH');
}

/** The error of an output that is made from totals. */
function errorByTotals(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  { group, cells }: MetGroup,
  scope: Scope,
  table: ContributionTable,
  ends: IntervalEnds,
): Draft {
  const { moments } = request;
  const { gradient } = draft;
  const { from, to } = cells;
  contributions.table = table;
  contributions.from = from;
  contributions.to = to;
  putContributions(moments, prepared, gradient, from, to, table, from);
  putVariance(moments, scope, contributions, parts);
  if (prepared.countsUnits) {
    const { variance, df, singletons } = parts;
    const { support, value } = draft;
    const certain = support - openSupportOf(moments, prepared, cells);
    ends.askCount(group, value, variance, support, certain, scope);
    if (variance > 0) draft.setStdError(Math.sqrt(variance));
    if (singletons > 0) draft.reasons.push('SINGLETON_STRATUM');
    draft.table = table;
    draft.df = df;
    return draft;
  }
  let isSkewed = false;
  for (let at = 0; at < divisors.length && !isSkewed; at++)
    isSkewed = isUncertain(moments, prepared, cells, scope, divisors[at]!); // at < length
  return linearisedError(request, { group, prepared, gradient, contributions, isSkewed }, parts, scope, draft, ends); // prettier-ignore
}

/** Whether a divisor makes a ratio too skewed. */
function isUncertain(
  moments: Moments,
  prepared: PreparedOutput,
  cells: CellRange,
  scope: Scope,
  { gradient, value }: Dual,
): boolean {
  const own = emptyVariance();
  putVariance(moments, scope, contributionsOf(moments, prepared, gradient, cells), own);
  return Math.sqrt(own.variance) > divisorCvMax * Math.abs(value);
}

/** The variance of what has such contributions. */
function putVariance(
  moments: Moments,
  scope: Scope,
  contributions: Contributions,
  into: VarianceParts,
): void {
  const unmatched = unmatchedSingletons(moments, scope, contributions);
  linearisedVariance(contributions, unmatched, moments.layout.design.kind, into);
}

/** Begins the draft of an output's estimate, with its value and derivatives where it has one. */
function beginDraft(
  { key, moments }: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  points: PointColumns | null,
  at: number,
): void {
  const complete = isExact(prepared, scope);
  clear(divisors);
  draft.begin(supportBehind(moments, prepared, group));
  // Most outputs are an aggregate as it stands, and there may be a hundred thousand of them.
  if (points !== null) {
    points.put(group, at, complete, draft);
    return;
  }
  const dual = smoothValue(prepared.inner, {
    totals: prepared.totals.length,
    aggregates: aggregateDuals(group, prepared, complete),
    key: (index) => key(group.group, index),
    onDivisor: (divisor) => divisors.push(divisor),
  });
  if (dual !== null) draft.setPoint(dual.value, dual.gradient);
}
