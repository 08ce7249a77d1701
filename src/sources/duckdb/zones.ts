import type { ZoneColumn, Zones } from '../../common/index.ts';
import { parseDate, parseTimestamp, type SqlType, typeFromDuckDB } from '../../plan/index.ts';
import type { FileDescription } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteText } from './print-literal.ts';

/** A column whose row groups cover more of its range than this, on average, has no order that helps. */
const coveredMax = 0.5;

/** Row groups of a file as its footer describes them. */
interface RowGroups {
  readonly rows: number[];
  readonly columns: Map<string, { readonly low: number[]; readonly high: number[] }>;
}

/** The zone maps of Parquet files, from their footers, by path; none of files of one row group, or where no column has an order. */
export async function readZones(
  database: LockedDatabase,
  paths: readonly string[],
  columns: FileDescription['columns'],
): Promise<Map<string, Zones>> {
  const types = new Map(columns.map(({ name, type }) => [name, typeFromDuckDB(type)]));
  const found = new Map<string, RowGroups>();
  const statement = `
    SELECT file_name, row_group_id, row_group_num_rows, path_in_schema, stats_min_value, stats_max_value
    FROM parquet_metadata([${paths.map(quoteText).join(', ')}]) ORDER BY file_name, row_group_id`;
  const described = await database.query(statement, async (result) => await result.getRows());
  for (const [path, group, rows, column, low, high] of described) {
    const file = found.get(String(path)) ?? { rows: [], columns: new Map() };
    found.set(String(path), file);
    file.rows[Number(group)] = Number(rows);
    const type = types.get(String(column));
    if (type === undefined) continue;
    const own = file.columns.get(String(column)) ?? { low: [], high: [] };
    file.columns.set(String(column), own);
    own.low.push(valueOf(low, type));
    own.high.push(valueOf(high, type));
  }
  const zones = [...found].map(([path, groups]) => [path, zonesOf(groups)] as const);
  return new Map(zones.filter(([, { rows, columns: useful }]) => rows.length > 1 && useful.length > 0));
}

/** A value of a footer's statistics; NaN where it is none, or of a type whose values have no order as numbers. */
function valueOf(value: unknown, { kind }: SqlType): number {
  if (typeof value !== 'string') return Number.NaN;
  switch (kind) {
    case 'integer':
    case 'float':
    case 'double':
      return Number(value);
    case 'date':
      return parseDate(value) ?? Number.NaN;
    case 'timestamp':
      return parseTimestamp(value) ?? Number.NaN;
    default:
      return Number.NaN;
  }
}

function zonesOf({ rows, columns }: RowGroups): Zones {
  const named = [...columns].map(([name, { low, high }]): ZoneColumn => ({ name, low, high }));
  return { rows, columns: named.filter((column) => hasOrder(column, rows)) };
}

/** Whether row groups cover little of the column's range each. A missing value leaves NaN, which compares with nothing. */
function hasOrder({ low, high }: ZoneColumn, rows: readonly number[]): boolean {
  const range = Math.max(...high) - Math.min(...low);
  const covered = rows.reduce((sum, count, group) => sum + count * (high[group]! - low[group]!), 0); // one value a group
  return covered <= coveredMax * range * rows.reduce((sum, count) => sum + count, 0);
}
