import { finish, itemsOf, type List, type Pieces, piecewise } from '../common/index.ts';
import { aggregateFunction, isOrdered, type Moments, toDouble, tryEvaluate } from '../plan/index.ts';
import { valuesAtOnce } from './chebyshev.ts';
import { ContributionTable } from './contribution-table.ts';
import { EstimateColumns } from './estimate-columns.ts';
import { draftOutput, estimateListed, type EstimateRequest, type GroupEstimate } from './estimate-output.ts';
import { type CellRange, groupStarts, matchedRows, openSupportOf } from './group-totals.ts';
import { isListed, type PreparedOutput, prepareOutputs } from './prepared-output.ts';
import { IntervalEnds } from './interval-ends.ts';
import { type ErrorRequest, supportBehind } from './listed-error.ts';
import { ListedGroups } from './listed-groups.ts';
import { type EstimateError, estimateOf, noParts, unbounded } from './make-estimate.ts';
import { GroupLot, type GroupsMet, listedGroup, type MetGroup, MetGroups } from './met-group.ts';
import { PointColumns } from './point-columns.ts';
import { groupScope, hasOpenCells, type Scope, ScopeRoom, wholeScope } from './scope.ts';

/** Room for ends by the places of intervals. It serves all estimators in turn. */
const rooms: IntervalEnds[] = [];

function endsOf(interval: number): IntervalEnds {
  return (rooms[interval] ??= new IntervalEnds());
}

/** The groups that are estimated together: it serves all estimators in turn. */
const lot = new GroupLot(valuesAtOnce);

/** Groups that are met without a pause. */
const groupsAtOnce = 1024;

/**
 * Estimates a query's outputs from moments: first all groups with their point values, then intervals for those that are shown.
 * @see section 6 of the design: smooth functions of totals, Taylor linearisation, t intervals with fpc
 */
export class GroupEstimator {
  readonly moments: Moments;
  private readonly whole: Scope;
  private readonly intervals: readonly PreparedOutput[];
  private readonly listed: ListedGroups | null;
  /** Of a group that has strata of its own: of use until another one is asked for. */
  private readonly room = new ScopeRoom();
  /** By interval: what the strata contribute to it in each group. */
  private readonly tables: ContributionTable[] = [];
  private readonly points: (PointColumns | null)[];
  private readonly met: GroupsMet;
  private leveled: (EstimateRequest & ErrorRequest) | null = null;

  constructor(private readonly request: EstimateRequest) {
    this.moments = request.moments;
    this.whole = wholeScope(request.moments);
    this.intervals = prepareOutputs(request.query, request.aggregateTotals, request.moments);
    this.points = this.intervals.map((prepared, place) => {
      const { inner } = prepared;
      return inner.kind === 'slot' && inner.slot === 'aggregate' ? new PointColumns(prepared, inner.index, place) : null; // prettier-ignore
    });
    const listed = request.listed ?? null;
    this.listed = listed === null ? null : new ListedGroups(listed, request.moments);
    const { query, aggregateTotals, moments } = request;
    const { isComplete } = this.whole;
    this.met = {
      query,
      aggregateTotals,
      moments,
      listed: this.listed,
      starts: groupStarts(moments),
      isComplete,
      last: { group: -1, totals: [] },
    };
  }

  /** How many intervals the query has. */
  get intervalCount(): number {
    return this.intervals.length;
  }

  /** The groups in the order of the moments. */
  meet(): MetGroup[] {
    return itemsOf(finish(this.meetInPieces()));
  }

  /** The same in pieces; putting values in order may take long. */
  *meetInPieces(): Pieces<MetGroups> {
    const { keys } = this.request.query;
    const { met, listed, moments } = this;
    const places = new Int32Array(moments.groupCount);
    let count = 0;
    const meet = (from: number, to: number): void => {
      for (let group = from; group < to; group++) {
        const cells = this.cellsOf(group);
        // A stratum's group without a match may not exist; without GROUP BY there is always one row.
        if (keys.length === 0 || matchedRows(moments, cells) > 0) places[count++] = group;
      }
    };
    yield* piecewise(moments.groupCount, meet, groupsAtOnce);
    const own = places.subarray(0, count);
    if (listed === null) return new MetGroups(met, own, null);
    const groups: MetGroup[] = [];
    for (const group of own) {
      yield* this.putInOrder(group, listed);
      groups.push(listedGroup(met, group, this.cellsOf(group)));
      yield;
    }
    return new MetGroups(met, own, groups);
  }

  private cellsOf(group: number): CellRange {
    const { starts } = this.met;
    return { from: starts[group]!, to: starts[group + 1]! }; // one more start than groups
  }

  /** Puts the values in order that aggregates of a group are made from. */
  private *putInOrder(group: number, listed: ListedGroups): Pieces<void> {
    const { query, aggregateTotals } = this.request;
    for (const [aggregate, { name }] of query.aggregates.entries()) {
      if (!isOrdered(aggregateFunction(name))) continue;
      yield* listed.inOrder(group, aggregateTotals[aggregate]!.measures[0]!); // it has one measure
    }
  }

  /** Fewest rows of the sample, but for strata read whole, behind an estimate that outputs show; infinite where all are exact. */
  leastSupport(group: MetGroup): number {
    const { moments, intervals } = this;
    let least = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.request.query.shownIntervals; place++) {
      const prepared = intervals[place]!; // a place among the query's intervals
      if (this.isExactOf(prepared, group)) continue;
      least = Math.min(least, openSupportOf(moments, prepared, group.cells));
    }
    return least;
  }

  /** See {@link isExact}; without the group's scope, for it is asked of all groups. */
  private isExactOf(prepared: PreparedOutput, { cells }: MetGroup): boolean {
    const { moments, whole } = this;
    if (prepared.isConstant) return true;
    if (this.listed !== null && isListed(prepared)) return this.listed.scopeOf(cells).isComplete;
    return moments.groupsByStratum ? !hasOpenCells(moments, cells) : whole.isComplete;
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
    const ends = endsOf(interval);
    ends.begin();
    const scope = this.scopeOf(prepared, group);
    const points = this.points[interval]!; // a place among the query's intervals
    const draft = draftOutput(this.at(confidence), prepared, group, scope, this.tableOf(interval), points, -1, ends); // prettier-ignore
    ends.make(confidence, (_, low, high) => draft.setEnds(low, high));
    return draft.taken(prepared, group.cells, confidence);
  }

  /**
   * Puts the estimates of groups [from, to) of a list, at most 256, into the columns of the query's intervals, unless they are there.
   * @param intervals places among the query's intervals, none of which takes long
   * @returns how many were not there
   */
  putSome(
    groups: List<MetGroup>,
    from: number,
    to: number,
    intervals: readonly number[],
    columns: readonly (EstimateColumns | undefined)[],
    confidence: number,
  ): number {
    if (from === to) return 0;
    lot.take(groups, from, to);
    if (this.moments.groupsByStratum) lot.findScopes(this.moments);
    let made = 0;
    for (const interval of intervals) made += this.putLot(interval, columns[interval]!, confidence); // there is room for them
    lot.letGo();
    return made;
  }

  /** The same of the groups of the lot, of one interval. */
  private putLot(interval: number, columns: EstimateColumns, confidence: number): number {
    const { whole, moments } = this;
    const { first, count, groups, scopes } = lot;
    const prepared = this.intervals[interval]!; // a place among the query's intervals, here and below
    const points = this.points[interval]!;
    const table = this.tableOf(interval);
    const ends = endsOf(interval);
    const request = this.at(confidence);
    points?.find(lot);
    ends.begin();
    let made = 0;
    for (let place = 0; place < count; place++) {
      const group = groups[place]!; // place < count, here and below
      if (columns.isMade(group.group)) continue;
      const scope = moments.groupsByStratum ? scopes[place]!.scope : whole;
      const draft = draftOutput(request, prepared, group, scope, table, points, first + place, ends);
      columns.putDraft(group.group, draft);
      made++;
    }
    ends.make(confidence, (group, low, high) => columns.putEnds(group, low, high));
    return made;
  }

  private tableOf(interval: number): ContributionTable {
    return (this.tables[interval] ??= new ContributionTable(this.moments.cellCount));
  }

  /** Whether one of the query's intervals is made from values in their order. */
  mayTakeLong(interval: number): boolean {
    return this.listed !== null && isListed(this.intervals[interval]!); // a place among the query's intervals
  }

  /** Room for the estimates of one of the query's intervals. */
  columnsFor(interval: number, confidence: number): EstimateColumns {
    return new EstimateColumns(this.intervals[interval]!, confidence, this.met.starts); // a place among the query's intervals
  }

  /** An estimate that may take long, piece by piece. */
  *estimateInPieces(group: MetGroup, interval: number, confidence: number): Pieces<GroupEstimate> {
    if (this.listed === null || !this.mayTakeLong(interval))
      return this.estimateAt(group, interval, confidence);
    const prepared = this.intervals[interval]!; // a place among the query's intervals
    return yield* estimateListed(this.at(confidence), prepared, group, this.scopeOf(prepared, group), this.listed, this.points[interval]!); // prettier-ignore
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
      this.leveled = { resampled, ...this.request, confidence };
    }
    return this.leveled;
  }

  private scopeOf(prepared: PreparedOutput, met: MetGroup): Scope {
    if (isListed(prepared) && this.listed !== null) return this.listed.scopeOf(met.cells);
    if (!this.moments.groupsByStratum) return this.whole;
    return groupScope(this.moments, met.cells, this.room);
  }
}
