import { everyInPieces, itemsOf, mapInPieces, type Pieces } from '../common/index.ts';
import {
  type Condition,
  type GroupReach,
  type MissingGroups,
  openReach,
  outcomesOf,
  readCondition,
  readSide,
  type Side,
} from '../estimator/index.ts';
import {
  type AggregateQuery,
  aggregateSlotsOf,
  type BoundExpression,
  contains,
  expressionKey,
  type QueryOrder,
  type Scalar,
  tryEvaluate,
} from '../plan/index.ts';
import { type ChosenRows, compareInOrder } from './answer-rows.ts';
import type { RowMark } from './contract.ts';

/** Rows that are judged without a pause: intervals of some may have to be made. */
const rowsAtOnce = 128;

/** How sure it is that the rows of an answer are the right ones, where estimates chose them. */
export interface Choice {
  /** One a row. */
  readonly marks: readonly RowMark[];
  /** Groups that HAVING left out although their intervals leave it open; null: it does not go by estimates. */
  readonly droppedUncertain: number | null;
  /** `rankCertain` also allows for groups that the sample may have missed; null: no rank is judged. */
  readonly coversMissingGroups: boolean | null;
}

/** Where a value may stand in the order at most: on a value (NULL included), or at an end that nothing is known to be beyond. */
type Bound = 'first' | 'last' | { readonly value: Scalar };

/** The earliest or the latest place that a group may truly have in the order: a bound for each item of ORDER BY. */
type OrderPlace = readonly Bound[];

/** Tells by intervals how sure the choice of rows is that HAVING and ORDER BY … LIMIT made by point values. */
export class ChoiceJudge {
  /** null: HAVING does not go by estimates. */
  private readonly condition: Condition | null;
  private readonly order: readonly JudgedOrder[];
  /** The query's intervals that it looks at. */
  readonly intervals: readonly number[];
  /** Estimates have no part in the choice. */
  readonly isIdle: boolean;

  constructor(private readonly query: AggregateQuery) {
    const { intervals, having, orderBy, limit, offset } = query;
    const places = new Map(intervals.map((expression, place) => [expressionKey(expression), place]));
    const used = new Set<number>();
    const placeOf = (expression: BoundExpression): number | undefined => {
      const place = places.get(expressionKey(expression));
      if (place !== undefined) used.add(place);
      return place;
    };
    const goesByEstimates = having !== null && aggregateSlotsOf(having).length > 0;
    this.condition = goesByEstimates ? readCondition(having, placeOf) : null;
    const cuts = limit !== null || offset > 0;
    this.order = (cuts ? orderBy : []).map((item) => ({ item, side: readSide(item.expression, placeOf) }));
    this.isIdle = this.condition === null && this.order.every(({ side }) => side.kind === 'plain');
    this.intervals = [...used];
  }

  /**
   * The marks are right wherever in its interval each true value lies.
   * @param reachOf what is known of a group's true values
   * @param missing bounds on the groups that the sample may have missed
   */
  *judge<Row>(
    chosen: ChosenRows<Row>,
    reachOf: (row: Row) => GroupReach,
    missing: MissingGroups,
  ): Pieces<Choice> {
    const { condition } = this;
    const isSurelyKept = (row: Row): boolean => {
      if (condition === null) return true;
      const outcomes = outcomesOf(condition, reachOf(row));
      return !outcomes.false && !outcomes.null;
    };
    const mayBeKept = (reach: GroupReach): boolean => condition === null || outcomesOf(condition, reach).true;
    const kept = yield* mapInPieces(chosen.shown, isSurelyKept, rowsAtOnce);
    const mayBe = yield* mapInPieces(chosen.dropped, (row) => mayBeKept(reachOf(row)), rowsAtOnce);
    const dropped = itemsOf(chosen.dropped).filter((_, place) => mayBe[place]);
    const shown = itemsOf(chosen.shown);
    const unseen = missing.groupRowsMax > 0 ? this.unseenReach(missing.groupRowsMax) : null;
    const ranks = yield* this.judgeRanks(
      {
        shown: shown.map(reachOf),
        before: itemsOf(chosen.before).map(reachOf),
        rest: [...itemsOf(chosen.after), ...dropped].map(reachOf),
        unseen: unseen !== null && mayBeKept(unseen) ? { reach: unseen, count: missing.rowsMax } : null,
      },
      kept,
      yield* everyInPieces(chosen.before, isSurelyKept, rowsAtOnce),
    );
    return {
      marks: shown.map((_, place) => ({
        havingCertain: condition === null ? null : kept[place]!,
        rankCertain: ranks === null ? null : ranks.certain[place]!,
      })), // one entry a row
      droppedUncertain: condition === null ? null : dropped.length,
      coversMissingGroups: ranks?.coversMissing ?? null,
    };
  }

  /** null where nothing is cut off, or in no order. */
  private *judgeRanks(
    { shown, before, rest, unseen }: Candidates,
    kept: readonly boolean[],
    beforeAreKept: boolean,
  ): Pieces<{ certain: boolean[]; coversMissing: boolean } | null> {
    const { limit, offset } = this.query;
    const mostRows = before.length + shown.length + rest.length + (unseen?.count ?? 0);
    const isCut = offset > 0 || (limit !== null && mostRows > limit);
    if (!isCut || this.order.length === 0) return null;
    const firstUnseen = unseen === null ? null : this.placeOf(unseen.reach, 'earliest');
    const coversMissing = firstUnseen === null || firstUnseen[0] !== 'first';
    const latestOf = (reach: GroupReach): OrderPlace => this.placeOf(reach, 'latest');
    const latest = yield* mapInPieces(shown, latestOf, rowsAtOnce);
    const surest = this.extreme(latest, -1);
    let next = coversMissing ? firstUnseen : null;
    const mayBeCertain = (reach: GroupReach): boolean => {
      // Intervals take time to make: none more is needed once no row is certain.
      if (next !== null && surest !== null && this.compare(surest, next) >= 0) return false;
      const place = this.placeOf(reach, 'earliest');
      if (next === null || this.compare(place, next) < 0) next = place;
      return true;
    };
    yield* everyInPieces(rest, mayBeCertain, rowsAtOnce);
    const previous = this.extreme(yield* mapInPieces(before, latestOf, rowsAtOnce), 1);
    const isCertain = (reach: GroupReach, row: number): boolean =>
      kept[row] === true &&
      (next === null || this.compare(latest[row]!, next) < 0) && // one place a row
      (previous === null || (beforeAreKept && this.compare(previous, this.placeOf(reach, 'earliest')) < 0));
    return { certain: yield* mapInPieces(shown, isCertain, rowsAtOnce), coversMissing };
  }

  /** The place that a group may have at the earliest, or at the latest. */
  private placeOf(reach: GroupReach, which: 'earliest' | 'latest'): OrderPlace {
    const edge = which === 'earliest' ? 'first' : 'last';
    return this.order.map(({ item, side }): Bound => {
      if (side.kind === 'plain') {
        const value = reach.value(side.expression);
        return value === undefined ? edge : { value };
      }
      const interval = side.kind === 'open' ? openReach : reach.interval(side.place);
      if (interval === null) return { value: null };
      const end = (which === 'earliest') === item.descending ? interval.high : interval.low;
      return interval.mayBeNull || !Number.isFinite(end) ? edge : { value: end };
    });
  }

  /** The first (−1) or last (1) of places; null of none. */
  private extreme(places: readonly OrderPlace[], sign: -1 | 1): OrderPlace | null {
    return places.reduce<OrderPlace | null>(
      (most, place) => (most === null || sign * this.compare(place, most) > 0 ? place : most),
      null,
    );
  }

  /** Item by item. Where it says that one latest place comes before an earliest one, no true values can be the other way round. */
  private compare(a: OrderPlace, b: OrderPlace): number {
    for (const [place, { item }] of this.order.entries()) {
      const compared = compareBounds(a[place]!, b[place]!, item); // one bound an item
      if (compared !== 0) return compared;
    }
    return 0;
  }

  /** What is known of a group that the sample missed: how many rows it may have. */
  private unseenReach(rowsMax: number): GroupReach {
    const { intervals, aggregates } = this.query;
    return {
      interval(place) {
        const expression = intervals[place]!; // a place among them
        const call =
          expression.kind === 'slot' && expression.slot === 'aggregate'
            ? aggregates[expression.index]
            : undefined;
        if (call?.name !== 'count') return openReach;
        const countsAll = call.arguments.length === 0 && call.filter === null;
        return { low: countsAll ? 1 : 0, high: rowsMax, mayBeNull: false };
      },
      value: (expression) =>
        contains(expression, ({ kind }) => kind === 'slot') ? undefined : tryEvaluate(expression, () => null),
    };
  }
}

/** An item of ORDER BY, and what is known of its expression. */
interface JudgedOrder {
  readonly item: QueryOrder;
  readonly side: Side;
}

/** The groups that compete for places, by what is known of them. */
interface Candidates {
  readonly shown: readonly GroupReach[];
  /** Skipped by OFFSET. */
  readonly before: readonly GroupReach[];
  /** Cut off by LIMIT, or dropped by HAVING although it may not be right. */
  readonly rest: readonly GroupReach[];
  /** Groups that the sample missed, at most so many; null: none would be in the answer. */
  readonly unseen: { readonly reach: GroupReach; readonly count: number } | null;
}

function compareBounds(a: Bound, b: Bound, order: QueryOrder): number {
  if (a === b) return 0;
  if (a === 'first' || b === 'last') return -1;
  if (a === 'last' || b === 'first') return 1;
  return compareInOrder(a.value, b.value, order);
}
