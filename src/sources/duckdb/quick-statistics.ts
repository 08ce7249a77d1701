import type { Pieces } from '../../common/index.ts';
import type { OutputColumn, Scalar, SqlType } from '../../plan/index.ts';
import { quoteName } from './print-literal.ts';
import { finiteMax, isExact, isFloating, ordinal, type StatisticExpressions } from './strata-statistics.ts';

/*
 * What the first scan of a build computes of a column where its values are as most are: finite, and in every stratum of many rows
 * spread over no less than what their mean lies from the column's. Tests of each value, and a variance that keeps all digits whatever the
 * values, take half of the scan's time. Whether a column is as most are its own sums tell; where it is not, it is scanned again with care.
 */

/** Totals of one column, by name: one value a stratum. */
export type GetTotals = (name: string) => readonly Scalar[] | undefined;
/** The same of all columns, by {@link statisticName}. */
export type TotalsByName = ReadonlyMap<string, readonly Scalar[]>;

/** The name in a result of a total of the column at a place. */
export const statisticName = (name: string, place: number): string => `${name}_${place}`;

/** The totals of the column at a place. */
export const totalsOf =
  (found: TotalsByName, place: number): GetTotals =>
  (name) =>
    found.get(statisticName(name, place));

/**
 * Squares of the distance between a stratum's mean and the centre may be so many times the variance: that costs less than a digit of it.
 * Means of a few rows lie farther away by chance alone, and sums of a few have digits to spare: two of the variance, which leave nine
 * of the sixth moment, as that is moved to the mean with the variance times the fourth power of the distance.
 */
const distanceMax = { few: 64, many: 1 };
/** Rows that are few. */
const fewRows = 1024;
/** Squares of the mean itself may be so many times the variance: a mean that is rounded to more of a spread tells too little to merge by. */
const meanMax = 1e16;
/** Strata that are looked at at once. */
const strataAtOnce = 2 ** 11;
const orders = [1, 2, 3, 4, 5, 6] as const;

/** The least or greatest value as a number that has an order, in SQL; NULL where it is a date or a timestamp that is infinite. */
function ordinalOf(extreme: string, type: SqlType): string | null {
  const isCalendar = type.kind === 'date' || type.kind === 'timestamp';
  return ordinal(isCalendar ? `(CASE WHEN isfinite(${extreme}) THEN ${extreme} END)` : extreme, type);
}

/** The SQL expressions of a column's totals. @param centre a number near the column's mean */
export function quickExpressions({ name, type }: OutputColumn, centre: number): StatisticExpressions {
  const column = quoteName(name);
  const counted = { count: `count(${column})` };
  const [low, high] = [ordinalOf(`min(${column})`, type), ordinalOf(`max(${column})`, type)];
  if (low === null || high === null) return counted;
  const bounds = { ...counted, low, high };
  if (!isFloating(type) && !isExact(type)) return bounds;
  const deviation = `(${column}::DOUBLE - (${centre}))`;
  const powers = orders.map((k): [string, string] => [
    `power${k}`,
    `sum(${Array(k).fill(deviation).join(' * ')})`,
  ]);
  const sums = { ...(isExact(type) ? { sum: `sum(${column})` } : {}), mean: `avg(${column})` };
  return { ...bounds, ...sums, ...Object.fromEntries(powers) };
}

/**
 * The totals as the careful scan would have them.
 * @param count number of strata
 * @returns null where the column is to be scanned with care
 */
export function* carefulTotals(
  { type }: OutputColumn,
  count: number,
  get: GetTotals,
): Pieces<GetTotals | null> {
  const low = get('low');
  if (low === undefined) return get; // only its values were counted
  const [counts, high] = [get('count')!, get('high')!]; // asked for with the lows
  const isEmpty = (stratum: number): boolean => Number(counts[stratum]) === 0;
  for (let stratum = 0; stratum < count; stratum++) {
    if (stratum % strataAtOnce === 0) yield;
    const isFinite = [low, high].every((ends) => ends[stratum] !== null && Math.abs(Number(ends[stratum])) < finiteMax); // prettier-ignore
    if (!isEmpty(stratum) && !isFinite) return null;
  }
  const nonFinite = Array<Scalar>(count).fill(0);
  const derived = new Map<string, readonly Scalar[]>([['nonFinite', nonFinite]]);
  if (isFloating(type) || isExact(type)) {
    const powers = orders.map((k) => get(`power${k}`)!); // asked for of numbers
    const means = get('mean')!; // asked for with them
    const variance = Array<Scalar>(count).fill(null);
    for (let stratum = 0; stratum < count; stratum++) {
      if (stratum % strataAtOnce === 0) yield;
      if (isEmpty(stratum)) continue;
      if (!powers.every((own) => Number.isFinite(Number(own[stratum])))) return null;
      const n = Number(counts[stratum]);
      const [p1, p2] = [Number(powers[0]![stratum]), Number(powers[1]![stratum])]; // six powers
      const distance = p1 / n;
      const isConstant = low[stratum] === high[stratum];
      const spread = isConstant ? 0 : p2 / n - distance ** 2;
      const mean = Number(means[stratum]);
      const farthest = distanceMax[n <= fewRows ? 'few' : 'many'];
      const isNear = distance ** 2 <= farthest * spread && mean ** 2 <= meanMax * spread;
      if (!isConstant && !isNear) return null;
      variance[stratum] = spread;
    }
    derived.set('variance', variance);
  }
  return (name) => derived.get(name) ?? get(name);
}
