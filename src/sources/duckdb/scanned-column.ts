import { type Pieces, piecewise } from '../../common/index.ts';
import type { OutputColumn, Scalar } from '../../plan/index.ts';
import type { ScannedColumn } from '../build-scan.ts';
import { centreMoments } from './strata-statistics.ts';

/** Strata whose moments are centred at once. */
const strataAtOnce = 2 ** 9;

/** A column's totals from what the scan computed. @param get one value a stratum */
export function* scannedColumn(
  column: OutputColumn,
  count: number,
  get: (name: string) => readonly Scalar[] | undefined,
  centre: number,
): Pieces<ScannedColumn> {
  function* doubles(name: string, missing?: number): Pieces<Float64Array> {
    const values = statisticValues(get(name), count, missing);
    yield;
    return values;
  }
  const [counts, nonFinite] = [yield* doubles('count', 0), yield* doubles('nonFinite', 0)];
  const [mean, variance] = [yield* doubles('mean'), yield* doubles('variance')];
  // Where it is known of itself, it has digits that the difference of two large numbers lost.
  const distance = yield* doubles('distance');
  const powers: Float64Array[] = [];
  for (const k of [3, 4, 5, 6]) powers.push(yield* doubles(`power${k}`));
  const centred = Array.from({ length: 5 }, () => new Float64Array(count));
  const centreAt = (stratum: number): void => {
    const n = counts[stratum]! - nonFinite[stratum]!; // one entry a stratum in all of them
    const own = powers.map((power) => power[stratum]!);
    const delta = Number.isNaN(distance[stratum]!) ? mean[stratum]! - centre : distance[stratum]!;
    const moments = centreMoments(n, variance[stratum]! * n, delta, own);
    for (const [place, moment] of moments.entries()) centred[place]![stratum] = moment;
  };
  const centreAll = (from: number, to: number): void => {
    for (let stratum = from; stratum < to; stratum++) centreAt(stratum);
  };
  yield* piecewise(count, centreAll, strataAtOnce);
  return {
    column,
    count: counts,
    nonFinite,
    low: yield* doubles('low'),
    high: yield* doubles('high'),
    sum: exactSums(get('sum')),
    mean,
    centred,
  };
}

/** A statistic as numbers, one a stratum. @param own not there: none has one @param missing what stands where there is none */
export function statisticValues(
  own: readonly Scalar[] | undefined,
  count: number,
  missing = Number.NaN,
): Float64Array {
  const values = new Float64Array(count).fill(missing);
  for (const [stratum, value] of own?.entries() ?? []) if (value !== null) values[stratum] = Number(value);
  return values;
}

/** Sums as 64-bit integers, 0 for a stratum without values; null where one does not fit. */
function exactSums(sums: readonly Scalar[] | undefined): BigInt64Array | null {
  if (sums === undefined) return null;
  const exact = sums.map((sum) => BigInt((sum ?? 0) as number | bigint)); // HUGEINT, or DECIMAL's scaled integer
  return exact.every((sum) => BigInt.asIntN(64, sum) === sum) ? BigInt64Array.from(exact) : null;
}
