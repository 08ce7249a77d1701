import type { Pieces } from '../common/index.ts';
import { isNumeric, type OutputColumn, toDouble } from '../plan/index.ts';
import type { ColumnStatistics, StrataTable } from '../samples/index.ts';
import type { ScannedColumn, ScannedStrata } from '../sources/index.ts';
import { uniteStatistics } from './merge-strata.ts';

/** Strata that are added up at once. */
const strataAtOnce = 2 ** 11;

/**
 * The totals of a whole table from those of the strata of a sample of it, as a scan without keys finds them: counts, integer sums and
 * extremes are exact, means and moments but for rounding.
 * @param columns of the table
 * @returns null where the strata do not tell all of them: only a scan does
 */
export function* wholeTotals(
  { count, population, statistics }: StrataTable,
  columns: readonly OutputColumn[],
): Pieces<ScannedStrata | null> {
  const united: ScannedColumn[] = [];
  for (const column of columns) {
    const own = statistics.get(column.name);
    if (own === undefined) return null;
    const whole = withExactMean(yield* addUp(column, own, count));
    if (!isKnown(whole)) return null;
    united.push(whole);
  }
  const rows = population.reduce((sum, each) => sum + each, 0);
  return { count: 1, takeAll: null, population: Float64Array.of(rows), keys: [], columns: united };
}

/** A column's totals over all strata. */
function* addUp(column: OutputColumn, own: ColumnStatistics, count: number): Pieces<ScannedColumn> {
  const add = (parts: readonly ColumnStatistics[]): ScannedColumn =>
    uniteStatistics(
      column,
      parts,
      parts.map((part) => new Int32Array(part.count.length)), // all of them are of the one stratum
      1,
    );
  let whole = add([]);
  for (let from = 0; from < count; from += strataAtOnce) {
    whole = add([whole, sliceOf(own, from, from + strataAtOnce)]);
    yield;
  }
  return whole;
}

function sliceOf(of: ColumnStatistics, from: number, to: number): ColumnStatistics {
  const own = (values: Float64Array): Float64Array => values.subarray(from, to);
  return {
    count: own(of.count),
    nonFinite: own(of.nonFinite),
    low: own(of.low),
    high: own(of.high),
    sum: of.sum?.subarray(from, to) ?? null,
    mean: own(of.mean),
    centred: of.centred.map(own),
  };
}

/** An exact sum tells the mean to the last digit, where means of many strata were rounded one after the other. */
function withExactMean(column: ScannedColumn): ScannedColumn {
  const { sum, count } = column;
  if (sum === null || count[0] === 0) return column;
  return { ...column, mean: Float64Array.of(toDouble(sum[0]!, column.column.type) / count[0]!) }; // one stratum
}

/** Whether there is all that a scan would tell: a sum that fits 64 bits though a part of it does not, and moments to be had of numbers. */
function isKnown({ column: { type }, count, nonFinite, sum, mean, centred }: ScannedColumn): boolean {
  if (!isNumeric(type)) return true;
  if ((type.kind === 'integer' || type.kind === 'decimal') && sum === null) return false;
  if (count[0] === nonFinite[0]) return true;
  return [mean, ...centred].every(([value]) => !Number.isNaN(value));
}
