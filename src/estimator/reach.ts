import type { MomentLayout, PopulationValues } from '../plan/index.ts';

/** The least and greatest value that a total's (x − c)^i (y − c′)^j … can take. */
export interface Reach {
  readonly low: number;
  readonly high: number;
}

/** For each total how far what a row adds to it can reach, by what its measures can. @param totals an output's */
export function contributionReach(
  { totals: all }: MomentLayout,
  totals: readonly number[],
  centres: Float64Array,
  population: readonly PopulationValues[],
): Reach[] {
  return totals.map((total) =>
    all[total]!.reduce<Reach>(
      (reach, { measure, power }) => {
        if (power === 0) return reach;
        const { low: least, high: most } = population[measure]!; // one a measure
        const [a, b] = [least - centres[measure]!, most - centres[measure]!];
        const holdsZero = a <= 0 && b >= 0 && power % 2 === 0;
        const factors = [a ** power, b ** power, ...(holdsZero ? [0] : [])];
        const ends = factors.flatMap((factor) => [reach.low * factor, reach.high * factor]);
        return { low: Math.min(...ends), high: Math.max(...ends) };
      },
      { low: 1, high: 1 },
    ),
  ); // places of totals
}

/**
 * The largest |u| that any row can contribute, by interval arithmetic over what its measures can reach.
 * @returns infinite where a measure's values have no known bounds
 */
export function largestContribution(reach: readonly Reach[], gradient: ArrayLike<number>): number {
  let [low, high] = [0, 0];
  for (let place = 0; place < gradient.length; place++) {
    const partial = gradient[place]!; // place < length
    if (partial === 0) continue;
    const { low: least, high: most } = reach[place]!; // one a partial
    low += partial * (partial > 0 ? least : most);
    high += partial * (partial > 0 ? most : least);
  }
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
}
