import { describe, expect, test } from 'vitest';
import { finish, type Random, seededRandom } from '../../src/common/index.ts';
import { missingGroups } from '../../src/estimator/index.ts';
import { layoutMoments, type Moments } from '../../src/plan/index.ts';
import { bindAggregate } from '../support/ask-sample.ts';
import type { Allocation } from './harness/population.ts';

/*
 * What an answer by groups cannot show: how often a bound on it is broken, over samples of groups of Zipf sizes.
 */

const draws = 2000;
const confidence = 0.95;
const { layout } = layoutMoments(bindAggregate('SELECT COUNT(*) FROM t', []));

/** Rows in groups of Zipf sizes, stratum after stratum. */
interface Grouped {
  readonly allocation: Allocation;
  readonly groupOf: Uint16Array;
  /** Rows of each group. */
  readonly sizes: Float64Array;
}

function makeGroups(allocation: Allocation, groups: number, exponent: number): Grouped {
  const random = seededRandom(3);
  const shares = Array.from({ length: groups }, (_, place) => (place + 1) ** -exponent);
  const all = shares.reduce((a, b) => a + b);
  let end = 0;
  const ends = Float64Array.from(shares, (share) => (end += share / all));
  const rows = allocation.sizes.reduce((a, b) => a + b);
  const groupOf = Uint16Array.from({ length: rows }, () => {
    const u = random.next();
    const place = ends.findIndex((limit) => u < limit);
    return place < 0 ? groups - 1 : place;
  });
  const sizes = new Float64Array(groups);
  for (const group of groupOf) sizes[group]!++;
  return { allocation, groupOf, sizes };
}

/** Draws without replacement in every stratum. @returns rows met by group and stratum */
function draw(
  { allocation: { sizes, drawn }, groupOf }: Grouped,
  order: Int32Array,
  random: Random,
): number[][] {
  const met: number[][] = [];
  let start = 0;
  for (const [stratum, size] of sizes.entries()) {
    for (let place = 0; place < drawn[stratum]!; place++) {
      const from = start + place;
      const other = from + Math.floor(random.next() * (size - place));
      [order[from], order[other]] = [order[other]!, order[from]!];
      const counts = (met[groupOf[order[from]]!] ??= sizes.map(() => 0)); // within the rows
      counts[stratum]!++;
    }
    start += size;
  }
  return met;
}

/** The moments of a count by groups. */
function momentsOf({ sizes, drawn }: Allocation, met: readonly number[][]): Moments {
  const cells = Object.values(met).flatMap((counts, group) =>
    counts.flatMap((rows, stratum) => (rows > 0 ? [{ group, stratum, rows }] : [])),
  ); // groups are numbered anew, without those that were not met
  return {
    layout,
    centres: new Float64Array(layout.measures.length),
    population: [],
    joint: [],
    cellCount: cells.length,
    cellGroup: Int32Array.from(cells, ({ group }) => group),
    cellStratum: Int32Array.from(cells, ({ stratum }) => stratum),
    sums: Float64Array.from(
      cells.flatMap(({ rows }) => Array.from({ length: layout.monomials.length }, () => rows)),
    ),
    groupCount: (cells.at(-1)?.group ?? -1) + 1,
    populationRows: Float64Array.from(sizes),
    weightMax: null,
    rowsRead: Float64Array.from(drawn),
    included: new Uint8Array(sizes.length).fill(1),
    constantInStratum: [],
    groupsByStratum: false,
    keys: null,
  };
}

/** The shares of draws in which a missing group is larger than the bound, and in which all of them have more rows. */
function violations(
  population: Grouped,
  bend: (moments: Moments) => Moments,
): { group: number; all: number } {
  const random = seededRandom(17);
  const order = Int32Array.from(population.groupOf.keys());
  let [group, all] = [0, 0];
  for (let each = 0; each < draws; each++) {
    const met = draw(population, order, random);
    const missing = [...population.sizes].filter((_, place) => met[place] === undefined);
    const moments = bend(momentsOf(population.allocation, met));
    const { groupRowsMax, rowsMax } = finish(missingGroups(moments, confidence));
    if (Math.max(0, ...missing) > groupRowsMax) group++;
    if (missing.reduce((a, b) => a + b, 0) > rowsMax) all++;
  }
  return { group: group / draws, all: all / draws };
}

const asItIs = (moments: Moments): Moments => moments;

describe.each([
  ['one stratum', { name: 'one', sizes: [50_000], drawn: [1000] }, 1.1],
  ['weights of 100 and 5', { name: 'two', sizes: [40_000, 10_000], drawn: [400, 2000] }, 1.1],
  ['a steep distribution', { name: 'one', sizes: [50_000], drawn: [1000] }, 1.6],
] as const)('%s', (_, allocation, exponent) => {
  const population = makeGroups(allocation, 5000, exponent);

  test('both bounds are broken in at most 5 % of draws', () => {
    const { group, all } = violations(population, asItIs);
    expect(group).toBeLessThanOrEqual(1 - confidence);
    expect(all).toBeLessThanOrEqual(1 - confidence);
  });
});

test('a bound that takes every row for one of the table is broken nearly always', () => {
  const population = makeGroups({ name: 'one', sizes: [50_000], drawn: [1000] }, 5000, 1.1);
  const unweighted = (moments: Moments): Moments => ({ ...moments, populationRows: Float64Array.of(1001) });
  const { group, all } = violations(population, unweighted);
  expect(group).toBeGreaterThan(0.9);
  expect(all).toBeGreaterThan(0.9);
});
