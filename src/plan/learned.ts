import type { MomentLayout, StratumMoments } from './moments.ts';

/** Exact moments of an expression in every stratum of the table, and how far its values reach. */
export interface LearnedMoments extends StratumMoments {
  /** Values that no moment can hold: NaN, infinite, or beyond 1e150. */
  readonly nonFinite: Float64Array;
  /** Least and greatest value; NaN where there is none. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Exact joint moments of two expressions in every stratum, over the rows where neither is NULL. */
export interface PairMoments {
  /** Powers add up to this at most. */
  readonly order: number;
  readonly count: Float64Array;
  /** NaN where there is none. */
  readonly means: readonly [Float64Array, Float64Array];
  /** Σ (x − mean)^i (y − mean)^j for every {@link pairPowers}; NaN where the digits were lost. */
  readonly centred: readonly Float64Array[];
}

/** Joint moments of two of a layout's measures. */
export interface JointMoments extends PairMoments {
  /** The lower one first. */
  readonly measures: readonly [number, number];
}

/** What was learned of the measures of a layout, beside what the strata table tells of columns. */
export interface LearnedValues {
  /** For each measure; null: nothing. */
  readonly measures: readonly (LearnedMoments | null)[];
  readonly joint: readonly JointMoments[];
}

export const nothingLearned: LearnedValues = { measures: [], joint: [] };

/** The powers (i, j) of which joint moments are kept, 2 ≤ i + j ≤ order, by their sum and then by j. */
export function pairPowers(order: number): (readonly [number, number])[] {
  return Array.from({ length: order - 1 }, (_, place) => place + 2).flatMap((sum) =>
    Array.from({ length: sum + 1 }, (_, j): readonly [number, number] => [sum - j, j]),
  );
}

/** The place of (i, j) in {@link pairPowers}. */
export function pairPlace(i: number, j: number): number {
  const sum = i + j;
  return (sum * (sum + 1)) / 2 - 3 + j;
}

/** How an output's contributions depend on measures' values. */
export interface Dependence {
  /** The measures, in ascending order. */
  readonly measures: readonly number[];
  /** The highest power, that of a product of measures taken together: 1 of a sum or a ratio, 2 of a variance or covariance. */
  readonly degree: number;
  /** Measures are multiplied with each other. */
  readonly hasProducts: boolean;
  /** For each of the output's totals its powers of the first two measures. */
  readonly powers: readonly (readonly [number, number])[];
}

/** @param totals the output's */
export function dependenceOf({ totals: all }: MomentLayout, totals: readonly number[]): Dependence {
  const factors = totals.map((total) => all[total]!.filter(({ power }) => power > 0)); // places of totals
  const measures = [...new Set(factors.flat().map(({ measure }) => measure))].sort((a, b) => a - b);
  const degrees = factors.map((each) => each.reduce((sum, { power }) => sum + power, 0));
  return {
    measures,
    degree: Math.max(0, ...degrees),
    hasProducts: factors.some(({ length }) => length > 1),
    powers: factors.map((own) => {
      const powerOf = (place: number): number =>
        own.find(({ measure }) => measure === measures[place])?.power ?? 0;
      return [powerOf(0), powerOf(1)];
    }),
  };
}
