import { QueryError } from '../common/index.ts';
import { type AggregateQuery, type BoundExpression, doubleType, rewrite } from '../plan/index.ts';
import { callScalar } from './bind/build.ts';

/**
 * The query as it is over estimates: an estimated count is no whole number, so aggregates are DOUBLE in HAVING, ORDER BY and
 * outputs, and what is made from them is typed anew.
 * @returns null where some function takes no DOUBLE
 */
export function asEstimates(query: AggregateQuery): AggregateQuery | null {
  try {
    return {
      ...query,
      intervals: query.intervals.map(retype),
      outputs: query.outputs.map((output) => ({ ...output, expression: retype(output.expression) })),
      having: query.having === null ? null : retype(query.having),
      orderBy: query.orderBy.map((order) => ({ ...order, expression: retype(order.expression) })),
    };
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

function retype(expression: BoundExpression): BoundExpression {
  return rewrite(expression, (node) => {
    if (node.kind === 'slot') return node.slot === 'aggregate' ? { ...node, type: doubleType } : node;
    return node.kind === 'function' ? callScalar(node.name, node.arguments.map(retype), node.span) : null;
  });
}
