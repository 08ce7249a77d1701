import { QueryError } from '../../common/index.ts';
import type { Call, FrameEnd, OrderItem, Window } from '../../parser/index.ts';
import {
  accessorNames,
  type AggregateCall,
  aggregateNames,
  type BoundExpression,
  type BoundFrame,
  type BoundFrameEnd,
  type BoundOrder,
  callableFunctionNames,
  describeTypes,
  findAccessor,
  findAggregate,
  findScalarFunction,
  type SqlType,
  windowFunctions,
} from '../../plan/index.ts';
import { bindAccessor } from './bind-accessor.ts';
import type { ExpressionBinder } from './bind-expression.ts';
import { callScalar, unknownFunction } from './build.ts';
import { currentTime } from './current-time.ts';
import { mismatch } from './literals.ts';

const invalid = (message: string, { span }: Call, hint?: string): QueryError =>
  new QueryError('INVALID_AGGREGATE', message, { span, hint });

/** A call: of an aggregate, a window function or a scalar function. */
export function bindCall(call: Call, binder: ExpressionBinder): BoundExpression {
  const name = call.name.name.toLowerCase();
  const accessor = findAccessor(name);
  if (accessor !== undefined) return bindAccessor(accessor, call, binder);
  const aggregate = findAggregate(name);
  if (call.over !== null) return bindWindow(call, call.over, name, binder);
  if (aggregate !== undefined) return bindAggregate(call, binder);
  if (windowFunctions.has(name)) throw invalid(`${name.toUpperCase()} needs OVER (…)`, call);
  if (call.distinct || call.filter !== null || call.orderBy.length > 0 || call.star) {
    const definition = findScalarFunction(name);
    if (definition !== undefined)
      throw invalid(
        `${name.toUpperCase()} is no aggregate: DISTINCT, FILTER, ORDER BY and * do not apply to it`,
        call,
      );
  }
  const constant = call.arguments.length === 0 ? currentTime(name, binder.context, call.span) : null;
  if (constant !== null) return constant;
  const definition = findScalarFunction(name);
  if (definition === undefined || definition.syntaxOnly === true) {
    throw unknownFunction(name, call.name.span, [
      ...callableFunctionNames,
      ...aggregateNames,
      ...windowFunctions.keys(),
      ...accessorNames,
    ]);
  }
  return callScalar(definition.name, call.arguments.map((argument) => binder.bind(argument)), call.span); // prettier-ignore
}

/** The bound arguments of an aggregate and its type; `COUNT(*)` and `COUNT()` have no argument. */
function aggregateParts(
  call: Call,
  binder: ExpressionBinder,
): Pick<AggregateCall, 'name' | 'arguments' | 'distinct' | 'filter' | 'type'> {
  const definition = findAggregate(call.name.name.toLowerCase())!; // looked up by the caller
  const inside = binder.within({
    clause: `${definition.name.toUpperCase()}(…)`,
    aggregates: false,
    windows: false,
  });
  if (call.star && definition.name !== 'count')
    throw invalid(`${definition.name.toUpperCase()}(*) does not exist: only COUNT takes *`, call);
  const args = call.arguments.map((argument) => inside.bind(argument));
  const [least, most] = definition.arity;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    throw mismatch(
      `${definition.name.toUpperCase()} takes ${wanted} argument${most === 1 ? '' : 's'}, found ${args.length}`,
      call.span,
    );
  }
  const type = definition.result(args);
  if (type === null)
    throw mismatch(
      `${definition.name.toUpperCase()} takes ${definition.takes}, found ${describeTypes(args)}`,
      call.span,
    );
  const filter =
    call.filter === null
      ? null
      : inside.within({ ...inside.place, clause: 'FILTER' }).bindCondition(call.filter);
  if (call.distinct && args.length === 0)
    throw invalid('COUNT(DISTINCT *) does not exist: name a column', call);
  return { name: definition.name, arguments: args, distinct: call.distinct, filter, type };
}

function bindAggregate(call: Call, binder: ExpressionBinder): AggregateCall {
  const { place } = binder;
  if (!place.aggregates) {
    const nested = place.clause.endsWith('(…)')
      ? 'aggregates cannot be nested'
      : `${place.clause} cannot hold an aggregate`;
    throw invalid(nested, call, place.clause === 'WHERE' ? 'filter on aggregates with HAVING' : undefined);
  }
  const inside = binder.within({ clause: 'ORDER BY', aggregates: false, windows: false });
  return {
    kind: 'aggregate',
    ...aggregateParts(call, binder),
    orderBy: bindOrder(call.orderBy, inside),
    span: call.span,
  };
}

/** ORDER BY inside a call or a window: expressions only. */
function bindOrder(items: readonly OrderItem[], binder: ExpressionBinder): BoundOrder[] {
  return items.map(({ expression, descending, nulls }) => ({
    by: binder.bind(expression),
    descending,
    nulls: nulls ?? 'last',
  }));
}

function bindWindow(call: Call, over: Window, name: string, binder: ExpressionBinder): BoundExpression {
  if (!binder.place.windows) throw invalid(`${binder.place.clause} cannot hold a window function`, call);
  // Inside a window aggregates of the query may stand, windows may not.
  const inside = binder.within({ ...binder.place, clause: 'OVER (…)', windows: false });
  const parts =
    findAggregate(name) === undefined ? windowParts(call, name, inside) : aggregateParts(call, inside);
  return {
    kind: 'window',
    ...parts,
    partitionBy: over.partitionBy.map((key) => inside.bind(key)),
    orderBy: bindOrder(over.orderBy, inside),
    frame: over.frame === null ? null : bindFrame(over.frame, inside),
    span: call.span,
  };
}

function windowParts(
  call: Call,
  name: string,
  binder: ExpressionBinder,
): { name: string; arguments: readonly BoundExpression[]; distinct: boolean; filter: null; type: SqlType } {
  const typeOf = windowFunctions.get(name);
  if (typeOf === undefined)
    throw unknownFunction(name, call.name.span, [...windowFunctions.keys(), ...aggregateNames]);
  const args = call.arguments.map((argument) => binder.bind(argument));
  const type = typeOf(args);
  if (type === null) throw mismatch(`${name.toUpperCase()} needs an argument`, call.span);
  return { name, arguments: args, distinct: false, filter: null, type };
}

function bindFrame(frame: NonNullable<Window['frame']>, binder: ExpressionBinder): BoundFrame {
  const side = (end: FrameEnd): BoundFrameEnd =>
    'offset' in end ? { kind: end.kind, offset: binder.bind(end.offset) } : end;
  return { unit: frame.unit, start: side(frame.start), end: frame.end === null ? null : side(frame.end) };
}
