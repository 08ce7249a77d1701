import type { Pieces } from '../common/index.ts';
import type { AggregateQuery, AggregateTotals, Estimate, Moments, Scalar } from '../plan/index.ts';
import type { Contributions, ContributionTable } from './contribution-table.ts';
import { contributionsOf, putContributions, unmatchedSingletons } from './contributions.ts';
import { countInterval } from './count-interval.ts';
import { Draft } from './draft.ts';
import type { Dual } from './dual.ts';
import {
  aggregateDual,
  aggregateDuals,
  type CellRange,
  isExact,
  openSupportOf,
  type PreparedOutput,
} from './group-totals.ts';
import { linearisedError } from './linearised-error.ts';
import { type ErrorRequest, listedError, supportBehind } from './listed-error.ts';
import type { ListedGroups, ListedRows } from './listed-groups.ts';
import { type ErrorParts, estimateOf } from './make-estimate.ts';
import type { MetGroup } from './met-group.ts';
import { countsUnits, isPlain } from './plain.ts';
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
const ends = { low: 0, high: 0 };
/** Each divisor in the output. */
const divisors: Dual[] = [];

/**
 * Estimates an output that is made from totals for a group.
 * @param table takes what the strata contribute
 * @returns a draft that is of use until the next is asked for
 */
export function draftOutput(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  table: ContributionTable,
): Draft {
  const dual = beginDraft(request, prepared, group, scope);
  if (dual === null || hasNoError(prepared, scope)) {
    draftWithoutError(prepared, scope, dual);
    return draft;
  }
  draft.setValue(dual.value);
  return errorByTotals(request, prepared, group, scope, dual, table);
}

/** Estimates an output that is made from listed values for a group. */
export function* estimateListed(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  listed: ListedGroups,
): Pieces<GroupEstimate> {
  const { confidence } = request;
  const dual = beginDraft(request, prepared, group, scope);
  if (dual === null || hasNoError(prepared, scope)) {
    draftWithoutError(prepared, scope, dual);
    return draft.taken(prepared, group.cells, confidence);
  }
  const { support } = draft;
  const found = yield* listedError(group, listed, prepared, scope, dual.value, request);
  const estimate = estimateOf(dual.value, found.error, prepared.monotone, { confidence, support });
  return { estimate, prepared, gradient: dual.gradient, ...found.parts };
}

/** Whether there is no error to estimate: the value is exact, or cannot be told at all. */
const hasNoError = (prepared: PreparedOutput, scope: Scope): boolean =>
  scope.hasUnread || isExact(prepared, scope);

function draftWithoutError(prepared: PreparedOutput, scope: Scope, dual: Dual | null): void {
  if (scope.hasUnread) draft.reasons.push('UNREAD_STRATUM');
  else if (isExact(prepared, scope)) draft.setExact(dual?.value ?? null);
  else draft.reasons.push('NO_MATCH');
}

/** The error of an output that is made from totals. */
function errorByTotals(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  { group, cells }: MetGroup,
  scope: Scope,
  { gradient, value }: Dual,
  table: ContributionTable,
): Draft {
  const { moments, confidence } = request;
  const { from, to } = cells;
  const contributions = { table, from, to };
  putContributions(moments, prepared, gradient, from, to, table, from);
  putVariance(moments, scope, contributions, parts);
  if (isPlain('count', request.query, prepared) && countsUnits(request, prepared)) {
    const { variance, df, singletons } = parts;
    const { support } = draft;
    const certain = support - openSupportOf(moments, prepared, cells);
    countInterval({ value, variance, support, certain }, scope, confidence, ends);
    draft.setEnds(ends.low, ends.high);
    if (variance > 0) draft.setStdError(Math.sqrt(variance));
    if (singletons > 0) draft.reasons.push('SINGLETON_STRATUM');
    draft.table = table;
    draft.df = df;
    return draft;
  }
  const isSkewed = divisors.length > 0 && divisors.some((each) => isUncertain(moments, prepared, cells, scope, each)); // prettier-ignore
  return linearisedError(request, { group, prepared, gradient, contributions, isSkewed }, parts, scope, draft); // prettier-ignore
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

/** Begins the draft of an output's estimate. @returns its value with derivatives; null where it has none */
function beginDraft(
  { key, moments }: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
): Dual | null {
  const { inner } = prepared;
  const complete = isExact(prepared, scope);
  divisors.length = 0;
  // Most outputs are an aggregate as it stands, and there may be a hundred thousand of them.
  const dual =
    inner.kind === 'slot' && inner.slot === 'aggregate'
      ? aggregateDual(group, prepared, inner.index, complete)
      : smoothValue(inner, {
          totals: prepared.totals.length,
          aggregates: aggregateDuals(group, prepared, complete),
          key: (index) => key(group.group, index),
          onDivisor: (divisor) => divisors.push(divisor),
        });
  draft.begin(supportBehind(moments, prepared, group), dual?.gradient ?? []);
  return dual;
}
