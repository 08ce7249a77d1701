import { doubleType } from '../../plan/index.ts';
import type { LearnedStrata, LearningRequest } from '../learning.ts';
import type { Control, ExactResult } from '../source.ts';
import { centreRows, scannedColumn } from './duckdb-build-scan.ts';
import type { LockedDatabase } from './locked-database.ts';
import { outlierTest } from './magnitudes.ts';
import { pairExpressions, readPair } from './pair-statistics.ts';
import { printOver } from './print-expression.ts';
import { quoteName } from './print-literal.ts';
import { readResult } from './read-values.ts';
import { statisticExpressions } from './strata-statistics.ts';

/**
 * Works out moments in one GROUP BY, about centres from the table's first rows.
 * @throws QueryError EXECUTION where an expression fails on some row, CANCELLED, CLOSED
 */
export async function learnMoments(
  database: LockedDatabase,
  { table, keys, outliers, columns: tableColumns, expressions, pairs }: LearningRequest,
  control: Control,
): Promise<LearnedStrata> {
  const from = `${quoteName(table)} AS t`;
  const columns = expressions.map((_, place) => ({ name: `e${place}`, type: doubleType }));
  const values = expressions.map((expression, place) => `CAST(${printOver(expression, 't')} AS DOUBLE) AS e${place}`); // prettier-ignore
  const means = columns.map((column) => `coalesce(${statisticExpressions(column, 0)['mean']}, 0)`);
  const head = await database.query(
    `SELECT ${means.join(', ')} FROM (SELECT ${values.join(', ')} FROM ${from} LIMIT ${centreRows})`,
    readResult,
    control,
  );
  const centres = head.values.map(([mean]) => Number(mean));
  const asked = [
    ...columns.map((column, place) => statisticExpressions(column, centres[place]!)), // one centre an expression
    ...pairs.map((pair) => pairExpressions(pairOf(pair.of, centres), pair.order)),
  ];
  const statistics = asked.flatMap((named, place) =>
    Object.entries(named).map(([name, sql]) => `${sql} AS ${name}_${place}`),
  );
  const keyed = keys.map((key, place) => ({ name: `k${place}`, sql: `t.${quoteName(key)}` }));
  if (outliers.length > 0) keyed.push({ name: 'o', sql: outlierTest(outliers, tableColumns, 't.') });
  const names = keyed.map(({ name }) => name);
  const order =
    names.length === 0 ? '' : ` ORDER BY ${names.map((name) => `${name} ASC NULLS LAST`).join(', ')}`;
  const inner = `SELECT ${[...keyed.map(({ name, sql }) => `${sql} AS ${name}`), ...values].join(', ')} FROM ${from}`;
  const found = await database.query(
    `SELECT ${[...names, 'count(*) AS n', ...statistics].join(', ')} FROM (${inner}) GROUP BY ALL HAVING count(*) > 0${order}`,
    readResult,
    control,
  );
  return readLearned(found, expressions.length, pairs, centres);
}

const pairOf = (
  [first, second]: readonly [number, number],
  centres: readonly number[],
): Parameters<typeof readPair>[0] => ({
  columns: [`e${first}`, `e${second}`],
  centres: [centres[first]!, centres[second]!],
}); // pairs name expressions

function readLearned(
  { rowCount, columns, values }: ExactResult,
  expressions: number,
  pairs: LearningRequest['pairs'],
  centres: readonly number[],
): LearnedStrata {
  const byName = new Map(columns.map(({ name }, place) => [name, values[place]!])); // one array a column
  const doubles = (name: string): Float64Array =>
    Float64Array.from(byName.get(name)!, (value) => (value === null ? Number.NaN : Number(value))); // asked for
  return {
    population: doubles('n'),
    expressions: Array.from({ length: expressions }, (_, place) => {
      const column = { name: `e${place}`, type: doubleType };
      const { count, nonFinite, low, high, mean, centred } = scannedColumn(column, rowCount, (name) => byName.get(`${name}_${place}`), centres[place]!); // prettier-ignore
      return { count, nonFinite, low, high, mean, centred };
    }),
    pairs: pairs.map(({ of, order }, place) =>
      readPair(pairOf(of, centres), order, rowCount, (name) => doubles(`${name}_${expressions + place}`)),
    ),
  };
}
