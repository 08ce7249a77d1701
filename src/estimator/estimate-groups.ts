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
  type PreparedOutput,
  prepareOutputs,
  supportOf,
} from './group-totals.ts';
import { tQuantile } from './quantiles.ts';
import { type Monotone, smoothValue } from './smooth.ts';
import { linearisedVariance } from './variance.ts';

/** Below this many matching rows an estimate is not certified. */
export const certifiedSupportMin = 30;

export interface EstimateRequest {
  readonly query: AggregateQuery;
  readonly aggregateTotals: readonly AggregateTotals[];
  readonly moments: Moments;
  /** The value of a group's key. */
  readonly key: (group: number, index: number) => Scalar;
  /** In (0, 1) */
  readonly confidence: number;
}

/** One estimate with what sizing needs of it. */
export interface GroupEstimate {
  readonly estimate: Estimate;
  readonly prepared: PreparedOutput;
  /** Derivatives by the output's totals; null where there is no value. */
  readonly gradient: readonly number[] | null;
  readonly df: number;
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
  /** All rows that the predicate leaves in were read. */
  private readonly complete: boolean;
  private readonly outputs: readonly PreparedOutput[];

  constructor(private readonly request: EstimateRequest) {
    this.moments = request.moments;
    this.complete = isComplete(request.moments);
    this.outputs = prepareOutputs(request.query, request.aggregateTotals, request.moments);
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
        aggregateValue(totals, index, plainAlgebra, (value) => value, this.complete),
      );
      groups.push({ ...totals, group, aggregates });
    }
    return groups;
  }

  /** Fewest rows of the sample behind one of the group's estimates; infinite where all are exact. */
  leastSupport({ cells }: MetGroup): number {
    const { moments, outputs, complete } = this;
    return outputs.reduce(
      (least, prepared) =>
        isExact(moments, prepared, cells, complete)
          ? least
          : Math.min(least, supportOf(moments, prepared, cells)),
      Number.POSITIVE_INFINITY,
    );
  }

  /** One estimate an output that is not a key, in their order. */
  estimate(group: MetGroup): GroupEstimate[] {
    return this.outputs.map((prepared) => estimateOutput(this.request, prepared, group, this.complete));
  }
}

function matchedRows({ sums, layout }: Moments, { from, to }: CellRange): number {
  let rows = 0;
  for (let cell = from; cell < to; cell++) rows += sums[cell * layout.monomials.length]!; // slot 0 counts the matching rows
  return rows;
}

/** All rows of every stratum that the predicate leaves in were read. */
function isComplete({ included, rowsRead, populationRows }: Moments): boolean {
  return included.every((isIn, stratum) => isIn === 0 || rowsRead[stratum]! >= populationRows[stratum]!); // one entry a stratum
}

/** A stratum that belongs to the group was not read at all. */
function hasUnread(
  { included, rowsRead, populationRows, cellStratum, groupsByStratum }: Moments,
  { from, to }: CellRange,
): boolean {
  const unread = (stratum: number): boolean =>
    included[stratum] === 1 && rowsRead[stratum] === 0 && populationRows[stratum]! > 0;
  return groupsByStratum
    ? cellStratum.subarray(from, to).some(unread)
    : included.some((_, stratum) => unread(stratum));
}

/** Whether there is no sampling error: everything was read, or what the output needs is constant in each stratum. */
function isExact(
  moments: Moments,
  prepared: PreparedOutput,
  { from, to }: CellRange,
  complete: boolean,
): boolean {
  const { groupsByStratum, rowsRead, populationRows, cellStratum, constantInStratum } = moments;
  if (complete) return true;
  if (!groupsByStratum) return false;
  if (prepared.totals.every((total) => constantInStratum[total])) return true;
  return cellStratum.subarray(from, to).every((stratum) => rowsRead[stratum]! >= populationRows[stratum]!); // one entry a stratum
}

function estimateOutput(
  request: EstimateRequest,
  prepared: PreparedOutput,
  group: MetGroup,
  complete: boolean,
): GroupEstimate {
  const { moments, confidence } = request;
  const { cells } = group;
  const support = supportOf(moments, prepared, cells);
  const exact = isExact(moments, prepared, cells, complete);
  const aggregates = aggregateDuals(group, prepared, exact);
  const key = (index: number): Scalar => request.key(group.group, index);
  const { dual, monotone } = smoothValue(prepared.output.expression, {
    totals: prepared.totals.length,
    aggregates,
    key,
  });
  const none = {
    value: null,
    low: null,
    high: null,
    stdError: null,
    relativeError: null,
    confidence,
    support,
  };
  if (hasUnread(moments, cells)) {
    return {
      estimate: { ...none, exact: false, certified: false, reasons: ['UNREAD_STRATUM'] },
      prepared,
      gradient: null,
      df: 1,
    };
  }
  if (dual === null) {
    const estimate: Estimate = { ...none, exact, certified: exact, reasons: exact ? [] : ['NO_MATCH'] };
    return { estimate, prepared, gradient: null, df: 1 };
  }
  const { value, gradient } = dual;
  if (exact)
    return { estimate: exactEstimate(value, monotone, confidence, support), prepared, gradient, df: 1 };
  const { variance, df, singleton } = linearisedVariance(moments, prepared, gradient, cells);
  const reasons: ReasonCode[] = [];
  if (support === 0) reasons.push('NO_MATCH');
  else if (support < certifiedSupportMin) reasons.push('LOW_SUPPORT');
  if (singleton) reasons.push('SINGLETON_STRATUM');
  const flat = variance === 0;
  if (flat && !singleton && support > 0) reasons.push('ZERO_VARIANCE');
  const unbounded = flat || singleton;
  const halfWidth = unbounded ? null : tQuantile((1 + confidence) / 2, df) * Math.sqrt(variance);
  return {
    estimate: intervalEstimate(value, halfWidth, Math.sqrt(variance), monotone, {
      confidence,
      support,
      reasons,
    }),
    prepared,
    gradient,
    df,
  };
}

function exactEstimate(
  value: number,
  monotone: Monotone | null,
  confidence: number,
  support: number,
): Estimate {
  const shown = monotone === null ? value : monotone(value);
  return {
    value: shown,
    low: shown,
    high: shown,
    stdError: 0,
    relativeError: 0,
    confidence,
    exact: true,
    certified: true,
    reasons: [],
    support,
  };
}

function intervalEstimate(
  value: number,
  halfWidth: number | null,
  stdError: number,
  monotone: Monotone | null,
  rest: { readonly confidence: number; readonly support: number; readonly reasons: readonly ReasonCode[] },
): Estimate {
  const through = monotone ?? ((x: number) => x);
  const shown = through(value);
  const low = halfWidth === null ? null : through(value - halfWidth);
  const high = halfWidth === null ? null : through(value + halfWidth);
  return {
    value: shown,
    low,
    high,
    stdError: halfWidth === null ? null : stdError,
    relativeError:
      low === null || high === null || shown === 0
        ? null
        : Math.max(shown - low, high - shown) / Math.abs(shown),
    exact: false,
    certified: rest.reasons.length === 0,
    ...rest,
  };
}
