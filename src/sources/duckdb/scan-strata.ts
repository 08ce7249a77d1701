import { type Pieces, withPauses } from '../../common/index.ts';
import type { OutputColumn, Scalar } from '../../plan/index.ts';
import type { OutlierRule, ScannedColumn, ScannedStrata, StrataOutline } from '../build-scan.ts';
import { type Control, pauseOf } from '../source.ts';
import type { ColumnFooter } from './footers.ts';
import type { LockedDatabase } from './locked-database.ts';
import { outlierTest } from './magnitudes.ts';
import { OrderedEnds } from './ordered-ends.ts';
import { quoteName } from './print-literal.ts';
import {
  areFinite,
  carefulTotals,
  type GetTotals,
  quickExpressions,
  statisticName,
  type TotalsByName,
  totalsOf,
} from './quick-statistics.ts';
import { readResult } from './read-values.ts';
import { scannedColumn, statisticValues } from './scanned-column.ts';
import { type StatisticExpressions, statisticExpressions } from './strata-statistics.ts';

/** The table as the scan reads it. */
export interface StrataRelation {
  readonly paths: readonly string[];
  /** Its rows with their numbers, in SQL. */
  readonly reader: string;
  readonly columns: readonly OutputColumn[];
  /** For each column a number near its mean. */
  readonly centres: readonly number[];
  /** For each column what the files' footers tell. */
  readonly footers: readonly ColumnFooter[];
}

/** What strata are made by. */
export interface StrataRequest {
  /** Name of the table that they are kept in. */
  readonly table: string;
  readonly keys: readonly string[];
  /** Where there are any, rows beyond one of them form strata of their own. */
  readonly outliers: readonly OutlierRule[];
  /** Called before sums are read, unless values are such that the ends are not known yet. */
  readonly onOutline?: ((outline: StrataOutline) => void) | undefined;
}

/** A value that is computed for each stratum. */
interface Computed {
  readonly name: string;
  readonly sql: string;
}

/** First scan of a build: makes the table of the strata, and reads it. */
export async function scanStrata(
  database: LockedDatabase,
  relation: StrataRelation,
  { table, keys, outliers, onOutline }: StrataRequest,
  control: Control,
): Promise<ScannedStrata> {
  const { columns, reader } = relation;
  const parts = keys.map((key, place) => ({ name: `k${place}`, sql: quoteName(key) }));
  if (outliers.length > 0) parts.push({ name: 'o', sql: outlierTest(outliers, columns, '') });
  const ordered = await orderedEnds(database, relation, parts, control);
  const statistics = quickStatistics(relation, parts, ordered);
  const grouped = { parts, order: orderOf(parts), reader };
  await database.run(
    `CREATE OR REPLACE TABLE ${table} AS SELECT (row_number() OVER (ORDER BY ${grouped.order}) - 1)::INTEGER AS h, * FROM (${groupedRows(grouped, statistics)}) WHERE n > 0`,
    control,
  );
  const names = statistics.map(({ name }) => name);
  const found = await readStrata(database, table, [...parts.map(({ name }) => name), 'n', ...names.filter(isOutlined)], control); // prettier-ignore
  const population = Float64Array.from(found.get('n')!, Number); // read, as the others below
  addTold(found, relation, parts.length === 0);
  for (const [name, told] of (await ordered?.byStratum(table, control)) ?? []) found.set(name, told);
  const strata = {
    count: population.length,
    takeAll: outliers.length === 0 ? null : Uint8Array.from(found.get('o')!, Number),
    population,
    keys: keys.map((key, place) => ({
      column: columns.find(({ name }) => name === key)!, // resolved against the same columns
      values: found.get(`k${place}`)!,
    })),
  };
  let beside = control;
  if (onOutline !== undefined) {
    const outlined = await withPauses(outlinedColumns(columns, strata.count, found), pauseOf(control));
    if (outlined !== null) {
      onOutline({ ...strata, columns: outlined });
      beside = { ...control, onProgress: undefined }; // the scan that has begun tells its own
    }
  }
  const sums = await readStrata(database, table, names.filter((each) => !isOutlined(each)), beside); // prettier-ignore
  for (const [name, each] of sums) found.set(name, each);
  return { ...strata, columns: await scannedColumns(database, grouped, relation, { count: strata.count, found }, beside) }; // prettier-ignore
}

/** The totals of all columns, from sums about the centres; of columns that these do not tell from a scan with care. */
async function scannedColumns(
  database: LockedDatabase,
  grouped: Grouped,
  relation: StrataRelation,
  { count, found }: { readonly count: number; readonly found: TotalsByName },
  control: Control,
): Promise<ScannedColumn[]> {
  const { columns, centres } = relation;
  const quick: (GetTotals | null)[] = [];
  for (const [place, column] of columns.entries()) {
    const own = carefulTotals(column, count, totalsOf(found, place), centres[place]!); // one centre a column
    quick.push(await withPauses(own, pauseOf(control)));
  }
  const careful = quick.includes(null)
    ? await scanCarefully(database, grouped, relation, quick.map((totals) => totals === null), control) // prettier-ignore
    : found;
  const scanned: ScannedColumn[] = [];
  for (const [place, column] of columns.entries()) {
    const totals = quick[place] ?? totalsOf(careful, place);
    const own = scannedColumn(column, count, totals, centres[place]!); // one centre a column
    scanned.push(await withPauses(own, pauseOf(control)));
  }
  return scanned;
}

/** Whether a statistic is read before the sums. */
const isOutlined = (name: string): boolean => /^(count|low|high)_/.test(name);

/** What is known of the columns before their sums are read; null: some values are not finite. */
function* outlinedColumns(
  columns: readonly OutputColumn[],
  count: number,
  found: TotalsByName,
): Pieces<StrataOutline['columns'] | null> {
  const outlined: StrataOutline['columns'][number][] = [];
  for (const [place, column] of columns.entries()) {
    const get = totalsOf(found, place);
    if (!(yield* areFinite(count, get))) return null;
    const [low, high] = [statisticValues(get('low'), count), statisticValues(get('high'), count)];
    outlined.push({ column, nonFinite: new Float64Array(count), low, high });
    yield;
  }
  return outlined;
}

/** The ends of columns in the strata of one file whose rows follow these; null: they are to be looked for in all rows. */
async function orderedEnds(
  database: LockedDatabase,
  { paths, reader, columns, footers }: StrataRelation,
  keys: readonly Computed[],
  control: Control,
): Promise<OrderedEnds | null> {
  const [path, ...others] = paths;
  if (keys.length === 0 || path === undefined || others.length > 0) return null;
  return await OrderedEnds.read(database, { path, reader, keys }, columns, footers, control);
}

/** Of one stratum the footer tells the ends; of a column that has a value in each row, their number. */
function addTold(found: Map<string, readonly Scalar[]>, { footers }: StrataRelation, isOne: boolean): void {
  const rows = found.get('n')!; // read with the strata
  for (const [place, { range, isComplete }] of footers.entries()) {
    if (isComplete) found.set(statisticName('count', place), rows);
    if (!isOne) continue;
    for (const [name, end] of Object.entries(range ?? {}))
      found.set(statisticName(name, place), Array<Scalar>(rows.length).fill(end));
  }
}

/** What is computed of columns whose values are as most are, but what is told otherwise. */
function quickStatistics(
  { columns, centres, footers }: StrataRelation,
  parts: readonly Computed[],
  ordered: OrderedEnds | null,
): Computed[] {
  return namedStatistics(columns, (column, place) => {
    const { range, isComplete } = footers[place]!; // one a column
    const { count, low, high, ...others } = quickExpressions(column, centres[place]!, range); // the same
    const isTold = (parts.length === 0 && range !== null) || ordered?.has(place) === true;
    const bounds = low === undefined || high === undefined || isTold ? {} : { low, high };
    // DuckDB would read a column for its count alone, though it has as many values as there are rows.
    return { ...(isComplete ? {} : { count: count! }), ...bounds, ...others };
  });
}

/** What is computed of the columns, named by them. */
const namedStatistics = (
  columns: readonly OutputColumn[],
  expressionsOf: (column: OutputColumn, place: number) => StatisticExpressions,
): Computed[] =>
  columns.flatMap((column, place) =>
    Object.entries(expressionsOf(column, place)).map(([name, sql]) => ({
      name: statisticName(name, place),
      sql,
    })),
  );

/** Rows by their strata. */
interface Grouped {
  readonly parts: readonly Computed[];
  readonly order: string;
  readonly reader: string;
}

const orderOf = (parts: readonly Computed[]): string =>
  parts.length === 0 ? '1' : parts.map(({ name }) => `${name} ASC NULLS LAST`).join(', ');

function groupedRows({ parts, reader }: Grouped, statistics: readonly Computed[]): string {
  const computed = [...parts, { name: 'n', sql: 'count(*)' }, ...statistics];
  return `SELECT ${computed.map(({ name, sql }) => `${sql} AS ${name}`).join(', ')} FROM ${reader} GROUP BY ALL`;
}

/** Columns of the table of the strata, in their order. */
async function readStrata(
  database: LockedDatabase,
  table: string,
  names: readonly string[],
  control: Control,
): Promise<Map<string, readonly Scalar[]>> {
  const sql = `SELECT ${['h', ...names].join(', ')} FROM ${table} ORDER BY h`;
  const { columns, values } = await database.query(sql, readResult, control);
  return new Map(columns.map(({ name }, place) => [name, values[place]!])); // one array a column
}

/** Totals of columns whose values are not as most are, in the order of the strata. @param asked for each column whether it is one */
async function scanCarefully(
  database: LockedDatabase,
  grouped: Grouped,
  { columns, centres }: StrataRelation,
  asked: readonly boolean[],
  control: Control,
): Promise<TotalsByName> {
  const statistics = namedStatistics(
    columns,
    (column, place) => (asked[place] ? statisticExpressions(column, centres[place]!) : {}), // one a column
  );
  const sql = `SELECT * FROM (${groupedRows(grouped, statistics)}) WHERE n > 0 ORDER BY ${grouped.order}`;
  const result = await database.query(sql, readResult, control);
  return new Map(result.columns.map(({ name }, place) => [name, result.values[place]!])); // one array a column
}
