import type { Zones } from '../../common/index.ts';
import { formatType, type OutputColumn } from '../../plan/index.ts';
import type { Control } from '../source.ts';
import type { ColumnFooter } from './footers.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';
import {
  extremeOrdinal,
  type GetTotals,
  statisticName,
  type TotalsByName,
  totalsOf,
} from './quick-statistics.ts';
import { readResult } from './read-values.ts';
import { readZones } from './zones.ts';

/*
 * Least and greatest values by stratum of columns that grow, or fall, from the first row of a file to the last, as times and numbers of
 * rows do. Each stratum that has rows everywhere has both in the row groups of the file's two ends: what the footer tells of all others
 * proves it. So the scan of the whole table need not compare, and of a timestamp not even read, such a column.
 */

/** Files of fewer row groups have no ends worth reading apart. */
const groupsMin = 64;
/** The share of a file's row groups that is read at each end. */
const edgeShare = 1 / 32;
/** Strata of fewer rows at both ends together, on average, are not likely to have some at each. */
const rowsOfStratum = 32;

/** An ordered column, by its place in the table: no row between both ends of the file has less than `low`, or more than `high`. */
interface OrderedColumn {
  readonly place: number;
  readonly low: number;
  readonly high: number;
}

/** Ordered columns of a file, and its rows [from, to) between both ends. */
interface OrderedColumns {
  readonly columns: readonly OrderedColumn[];
  readonly from: number;
  readonly to: number;
}

/** A file, and what its rows are grouped by. */
interface GroupedFile {
  /** A Parquet file. */
  readonly path: string;
  /** Its rows with their numbers, in SQL. */
  readonly reader: string;
  /** Names of the keys, and what is selected for them. */
  readonly keys: readonly { readonly name: string; readonly sql: string }[];
}

/** The least and greatest values of ordered columns in each stratum of a file. */
export class OrderedEnds {
  private constructor(
    private readonly database: LockedDatabase,
    private readonly file: GroupedFile,
    private readonly columns: readonly OutputColumn[],
    private readonly ordered: OrderedColumns,
  ) {}

  /**
   * Reads the rows at both ends of a file.
   * @param columns of the table @param footers what its footer tells of each
   * @returns null where no column is ordered, or strata are too small
   */
  static async read(
    database: LockedDatabase,
    file: GroupedFile,
    columns: readonly OutputColumn[],
    footers: readonly ColumnFooter[],
    control: Control,
  ): Promise<OrderedEnds | null> {
    const described = columns.map(({ name, type }) => ({ name, type: formatType(type) }));
    const zones = (await readZones(database, [file.path], described)).get(file.path);
    const ordered = zones === undefined ? null : orderedColumns(zones, columns, footers);
    if (ordered === null) return null;
    const ends = new OrderedEnds(database, file, columns, ordered);
    const { from, to } = ordered;
    const outside = `file_row_number < ${from} OR file_row_number >= ${to}`;
    await database.run(`CREATE OR REPLACE TABLE ends AS ${ends.grouped(outside)}`, control);
    const { values } = await database.query('SELECT count(*), sum(n) FROM ends', readResult, control);
    const [strata, rows] = values.map(([value]) => Number(value)) as [number, number]; // two columns
    return strata * rowsOfStratum > rows ? null : ends;
  }

  /** Whether the column at a place of the table is one of them. */
  has(place: number): boolean {
    return this.ordered.columns.some((each) => each.place === place);
  }

  /**
   * The least and greatest values, by {@link statisticName}, one for each row of the table of the strata in the order of `h`. Where a
   * stratum may have others between both ends, the rows there are read too.
   */
  async byStratum(strata: string, control: Control): Promise<TotalsByName> {
    const found = await this.match(strata, control);
    if (this.ordered.columns.every((column) => isProven(column, totalsOf(found, column.place)))) return found;
    const { from, to } = this.ordered;
    const names = this.file.keys.map(({ name }) => name);
    const all = `SELECT * FROM ends UNION ALL ${this.grouped(`file_row_number >= ${from} AND file_row_number < ${to}`)}`;
    const united = [
      ...names,
      ...this.extremes((end, place) => `${end.sql}(${statisticName(end.name, place)})`),
    ];
    await this.database.run(
      `CREATE OR REPLACE TABLE ends AS SELECT ${united.join(', ')} FROM (${all}) GROUP BY ${names.join(', ')}`,
      control,
    );
    return await this.match(strata, control);
  }

  /** What was read of each stratum. */
  private async match(strata: string, control: Control): Promise<TotalsByName> {
    const names = this.ordered.columns.flatMap(({ place }) =>
      ends.map(({ name }) => statisticName(name, place)),
    );
    const matches = this.file.keys.map(({ name }) => `s.${name} IS NOT DISTINCT FROM e.${name}`);
    const sql = `SELECT ${names.map((name) => `e.${name}`).join(', ')} FROM ${strata} s LEFT JOIN ends e ON ${matches.join(' AND ')} ORDER BY s.h`;
    const { values } = await this.database.query(sql, readResult, control);
    return new Map(names.map((name, place) => [name, values[place]!])); // one array a column
  }

  /** Some rows by stratum. */
  private grouped(rows: string): string {
    const keys = this.file.keys.map(({ name, sql }) => `${sql} AS ${name}`);
    const extremes = this.extremes((end, place) => {
      const { name, type } = this.columns[place]!; // a place of the table
      return extremeOrdinal(`${end.sql}(${quoteName(name)})`, type)!; // of a type that has an order
    });
    return `SELECT ${[...keys, ...extremes, 'count(*) AS n'].join(', ')} FROM ${this.file.reader} WHERE ${rows} GROUP BY ALL`;
  }

  private extremes(expressionOf: (end: (typeof ends)[number], place: number) => string): string[] {
    return this.ordered.columns.flatMap(({ place }) =>
      ends.map((end) => `${expressionOf(end, place)} AS ${statisticName(end.name, place)}`),
    );
  }
}

/** The least and the greatest value of a stratum, and how SQL names them. */
const ends = [
  { name: 'low', sql: 'min' },
  { name: 'high', sql: 'max' },
] as const;

/** Whether no row between both ends can have less, or more, in any stratum. */
function isProven({ low, high }: OrderedColumn, get: GetTotals): boolean {
  const [lows, highs] = [get('low')!, get('high')!]; // both were read
  return lows.every((each, stratum) => {
    const most = highs[stratum];
    return typeof each === 'number' && each <= low && typeof most === 'number' && most >= high;
  });
}

/** The columns whose order the rows follow from one end of a file to the other; null: there is none. */
function orderedColumns(
  zones: Zones,
  columns: readonly OutputColumn[],
  footers: readonly ColumnFooter[],
): OrderedColumns | null {
  const { rows } = zones;
  if (rows.length < groupsMin) return null;
  const edge = Math.ceil(rows.length * edgeShare);
  const rowsOf = (from: number, to: number): number =>
    rows.slice(from, to).reduce((sum, own) => sum + own, 0);
  const ordered = columns.flatMap((column, place) => {
    const zone = zones.columns.find(({ name }) => name === column.name);
    // What is no number, or NULL, is at no end.
    if (zone === undefined || !exactKinds.has(column.type.kind) || !footers[place]!.isComplete) return []; // one a column
    const [low, high] = [
      Math.min(...zone.low.slice(edge, rows.length - edge)),
      Math.max(...zone.high.slice(edge, rows.length - edge)),
    ];
    const beyond = [
      zone.high.filter((each) => each < low).length,
      zone.low.filter((each) => each > high).length,
    ];
    // Neighbours may share some of their range.
    return beyond.every((groups) => groups >= edge / 2) ? [{ place, low, high }] : [];
  });
  const [from, to] = [rowsOf(0, edge), rowsOf(0, rows.length - edge)];
  return ordered.length === 0 ? null : { columns: ordered, from, to };
}

const exactKinds: ReadonlySet<string> = new Set(['integer', 'date', 'timestamp']);
