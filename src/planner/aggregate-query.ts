import {
  type AggregateCall,
  aggregateFunction,
  type AggregateQuery,
  type BoundExpression,
  type BoundQuery,
  type BoundSelect,
  contains,
  expressionKey,
  isOrdered,
  isOutputOrder,
  type QuantileDefinition,
  type QueryOutput,
  rewrite,
  scalarFunction,
} from '../plan/index.ts';
import { smoothRefusal } from '../estimator/index.ts';
import { QueryIntervals } from './query-intervals.ts';

/** What a query is to samples and strata tables. */
export type Analysis =
  | {
      readonly kind: 'aggregate';
      readonly query: AggregateQuery;
      /** Why samples cannot estimate it (the strata table still may answer it); null where they can. */
      readonly samplingRefusal: string | null;
    }
  /** Only the source can answer it, and why. */
  | { readonly kind: 'other'; readonly reason: string };

const other = (reason: string): Analysis => ({ kind: 'other', reason });

/** Looks whether a query is one table, filtered, grouped and aggregated. */
export function analyseQuery(query: BoundQuery): Analysis {
  const { body } = query;
  if (query.commonTables.length > 0) return other('queries with WITH are answered exactly');
  if (body.kind !== 'select') return other('queries with UNION, INTERSECT or EXCEPT are answered exactly');
  const refusal = shapeRefusal(body);
  if (refusal !== null) return other(refusal);
  const aggregates = collectAggregates(query, body);
  if (aggregates.length === 0) return other('it has no aggregate to estimate');
  if (body.from?.kind !== 'table') return other('only queries over one table are sampled');
  const intervals = new QueryIntervals();
  const slots = new SlotRewriter(body.groupBy, aggregates, intervals);
  const outputs = body.items.map(({ name, expression }): QueryOutput => {
    const rewritten = slots.rewrite(expression);
    const isKey = !contains(rewritten, isGroupSlot);
    const interval = isKey || contains(rewritten, isAccessorSlot) ? null : intervals.place(rewritten);
    return { name, expression: rewritten, isKey, interval };
  });
  const shownIntervals = intervals.expressions.length;
  const having = body.having === null ? null : slots.rewrite(body.having);
  const orderBy = query.orderBy.map(({ by, descending, nulls }) => ({
    expression: isOutputOrder(by) ? outputs[by.output]!.expression : slots.rewrite(by), // the binder checked the place
    descending,
    nulls,
  }));
  intervals.placeChoice(having, query.limit === null && query.offset === 0 ? [] : orderBy);
  const aggregateQuery: AggregateQuery = {
    table: body.from.table,
    columns: body.from.columns,
    filter: conjunctsOf(body.where),
    keys: body.groupBy,
    aggregates,
    intervals: intervals.expressions,
    shownIntervals,
    accessors: intervals.accessors,
    outputs,
    having,
    orderBy,
    limit: query.limit,
    offset: query.offset,
  };
  const unevaluable = [
    ...outputs.filter(({ interval }) => interval === null).map(({ expression }) => expression),
    aggregateQuery.having,
    ...aggregateQuery.orderBy.map(({ expression }) => expression),
  ].find((expression) => expression !== null && !isEvaluable(expression));
  if (unevaluable !== undefined)
    return other('a function in its SELECT, HAVING or ORDER BY is left to the source');
  return { kind: 'aggregate', query: aggregateQuery, samplingRefusal: samplingRefusal(aggregateQuery) };
}

function shapeRefusal(select: BoundSelect): string | null {
  if (select.distinct) return 'SELECT DISTINCT is answered exactly';
  if (select.qualify !== null) return 'queries with QUALIFY are answered exactly';
  const expressions = [
    ...select.items.map(({ expression }) => expression),
    select.where,
    select.having,
    ...select.groupBy,
  ].filter((expression) => expression !== null);
  if (expressions.some((expression) => contains(expression, ({ kind }) => kind === 'window')))
    return 'window functions are answered exactly';
  if (expressions.some((expression) => contains(expression, ({ kind }) => kind === 'subquery')))
    return 'queries with subqueries are answered exactly';
  return null;
}

/** All aggregates of a query, each once. */
function collectAggregates(query: BoundQuery, select: BoundSelect): AggregateCall[] {
  const found = new Map<string, AggregateCall>();
  const visit = (expression: BoundExpression): void => {
    contains(expression, (node) => {
      if (node.kind === 'aggregate') found.set(expressionKey(node), node);
      return false;
    });
  };
  for (const { expression } of select.items) visit(expression);
  if (select.having !== null) visit(select.having);
  for (const { by } of query.orderBy) if (!isOutputOrder(by)) visit(by);
  return [...found.values()];
}

/** A slot of what is computed from a group's rows. */
const isGroupSlot = (expression: BoundExpression): boolean =>
  expression.kind === 'slot' && expression.slot !== 'key';
const isAccessorSlot = (expression: BoundExpression): boolean =>
  expression.kind === 'slot' && expression.slot === 'accessor';

/** Replaces keys, aggregates and accessors by their slots. */
class SlotRewriter {
  private readonly keys: ReadonlyMap<string, number>;
  private readonly aggregates: ReadonlyMap<string, number>;

  constructor(
    keys: readonly BoundExpression[],
    aggregates: readonly AggregateCall[],
    private readonly intervals: QueryIntervals,
  ) {
    this.keys = new Map(keys.map((key, index) => [expressionKey(key), index]));
    this.aggregates = new Map(aggregates.map((call, index) => [expressionKey(call), index]));
  }

  rewrite(expression: BoundExpression): BoundExpression {
    return rewrite(expression, (node) => {
      const { type, span } = node;
      const key = expressionKey(node);
      const aggregate = node.kind === 'aggregate' ? this.aggregates.get(key) : undefined;
      if (aggregate !== undefined) return { kind: 'slot', slot: 'aggregate', index: aggregate, type, span };
      if (node.kind === 'accessor') {
        const accessor = this.intervals.placeAccessor(node.name, this.rewrite(node.operand));
        return { kind: 'slot', slot: 'accessor', index: accessor, type, span };
      }
      const index = this.keys.get(key);
      return index === undefined ? null : { kind: 'slot', slot: 'key', index, type, span };
    });
  }
}

/** The conditions that a WHERE joins by AND. */
function conjunctsOf(where: BoundExpression | null): BoundExpression[] {
  if (where === null) return [];
  return where.kind === 'function' && where.name === 'and' ? where.arguments.flatMap(conjunctsOf) : [where];
}

/** Whether an expression over keys and aggregates can be computed here. */
function isEvaluable(expression: BoundExpression): boolean {
  return !contains(expression, (node) => {
    if (node.kind !== 'function') return false;
    const definition = scalarFunction(node.name);
    return definition.evaluate === undefined && definition.evaluateWithNulls === undefined;
  });
}

const summableKinds: readonly string[] = ['integer', 'decimal', 'float', 'double', 'boolean'];

/** Why samples cannot estimate the query; null where they can. */
function samplingRefusal({ aggregates, intervals }: AggregateQuery): string | null {
  for (const call of aggregates) {
    const name = call.name.toUpperCase();
    if (call.distinct && (call.name !== 'count' || call.arguments[0]!.kind !== 'column'))
      return `${name}(DISTINCT …) cannot be estimated with an interval yet`;
    const definition = aggregateFunction(call.name);
    if (isOrdered(definition)) {
      const refusal = orderedRefusal(call, definition.quantile);
      if (refusal !== null) return refusal;
      continue;
    }
    const { estimate } = definition;
    if (estimate === undefined) return `${name} cannot be estimated with an interval`;
    const summed = call.name !== 'count';
    if (summed && call.arguments.some(({ type }) => !summableKinds.includes(type.kind)))
      return `${name} of this type is answered exactly`;
  }
  for (const expression of intervals) {
    const refusal = smoothRefusal(expression);
    if (refusal !== null) return `an output cannot be estimated: ${refusal}`;
  }
  return null;
}

const orderedKinds: readonly string[] = ['integer', 'decimal', 'float', 'double'];

/** Why samples cannot estimate an aggregate of values in their order; null where they can. */
function orderedRefusal(call: AggregateCall, quantile: QuantileDefinition | undefined): string | null {
  const name = call.name.toUpperCase();
  const [argument] = call.arguments;
  if (argument === undefined || !orderedKinds.includes(argument.type.kind))
    return `${name} of this type is answered exactly`;
  // DuckDB turns the quantile around where the call says ORDER BY … DESC.
  if (call.orderBy.length > 0) return `${name} with ORDER BY is answered exactly`;
  return quantile?.share(call.arguments) === null
    ? `${name} is estimated where its share is a constant between 0 and 1`
    : null;
}
