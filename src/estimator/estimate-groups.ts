import { finish, type Pieces } from '../common/index.ts';
import {
  aggregateFunction,
  type AggregateQuery,
  type AggregateTotals,
  type Estimate,
  isOrdered,
  type Moments,
  plainAlgebra,
  type ReasonCode,
  type Scalar,
  toDouble,
  tryEvaluate,
} from '../plan/index.ts';
import {
  aggregateDuals,
  aggregateValue,
  estimateTotals,
  groupStarts,
  type GroupTotals,
  isExact,
  isListed,
  matchedRows,
  openSupportOf,
  type PreparedOutput,
  prepareOutputs,
} from './group-totals.ts';
import { type Contribution, contributionsOf, unmatchedSingletons } from './contributions.ts';
import { countInterval } from './count-interval.ts';
import type { Dual } from './dual.ts';
import { ListedGroups, type ListedRows } from './listed-groups.ts';
import {
  type ErrorParts,
  type EstimateError,
  type KnownError,
  estimateOf,
  none,
  noParts,
  unbounded,
} from './make-estimate.ts';
import { linearisedError } from './linearised-error.ts';
import { type ErrorRequest, listedError, supportBehind } from './listed-error.ts';
import { groupScope, type Scope, wholeScope } from './scope.ts';
import { smoothValue } from './smooth.ts';
import { countsUnits, isPlain } from './plain.ts';
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

/** A group that has rows in the sample, or the one group of a query without GROUP BY. */
export interface MetGroup extends GroupTotals {
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
  private readonly listed: ListedGroups | null;
  /** By group, where groups have strata of their own. */
  private readonly scopes: Scope[] = [];
  private leveled: (EstimateRequest & ErrorRequest) | null = null;

  constructor(private readonly request: EstimateRequest) {
    this.moments = request.moments;
    this.whole = wholeScope(request.moments);
    this.intervals = prepareOutputs(request.query, request.aggregateTotals, request.moments);
    const listed = request.listed ?? null;
    this.listed = listed === null ? null : new ListedGroups(listed, request.moments);
  }

  /** How many intervals the query has. */
  get intervalCount(): number {
    return this.intervals.length;
  }

  /** The groups in the order of the moments. */
  meet(): MetGroup[] {
    return [...this.meetEach()].filter((group) => group !== null);
  }

  /** The same one by one; null where values are being put in order, which may take long: others may go on. */
  *meetEach(): Generator<MetGroup | null, void> {
    const { query, aggregateTotals, moments } = this.request;
    const starts = groupStarts(moments);
    for (let group = 0; group < moments.groupCount; group++) {
      const cells = { from: starts[group]!, to: starts[group + 1]! }; // one more start than groups
      // A stratum's group without a match may not exist; without GROUP BY there is always one row.
      if (query.keys.length > 0 && matchedRows(moments, cells) === 0) continue;
      const aggregates = Array<number | null>(query.aggregates.length);
      const met: MetGroup = {
        query,
        aggregateTotals,
        moments,
        listed: this.listed,
        group,
        cells,
        totals: estimateTotals(moments, cells),
        aggregates,
      };
      if (this.listed !== null) yield* this.putInOrder(group, this.listed);
      for (let index = 0; index < aggregates.length; index++)
        aggregates[index] = aggregateValue(met, index, plainAlgebra, asItIs, this.whole.isComplete);
      yield met;
    }
  }

  /** Puts the values in order that aggregates of a group are made from. */
  private *putInOrder(group: number, listed: ListedGroups): Generator<null, void> {
    const { query, aggregateTotals } = this.request;
    for (const [aggregate, { name }] of query.aggregates.entries()) {
      if (!isOrdered(aggregateFunction(name))) continue;
      const pieces = listed.inOrder(group, aggregateTotals[aggregate]!.measures[0]!); // it has one measure
      while (pieces.next().done !== true) yield null;
    }
  }

  /** Fewest rows of the sample, but for strata read whole, behind an estimate that outputs show; infinite where all are exact. */
  leastSupport(group: MetGroup): number {
    const { moments, intervals } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.request.query.shownIntervals; place++) {
      const prepared = intervals[place]!; // a place among the query's intervals
      if (isExact(moments, prepared, this.scopeOf(prepared, group))) continue;
      least = Math.min(least, openSupportOf(moments, prepared, group.cells));
    }
    return least;
  }

  /** The estimates of the intervals that outputs show or speak of. */
  estimate(group: MetGroup): GroupEstimate[] {
    const { query, confidence } = this.request;
    return Array.from({ length: query.shownIntervals }, (_, at) => this.estimateAt(group, at, confidence));
  }

  /** The estimate of one of the query's intervals, at a level in (0, 1). */
  estimateAt(group: MetGroup, interval: number, confidence: number): GroupEstimate {
    return finish(this.estimateInPieces(group, interval, confidence));
  }

  /** The same; it may take long where it is made from values in their order. */
  *estimateInPieces(group: MetGroup, interval: number, confidence: number): Pieces<GroupEstimate> {
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    return yield* estimateOutput(this.at(confidence), prepared, group, this.scopeOf(prepared, group));
  }

  /** The value alone of one of the query's intervals, where no time is left for its error. */
  valueAt(group: MetGroup, interval: number, confidence: number): GroupEstimate {
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    const { expression } = prepared.output;
    const value = tryEvaluate(expression, (leaf) => {
      if (leaf.kind === 'slot' && leaf.slot === 'key') return this.request.key(group.group, leaf.index);
      return leaf.kind === 'slot' && leaf.slot === 'aggregate'
        ? (group.aggregates[leaf.index] ?? null)
        : null;
    });
    const isNumber = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean';
    const support = supportBehind(this.moments, prepared, group);
    const error: EstimateError = { ...unbounded, reasons: ['OUT_OF_TIME'] };
    const point = isNumber ? toDouble(value, expression.type) : null;
    const estimate = estimateOf(point, error, null, { confidence, support });
    return { estimate, prepared, gradient: [], ...noParts };
  }

  /** The request at a level. */
  private at(confidence: number): EstimateRequest & ErrorRequest {
    if (this.leveled?.confidence !== confidence) {
      const resampled = this.intervals.filter(({ isResampled }) => isResampled);
      this.leveled = { ...this.request, confidence, resampled };
    }
    return this.leveled;
  }

  private scopeOf(prepared: PreparedOutput, { group, cells }: MetGroup): Scope {
    if (isListed(prepared) && this.listed !== null) return this.listed.scopeOf(cells);
    return this.moments.groupsByStratum
      ? (this.scopes[group] ??= groupScope(this.moments, cells))
      : this.whole;
  }
}

const asItIs = (value: number): number => value;

function* estimateOutput(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
): Pieces<GroupEstimate> {
  const { moments, confidence } = request;
  const support = supportBehind(moments, prepared, group);
  const exact = isExact(moments, prepared, scope);
  const { dual, monotone, divisors } = differentiate(request, prepared, group, exact);
  const make = (value: number | null, error: EstimateError, known = noParts): GroupEstimate => {
    const { contributions, df, tail, certainty } = known;
    const estimate = estimateOf(value, error, monotone, { confidence, support });
    return { estimate, prepared, gradient: dual?.gradient ?? [], contributions, df, tail, certainty };
  };
  if (scope.hasUnread) return make(null, { ...unbounded, reasons: ['UNREAD_STRATUM'] });
  if (exact) return make(dual?.value ?? null, none);
  if (dual === null) return make(null, { ...unbounded, reasons: ['NO_MATCH'] });
  const { error, parts } =
    group.listed !== null && isListed(prepared)
      ? yield* listedError(group, group.listed, prepared, scope, dual.value, request)
      : errorByTotals(request, prepared, group, scope, { dual, divisors, support });
  return make(dual.value, error, parts);
}

/** The error of an output that is made from totals. */
function errorByTotals(
  request: EstimateRequest & ErrorRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  scope: Scope,
  { dual, divisors, support }: { dual: Dual; divisors: readonly Dual[]; support: number },
): KnownError {
  const { moments, confidence } = request;
  const contributions = contributionsOf(moments, prepared, dual.gradient, group.cells);
  const parts = varianceOf(moments, scope, contributions);
  const isSkewed = divisors.some(({ gradient, value }) => {
    const { variance } = varianceOf(moments, scope, contributionsOf(moments, prepared, gradient, group.cells)); // prettier-ignore
    return Math.sqrt(variance) > divisorCvMax * Math.abs(value);
  });
  const { variance, df } = parts;
  if (isPlain('count', request.query, prepared) && countsUnits(request, prepared)) {
    const certain = support - openSupportOf(moments, prepared, group.cells);
    const ends = countInterval({ value: dual.value, variance, support, certain }, scope, confidence);
    const reasons: ReasonCode[] = parts.singletons > 0 ? ['SINGLETON_STRATUM'] : [];
    const stdError = variance > 0 ? Math.sqrt(variance) : null;
    const error = { low: ends.low, high: ends.high, stdError, exact: false, reasons };
    return { error, parts: { contributions, df, tail: null, certainty: null } };
  }
  const judged = { group: group.group, prepared, gradient: dual.gradient, contributions, variance };
  return linearisedError(request, { ...judged, value: dual.value, support, parts, isSkewed }, scope);
}

/** The variance of what has such contributions. */
function varianceOf(moments: Moments, scope: Scope, contributions: readonly Contribution[]): VarianceParts {
  const unmatched = unmatchedSingletons(moments, scope, contributions);
  return linearisedVariance(contributions, unmatched, moments.layout.design.kind);
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
