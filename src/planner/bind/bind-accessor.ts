import { QueryError } from '../../common/index.ts';
import type { Call } from '../../parser/index.ts';
import {
  type AccessorCall,
  type AccessorName,
  booleanType,
  contains,
  doubleType,
  formatType,
  isNumeric,
  isOpaque,
} from '../../plan/index.ts';
import type { ExpressionBinder } from './bind-expression.ts';
import { mismatch } from './literals.ts';

/**
 * An accessor of an aggregate's interval, such as `LOWER_BOUND(AVG(x))`.
 * @throws QueryError INVALID_AGGREGATE where it is not given one aggregate, or an expression over some, or stands where none may
 */
export function bindAccessor(name: AccessorName, call: Call, binder: ExpressionBinder): AccessorCall {
  const shown = name.toUpperCase();
  const { span } = call;
  const { place } = binder;
  const invalid = (message: string, hint?: string): QueryError =>
    new QueryError('INVALID_AGGREGATE', message, { span, hint });
  if (!place.aggregates) {
    const filterHint = place.clause === 'WHERE' ? 'filter on aggregates with HAVING' : undefined;
    throw invalid(`${place.clause} cannot hold ${shown}, which speaks of an aggregate`, filterHint);
  }
  if (call.over !== null || call.distinct || call.filter !== null || call.orderBy.length > 0 || call.star) {
    throw invalid(
      `${shown} is no aggregate: DISTINCT, FILTER, ORDER BY, OVER and * do not apply to it`,
      `they belong inside, for example ${shown}(COUNT(*) FILTER (WHERE …))`,
    );
  }
  const [argument] = call.arguments;
  if (argument === undefined || call.arguments.length > 1)
    throw mismatch(`${shown} takes 1 argument, found ${call.arguments.length}`, span);
  const operand = binder.within({ clause: `${shown}(…)`, aggregates: true, windows: false }).bind(argument);
  if (contains(operand, ({ kind }) => kind === 'accessor'))
    throw invalid(`${shown} takes an aggregate, not what is said of one's interval`);
  if (!contains(operand, ({ kind }) => kind === 'aggregate')) {
    throw new QueryError(
      'INVALID_AGGREGATE',
      `${shown} needs an aggregate, or an expression over aggregates`,
      {
        span: operand.span,
        hint: `for example ${shown}(AVG(x))`,
      },
    );
  }
  const { type } = operand;
  if (name !== 'certified' && !isNumeric(type) && !isOpaque(type))
    throw mismatch(`${shown} takes a number, found a ${formatType(type)}`, operand.span);
  return { kind: 'accessor', name, operand, type: name === 'certified' ? booleanType : doubleType, span };
}
