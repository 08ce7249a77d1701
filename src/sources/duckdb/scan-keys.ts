import type { OutputColumn, Scalar } from '../../plan/index.ts';
import type { KeyRequest, KeyTotals, SampledColumn, ScannedKeys } from '../build-scan.ts';
import type { Control } from '../source.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';
import { pullRows } from './pull-rows.ts';
import { readResult } from './read-values.ts';
import { deviationExpression } from './strata-statistics.ts';

/** The table as the scan reads it. */
export interface KeyRelation {
  /** Its rows, in SQL. */
  readonly reader: string;
  readonly columns: readonly OutputColumn[];
  /** A row's own priority, in SQL over `t`: it orders the rows of a key. */
  readonly rowPriority: string;
  /** Each requested column as its storage wants it, in SQL over `t`. */
  readonly stored: readonly string[];
}

const priorityColumn: SampledColumn = {
  name: 'priority',
  type: { kind: 'double' },
  storage: 'float64',
  dictionary: false,
};

/**
 * A key's priority, in SQL: a hash of its values and the seed, twice for the reason that a row's is.
 * @param values the columns of the key
 */
export function keyPriorityExpression(values: readonly string[], seed: string): string {
  return `hash(hash(${values.join(', ')}, ${seed}::BIGINT))`;
}

/** The leading 53 bits of a priority as a number in [0, 1), in SQL. */
const shareOf = (priority: string): string => `((${priority} >> 11)::DOUBLE / ${2 ** 53})`;

/** Draws keys: sums every key of the table up, takes those of small priority, and fetches their rows. */
export async function scanKeys(
  database: LockedDatabase,
  relation: KeyRelation,
  request: KeyRequest,
  control: Control,
): Promise<ScannedKeys> {
  const { reader, rowPriority, stored } = relation;
  const { keys, seed, share, columns } = request;
  const names = keys.map((_, place) => `k${place}`);
  const named = keys.map((key, place) => `${quoteName(key)} AS k${place}`);
  const sums = relation.columns.flatMap((column, place) => {
    const deviation = deviationExpression(column, request.centres[place]!); // one a column
    return [
      `count(${quoteName(column.name)})::DOUBLE AS n${place}`,
      ...(deviation === null ? [] : [`coalesce(sum(${deviation}), 0) AS s${place}`]),
    ];
  });
  const byKey = `SELECT ${[...named, 'count(*)::DOUBLE AS n', ...sums].join(', ')} FROM ${reader} GROUP BY ${keys.map((_, place) => place + 1).join(', ')}`; // by place: a column may have an alias's name
  await database.run(
    `CREATE OR REPLACE TABLE universe AS SELECT *, ${shareOf(keyPriorityExpression(names, String(seed)))} AS u FROM (${byKey})`,
    control,
  );
  const order = ['u', ...names.map((name) => `${name} ASC NULLS LAST`)].join(', ');
  await database.run(
    `CREATE OR REPLACE TABLE drawn AS SELECT (row_number() OVER (ORDER BY ${order}) - 1)::INTEGER AS h, u, ${names.join(', ')} FROM universe WHERE u < ${share}`,
    control,
  );
  const on = keys.map((key, place) => `t.${quoteName(key)} IS NOT DISTINCT FROM d.k${place}`).join(' AND ');
  const picked = [...stored, 'd.u'].map((expression, place) => `${expression} AS c${place}`).join(', ');
  const known = await readTotals(database, relation.columns, control);
  await database.run('DROP TABLE universe', control);
  const sql = `SELECT d.h AS h0, ${rowPriority} AS u0, ${picked} FROM ${reader} t JOIN drawn d ON ${on}`;
  const held = [...columns, priorityColumn];
  const [scanned] = await pullRows(database, { sql, columns: held, parts: [[...held.keys()]] }, control);
  const rows = scanned!; // of the one sample
  const { values } = rows.columns.at(-1)!; // the last one is the key's priority
  return {
    ...known,
    rows: { ...rows, columns: rows.columns.slice(0, -1) },
    priority: values as Float64Array, // stored as float64
  };
}

/** The name of Σ nᵃ sᵇ in a result. @param place of the column; none: of all rows */
const totalName = (a: number, b: number, place: number | ''): string => `t${a}${b}_${place}`;

/** The exponents that are summed where there are numbers, and where there are none. */
const ofNumbers = [[0, 0], [1, 0], [2, 0], [3, 0], [0, 1], [1, 1], [2, 1], [0, 2], [1, 2], [0, 3]] as const; // prettier-ignore
const ofCounts = ofNumbers.filter(([, b]) => b === 0);

/** Σ nᵃ sᵇ for all exponents that there are sums of, in SQL. @param s null: no numbers @param place of the column; none: of all rows */
function totalExpressions(n: string, s: string | null, place: number | ''): string[] {
  return (s === null ? ofCounts : ofNumbers).map(([a, b]) => {
    const factors = [...Array.from({ length: a }, () => n), ...Array.from({ length: b }, () => s)];
    const sum = factors.length === 0 ? `count(*) FILTER (WHERE ${n} > 0)` : `sum(${factors.join(' * ')})`;
    return `coalesce(${sum}, 0)::DOUBLE AS ${totalName(a, b, place)}`;
  });
}

/** What all keys of the table come to. */
async function readTotals(
  database: LockedDatabase,
  columns: readonly OutputColumn[],
  control: Control,
): Promise<Pick<ScannedKeys, 'population' | 'rowsMax' | 'ofRows' | 'ofColumns'>> {
  const sums = columns.flatMap((column, place) =>
    totalExpressions(`n${place}`, deviationExpression(column, 0) === null ? null : `s${place}`, place),
  );
  const { columns: found, values } = await database.query(
    `SELECT ${['count(*)::DOUBLE AS keys', 'coalesce(max(n), 0) AS most', ...totalExpressions('n', null, ''), ...sums].join(', ')} FROM universe`,
    readResult,
    control,
  );
  const byName = new Map(found.map(({ name }, place) => [name, values[place]![0] ?? null])); // one row
  const number = (name: string): number => asNumber(byName.get(name));
  const totalsOf =
    (place: number | ''): KeyTotals =>
    (a, b) =>
      number(totalName(a, b, place));
  return {
    population: number('keys'),
    rowsMax: number('most'),
    ofRows: totalsOf(''),
    ofColumns: columns.map((column, place) => ({ column, totals: totalsOf(place) })),
  };
}

const asNumber = (value: Scalar | undefined): number =>
  value === null || value === undefined ? Number.NaN : Number(value);
