import { withPauses } from '../../common/index.ts';
import { doubleType, type LearnedMoments, type Scalar } from '../../plan/index.ts';
import type { LearnedStrata, LearningRequest } from '../learning.ts';
import { type Control, type ExactResult, pauseOf } from '../source.ts';
import { centreRows } from './column-centres.ts';
import { scannedColumn } from './scanned-column.ts';
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
  return await readLearned(found, expressions.length, pairs, centres, control);
}

const pairOf = (
  [first, second]: readonly [number, number],
  centres: readonly number[],
): Parameters<typeof readPair>[0] => ({
  columns: [`e${first}`, `e${second}`],
  centres: [centres[first]!, centres[second]!],
}); // pairs name expressions

async function readLearned(
  { rowCount, columns, values }: ExactResult,
  expressions: number,
  pairs: LearningRequest['pairs'],
  centres: readonly number[],
  control: Control,
): Promise<LearnedStrata> {
  const byName = new Map(columns.map(({ name }, place) => [name, values[place]!])); // one array a column
  const doubles = (name: string): Float64Array =>
    Float64Array.from(byName.get(name)!, (value) => (value === null ? Number.NaN : Number(value))); // asked for
  const learned: LearnedMoments[] = [];
  for (let place = 0; place < expressions; place++) {
    const column = { name: `e${place}`, type: doubleType };
    const get = (name: string): readonly Scalar[] | undefined => byName.get(`${name}_${place}`);
    const scanned = scannedColumn(column, rowCount, get, centres[place]!); // one centre an expression
    const { count, nonFinite, low, high, mean, centred } = await withPauses(scanned, pauseOf(control));
    learned.push({ count, nonFinite, low, high, mean, centred });
  }
  return {
    population: doubles('n'),
    expressions: learned,
    pairs: pairs.map(({ of, order }, place) =>
      readPair(pairOf(of, centres), order, rowCount, (name) => doubles(`${name}_${expressions + place}`)),
    ),
  };
}
