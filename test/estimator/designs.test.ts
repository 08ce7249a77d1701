import { describe, expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { seededRandom } from '../../src/common/index.ts';
import { designOf } from '../../src/engine/sampled-tables.ts';
import { type Contribution, eachOf } from '../../src/estimator/contribution-table.ts';
import { bigintType, doubleType } from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/* What strata add to an estimate's error under each design, against sums written out row by row. */

const random = seededRandom(11);
const rows = Array.from({ length: 60 }, (_, i) => ({
  h: i < 20 ? 1 : 2,
  w: 1 + 9 * random.next() ** 3,
  x: 5 + 100 * random.next(),
}));
const columns = [
  { name: 'h', type: bigintType },
  { name: 'w', type: doubleType },
  { name: 'x', type: doubleType },
];
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const matches = rows.filter(({ x }) => x > 40);
const mean = sum(matches.map(({ w, x }) => w * x)) / sum(matches.map(({ w }) => w));

/** Contributions to outputs, of rows that match. */
const outputs: Readonly<Record<string, (x: number) => number>> = {
  'SUM(x)': (x) => x,
  'AVG(x)': (x) => (x - mean) / sum(matches.map(({ w }) => w)),
};

async function contributionsTo(sql: string, by: readonly string[]): Promise<readonly Contribution[]> {
  const method: SamplingMethod = { kind: 'given', columns: by, source: 'weight', column: 'w' };
  const values = [rows.map(({ h }) => h), rows.map(({ w }) => w), rows.map(({ x }) => x)];
  const priorities = BigUint64Array.from(rows, (_, row) => BigInt(row));
  const sample = await buildInMemory(arrayScan({ columns, values }, { priorities }), method);
  const query = bindAggregate(`SELECT ${sql} FROM t WHERE x > 40`, columns);
  const { groups } = await askSample(sample, query, { design: designOf({ method }, query) });
  return eachOf(groups[0]!.estimates[0]!.contributions);
}

function expectParts(found: Contribution, expected: Partial<Contribution>): void {
  for (const [name, value] of Object.entries(expected)) {
    const own = found[name as keyof Contribution] as number;
    expect(Math.abs(own - (value as number)), name).toBeLessThanOrEqual(1e-9 * Math.abs(value as number));
  }
}

describe.each(Object.entries(outputs))('%s', (sql, of) => {
  test('of independent rows', async () => {
    const [found, ...others] = await contributionsTo(sql, []);
    expect(others).toEqual([]);
    const parts = matches.map(({ w, x }) => ({ w, u: of(x) }));
    expectParts(found!, {
      variance: sum(parts.map(({ w, u }) => w * (w - 1) * u ** 2)),
      openSquares: sum(parts.map(({ w, u }) => w * (w - 1) * u ** 2)),
      third: sum(parts.map(({ w, u }) => w * (w - 1) * (w - 2) * u ** 3)),
      weights2: sum(parts.map(({ w }) => w * (w - 1))),
      weights3: sum(parts.map(({ w }) => w * w * (w - 1))),
    });
    expect(found).toMatchObject({ isOpen: true, isSingleton: false, support: matches.length, read: 60 });
  });

  test('of rows in strata', async () => {
    const found = await contributionsTo(sql, ['h']);
    expect(found).toHaveLength(2);
    for (const [place, h] of [1, 2].entries()) {
      const own = rows.filter((row) => row.h === h);
      const values = own.map(({ w, x }) => (x > 40 ? w * of(x) : 0));
      const average = sum(values) / own.length;
      const matching = own.filter(({ x }) => x > 40);
      expectParts(found[place]!, {
        variance: (own.length / (own.length - 1)) * sum(values.map((z) => (z - average) ** 2)),
        openSquares: sum(values.map((z) => z * z)),
        third: sum(values.map((z) => (z - average) ** 3)),
        weights2: sum(matching.map(({ w }) => w ** 2)),
        weights3: sum(matching.map(({ w }) => w ** 3)),
      });
    }
  });
});
