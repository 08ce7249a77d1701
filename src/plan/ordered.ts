import type { BoundExpression } from './bound.ts';
import { toDouble } from './scalar.ts';
import type { SqlType } from './sql-type.ts';

/** What a quantile is of the values of its argument in their order: it is no function of totals. */
export interface QuantileDefinition {
  /**
   * The share p of the values that are not above it, from the call's arguments; null where that is no constant between 0 and 1.
   * At 0 and 1 it is MIN and MAX; DuckDB counts a negative share from above.
   */
  readonly share: (args: readonly BoundExpression[]) => number | null;
  /** Between two values it lies on the line between them, else it is always a value. */
  readonly interpolated: boolean;
}

/** MEDIAN: the middle. */
export const median: QuantileDefinition = { share: () => 0.5, interpolated: true };

/** QUANTILE_CONT and QUANTILE_DISC: the share is the second argument. */
export function quantile(interpolated: boolean): QuantileDefinition {
  return { share: ([, share]) => (share === undefined ? null : shareOf(share)), interpolated };
}

function shareOf(expression: BoundExpression): number | null {
  if (expression.kind !== 'constant') return null;
  const { value, type } = expression;
  if (typeof value !== 'number' && typeof value !== 'bigint') return null;
  const share = toDouble(value, type);
  return share > 0 && share < 1 ? share : null;
}

/** How far a cumulative weight may fall short of a whole number or a share by rounding alone. */
const roundingShare = 1e-12;

/** Values in ascending order, each with the weight of all up to it; of equal values the first has the weight of all of them. */
export interface WeightedValues {
  readonly values: Float64Array;
  readonly cumulative: Float64Array;
}

/** The weight of all values, N̂. */
export function totalWeight({ cumulative }: WeightedValues): number {
  return cumulative.at(-1) ?? 0;
}

/** The first place whose cumulative weight reaches a share of the whole: F̂⁻¹(p) = min{x : F̂(x) ≥ p} is its value. */
export function placeOfShare(weighted: WeightedValues, share: number): number {
  const wanted = share * totalWeight(weighted);
  return firstPlace(weighted, wanted - roundingShare * totalWeight(weighted), (cumulative, least) => cumulative >= least); // prettier-ignore
}

function firstPlace(
  { cumulative }: WeightedValues,
  bound: number,
  reaches: (cumulative: number, bound: number) => boolean,
): number {
  let [low, high] = [0, cumulative.length - 1]; // the last one reaches every share
  while (low < high) {
    const middle = (low + high) >> 1;
    if (reaches(cumulative[middle]!, bound)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The quantile of weighted values, as DuckDB computes it of a table in which every value stands as often as it weighs: where all
 * weigh 1 it is DuckDB's own.
 * @param type of the result: a DECIMAL is cut to its digits, a FLOAT to its bits
 * @returns null where there is no value
 * @see DuckDB, src/core_functions/aggregate/holistic/quantile.cpp: CONT at (n − 1)·p, DISC at ⌈n·p⌉ − 1
 */
export function quantileOf(
  weighted: WeightedValues,
  share: number,
  { interpolated }: QuantileDefinition,
  type: SqlType,
): number | null {
  const { values } = weighted;
  if (values.length === 0) return null;
  if (!interpolated) return values[placeOfShare(weighted, share)]!; // a place
  const position = Math.max(0, (totalWeight(weighted) - 1) * share);
  const below = Math.floor(position);
  const low = valueAt(weighted, below);
  return position === below ? low : interpolate(low, valueAt(weighted, below + 1), position - below, type);
}

/** The value that stands at a position, counted from 0, where each stands as often as it weighs. */
function valueAt(weighted: WeightedValues, position: number): number {
  const bound = position + roundingShare * totalWeight(weighted);
  return weighted.values[firstPlace(weighted, bound, (cumulative, least) => cumulative > least)]!; // a place
}

function interpolate(low: number, high: number, share: number, type: SqlType): number {
  const { fround } = Math;
  if (type.kind === 'float') return fround(low + fround(fround(high - low) * share));
  if (type.kind !== 'decimal') return low * (1 - share) + high * share;
  const [from, to] = [low, high].map((value) => Math.round(value * 10 ** type.scale));
  return (from! + Math.trunc((to! - from!) * share)) / 10 ** type.scale; // two values
}

/** What an aggregate other than a quantile is of weighted values in their order; null where there is none. */
export type OrderedStatistic = (weighted: WeightedValues, type: SqlType) => number | null;

/** MODE: the value that weighs most, the least of several. (Of such DuckDB takes the one that it meets first.) */
export const mode: OrderedStatistic = ({ values, cumulative }) => {
  let [most, found]: [number, number | null] = [0, null];
  for (let place = 0, before = 0; place < values.length; place++) {
    const weight = cumulative[place]! - before; // of equal values the first has the weight of all
    before = cumulative[place]!;
    if (weight <= most * (1 + roundingShare)) continue;
    [most, found] = [weight, values[place]!];
  }
  return found;
};

/** MAD: the median of distances from the median. */
export const medianDeviation: OrderedStatistic = (weighted, type) => {
  const centre = quantileOf(weighted, 0.5, median, type);
  return centre === null ? null : quantileOf(distancesFrom(weighted, centre), 0.5, median, type);
};

/** The values' distances from a centre: two ascending rows, below and above it, merged. */
function distancesFrom({ values, cumulative }: WeightedValues, centre: number): WeightedValues {
  const distances = new Float64Array(values.length);
  const weights = new Float64Array(values.length);
  let above = 0;
  while (above < values.length && values[above]! < centre) above++;
  let below = above - 1;
  for (let place = 0; place < distances.length; place++) {
    const down = below < 0 ? Number.POSITIVE_INFINITY : centre - values[below]!;
    const up = above >= values.length ? Number.POSITIVE_INFINITY : values[above]! - centre;
    const from = down < up ? below-- : above++;
    distances[place] = Math.min(down, up);
    weights[place] = cumulative[from]! - (from === 0 ? 0 : cumulative[from - 1]!);
  }
  return { values: distances, cumulative: cumulate(distances, weights) };
}

/** The cumulative weights of ascending values; of equal ones each has the weight of all. @param weights overwritten */
export function cumulate(values: Float64Array, weights: Float64Array): Float64Array {
  for (let place = 1; place < weights.length; place++) weights[place]! += weights[place - 1]!;
  for (let place = weights.length - 2; place >= 0; place--)
    if (values[place] === values[place + 1]) weights[place] = weights[place + 1]!;
  return weights;
}
