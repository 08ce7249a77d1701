import { formatType, type OutputColumn } from '../../plan/index.ts';
import type { Control } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteText } from './print-literal.ts';
import { extremeOrdinal, type ValueRange } from './quick-statistics.ts';
import { readResult } from './read-values.ts';
import { ordinal } from './strata-statistics.ts';

/**
 * The ranges of a Parquet file's columns as its footer tells them, which DuckDB itself trusts; null: it does not tell, or the column has
 * no values, or such as are no finite numbers.
 */
export async function readRanges(
  database: LockedDatabase,
  path: string,
  columns: readonly OutputColumn[],
  control: Control,
): Promise<(ValueRange | null)[]> {
  const asked = columns.filter(({ name, type }) => ordinal(name, type) !== null);
  if (asked.length === 0) return columns.map(() => null);
  const statistics = asked.flatMap((column) => {
    const { name, type } = column;
    const own = `path_in_schema = ${quoteText(name)}`;
    const [least, greatest] = ['min', 'max'].map(
      (end) => `TRY_CAST(stats_${end}_value AS ${formatType(type)})`,
    );
    const isTold = `${least} IS NOT NULL AND ${greatest} IS NOT NULL AND min_is_exact IS NOT FALSE AND max_is_exact IS NOT FALSE`;
    return [
      // A row group without values has none to tell.
      `count(*) FILTER (WHERE ${own} AND (stats_null_count = num_values OR (${isTold}))) = count(*) FILTER (WHERE column_id = 0)`,
      extremeOrdinal(`(min(${least}) FILTER (WHERE ${own}))`, type),
      extremeOrdinal(`(max(${greatest}) FILTER (WHERE ${own}))`, type),
    ];
  });
  const sql = `SELECT ${statistics.join(', ')} FROM parquet_metadata([${quoteText(path)}])`;
  const { values } = await database.query(sql, readResult, control);
  const ranges = asked.map(({ name }, place): [string, ValueRange | null] => {
    const [isTold, low, high] = [0, 1, 2].map((each) => values[3 * place + each]?.[0] ?? null);
    const isRange = isTold === true && [low, high].every((end) => Number.isFinite(end));
    return [name, isRange ? { low: low as number, high: high as number } : null]; // finite, so both are numbers
  });
  const byName = new Map(ranges);
  return columns.map(({ name }) => byName.get(name) ?? null);
}
