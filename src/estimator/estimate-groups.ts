import {
  type AggregateQuery,
  type AggregateTotals,
  type Estimate,
  type Moments,
  plainAlgebra,
  type ReasonCode,
  type Scalar,
} from '../plan/index.ts';
import {
  aggregateDuals,
  aggregateValue,
  type CellRange,
  estimateTotals,
  groupStarts,
  type GroupTotals,
  openSupportOf,
  type PreparedOutput,
  prepareOutputs,
  supportOf,
} from './group-totals.ts';
import { type Contribution, contributionsOf } from './contributions.ts';
import { countInterval } from './count-interval.ts';
import type { Dual } from './dual.ts';
import { tQuantile } from './quantiles.ts';
import { groupScope, type Scope, wholeScope } from './scope.ts';
import { type Monotone, smoothValue } from './smooth.ts';
import { countsUnits, isPlain, unseenSum } from './plain.ts';
import { type TailEvidence, tailEvidence, tailReasons } from './tails.ts';
import { linearisedVariance, type VarianceParts } from './variance.ts';
import type { Witness } from './witness.ts';

/** A divisor whose coefficient of variation is larger makes a ratio too skewed. */
const divisorCvMax = 0.1;

export interface EstimateRequest {
  readonly query: AggregateQuery;
  readonly aggregateTotals: readonly AggregateTotals[];
  readonly moments: Moments;
  /** The value of a group's key. */
  readonly key: (group: number, index: number) => Scalar;
  /** In (0, 1) */
  readonly confidence: number;
  readonly witness?: Witness | undefined;
}

/** One estimate with what sizing needs of it. */
export interface GroupEstimate {
  readonly estimate: Estimate;
  readonly prepared: PreparedOutput;
  /** Derivatives by the output's totals; none where there is no value. */
  readonly gradient: readonly number[];
  /** What the strata contribute to its error; none where there is no value. */
  readonly contributions: readonly Contribution[];
  readonly df: number;
  /** null where the interval needs none: a count, or a value without sampling error. */
  readonly tail: TailEvidence | null;
}

/** A group that has rows in the sample, or the one group of a query without GROUP BY. */
export interface MetGroup extends GroupTotals {
  readonly group: number;
  /** Point values of all aggregates, for HAVING and ORDER BY; null where SQL has NULL. */
  readonly aggregates: readonly (number | null)[];
}

/**
 * Estimates a query's outputs from moments: first all groups with their point values, then intervals for those that are shown.
 * @see section 6 of the design: smooth functions of totals, Taylor linearisation, t intervals with fpc
 */
export class GroupEstimator {
  readonly moments: Moments;
  private readonly whole: Scope;
  private readonly intervals: readonly PreparedOutput[];

  constructor(private readonly request: EstimateRequest) {
    this.moments = request.moments;
    this.whole = wholeScope(request.moments);
    this.intervals = prepareOutputs(request.query, request.aggregateTotals, request.moments);
  }

  /** The groups in the order of the moments. */
  meet(): MetGroup[] {
    const { query, aggregateTotals, moments } = this.request;
    const starts = groupStarts(moments);
    const groups: MetGroup[] = [];
    for (let group = 0; group < moments.groupCount; group++) {
      const cells = { from: starts[group]!, to: starts[group + 1]! }; // one more start than groups
      // A stratum's group without a match may not exist; without GROUP BY there is always one row.
      if (query.keys.length > 0 && matchedRows(moments, cells) === 0) continue;
      const totals = { query, aggregateTotals, moments, cells, totals: estimateTotals(moments, cells) };
      const aggregates = query.aggregates.map((_, index) =>
        aggregateValue(totals, index, plainAlgebra, (value) => value, this.whole.isComplete),
      );
      groups.push({ ...totals, group, aggregates });
    }
    return groups;
  }

  /** Fewest rows of the sample, but for strata read whole, behind an estimate that outputs show; infinite where all are exact. */
  leastSupport({ cells }: MetGroup): number {
    const { moments } = this;
    const scope = this.scopeOf(cells);
    const shown = this.intervals.slice(0, this.request.query.shownIntervals);
    const open = shown.filter((prepared) => !isExact(moments, prepared, scope));
    return Math.min(...open.map((prepared) => openSupportOf(moments, prepared, cells)));
  }

  /** The estimates of the intervals that outputs show or speak of. */
  estimate(group: MetGroup): GroupEstimate[] {
    const { query, confidence } = this.request;
    return Array.from({ length: query.shownIntervals }, (_, at) => this.estimateAt(group, at, confidence));
  }

  /** The estimate of one of the query's intervals, at a level in (0, 1). */
  estimateAt(group: MetGroup, interval: number, confidence: number): GroupEstimate {
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    return estimateOutput({ ...this.request, confidence }, prepared, group, this.scopeOf(group.cells));
  }

  private scopeOf(cells: CellRange): Scope {
    return this.moments.groupsByStratum ? groupScope(this.moments, cells) : this.whole;
  }
}

function matchedRows({ sums, layout }: Moments, { from, to }: CellRange): number {
  let rows = 0;
  for (let cell = from; cell < to; cell++) rows += sums[cell * layout.monomials.length]!; // slot 0 counts the matching rows
  return rows;
}

/** Whether there is no sampling error: everything was read, or what the output needs is constant in each stratum. */
function isExact(
  { groupsByStratum, constantInStratum }: Moments,
  { totals }: PreparedOutput,
  { isComplete }: Scope,
): boolean {
  return isComplete || (groupsByStratum && totals.every((total) => constantInStratum[total]));
}

function estimateOutput(
  request: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
): GroupEstimate {
  const { moments, confidence } = request;
  const support = supportOf(moments, prepared, group.cells);
  const exact = isExact(moments, prepared, scope);
  const { dual, monotone, divisors } = differentiate(request, prepared, group, exact);
  const make = (value: number | null, error: EstimateError): GroupEstimate => ({
    estimate: estimateOf(value, error, monotone, { confidence, support }),
    prepared,
    gradient: dual?.gradient ?? [],
    contributions: [],
    df: 1,
    tail: null,
  });
  if (scope.hasUnread) return make(null, { ...unbounded, reasons: ['UNREAD_STRATUM'] });
  if (exact) return make(dual?.value ?? null, none);
  if (dual === null) return make(null, { ...unbounded, reasons: ['NO_MATCH'] });
  const errorOf = ({ gradient }: Dual): { contributions: Contribution[]; parts: VarianceParts } => {
    const contributions = contributionsOf(moments, prepared, gradient, group.cells);
    return {
      contributions,
      parts: linearisedVariance(
        contributions,
        unmatchedSingletons(moments, scope, contributions),
        moments.layout.design.kind,
      ),
    };
  };
  const { contributions, parts } = errorOf(dual);
  const isSkewed = divisors.some((divisor) => Math.sqrt(errorOf(divisor).parts.variance) > divisorCvMax * Math.abs(divisor.value)); // prettier-ignore
  const { variance, df } = parts;
  if (isPlain('count', request.query, prepared) && countsUnits(request, prepared)) {
    const certain = support - openSupportOf(moments, prepared, group.cells);
    const ends = countInterval({ value: dual.value, variance, support, certain }, scope, confidence);
    const reasons: ReasonCode[] = parts.singletons > 0 ? ['SINGLETON_STRATUM'] : [];
    const stdError = variance > 0 ? Math.sqrt(variance) : null;
    return { ...make(dual.value, { ...ends, stdError, exact: false, reasons }), contributions, df };
  }
  const judged = { group: group.group, prepared, gradient: dual.gradient, contributions, variance };
  const tail = tailEvidence(moments, judged, scope, request.witness);
  const reasons: ReasonCode[] = support === 0 ? ['NO_MATCH'] : tailReasons(tail, confidence);
  if (isSkewed) reasons.push('SKEWED_RATIO');
  if (parts.singletons > 0) reasons.push('SINGLETON_STRATUM');
  if (support === 0) {
    const ends = unseenSum(request, prepared, scope);
    return { ...make(dual.value, { ...unbounded, ...ends, reasons }), contributions, df, tail };
  }
  if (variance === 0) {
    if (parts.singletons === 0) reasons.push('ZERO_VARIANCE');
    return { ...make(dual.value, { ...unbounded, reasons }), contributions, df, tail };
  }
  const stdError = Math.sqrt(variance);
  const halfWidth = tQuantile((1 + confidence) / 2, df) * stdError;
  const error = {
    low: dual.value - halfWidth,
    high: dual.value + halfWidth,
    stdError,
    exact: false,
    reasons,
  };
  return { ...make(dual.value, error), contributions, df, tail };
}

/** The output's value with its derivatives, and of each divisor in it the same. */
function differentiate(
  { key }: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  exact: boolean,
): ReturnType<typeof smoothValue> & { divisors: readonly Dual[] } {
  const divisors: Dual[] = [];
  const value = smoothValue(prepared.output.expression, {
    totals: prepared.totals.length,
    aggregates: aggregateDuals(group, prepared, exact),
    key: (index) => key(group.group, index),
    onDivisor: (divisor) => divisors.push(divisor),
  });
  return { ...value, divisors };
}

/** N_h of the strata of one row read that contribute nothing. */
function unmatchedSingletons(
  { populationRows }: Moments,
  { singletons }: Scope,
  contributions: readonly Contribution[],
): number[] {
  if (singletons.length === 0) return [];
  const matched = new Set(contributions.map(({ stratum }) => stratum));
  return singletons.flatMap((stratum) => (matched.has(stratum) ? [] : [populationRows[stratum]!])); // one entry a stratum
}

/** The error of an estimate; null where it is not known. */
interface EstimateError {
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  readonly exact: boolean;
  readonly reasons: readonly ReasonCode[];
}

/** Nothing is known of the error. */
const unbounded = { low: null, high: null, stdError: null, exact: false };
/** There is none. */
const none: EstimateError = { low: null, high: null, stdError: 0, exact: true, reasons: [] };

/** An estimate; its value and ends go through the rounding around the output. */
function estimateOf(
  value: number | null,
  { low, high, stdError, exact, reasons }: EstimateError,
  monotone: Monotone | null,
  rest: Pick<Estimate, 'confidence' | 'support'>,
): Estimate {
  const shown = (x: number | null): number | null => (x === null || monotone === null ? x : monotone(x));
  const [point, from, to] = [shown(value), shown(exact ? value : low), shown(exact ? value : high)];
  return {
    value: point,
    low: from,
    high: to,
    stdError: point === null ? null : stdError,
    relativeError: exact && point !== null ? 0 : relativeErrorOf(point, from, to),
    exact,
    certified: reasons.length === 0,
    reasons,
    ...rest,
  };
}

function relativeErrorOf(value: number | null, low: number | null, high: number | null): number | null {
  if (value === null || low === null || high === null || value === 0) return null;
  return Math.max(value - low, high - value) / Math.abs(value);
}
