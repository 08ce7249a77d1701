import { beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { type Random, seededRandom } from '../../src/common/index.ts';
import { designOf } from '../../src/engine/sampled-tables.ts';
import { bigintType, doubleType, type Estimate, type Moments } from '../../src/plan/index.ts';
import { type ArrayTable, arrayScan } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/*
 * How often intervals hold the truth where tables are themselves samples, over fixed seeds: rows are drawn here with unequal
 * probabilities, taken whole as CREATE TABLE … SAMPLED takes them, and estimated from. Nominal 95 %.
 */

const draws = 400;
const confidence = 0.95;
const monteCarlo = 2 * Math.sqrt((confidence * (1 - confidence)) / draws);
const [leastCoverage, mostCoverage] = [0.925 - monteCarlo, 0.975 + monteCarlo];

interface Row {
  readonly h: number;
  /** What rows are drawn by. */
  readonly size: number;
  readonly x: number;
  readonly y: number;
}
interface DrawnRow extends Row {
  readonly weight: number;
}

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

/** Three strata of unlike sizes and means; x goes with the size that rows are drawn by, but not in proportion. */
const population: readonly Row[] = ((): Row[] => {
  const random = seededRandom(2026);
  return [12_000, 6000, 2000].flatMap((rows, h) =>
    Array.from({ length: rows }, () => {
      const size = Math.exp(0.6 * normal(random));
      const x = 20 * (h + 1) + 15 * size + 10 * normal(random);
      return { h, size, x, y: random.next() };
    }),
  );
})();
const strata = [0, 1, 2].map((h) => population.filter((row) => row.h === h));

/** Each row by itself, with a probability in proportion to its size; those of 1 are always there. */
function drawIndependent(random: Random): DrawnRow[] {
  const total = population.reduce((sum, { size }) => sum + size, 0);
  return population.flatMap((row) => {
    const probability = Math.min(1, (400 * row.size) / total);
    return random.next() < probability ? [{ ...row, weight: 1 / probability }] : [];
  });
}

/** In each stratum so many rows with replacement, each time with a probability in proportion to size. */
function drawInStrata(random: Random): DrawnRow[] {
  return strata.flatMap((rows, h) => {
    const draw = [180, 140, 100][h]!; // three strata
    const sums: number[] = [];
    for (const { size } of rows) sums.push((sums.at(-1) ?? 0) + size);
    const total = sums.at(-1)!; // no stratum is empty
    return Array.from({ length: draw }, () => {
      const at = random.next() * total;
      let [low, high] = [0, rows.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sums[middle]! > at) high = middle;
        else low = middle + 1;
      }
      const row = rows[low]!; // a place
      return { ...row, weight: total / (draw * row.size) };
    });
  });
}

const columns = [
  { name: 'h', type: bigintType },
  { name: 'x', type: doubleType },
  { name: 'y', type: doubleType },
  { name: 'weight', type: doubleType },
];

function tableOf(rows: readonly DrawnRow[]): ArrayTable {
  return { columns, values: [rows.map(({ h }) => h), rows.map(({ x }) => x), rows.map(({ y }) => y), rows.map(({ weight }) => weight)] }; // prettier-ignore
}

/** The planted bug: weights in variances are not squared. */
function forgetSquares(moments: Moments): Moments {
  const { layout } = moments;
  const power = (of: number): string => `${layout.weightMeasure}^${of}`;
  const slots = new Map(layout.slots);
  for (const key of layout.slots.keys()) {
    const slot = layout.slots.get(key.replace(power(2), power(1)));
    if (key.includes(power(2)) && slot !== undefined) slots.set(key, slot);
  }
  return { ...moments, layout: { ...layout, slots } };
}

const totals = ['COUNT(*)', 'SUM(x)', 'AVG(x)'];
const quantiles = ['MEDIAN(x)', 'QUANTILE_DISC(x, 0.9)', 'QUANTILE_DISC(x, 0.9) / MEDIAN(x)'];
const outputs = [...totals, ...quantiles];
const conditions: readonly (readonly [sql: string, holds: (row: Row) => boolean])[] = [
  ['y >= 0', () => true],
  ['y < 0.5', ({ y }) => y < 0.5],
  ['x > 60 AND y < 0.5', ({ x, y }) => x > 60 && y < 0.5],
];

/** What the truth is, by condition and output. */
const truths = conditions.map(([, holds]) => {
  const matches = population.filter(holds);
  const total = matches.reduce((sum, { x }) => sum + x, 0);
  const sorted = matches.map(({ x }) => x).sort((a, b) => a - b);
  const half = sorted.length / 2;
  const median = (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2; // not empty
  const ninth = sorted[Math.ceil(0.9 * sorted.length) - 1]!; // not empty
  return [matches.length, total, total / matches.length, median, ninth, ninth / median];
});

describe.each([
  ['WEIGHT alone', [], drawIndependent],
  ['WEIGHT in strata', ['h'], drawInStrata],
] as const)('%s', (_name, by, draw) => {
  const method: SamplingMethod = { kind: 'given', columns: by, source: 'weight', column: 'weight' };
  const design = designOf({ method }, { columns });
  /** Intervals that hold the truth, by condition and output. */
  const sound = conditions.map(() => outputs.map(() => 0));
  const bugged = conditions.map(() => outputs.map(() => 0));

  beforeAll(async () => {
    const queries = conditions.map(([sql]) =>
      bindAggregate(`SELECT ${outputs.join(', ')} FROM t WHERE ${sql}`, columns),
    );
    for (let seed = 1; seed <= draws; seed++) {
      const random = seededRandom(seed * 7919);
      const rows = draw(random);
      const priorities = BigUint64Array.from(rows, () => BigInt(Math.floor(random.next() * 2 ** 32)) << 32n);
      const sample = await buildInMemory(arrayScan(tableOf(rows), { priorities }), method);
      for (const [place, query] of queries.entries()) {
        for (const [tally, alter] of [
          [sound, (moments: Moments): Moments => moments],
          [bugged, forgetSquares],
        ] as const) {
          const { groups } = await askSample(sample, query, { confidence, design, alter });
          for (const [output, { estimate }] of groups[0]!.estimates.entries())
            if (holds(estimate, truths[place]![output]!)) tally[place]![output]!++; // as many as asked
        }
      }
      await sample.close();
    }
  }, 120_000);

  const cells = conditions.flatMap(([sql], place) => outputs.map((name, output) => [`${name} WHERE ${sql}`, place, output] as const)); // prettier-ignore
  test.each(cells)('%s', (_cell, place, output) => {
    const coverage = sound[place]![output]! / draws;
    expect(coverage).toBeGreaterThanOrEqual(leastCoverage);
    // Intervals of counts are made to hold the truth at any number of matches, so they hold it somewhat more often.
    if (output > 0) expect(coverage).toBeLessThanOrEqual(mostCoverage);
  });

  test('weights that are not squared are noticed', () => {
    const ofTotals = cells.filter(([, , output]) => output < totals.length);
    const outside = ofTotals.filter(([, place, output]) => {
      const coverage = bugged[place]![output]! / draws;
      return coverage < leastCoverage || (output > 0 && coverage > mostCoverage);
    });
    expect(outside.length).toBeGreaterThan(ofTotals.length / 2);
  });
});

/** An interval without ends claims nothing, so it does not count as holding the truth. */
function holds({ low, high }: Estimate, truth: number): boolean {
  return low !== null && high !== null && low <= truth && truth <= high;
}
