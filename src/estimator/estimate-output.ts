import type { Pieces } from '../common/index.ts';
import type {
  AggregateQuery,
  AggregateTotals,
  Estimate,
  Moments,
  ReasonCode,
  Scalar,
} from '../plan/index.ts';
import type { Contributions, ContributionTable } from './contribution-table.ts';
import { contributionsOf, unmatchedSingletons } from './contributions.ts';
import { countInterval } from './count-interval.ts';
import type { Dual } from './dual.ts';
import {
  aggregateDual,
  aggregateDuals,
  isExact,
  openSupportOf,
  type PreparedOutput,
} from './group-totals.ts';
import { linearisedError } from './linearised-error.ts';
import { type ErrorRequest, listedError, supportBehind } from './listed-error.ts';
import type { ListedGroups, ListedRows } from './listed-groups.ts';
import {
  type ErrorParts,
  type EstimateError,
  estimateOf,
  type KnownError,
  none,
  noParts,
  unbounded,
} from './make-estimate.ts';
import type { MetGroup } from './met-group.ts';
import { countsUnits, isPlain } from './plain.ts';
import type { Scope } from './scope.ts';
import { smoothValue } from './smooth.ts';
import { linearisedVariance, type VarianceParts } from './variance.ts';
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

/** An output's value, and what it rests on. */
interface Point {
  /** With derivatives; null where it has none. */
  readonly dual: Dual | null;
  /** Each divisor in it. */
  readonly divisors: readonly Dual[];
  readonly support: number;
}

/** Estimates an output that is made from totals for a group. @param table takes what the strata contribute */
export function estimateOutput(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  table: ContributionTable,
): GroupEstimate {
  const point = pointOf(request, prepared, group, scope);
  const { dual } = point;
  if (dual === null || hasNoError(prepared, scope)) return withoutError(request, prepared, scope, point);
  const { error, parts } = errorByTotals(request, prepared, group, scope, dual, point, table);
  return made(request, prepared, point, dual.value, error, parts);
}

/** Estimates an output that is made from listed values for a group. */
export function* estimateListed(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  listed: ListedGroups,
): Pieces<GroupEstimate> {
  const point = pointOf(request, prepared, group, scope);
  const { dual } = point;
  if (dual === null || hasNoError(prepared, scope)) return withoutError(request, prepared, scope, point);
  const { error, parts } = yield* listedError(group, listed, prepared, scope, dual.value, request);
  return made(request, prepared, point, dual.value, error, parts);
}

/** Whether there is no error to estimate: the value is exact, or cannot be told at all. */
const hasNoError = (prepared: PreparedOutput, scope: Scope): boolean =>
  scope.hasUnread || isExact(prepared, scope);

function withoutError(request: Leveled, prepared: PreparedOutput, scope: Scope, point: Point): GroupEstimate {
  if (scope.hasUnread)
    return made(request, prepared, point, null, { ...unbounded, reasons: ['UNREAD_STRATUM'] }, noParts);
  return isExact(prepared, scope)
    ? made(request, prepared, point, point.dual?.value ?? null, none, noParts)
    : made(request, prepared, point, null, { ...unbounded, reasons: ['NO_MATCH'] }, noParts);
}

type Leveled = Pick<EstimateRequest, 'confidence'>;

function made(
  { confidence }: Leveled,
  prepared: PreparedOutput,
  { dual, support }: Point,
  value: number | null,
  error: EstimateError,
  { contributions, df, tail, certainty }: ErrorParts,
): GroupEstimate {
  const estimate = estimateOf(value, error, prepared.monotone, { confidence, support });
  return { estimate, prepared, gradient: dual?.gradient ?? [], contributions, df, tail, certainty };
}

/** The error of an output that is made from totals. */
function errorByTotals(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  dual: Dual,
  { divisors, support }: Point,
  table: ContributionTable,
): KnownError {
  const { moments, confidence } = request;
  const contributions = contributionsOf(moments, prepared, dual.gradient, group.cells, table);
  const parts = varianceOf(moments, scope, contributions);
  const isUncertain = ({ gradient, value }: Dual): boolean => {
    const { variance } = varianceOf(moments, scope, contributionsOf(moments, prepared, gradient, group.cells)); // prettier-ignore
    return Math.sqrt(variance) > divisorCvMax * Math.abs(value);
  };
  const isSkewed = divisors.some(isUncertain);
  const { variance, df } = parts;
  if (isPlain('count', request.query, prepared) && countsUnits(request, prepared)) {
    const certain = support - openSupportOf(moments, prepared, group.cells);
    const ends = countInterval({ value: dual.value, variance, support, certain }, scope, confidence);
    const reasons: ReasonCode[] = parts.singletons > 0 ? ['SINGLETON_STRATUM'] : [];
    const stdError = variance > 0 ? Math.sqrt(variance) : null;
    const error = { low: ends.low, high: ends.high, stdError, exact: false, reasons };
    return { error, parts: { contributions, df, tail: null, certainty: null } };
  }
  const { value, gradient } = dual;
  const { group: own } = group;
  const judged = { group: own, prepared, gradient, contributions, variance, value, support, parts, isSkewed };
  return linearisedError(request, judged, scope);
}

/** The variance of what has such contributions. */
function varianceOf(moments: Moments, scope: Scope, contributions: Contributions): VarianceParts {
  const unmatched = unmatchedSingletons(moments, scope, contributions);
  return linearisedVariance(contributions, unmatched, moments.layout.design.kind);
}

const noDivisors: readonly Dual[] = [];

function pointOf(
  { key, moments }: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
): Point {
  const { inner } = prepared;
  const complete = isExact(prepared, scope);
  const support = supportBehind(moments, prepared, group);
  // Most outputs are an aggregate as it stands, and there may be a hundred thousand of them.
  if (inner.kind === 'slot' && inner.slot === 'aggregate')
    return { dual: aggregateDual(group, prepared, inner.index, complete), divisors: noDivisors, support };
  const divisors: Dual[] = [];
  const dual = smoothValue(inner, {
    totals: prepared.totals.length,
    aggregates: aggregateDuals(group, prepared, complete),
    key: (index) => key(group.group, index),
    onDivisor: (divisor) => divisors.push(divisor),
  });
  return { dual, divisors, support };
}
