import { type Random, seededRandom } from '../../../src/common/index.ts';
import { type PairMoments, pairPowers, type StratumMoments } from '../../../src/plan/index.ts';

/** How a population is cut into strata, and how many rows are drawn of each. */
export interface Allocation {
  readonly name: string;
  /** N_h */
  readonly sizes: readonly number[];
  /** n_h */
  readonly drawn: readonly number[];
}

const zipfSizes = (strata: number, first: number, exponent: number): number[] =>
  Array.from({ length: strata }, (_, place) => Math.max(1, Math.round(first / (place + 1) ** exponent)));

function capped(name: string, sizes: readonly number[], cap: number): Allocation {
  return { name, sizes, drawn: sizes.map((size) => Math.min(size, cap)) };
}

/** From one large stratum to hundreds of tiny ones; `uneven` has weights of 1,000 and 10. */
export const allocations: readonly Allocation[] = [
  { name: 'large', sizes: [200_000], drawn: [10_000] },
  capped('small', zipfSizes(50, 150_000, 1.2), 200),
  capped('tiny', zipfSizes(100, 1000, 0), 5),
  { name: 'uneven', sizes: [250_000, 10_000], drawn: [250, 1000] },
];

const gaussian = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const exponential = (random: Random): number => -Math.log(1 - random.next());

/** Distributions of the column x, by name. */
export const tails: Readonly<Record<string, (random: Random) => number>> = {
  normal: (random) => 100 + 15 * gaussian(random),
  exponential,
  'lognormal 1': (random) => Math.exp(gaussian(random)),
  'lognormal 2': (random) => Math.exp(2 * gaussian(random)),
  'Pareto 1.5': (random) => (1 - random.next()) ** (-1 / 1.5),
  'many zeros': (random) => (random.next() < 0.9 ? 0 : exponential(random)),
};

/** Shares of rows that conditions let pass, from the widest to the narrowest; each lets pass a part of what the one before does. */
const selectivities = [0.7, 0.12, 0.03, 0.01, 0.003, 0.0005, 0.0001] as const;
/** Groups by which rows are told apart instead, of Zipf sizes. */
const groupCount = 20;
/** The largest, one of the middle, the smallest. */
const groupsShown = [0, 4, 19] as const;

/** Rows in arrays, stratum after stratum. */
export interface Population {
  readonly rows: number;
  readonly x: Float64Array;
  /** A positive column that goes with x. */
  readonly y: Float64Array;
  /** The class of each row; domains are made of classes. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  readonly domains: readonly Domain[];
}

/** The rows that a condition or a group takes: those of its classes. */
export interface Domain {
  readonly name: string;
  readonly classes: readonly number[];
}

/** Rows outside a domain, that are of another kind than those in it. */
export interface Surroundings {
  readonly domain: string;
  /** The distribution of x there. */
  readonly tail: string;
}

/**
 * Makes a population; the same from the same seed.
 * @param by whether rows are told apart by conditions or by groups
 * @param within absent: all rows are of a kind
 */
export function makePopulation(
  { sizes }: Allocation,
  tail: string,
  by: 'conditions' | 'groups',
  seed: number,
  within?: Surroundings,
): Population {
  const random = seededRandom(seed);
  const rows = sizes.reduce((sum, size) => sum + size, 0);
  const draw = tails[tail]!; // one of them
  const x = Float64Array.from({ length: rows }, () => draw(random));
  const withX = (value: number): number => 1 + Math.abs(value) * 0.2 + exponential(random);
  const y = x.map(withX);
  const conditions = by === 'conditions';
  const limits = conditions ? selectivities.toReversed() : groupLimits();
  const classOf = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const u = random.next();
    const place = limits.findIndex((limit) => u < limit);
    classOf[row] = place < 0 ? limits.length : place;
  }
  const domains = conditions
    ? limits.map((limit, place) => ({
        name: `${limit * 100} %`,
        classes: Array.from({ length: place + 1 }, (_, each) => each),
      }))
    : groupsShown.map((place) => ({ name: `group ${place + 1} of ${groupCount}`, classes: [place] }));
  if (within !== undefined) {
    const inside = domains.find(({ name }) => name === within.domain)!.classes; // callers name one of them
    for (let row = 0; row < rows; row++) {
      if (inside.includes(classOf[row]!)) continue;
      x[row] = tails[within.tail]!(random); // one of them
      y[row] = withX(x[row]!);
    }
  }
  return { rows, x, y, classOf, classes: limits.length + 1, domains };
}

/** Where the groups' shares of [0, 1) end. */
function groupLimits(): number[] {
  const weights = Array.from({ length: groupCount }, (_, place) => 1 / (place + 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  let end = 0;
  return weights.map((weight) => (end += weight / sum));
}

/** The exact moments of a column in each stratum, straight from their definition. */
export function stratumMoments(values: Float64Array, sizes: readonly number[]): StratumMoments {
  let start = 0;
  const parts = sizes.map((size) => values.subarray(start, (start += size)));
  const mean = Float64Array.from(parts, (part) => part.reduce((a, b) => a + b, 0) / part.length);
  return {
    count: Float64Array.from(sizes),
    mean,
    centred: [2, 3, 4, 5, 6].map((order) =>
      Float64Array.from(parts, (part, stratum) =>
        part.reduce((sum, value) => sum + (value - mean[stratum]!) ** order, 0),
      ),
    ),
  };
}

/** The exact joint moments of two columns in each stratum, straight from their definition: what an exact run learns. */
export function stratumPairMoments(
  x: Float64Array,
  y: Float64Array,
  sizes: readonly number[],
  order: number,
): PairMoments {
  const [ofX, ofY] = [stratumMoments(x, sizes), stratumMoments(y, sizes)];
  const centred = pairPowers(order).map(([i, j]) => {
    const sums = new Float64Array(sizes.length);
    let row = 0;
    for (const [stratum, size] of sizes.entries())
      for (const end = row + size; row < end; row++)
        sums[stratum]! += (x[row]! - ofX.mean[stratum]!) ** i * (y[row]! - ofY.mean[stratum]!) ** j;
    return sums;
  });
  return { order, count: ofX.count, means: [ofX.mean, ofY.mean], centred };
}
