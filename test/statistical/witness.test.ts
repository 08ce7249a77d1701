import { beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { type Random, seededRandom } from '../../src/common/index.ts';
import { designOf } from '../../src/engine/sampled-tables.ts';
import { bigintType, doubleType, type Estimate } from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/*
 * A table that is a sample of which a twentieth is read: the rest of the file bears witness of the tail. Over fixed seeds, files of
 * 10,000 rows are drawn from 100,000, and 500 of these are read. What is certified must hold the truth; a heavy tail must not pass.
 */

const draws = 200;
const confidence = 0.95;
const fileRows = 10_000;
const columns = [
  { name: 'x', type: doubleType },
  { name: 'n', type: bigintType },
];
const method: SamplingMethod = { kind: 'given', columns: [], source: 'population', column: 'n' };
const query = bindAggregate('SELECT SUM(x), AVG(x) FROM t WHERE x > 0', columns);

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

describe.each([
  ['exponential', (random: Random): number => -Math.log(1 - random.next()), true],
  ['lognormal(2)', (random: Random): number => Math.exp(2 * normal(random)), false],
  ['Pareto(1.5)', (random: Random): number => (1 - random.next()) ** (-1 / 1.5), false],
] as const)('%s', (_name, value, isLight) => {
  const tally = { certified: 0, covered: 0, unknownOfAll: 0 };

  beforeAll(async () => {
    const random = seededRandom(5);
    const population = Float64Array.from({ length: 100_000 }, () => value(random));
    const total = population.reduce((sum, x) => sum + x, 0);
    const truths = [total, total / population.length];
    for (let draw = 0; draw < draws; draw++) {
      // The first places of a shuffle are a random sample, and in random order: each draw goes on from the last.
      for (let place = 0; place < fileRows; place++) {
        const other = place + Math.floor(random.next() * (population.length - place));
        [population[place], population[other]] = [population[other]!, population[place]!]; // places
      }
      const file = Array.from(population.subarray(0, fileRows));
      const values = [file, file.map(() => population.length)];
      const priorities = BigUint64Array.from(file, (_, row) => BigInt(row));
      const sample = await buildInMemory(arrayScan({ columns, values }, { priorities }), method);
      const design = designOf({ method }, { columns });
      const { groups } = await askSample(sample, query, {
        confidence,
        design,
        rows: Int32Array.of(fileRows / 20),
      });
      for (const [place, { estimate }] of groups[0]!.estimates.entries()) {
        if (!estimate.certified) continue;
        tally.certified++;
        if (holds(estimate, truths[place]!)) tally.covered++;
      }
      if (draw < 3) {
        const whole = await askSample(sample, query, { confidence, design });
        const unknown = whole.groups[0]!.estimates.filter(({ estimate }) =>
          estimate.reasons.includes('UNKNOWN_TAIL'),
        );
        tally.unknownOfAll += unknown.length;
      }
      await sample.close();
    }
  }, 120_000);

  test('is certified where it may be, and then covers', () => {
    const share = tally.certified / (2 * draws);
    if (!isLight) expect(share).toBeLessThan(0.05);
    else {
      expect(share).toBeGreaterThan(0.8);
      const monteCarlo = 2 * Math.sqrt((confidence * (1 - confidence)) / draws);
      expect(tally.covered / tally.certified).toBeGreaterThanOrEqual(0.935 - monteCarlo);
    }
  });

  test('nobody bears witness of a file that is read whole', () => expect(tally.unknownOfAll).toBe(6));
});

function holds({ low, high }: Estimate, truth: number): boolean {
  return low !== null && high !== null && low <= truth && truth <= high;
}
