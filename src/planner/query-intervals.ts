import { comparedIn, smoothRefusal } from '../estimator/index.ts';
import {
  type AccessorName,
  aggregateSlotsOf,
  type BoundExpression,
  expressionKey,
  type QueryAccessor,
  type QueryOrder,
} from '../plan/index.ts';

/** Collects the expressions of which a query needs intervals, and what its accessors say of them, each once. */
export class QueryIntervals {
  readonly expressions: BoundExpression[] = [];
  readonly accessors: QueryAccessor[] = [];
  private readonly places = new Map<string, number>();

  /** The place of an expression over slots among those with an interval. */
  place(expression: BoundExpression): number {
    const key = expressionKey(expression);
    const place = this.places.get(key) ?? this.expressions.push(expression) - 1;
    this.places.set(key, place);
    return place;
  }

  /** The place of an accessor. */
  placeAccessor(name: AccessorName, operand: BoundExpression): number {
    const interval = this.place(operand);
    const known = this.accessors.findIndex((each) => each.name === name && each.interval === interval);
    return known < 0 ? this.accessors.push({ name, interval }) - 1 : known;
  }

  /** What groups are chosen by: how sure the choice is, their intervals tell. What has none leaves it open. */
  placeChoice(having: BoundExpression | null, orderBy: readonly QueryOrder[]): void {
    const compared = having === null ? [] : comparedIn(having);
    for (const expression of [...compared, ...orderBy.map((order) => order.expression)])
      if (aggregateSlotsOf(expression).length > 0 && smoothRefusal(expression) === null)
        this.place(expression);
  }
}
