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

/** The least and the greatest value of a column as numbers that have an order. */
export interface ValueRange {
  readonly low: number;
  readonly high: number;
}

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
export function extremeOrdinal(extreme: string, type: SqlType): string | null {
  const isCalendar = type.kind === 'date' || type.kind === 'timestamp';
  return ordinal(isCalendar ? `(CASE WHEN isfinite(${extreme}) THEN ${extreme} END)` : extreme, type);
}

/** Whether DuckDB sums the column to the last digit: that tells its mean, and its sum about the centre. */
const hasExactSum = (type: SqlType): boolean =>
  type.kind === 'decimal' || (type.kind === 'integer' && type.bits < 128);

/**
 * The SQL expressions of a column's totals.
 * @param centre a number near the column's mean @param range null: not known
 */
export function quickExpressions(
  { name, type }: OutputColumn,
  centre: number,
  range: ValueRange | null,
): StatisticExpressions {
  const column = quoteName(name);
  const counted = { count: `count(${column})` };
  const [low, high] = [extremeOrdinal(`min(${column})`, type), extremeOrdinal(`max(${column})`, type)];
  if (low === null || high === null) return counted;
  const bounds = { ...counted, low, high };
  if (!isFloating(type) && !isExact(type)) return bounds;
  const integers = integerOrders(type, centre, range);
  const powers = orders.map((k): [string, string] => [
    `power${k}`,
    integers === 0 ? doublePower(column, centre, k) : integerPower(column, centre, k, integers),
  ]);
  const sums = isExact(type) ? { sum: `sum(${column})` } : {};
  if (hasExactSum(type)) return { ...bounds, ...sums, ...Object.fromEntries(powers.slice(1)) };
  return { ...bounds, ...sums, mean: `avg(${column})`, ...Object.fromEntries(powers) };
}

function doublePower(column: string, centre: number, k: number): string {
  return `sum(${Array(k).fill(`(${column}::DOUBLE - (${centre}))`).join(' * ')})`;
}

/** Up to which order powers of the distance from the centre fit 64 bits; 0: they are no integers, or it is not known. */
function integerOrders(type: SqlType, centre: number, range: ValueRange | null): number {
  if (type.kind !== 'integer' || range === null) return 0;
  if (![centre, range.low, range.high].every((each) => Number.isSafeInteger(each))) return 0;
  const reach = BigInt(Math.max(range.high - centre, centre - range.low));
  return orders.filter((k) => reach ** BigInt(k) < 2n ** 63n).length;
}

/** DuckDB multiplies integers that cannot overflow six times as fast as doubles. @param integers order up to which they cannot */
function integerPower(column: string, centre: number, k: number, integers: number): string {
  const deviation = `(${column}::BIGINT - (${centre}))`;
  const product = Array(Math.min(k, integers)).fill(deviation).join(' * ');
  if (k <= integers) return `sum(${product})`;
  const further = Array(k - integers).fill(`${deviation}::DOUBLE`);
  return `sum(${[`(${product})::DOUBLE`, ...further].join(' * ')})`;
}

/** Means, and sums of the distances from the centre, from sums that are exact. */
function* fromSums(
  type: SqlType,
  counts: readonly Scalar[],
  sums: readonly Scalar[],
  centre: number,
): Pieces<{ readonly means: Scalar[]; readonly deviations: Scalar[] }> {
  const scale = type.kind === 'decimal' ? 10 ** type.scale : 1;
  // As whole numbers nothing cancels.
  const whole = BigInt(Math.round(centre * scale));
  const rest = centre - Number(whole) / scale;
  const [means, deviations]: [Scalar[], Scalar[]] = [[], []];
  for (const [stratum, sum] of sums.entries()) {
    if (stratum % strataAtOnce === 0) yield;
    const n = Number(counts[stratum]);
    const exact = BigInt((sum ?? 0) as number | bigint); // an integer, or DECIMAL's scaled integer
    means.push(n === 0 ? null : Number(exact) / n / scale);
    deviations.push(Number(exact - BigInt(n) * whole) / scale - n * rest);
  }
  return { means, deviations };
}

/** Whether all values of a column are finite, as their ends tell: what a scan with care would find are the same ends. */
export function* areFinite(count: number, get: GetTotals): Pieces<boolean> {
  const [counts, low, high] = [get('count')!, get('low'), get('high')]; // all columns are counted
  if (low === undefined || high === undefined) return true; // of a type without ends
  for (let stratum = 0; stratum < count; stratum++) {
    if (stratum % strataAtOnce === 0) yield;
    const isFinite = [low, high].every((ends) => ends[stratum] !== null && Math.abs(Number(ends[stratum])) < finiteMax); // prettier-ignore
    if (Number(counts[stratum]) !== 0 && !isFinite) return false;
  }
  return true;
}

/**
 * The totals as the careful scan would have them.
 * @param count number of strata @param centre that the totals were asked with
 * @returns null where the column is to be scanned with care
 */
export function* carefulTotals(
  { type }: OutputColumn,
  count: number,
  get: GetTotals,
  centre: number,
): Pieces<GetTotals | null> {
  const low = get('low');
  if (low === undefined) return get; // only its values were counted
  if (!(yield* areFinite(count, get))) return null;
  const [counts, high] = [get('count')!, get('high')!]; // asked for with the lows
  const isEmpty = (stratum: number): boolean => Number(counts[stratum]) === 0;
  const nonFinite = Array<Scalar>(count).fill(0);
  const derived = new Map<string, readonly Scalar[]>([['nonFinite', nonFinite]]);
  if (isFloating(type) || isExact(type)) {
    // Numbers are asked for with what these take.
    const first = hasExactSum(type)
      ? yield* fromSums(type, counts, get('sum')!, centre)
      : { means: get('mean')!, deviations: get('power1')! };
    const powers = [first.deviations, ...orders.slice(1).map((k) => get(`power${k}`)!)];
    const [variance, distances] = [Array<Scalar>(count).fill(null), Array<Scalar>(count).fill(null)];
    for (let stratum = 0; stratum < count; stratum++) {
      if (stratum % strataAtOnce === 0) yield;
      if (isEmpty(stratum)) continue;
      if (!powers.every((own) => Number.isFinite(Number(own[stratum])))) return null;
      const n = Number(counts[stratum]);
      const [p1, p2] = [Number(powers[0]![stratum]), Number(powers[1]![stratum])]; // six powers
      const distance = p1 / n;
      const isConstant = low[stratum] === high[stratum];
      const spread = isConstant ? 0 : p2 / n - distance ** 2;
      const mean = Number(first.means[stratum]);
      const farthest = distanceMax[n <= fewRows ? 'few' : 'many'];
      const isNear = distance ** 2 <= farthest * spread && mean ** 2 <= meanMax * spread;
      if (!isConstant && !isNear) return null;
      variance[stratum] = spread;
      distances[stratum] = distance;
    }
    derived.set('variance', variance).set('mean', first.means).set('distance', distances);
  }
  return (name) => derived.get(name) ?? get(name);
}
