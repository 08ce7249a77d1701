import type { MomentLayout, PopulationValues, StratumMoments } from '../plan/index.ts';

/** A polynomial in one variable by its coefficients, the constant first. */
export type Polynomial = readonly number[];

/** The product of two polynomials. */
function multiply(a: Polynomial, b: Polynomial): number[] {
  const product = Array.from({ length: a.length + b.length - 1 }, () => 0);
  for (const [i, x] of a.entries()) for (const [j, y] of b.entries()) product[i + j]! += x * y; // i + j < length
  return product;
}

/** p(x + by) as a polynomial in x, by Horner's rule. */
export function shift(polynomial: Polynomial, by: number): number[] {
  return polynomial.reduceRight<number[]>(
    (shifted, coefficient) => {
      const next = multiply(shifted, [by, 1]);
      next[0]! += coefficient; // a product has at least one coefficient
      return next;
    },
    [0],
  );
}

/**
 * A row's contribution u = Σ_j g_j z_j as a sum of polynomials, one in each centred measure that it depends on; a row that matches is
 * taken to be taken by all of the output's aggregates.
 * @param totals the output's totals, of which `gradient` has one partial each
 * @returns the part that is the same for every row, and by measure its polynomial without constant; null where measures are multiplied
 */
export function contributionPolynomials(
  { totals: all }: MomentLayout,
  totals: readonly number[],
  gradient: readonly number[],
): { readonly constant: number; readonly byMeasure: ReadonlyMap<number, Polynomial> } | null {
  let constant = 0;
  const byMeasure = new Map<number, number[]>();
  for (const [place, total] of totals.entries()) {
    const partial = gradient[place]!; // one a total
    const [factor, other] = all[total]!.filter(({ power }) => power > 0); // places of totals
    if (other !== undefined) return null;
    if (factor === undefined) {
      constant += partial;
      continue;
    }
    const { measure, power } = factor;
    const polynomial = byMeasure.get(measure) ?? [];
    byMeasure.set(measure, polynomial);
    while (polynomial.length <= power) polynomial.push(0);
    polynomial[power]! += partial; // long enough
  }
  return { constant, byMeasure };
}

/**
 * E[p(x − centre)^k] over a stratum's values, from their exact moments.
 * @param polynomial of degree d with d·k ≤ 6
 * @returns 0 where the stratum has no value, NaN where its moments are not known
 */
export function expectedPower(
  polynomial: Polynomial,
  k: number,
  centre: number,
  { count, mean, centred }: StratumMoments,
  stratum: number,
): number {
  const n = count[stratum]!; // one entry a stratum
  if (n === 0) return 0;
  const aboutMean = shift(polynomial, mean[stratum]! - centre);
  const power = Array.from({ length: k }, () => aboutMean).reduce<number[]>(multiply, [1]);
  return power.reduce((sum, coefficient, order) => {
    if (coefficient === 0 || order === 1) return sum;
    return sum + coefficient * (order === 0 ? 1 : (centred[order - 2]?.[stratum] ?? Number.NaN) / n);
  }, 0);
}

/**
 * The largest |u| that any row can contribute, by interval arithmetic over what its measures can reach.
 * @returns infinite where a measure's values have no known bounds
 */
export function largestContribution(
  { totals: all }: MomentLayout,
  totals: readonly number[],
  gradient: readonly number[],
  centres: Float64Array,
  population: readonly PopulationValues[],
): number {
  let [low, high] = [0, 0];
  for (const [place, total] of totals.entries()) {
    const partial = gradient[place]!; // one a total
    if (partial === 0) continue;
    let [from, to] = [partial, partial];
    for (const { measure, power } of all[total]!) {
      if (power === 0) continue;
      const { low: least, high: most } = population[measure]!; // one a measure
      const [a, b] = [least - centres[measure]!, most - centres[measure]!];
      const holdsZero = a <= 0 && b >= 0 && power % 2 === 0;
      const ends = [a ** power, b ** power, ...(holdsZero ? [0] : [])].flatMap((end) => [
        from * end,
        to * end,
      ]);
      [from, to] = [Math.min(...ends), Math.max(...ends)];
    }
    low += from;
    high += to;
  }
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
}
