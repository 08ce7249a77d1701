import { type PairMoments, pairPlace, pairPowers } from '../../plan/index.ts';
import { binomial, doubleTest, isCancelled } from './strata-statistics.ts';

/** Two columns of doubles in SQL, and a number near the mean of each. */
interface Pair {
  readonly columns: readonly [string, string];
  readonly centres: readonly [number, number];
}

/** What a scan computes of two columns of doubles, over rows where both have a value: SQL expressions by name. */
export function pairExpressions({ columns, centres }: Pair, order: number): Readonly<Record<string, string>> {
  const both = columns.map((column) => `${column} IS NOT NULL AND ${doubleTest(column)}`).join(' AND ');
  const [x, y] = columns.map((column) => `CASE WHEN ${both} THEN ${column} END`) as [string, string]; // two columns
  const [dx, dy] = [`(${x} - (${centres[0]}))`, `(${y} - (${centres[1]}))`];
  const power = (i: number, j: number): string =>
    `sum(${[...Array.from({ length: i }, () => dx), ...Array.from({ length: j }, () => dy)].join(' * ')})`;
  return {
    count: `count(${x})`,
    mean0: `avg(${x})`,
    mean1: `avg(${y})`,
    variance0: `var_pop(${x})`,
    covariance: `covar_pop(${x}, ${y})`,
    variance1: `var_pop(${y})`,
    ...Object.fromEntries(
      pairPowers(order)
        .filter(([i, j]) => i + j > 2)
        .map(([i, j]) => [`power${i}_${j}`, power(i, j)]),
    ),
  };
}

/** The joint moments of a pair from what the scan computed. @param of one entry a stratum */
export function readPair(
  { centres }: Pair,
  order: number,
  strata: number,
  of: (name: string) => Float64Array,
): PairMoments {
  const [count, mean0, mean1] = [of('count'), of('mean0'), of('mean1')];
  const seconds = ['variance0', 'covariance', 'variance1'].map(of);
  const powers = pairPowers(order).map(([i, j]) => (i + j > 2 ? of(`power${i}_${j}`) : new Float64Array(0)));
  const centred = powers.map(() => new Float64Array(strata));
  for (let stratum = 0; stratum < strata; stratum++) {
    const n = count[stratum]!; // one entry a stratum
    const moments = centrePair(
      n,
      seconds.map((second) => second[stratum]! * n),
      [mean0[stratum]! - centres[0], mean1[stratum]! - centres[1]],
      order,
      (place) => powers[place]![stratum]!,
    );
    for (const [place, moment] of moments.entries()) centred[place]![stratum] = moment;
  }
  return { order, count, means: [mean0, mean1], centred };
}

/**
 * Moves power sums Σ(x − c)^i (y − d)^j to the means, the lower orders first: each is the sum of all C(i, a) C(j, b) m_ab
 * δx^(i−a) δy^(j−b). Where the terms cancel so far that rounding would show, the moment is NaN: not known.
 * @param seconds m₂₀, m₁₁, m₀₂
 * @param delta means less centres
 * @param power the power sum at a place of pairPowers
 */
function centrePair(
  n: number,
  seconds: readonly number[],
  [byX, byY]: readonly [number, number],
  order: number,
  power: (place: number) => number,
): number[] {
  const moments = seconds.slice();
  const known = (a: number, b: number): number =>
    a + b === 0 ? n : a + b === 1 ? 0 : moments[pairPlace(a, b)]!; // lower orders come first
  const isConstant = (power: number, second: number): boolean => power > 0 && seconds[second] === 0;
  for (const [i, j] of pairPowers(order).slice(3)) {
    if (isConstant(i, 0) || isConstant(j, 2)) {
      moments.push(0);
      continue;
    }
    const terms: number[] = [];
    for (let a = 0; a <= i; a++) {
      for (let b = 0; b <= j; b++) {
        const ways = binomial[i]![a]! * binomial[j]![b]!; // orders up to 6
        if (a + b < i + j) terms.push(ways * known(a, b) * byX ** (i - a) * byY ** (j - b));
      }
    }
    const sum = power(moments.length);
    const value = terms.reduce((rest, term) => rest - term, sum);
    const natural = n * (seconds[0]! / n) ** (i / 2) * (seconds[2]! / n) ** (j / 2);
    moments.push(
      isCancelled(value, Math.max(...[sum, ...terms].map(Math.abs)), natural) ? Number.NaN : value,
    );
  }
  return moments;
}
