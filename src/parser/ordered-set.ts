import { QueryError, type Span } from '../common/index.ts';
import type { OrderItem } from './ast.ts';
import type { Call } from './expression.ts';

/** What may stand before `WITHIN GROUP (ORDER BY x)`, and what it is called where x is its first argument. */
const plainNames: ReadonlyMap<string, string> = new Map([
  ['percentile_cont', 'quantile_cont'],
  ['percentile_disc', 'quantile_disc'],
  ['mode', 'mode'],
]);

/**
 * The plain call that one with `WITHIN GROUP` stands for: `PERCENTILE_CONT(p) WITHIN GROUP (ORDER BY x)` is `quantile_cont(x, p)`.
 * @param items of the ORDER BY in it
 * @param span of the clause
 * @throws QueryError NOT_SUPPORTED behind other functions, SYNTAX where the order is not by one expression
 */
export function withinGroup(call: Call, items: readonly OrderItem[], span: Span): Call {
  const plain = plainNames.get(call.name.name.toLowerCase());
  if (plain === undefined || call.over !== null) {
    const behind = plain === undefined ? call.name.name : 'OVER';
    throw new QueryError('NOT_SUPPORTED', `WITHIN GROUP is not supported beside ${behind}`, {
      span,
      hint: 'write the order among the arguments: f(x ORDER BY y)',
    });
  }
  const [item, second] = items;
  if (item === undefined || second !== undefined || call.distinct || call.star || call.orderBy.length > 0) {
    throw new QueryError('SYNTAX', 'expected WITHIN GROUP to have the only order, by one expression', {
      span,
    });
  }
  return {
    ...call,
    name: { ...call.name, name: plain },
    arguments: [item.expression, ...call.arguments],
    // From above the share counts from there; where values are NULL they have no place.
    orderBy: item.descending ? [{ ...item, nulls: null }] : [],
  };
}
