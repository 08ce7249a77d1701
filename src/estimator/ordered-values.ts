import {
  aggregateFunction,
  type AggregateQuery,
  aggregateSlotsOf,
  type AggregateTotals,
  type BoundExpression,
  isOrdered,
  type QuantileDefinition,
  quantileOf,
  type SqlType,
} from '../plan/index.ts';
import type { ValueSource } from './listed-groups.ts';
import { withoutRounding } from './smooth.ts';

/** A quantile that a query asks for. */
export interface AskedQuantile {
  readonly measure: number;
  readonly share: number;
  readonly definition: QuantileDefinition;
  readonly type: SqlType;
}

/** The quantile that an aggregate of the query is; null where it is none. */
function askedQuantile(
  { aggregates }: AggregateQuery,
  aggregateTotals: readonly AggregateTotals[],
  aggregate: number,
): AskedQuantile | null {
  const call = aggregates[aggregate]!; // a place of aggregates
  const { quantile: definition } = aggregateFunction(call.name);
  const share = definition?.share(call.arguments);
  if (definition === undefined || share === undefined || share === null) return null;
  return { measure: aggregateTotals[aggregate]!.measures[0]!, share, definition, type: call.type }; // a quantile has one measure
}

/** The quantile that an output shows, as it stands or rounded; null where it shows something else. */
export function shownQuantile(
  query: AggregateQuery,
  aggregateTotals: readonly AggregateTotals[],
  expression: BoundExpression,
): AskedQuantile | null {
  const { inner } = withoutRounding(expression);
  return inner.kind === 'slot' && inner.slot === 'aggregate'
    ? askedQuantile(query, aggregateTotals, inner.index)
    : null;
}

/** Whether an output is made from values in their order, and is no quantile as it stands: its error can only be resampled. */
export function isResampled({ aggregates }: AggregateQuery, expression: BoundExpression): boolean {
  const { inner } = withoutRounding(expression);
  const used = aggregateSlotsOf(expression).map((index) => aggregateFunction(aggregates[index]!.name)); // a slot's aggregate
  const isQuantile = inner.kind === 'slot' && used[0]?.quantile !== undefined;
  return !isQuantile && used.some(isOrdered);
}

/**
 * The value of an aggregate that is made from values in their order.
 * @returns undefined where it is made from totals, null where SQL has NULL
 */
export function orderedValue(
  query: AggregateQuery,
  aggregateTotals: readonly AggregateTotals[],
  aggregate: number,
  source: ValueSource,
  group: number,
): number | null | undefined {
  const { name, type } = query.aggregates[aggregate]!; // a place of aggregates
  const definition = aggregateFunction(name);
  if (!isOrdered(definition)) return undefined;
  const weighted = source.valuesOf(group, aggregateTotals[aggregate]!.measures[0]!); // it has one measure
  if (definition.ordered !== undefined) return definition.ordered(weighted, type);
  const asked = askedQuantile(query, aggregateTotals, aggregate);
  return asked === null ? null : quantileOf(weighted, asked.share, asked.definition, type);
}
