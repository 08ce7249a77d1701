import type { Pieces } from '../common/index.ts';
import { isNumeric, type OutputColumn, toDouble } from '../plan/index.ts';
import type { ColumnStatistics, StrataTable } from '../samples/index.ts';
import type { ScannedColumn, ScannedStrata } from '../sources/index.ts';

/** Strata that are added up at once. */
const strataAtOnce = 2 ** 11;

/**
 * The totals of a whole table from those of the strata of a sample of it, as a scan without keys finds them: counts, integer sums and
 * extremes are exact, means and moments but for rounding.
 * @param columns of the table
 * @returns null where the strata do not tell all of them: only a scan does
 */
export function* wholeTotals(
  { count, population, statistics }: Pick<StrataTable, 'count' | 'population' | 'statistics'>,
  columns: readonly OutputColumn[],
): Pieces<ScannedStrata | null> {
  const united: ScannedColumn[] = [];
  for (const column of columns) {
    const own = statistics.get(column.name);
    if (own === undefined) return null;
    const whole = yield* addUp(column, own, count);
    if (!isKnown(whole)) return null;
    united.push(whole);
  }
  const rows = population.reduce((sum, each) => sum + each, 0);
  return { count: 1, takeAll: null, population: Float64Array.of(rows), keys: [], columns: united };
}

/** A column's totals over all strata. */
function* addUp(column: OutputColumn, own: ColumnStatistics, count: number): Pieces<ScannedColumn> {
  let [values, nonFinite, low, high] = [0, 0, Number.NaN, Number.NaN];
  for (let stratum = 0; stratum < count; stratum++) {
    // One entry a stratum in all arrays; NaN compares with nothing.
    values += own.count[stratum]!;
    nonFinite += own.nonFinite[stratum]!;
    if (!(own.low[stratum]! >= low)) low = Number.isNaN(own.low[stratum]!) ? low : own.low[stratum]!;
    if (!(own.high[stratum]! <= high)) high = Number.isNaN(own.high[stratum]!) ? high : own.high[stratum]!;
  }
  yield;
  const sum = own.sum === null ? null : own.sum.reduce((all, each) => all + each, 0n);
  const exact = sum === null || BigInt.asIntN(64, sum) !== sum ? null : sum;
  yield;
  const mean = exact === null || values === 0 ? wholeMean(own, count) : toDouble(exact, column.type) / values;
  const moments =
    low === high && !Number.isNaN(mean) ? [0, 0, 0, 0, 0] : yield* wholeMoments(own, count, mean);
  return {
    column,
    count: Float64Array.of(values),
    nonFinite: Float64Array.of(nonFinite),
    low: Float64Array.of(low),
    high: Float64Array.of(high),
    sum: exact === null ? null : BigInt64Array.of(exact),
    mean: Float64Array.of(mean),
    centred: moments.map((moment) => Float64Array.of(moment)),
  };
}

/** The mean of all finite values: from those of the strata by their distance from one of them, which keeps digits; NaN: there is none. */
function wholeMean({ count: values, nonFinite, mean }: ColumnStatistics, count: number): number {
  let [all, distances, first] = [0, 0, Number.NaN];
  for (let stratum = 0; stratum < count; stratum++) {
    const n = values[stratum]! - nonFinite[stratum]!; // one entry a stratum in all arrays
    if (n === 0) continue;
    if (all === 0) first = mean[stratum]!;
    all += n;
    distances += n * (mean[stratum]! - first);
  }
  return first + distances / all;
}

/**
 * Σ(x − mean)^k over all finite values, k = 2 … 6, from the strata's moments about their own means, by the binomial theorem; NaN: not known.
 * @see Pébay, "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments",
 *   SAND2008-6212, equation 2.1
 */
function* wholeMoments(own: ColumnStatistics, count: number, mean: number): Pieces<number[]> {
  // Without a mean there are none, as in each stratum.
  if (Number.isNaN(mean)) return own.centred.map((moments) => moments[0] ?? Number.NaN);
  const [second, third, fourth, fifth, sixth] = own.centred as [
    Float64Array, Float64Array, Float64Array, Float64Array, Float64Array,
  ]; // prettier-ignore
  let [s2, s3, s4, s5, s6] = [0, 0, 0, 0, 0];
  for (let stratum = 0; stratum < count; stratum++) {
    if (stratum % strataAtOnce === 0) yield;
    const n = own.count[stratum]! - own.nonFinite[stratum]!; // one entry a stratum in all arrays
    if (n === 0) continue;
    const d = own.mean[stratum]! - mean;
    const [m2, m3, m4, m5] = [second[stratum]!, third[stratum]!, fourth[stratum]!, fifth[stratum]!];
    s2 += m2 + n * d ** 2;
    s3 += m3 + d * (3 * m2 + n * d ** 2);
    s4 += m4 + d * (4 * m3 + d * (6 * m2 + n * d ** 2));
    s5 += m5 + d * (5 * m4 + d * (10 * m3 + d * (10 * m2 + n * d ** 2)));
    s6 += sixth[stratum]! + d * (6 * m5 + d * (15 * m4 + d * (20 * m3 + d * (15 * m2 + n * d ** 2))));
  }
  return [s2, s3, s4, s5, s6];
}

/** Whether there is all that a scan would tell: a sum that fits 64 bits though a part of it does not, and moments to be had of numbers. */
function isKnown({ column: { type }, count, nonFinite, sum, mean, centred }: ScannedColumn): boolean {
  if (!isNumeric(type)) return true;
  if ((type.kind === 'integer' || type.kind === 'decimal') && sum === null) return false;
  if (count[0] === nonFinite[0]) return true;
  return [mean, ...centred].every(([value]) => !Number.isNaN(value));
}
