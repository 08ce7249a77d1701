import type { AggregateQuery, AggregateTotals, Moments } from '../plan/index.ts';
import { unseenRowsMax } from './count-interval.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { Scope } from './scope.ts';

/** What is asked, and what was read for it. */
export interface Asked {
  readonly query: AggregateQuery;
  readonly aggregateTotals: readonly AggregateTotals[];
  readonly moments: Moments;
  readonly confidence: number;
}

/** Whether the output is this aggregate as it stands, or rounded. */
export function isPlain(
  name: string,
  { aggregates }: AggregateQuery,
  { output, aggregates: [index] }: Pick<PreparedOutput, 'output' | 'aggregates'>,
): boolean {
  let { expression } = output;
  while (expression.kind === 'cast') expression = expression.operand;
  return expression.kind === 'slot' && index !== undefined && aggregates[index]!.name === name; // a slot of an aggregate
}

/** The ends of a sum, or of a count by keys, where no row read matches: as many rows as may have been missed, times the least and the greatest value. */
export function unseenSum(
  { query, aggregateTotals, moments, confidence }: Asked,
  prepared: PreparedOutput,
  scope: Scope,
): { low: number; high: number } | null {
  const isCount = isPlain('count', query, prepared);
  if (!isCount && !isPlain('sum', query, prepared)) return null;
  const [measure] = aggregateTotals[prepared.aggregates[0]!]!.measures; // a sum has one aggregate and one argument
  const { low, high } = isCount ? { low: 1, high: 1 } : moments.population[measure!]!;
  const rows = unseenRowsMax(scope, confidence) * (moments.keys?.rowsMax ?? 1);
  return Number.isFinite(low) && Number.isFinite(high)
    ? { low: Math.min(0, low) * rows, high: Math.max(0, high) * rows }
    : null;
}
