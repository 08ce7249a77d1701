import { formatType, type OutputColumn } from '../../plan/index.ts';
import type { Control } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteText } from './print-literal.ts';
import { extremeOrdinal, type ValueRange } from './quick-statistics.ts';
import { readResult } from './read-values.ts';
import { ordinal } from './strata-statistics.ts';

/** What the footers of Parquet files tell of a column, which DuckDB itself trusts. */
export interface ColumnFooter {
  /** Of one file; null: it does not tell, or the column has no values, or such as are no finite numbers. */
  readonly range: ValueRange | null;
  /** Whether every row has a value; false: one may have none. */
  readonly isComplete: boolean;
}

/**
 * What the footers tell of each column. Files that differ in their columns' types would have to be asked for ends one by one: of several
 * there are none.
 */
export async function readFooters(
  database: LockedDatabase,
  paths: readonly string[],
  columns: readonly OutputColumn[],
  control: Control,
): Promise<ColumnFooter[]> {
  const nothing = columns.map(() => ({ range: null, isComplete: false }));
  if (paths.length === 0 || columns.length === 0) return nothing;
  const facts = columns.flatMap((column) => {
    const own = `path_in_schema = ${quoteText(column.name)}`;
    const isComplete = `${ofAll(own)} AND ${ofAll(`${own} AND stats_null_count = 0`)}`;
    return [isComplete, ...(paths.length > 1 ? ['FALSE', 'NULL', 'NULL'] : rangeFacts(column, own))];
  });
  const sql = `SELECT ${facts.join(', ')} FROM parquet_metadata([${paths.map(quoteText).join(', ')}])`;
  const { values } = await database.query(sql, readResult, control);
  return columns.map((_, place) => {
    const [isComplete, isTold, low, high] = [0, 1, 2, 3].map((each) => values[4 * place + each]?.[0] ?? null);
    const isRange = isTold === true && [low, high].every((end) => Number.isFinite(end));
    const range = isRange ? { low: low as number, high: high as number } : null; // finite, so both are numbers
    return { range, isComplete: isComplete === true };
  });
}

/** Whether something holds of as many chunks of columns as there are row groups, each of which has one of a column, in SQL. */
const ofAll = (test: string): string =>
  `count(*) FILTER (WHERE ${test}) = count(*) FILTER (WHERE column_id = 0)`;

/** Whether all row groups tell a column's ends, and these, in SQL. @param own where a chunk is the column's */
function rangeFacts({ name, type }: OutputColumn, own: string): string[] {
  if (ordinal(name, type) === null) return ['FALSE', 'NULL', 'NULL'];
  const [least, greatest] = ['min', 'max'].map(
    (end) => `TRY_CAST(stats_${end}_value AS ${formatType(type)})`,
  );
  const isTold = `${least} IS NOT NULL AND ${greatest} IS NOT NULL AND min_is_exact IS NOT FALSE AND max_is_exact IS NOT FALSE`;
  const ends = [`(min(${least}) FILTER (WHERE ${own}))`, `(max(${greatest}) FILTER (WHERE ${own}))`];
  return [
    // A row group without values has none to tell.
    ofAll(`${own} AND (stats_null_count = num_values OR (${isTold}))`),
    ...ends.map((end) => extremeOrdinal(end, type)!), // of a type that has an order
  ];
}
