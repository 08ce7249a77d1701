import { beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { type Random, seededRandom } from '../../src/common/index.ts';
import { doubleType, type Estimate } from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/*
 * A sum of two columns, of which only the columns' own moments and reaches are known, not how they go together. Over fixed seeds
 * samples are drawn of one table. What is certified must hold the truth; a heavy tail in one of the columns must not pass, nor one
 * in the rows that match alone, where the column is light.
 */

const draws = 120;
const confidence = 0.95;
const tableRows = 20_000;
const sampleRows = 2000;
const names = ['x', 'y', 'd'];
const columns = names.map((name) => ({ name, type: doubleType }));
const method: SamplingMethod = { kind: 'uniform', unit: 'rows', amount: sampleRows };
const query = bindAggregate('SELECT AVG(x / 2 + y), SUM(y + x) FROM t WHERE x <= 50 AND d = 1', columns);

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const pareto = (random: Random): number => (1 - random.next()) ** (-1 / 1.5);

interface Case {
  readonly name: string;
  /** The share of rows with d = 1, and y of these and of the others. */
  readonly share: number;
  readonly inside: (random: Random) => number;
  readonly outside: (random: Random) => number;
  readonly isLight: boolean;
}

const exponential = (random: Random): number => -Math.log(1 - random.next());
const cases: readonly Case[] = [
  { name: 'exponential', share: 0.5, inside: exponential, outside: exponential, isLight: true },
  { name: 'Pareto 1.5', share: 0.5, inside: (r) => 30 * pareto(r), outside: (r) => 30 * pareto(r), isLight: false },
  { name: 'lognormal 2', share: 0.5, inside: (r) => 30 * Math.exp(2 * normal(r)), outside: (r) => 30 * Math.exp(2 * normal(r)), isLight: false },
  { name: 'Pareto 1.5 among normal ones', share: 0.1, inside: (r) => 300 * pareto(r), outside: normal, isLight: false },
]; // prettier-ignore

describe.each(cases)('$name', ({ share, inside, outside, isLight }) => {
  const tally = { certified: 0, covered: 0, missed: 0 };

  beforeAll(async () => {
    const random = seededRandom(7);
    const d = Array.from({ length: tableRows }, () => (random.next() < share ? 1 : 0));
    const x = d.map(() => 100 * random.next());
    const y = d.map((isIn) => (isIn === 1 ? inside(random) : outside(random)));
    const matching = d.flatMap((isIn, row) => (isIn === 1 && x[row]! <= 50 ? [row] : [])); // as many rows
    const totalOf = (value: (row: number) => number): number =>
      matching.reduce((sum, row) => sum + value(row), 0);
    const truths = [
      totalOf((row) => x[row]! / 2 + y[row]!) / matching.length,
      totalOf((row) => y[row]! + x[row]!),
    ];
    for (let draw = 0; draw < draws; draw++) {
      const priorities = BigUint64Array.from(d, () => BigInt(Math.floor(random.next() * 2 ** 53)));
      const scan = arrayScan({ columns, values: [x, y, d] }, { priorities });
      const sample = await buildInMemory(scan, method);
      const { groups } = await askSample(sample, query, { confidence });
      for (const [place, { estimate }] of groups[0]!.estimates.entries()) {
        const isCovered = holds(estimate, truths[place]!);
        if (!isCovered) tally.missed++;
        if (!estimate.certified) continue;
        tally.certified++;
        if (isCovered) tally.covered++;
      }
      await sample.close();
    }
  }, 300_000);

  test('is certified where it may be, and then covers', () => {
    const certified = tally.certified / (2 * draws);
    if (isLight) {
      expect(certified).toBeGreaterThan(0.8);
      const monteCarlo = 2 * Math.sqrt((confidence * (1 - confidence)) / draws);
      expect(tally.covered / tally.certified).toBeGreaterThanOrEqual(0.935 - monteCarlo);
    } else {
      expect(tally.missed / (2 * draws)).toBeGreaterThan(0.1);
      expect(certified).toBeLessThan(0.05);
    }
  });
});

function holds({ low, high }: Estimate, truth: number): boolean {
  return low !== null && high !== null && low <= truth && truth <= high;
}
