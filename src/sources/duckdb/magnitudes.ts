import type { OutputColumn } from '../../plan/index.ts';
import type { MagnitudeHistogram, OutlierRule } from '../build-scan.ts';
import { quoteName } from './print-literal.ts';
import { isFinite } from './strata-statistics.ts';

/** Bins of |x| to a doubling. */
const binsPerOctave = 16;

/** The column as a double, 0 where it is NULL, NaN or infinite: what the row adds to a sum. */
function contribution(column: OutputColumn, alias: string): string {
  const name = `${alias}${quoteName(column.name)}`;
  return `(CASE WHEN ${isFinite(name, column.type)} THEN ${name}::DOUBLE ELSE 0 END)`;
}

/**
 * The statement that makes a column's histogram of |x|, smallest first: the largest of a bin, its rows, their power sums.
 * @param relation to read from @param centre a number near the column's mean: power sums about it keep their digits
 */
export function magnitudeStatement(column: OutputColumn, relation: string, centre: number): string {
  const values = `SELECT ${contribution(column, '')} AS z FROM ${relation}`;
  const bins = `SELECT abs(z) AS x, z - (${centre}) AS d FROM (${values})`;
  return `SELECT max(x), count(*), sum(d), sum(d * d), sum(d * d * d) FROM (${bins}) GROUP BY CASE WHEN x > 0 THEN floor(log2(x) * ${binsPerOctave}) END ORDER BY 1`;
}

/** The histogram from the statement's columns. */
export function readMagnitudes(values: readonly (readonly unknown[])[]): MagnitudeHistogram {
  const [largest, rows, ...powers] = Array.from({ length: 5 }, (_, place) =>
    Float64Array.from(values[place] ?? [], Number),
  );
  return { largest: largest!, rows: rows!, powers }; // five arrays
}

/** Whether a row is an outlier by any of the rules, in SQL: true or false, never NULL. @param alias of the relation, with a dot */
export function outlierTest(
  rules: readonly OutlierRule[],
  columns: readonly OutputColumn[],
  alias: string,
): string {
  const tests = rules.map(({ column, threshold }) => {
    const found = columns.find(({ name }) => name === column)!; // resolved against the same columns
    // In exponential form a literal is a DOUBLE, to the last digit.
    return `abs(${contribution(found, alias)}) > ${threshold.toExponential()}`;
  });
  return `(${tests.join(' OR ')})`;
}
