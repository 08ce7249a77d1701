import type { OutputColumn } from '../../plan/index.ts';
import type { RowRequest, SampledColumn } from '../build-scan.ts';
import { outlierTest } from './magnitudes.ts';
import { quoteName } from './print-literal.ts';
import type { PickedRows } from './pull-rows.ts';
import { storedExpression } from './stored-column.ts';

/** Priorities are 64-bit hashes; a double may lie so far from one that it stands for. */
const [priorityRange, priorityStep] = [2 ** 64, 2n ** 11n];
const priorityMax = 2n ** 64n - 1n;

/** In place of the stratum of a row that is not picked for a sample, but for another. */
export const notPicked = 2 ** 31 - 1;

/** The table as rows are picked of it. */
export interface PickedRelation {
  /** Its rows with their numbers, in SQL. */
  readonly reader: string;
  readonly columns: readonly OutputColumn[];
  /** The catalog's number of a row's file, in SQL over `t`. */
  readonly fileNumber: string;
}

/** Where the strata of a sample are, each with its number `h`, and their thresholds `most`: names of tables. */
export interface PartStrata {
  readonly strata: string;
  readonly thresholds: string;
}

/** What is asked for one of the samples that rows are picked for. @see PartStrata null: there is one stratum */
export interface PickedPart extends Pick<
  RowRequest,
  'seed' | 'keys' | 'outliers' | 'thresholds' | 'columns'
> {
  readonly tables: PartStrata | null;
}

/** The rows whose priority is at most their stratum's threshold in one of the samples, in SQL. */
export function pickRows(relation: PickedRelation, parts: readonly PickedPart[]): PickedRows {
  const { reader } = relation;
  const picking = parts.map((part, place) => pickFor(relation, part, `s${place}`));
  const tests = picking.map(({ test }) => test);
  // No row lies beyond the greatest threshold: that a reader of files can tell by itself, where it leaves any out.
  const greatest = picking.map((each) => each.greatest);
  const isPicked = [
    `(${tests.join(' OR ')})`,
    ...(greatest.includes(null) ? [] : [`(${greatest.join(' OR ')})`]),
  ];
  const columns = columnsOf(parts);
  const places = picking.flatMap(({ stratum, test, priority }, place) => [
    `${parts.length === 1 ? stratum : `CASE WHEN ${test} THEN ${stratum} ELSE ${notPicked} END`}::INTEGER AS h${place}`,
    `${priority} AS u${place}`,
  ]);
  const stored = columns.map((column, place) => `${storedExpression(column)} AS c${place}`);
  const joins = picking.map(({ join }) => join);
  const sql = `SELECT ${[...places, ...stored].join(', ')} FROM ${[`${reader} t`, ...joins].join(' ')} WHERE ${isPicked.join(' AND ')}`;
  return {
    sql,
    columns,
    parts: parts.map((part) =>
      part.columns.map((column) => columns.findIndex((each) => isSame(each, column))),
    ),
  };
}

/** How rows are picked for a sample, in SQL over `t` and its own strata. */
interface Picking {
  readonly join: string;
  readonly stratum: string;
  readonly priority: string;
  readonly test: string;
  /** Whether a row's priority is at most the greatest threshold; null: all are. */
  readonly greatest: string | null;
}

function pickFor(
  { columns, fileNumber }: PickedRelation,
  { seed, keys, outliers = [], thresholds, tables }: PickedPart,
  alias: string,
): Picking {
  const priority = priorityExpression(fileNumber, 't.file_row_number', String(seed));
  const share = thresholds.reduce((most, each) => Math.max(most, each), 0);
  const greatest = share < 1 ? `${priority} <= ${thresholdOf(share)}::UBIGINT` : null;
  if (tables === null) return { join: '', stratum: '0', priority, test: greatest ?? 'TRUE', greatest };
  const matches = keys.map((key, place) => `t.${quoteName(key)} IS NOT DISTINCT FROM ${alias}.k${place}`);
  if (outliers.length > 0) matches.push(`${outlierTest(outliers, columns, 't.')} = ${alias}.o`);
  return {
    join: `JOIN (SELECT * FROM ${tables.strata} JOIN ${tables.thresholds} USING (h)) ${alias} ON ${matches.join(' AND ')}`,
    stratum: `${alias}.h`,
    priority,
    test: `${priority} <= ${alias}.most`,
    greatest,
  };
}

/** The columns that any of the samples holds, each once. */
function columnsOf(parts: readonly Pick<RowRequest, 'columns'>[]): SampledColumn[] {
  const columns: SampledColumn[] = [];
  for (const column of parts.flatMap((part) => part.columns))
    if (!columns.some((each) => isSame(each, column))) columns.push(column);
  return columns;
}

const isSame = (a: SampledColumn, b: SampledColumn): boolean =>
  a.name === b.name && a.storage === b.storage && a.dictionary === b.dictionary;

/** A share of the priorities' range as a priority, never less than it. */
export function thresholdOf(share: number): bigint {
  const threshold = BigInt(Math.ceil(share * priorityRange)) + priorityStep;
  return threshold < priorityMax ? threshold : priorityMax;
}

/**
 * A row's priority, in SQL: a hash of its identity and the seed. The hash is applied twice: DuckDB's hash of several values mixes
 * the last one in so weakly that the small priorities of neighbouring seeds depend on each other.
 * @param file the catalog's number of the row's file @param row its place in the file
 */
export function priorityExpression(file: string, row: string, seed: string): string {
  return `hash(hash(${file}::BIGINT, ${row}::BIGINT, ${seed}::BIGINT))`;
}
