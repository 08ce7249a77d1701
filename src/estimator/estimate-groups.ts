import { finish, type Pieces } from '../common/index.ts';
import {
  aggregateFunction,
  isOrdered,
  type Moments,
  plainAlgebra,
  toDouble,
  tryEvaluate,
} from '../plan/index.ts';
import { ContributionTable } from './contributions.ts';
import {
  estimateListed,
  estimateOutput,
  type EstimateRequest,
  type GroupEstimate,
  type MetGroup,
} from './estimate-output.ts';
import {
  aggregateValue,
  estimateTotals,
  groupStarts,
  isExact,
  isListed,
  matchedRows,
  openSupportOf,
  type PreparedOutput,
  prepareOutputs,
} from './group-totals.ts';
import { type ErrorRequest, supportBehind } from './listed-error.ts';
import { ListedGroups } from './listed-groups.ts';
import { type EstimateError, estimateOf, noParts, unbounded } from './make-estimate.ts';
import { groupScope, type Scope, wholeScope } from './scope.ts';

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
  /** By interval: what the strata contribute to it in each group. */
  private readonly tables: ContributionTable[] = [];
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
      if (isExact(prepared, this.scopeOf(prepared, group))) continue;
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
    if (this.mayTakeLong(interval)) return finish(this.estimateInPieces(group, interval, confidence));
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    const table = (this.tables[interval] ??= new ContributionTable(this.moments.cellCount));
    return estimateOutput(this.at(confidence), prepared, group, this.scopeOf(prepared, group), table);
  }

  /** Whether one of the query's intervals is made from values in their order. */
  mayTakeLong(interval: number): boolean {
    return this.listed !== null && isListed(this.intervals[interval]!); // a place among the query's intervals
  }

  /** An estimate that may take long, piece by piece. */
  *estimateInPieces(group: MetGroup, interval: number, confidence: number): Pieces<GroupEstimate> {
    if (this.listed === null || !this.mayTakeLong(interval))
      return this.estimateAt(group, interval, confidence);
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    return yield* estimateListed(this.at(confidence), prepared, group, this.scopeOf(prepared, group), this.listed); // prettier-ignore
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
