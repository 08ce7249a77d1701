import type { CatalogSnapshot } from '../catalog/index.ts';
import type { Clock } from '../common/index.ts';
import type { SelectStatement } from '../parser/index.ts';
import { columnsOf } from '../plan/index.ts';
import { analyseQuery } from './aggregate-query.ts';
import { BindContext } from './bind/context.ts';
import { QueryBinder } from './bind/bind-query.ts';
import { resolveBounds } from './bounds.ts';
import { knownTables, queryColumnSet } from './plan-select.ts';

/** What a query asks of its table, where samples may answer it: for choosing which to keep. */
export interface AskedColumns {
  readonly table: string;
  /** Its query column set, in the table's letter case, sorted. */
  readonly columns: readonly string[];
  /** Columns that it sums up or averages. */
  readonly measures: readonly string[];
  /** The relative error that it allows; null: none is asked. */
  readonly error: { readonly bound: number; readonly confidence: number } | null;
}

/** Aggregates whose error grows with how their column varies. */
const summing: readonly string[] = ['sum', 'avg'];

/**
 * What a query asks of its table, whether or not it has samples; null: it is not for samples. Placeholders count as NULL: their values
 * do not change which columns are asked for.
 * @throws QueryError where the query does not fit the catalog
 */
export function askedColumns(
  statement: SelectStatement,
  snapshot: CatalogSnapshot,
  clock: Clock,
): AskedColumns | null {
  if (statement.exact) return null;
  const context = new BindContext(knownTables(snapshot), null, clock);
  const analysis = analyseQuery(new QueryBinder(context).bindQuery(statement.query, null));
  if (analysis.kind === 'other' || analysis.samplingRefusal !== null) return null;
  const { query } = analysis;
  // Different values are counted from samples of keys.
  if (query.aggregates.some(({ distinct }) => distinct)) return null;
  const { error, confidence } = resolveBounds(statement.bounds);
  const summed = query.aggregates.filter(({ name }) => summing.includes(name));
  return {
    table: query.table,
    columns: [...queryColumnSet(query)].sort(),
    measures: summed.flatMap((call) => call.arguments.flatMap(columnsOf).map(({ name }) => name)),
    error: error?.relative === true ? { bound: error.bound, confidence } : null,
  };
}
