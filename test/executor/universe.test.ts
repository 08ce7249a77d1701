import { describe, expect, test } from 'vitest';
import { finish, seededRandom } from '../../src/common/index.ts';
import { confirmTails, GroupEstimator, tQuantile } from '../../src/estimator/index.ts';
import { openScan } from '../../src/executor/index.ts';
import { cutIntoKeyTasks } from '../../src/executor/tasks.ts';
import { doubleType, integerType, layoutMoments, type Scalar, varcharType } from '../../src/plan/index.ts';
import { arrayScan, type ArrayTable } from '../support/array-scan.ts';
import { askSample, bindAggregate, inOnePiece } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/*
 * Estimates from samples of keys against a twin that sums rows by key and squares, as the formulas are written, without centres,
 * kernels or moments.
 */

interface Row {
  readonly k: string | null;
  readonly x: number | null;
  readonly y: number;
  readonly g: string;
}

const random = seededRandom(11);
/** 60 keys of 1 to 30 rows, one of them NULL; x lies far from 0 and is sometimes NULL. */
const rows: Row[] = Array.from({ length: 60 }, (_, key) => key).flatMap((key) =>
  Array.from({ length: 1 + Math.floor(random.next() ** 3 * 30) }, (): Row => ({
    k: key === 7 ? null : `k${key}`,
    x: random.next() < 0.1 ? null : 1e6 + key + random.next() * 10,
    y: Math.floor(random.next() * 100),
    g: random.next() < 0.3 ? 'a' : 'b',
  })),
);
rows.sort(() => random.next() - 0.5);
const table: ArrayTable = {
  columns: [
    { name: 'k', type: varcharType },
    { name: 'x', type: doubleType },
    { name: 'y', type: integerType },
    { name: 'g', type: varcharType },
  ],
  values: (['k', 'x', 'y', 'g'] as const).map((name) => rows.map((row): Scalar => row[name])),
};
const keys = [...new Set(rows.map(({ k }) => k))];
const shares = new Map(keys.map((key) => [String(key), random.next()]));

const sample = await buildInMemory(
  arrayScan(table, {
    priorities: BigUint64Array.from(rows, () => BigInt(Math.floor(random.next() * 2 ** 52)) << 11n),
    keyPriorities: shares,
  }),
  { kind: 'universe', columns: ['k'], percent: 60 },
);

const inOrder = keys
  .filter((key) => shares.get(String(key))! < 0.6)
  .sort((a, b) => shares.get(String(a))! - shares.get(String(b))!);

/** Σ over a key's matching rows, for each of the first so many keys that were drawn. */
function sumsByKey(drawn: number, matches: (row: Row) => boolean, z: (row: Row) => number): number[] {
  return inOrder
    .slice(0, drawn)
    .map((key) => rows.filter((row) => row.k === key && matches(row)).reduce((sum, row) => sum + z(row), 0));
}

/** D·mean of the contributions, and D²(1 − d/D)s²/d. */
function expansion(contributions: readonly number[]): { total: number; variance: number } {
  const [population, read] = [keys.length, contributions.length];
  const mean = contributions.reduce((a, b) => a + b, 0) / read;
  const spread = contributions.reduce((sum, u) => sum + (u - mean) ** 2, 0) / (read - 1);
  return {
    total: population * mean,
    variance: (population ** 2 * (1 - read / population) * spread) / read,
  };
}

const ask = async (output: string, condition: string, drawn = inOrder.length): ReturnType<typeof askSample> =>
  await askSample(
    sample,
    bindAggregate(`SELECT ${output} FROM t WHERE ${condition} GROUP BY g`, table.columns),
    {
      rows: Int32Array.of(drawn),
    },
  );

describe.each([inOrder.length, 9, 2])('of the first %i keys drawn', (drawn) => {
  const matches = (g: string) => (row: Row) => row.g === g && row.y < 70;
  const close = (found: number | null, expected: number): void =>
    expect(Math.abs(found! - expected)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected)));
  const totals: readonly (readonly [string, (row: Row) => number])[] = [
    ['COUNT(*)', () => 1],
    ['COUNT(x)', ({ x }) => Number(x !== null)],
    ['SUM(x)', ({ x }) => x ?? 0],
    ['SUM(y) FILTER (WHERE y > 20)', ({ y }) => (y > 20 ? y : 0)],
    ['SUM(x * y)', ({ x, y }) => (x ?? 0) * y],
  ];

  test.each(totals)('%s', async (output, z) => {
    const { groups } = await ask(output, 'y < 70', drawn);
    for (const { keys: labels, estimates } of groups) {
      const contributions = sumsByKey(drawn, matches(String(labels[0])), z);
      const { total, variance } = expansion(contributions);
      const { value, stdError, support, low } = estimates[0]!.estimate;
      close(value, total);
      close(stdError, Math.sqrt(variance));
      const touched = sumsByKey(drawn, matches(String(labels[0])), (row) => Number(z(row) !== 0));
      expect(support).toBe(touched.filter((count) => count > 0).length);
      if (support > 1) close(low, total - tQuantile(0.975, support - 1) * Math.sqrt(variance));
    }
  });

  test('COUNT(DISTINCT k)', async () => {
    const { groups } = await ask('COUNT(DISTINCT k)', 'y < 70', drawn);
    for (const { keys: labels, estimates } of groups) {
      const taken = (row: Row): boolean => row.k !== null && matches(String(labels[0]))(row);
      const contributions = sumsByKey(drawn, taken, () => 1).map((count) => Number(count > 0));
      const { total, variance } = expansion(contributions);
      const { value, stdError, support } = estimates[0]!.estimate;
      close(value, total);
      if (variance > 0) close(stdError, Math.sqrt(variance));
      expect(support).toBe(contributions.filter((one) => one > 0).length);
    }
  });

  test.each([
    ['AVG(y)', ({ y }: Row) => y, () => 1],
    ['SUM(y) / COUNT(DISTINCT k)', ({ y }: Row) => y, null],
  ] as const)('%s', async (output, over, under) => {
    const { groups } = await ask(output, 'k IS NOT NULL AND y < 70', drawn);
    for (const { keys: labels, estimates } of groups) {
      const taken = (row: Row): boolean => row.k !== null && matches(String(labels[0]))(row);
      const tops = sumsByKey(drawn, taken, over);
      const bottoms = sumsByKey(drawn, taken, under ?? (() => 1)).map((count) =>
        under === null ? Number(count > 0) : count,
      );
      const [top, bottom] = [expansion(tops).total, expansion(bottoms).total];
      const ratio = top / bottom;
      const { variance } = expansion(tops.map((each, key) => (each - ratio * bottoms[key]!) / bottom));
      const { value, stdError } = estimates[0]!.estimate;
      close(value, ratio);
      if (variance > 1e-12) close(stdError, Math.sqrt(variance));
    }
  });
});

test('rows lie by key, in the order of the keys, and tell which it is', async () => {
  const { values } = await sample.load('__key', sample.rows);
  const { values: shown } = await sample.load('__priority', sample.rows);
  const starts = sample.keys!.starts;
  expect(starts).toHaveLength(inOrder.length + 1);
  for (const [place, key] of inOrder.entries()) {
    expect(starts[place + 1]! - starts[place]!).toBe(rows.filter(({ k }) => k === key).length);
    for (let row = starts[place]!; row < starts[place + 1]!; row++) {
      expect(values[row]).toBe(place);
      expect(shown[row]).toBe(shares.get(String(key)));
    }
  }
});

test('tasks end where keys end, and read no key twice', () => {
  const starts = Int32Array.of(0, 3, 4, 25, 26, 30, 41);
  const tasks = cutIntoKeyTasks(starts, 1, 6, 8);
  expect(tasks.map(({ runs, lastRow }) => [[...runs], lastRow])).toEqual([
    [[0, 3, 4, 0, 4, 25], 25],
    [[0, 25, 26, 0, 26, 30, 0, 30, 41], 41],
  ]);
});

test('the moments of all keys are those of the definition', () => {
  const { ofRows, ofColumns, keys: population, rowsMax } = sample.strata.universe!;
  expect(population).toBe(keys.length);
  const byKey = keys.map((key) => rows.filter(({ k }) => k === key));
  expect(rowsMax).toBe(Math.max(...byKey.map(({ length }) => length)));
  const mean = sample.strata.statistics.get('x')!.mean[0]!;
  for (const [a, b] of [
    [0, 0],
    [1, 0],
    [3, 0],
    [0, 1],
    [1, 1],
    [2, 1],
    [0, 2],
    [1, 2],
    [0, 3],
  ] as const) {
    const expected = byKey.reduce((sum, own) => {
      const present = own.flatMap(({ x }) => (x === null ? [] : [x]));
      return present.length === 0
        ? sum
        : sum + present.length ** a * present.reduce((all, x) => all + x - mean, 0) ** b;
    }, 0);
    expect(Math.abs(ofColumns.get('x')!.sums[4 * a + b]! - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected))); // prettier-ignore
    if (b === 0) expect(ofRows.sums[4 * a]).toBe(byKey.reduce((sum, own) => sum + own.length ** a, 0));
  }
});

test('tails are judged by what keys contribute, not by what rows do', async () => {
  const sizes = Array.from({ length: 400 }, (_, key) => Math.floor(((key + 0.5) / 400) ** (-1 / 1.2)));
  const ofKey = sizes.flatMap((size, key) => Array.from({ length: size }, () => key));
  const skewed = await buildInMemory(
    arrayScan(
      { columns: [{ name: 'k', type: integerType }], values: [ofKey] },
      {
        priorities: BigUint64Array.from(ofKey, (_, row) => BigInt(row)),
        keyPriorities: new Map(sizes.map((_, key) => [String(key), ((key * 0.618034) % 1) * 0.999])),
      },
    ),
    { kind: 'universe', columns: ['k'], percent: 70 },
  );
  const query = bindAggregate('SELECT COUNT(*) FROM t', [{ name: 'k', type: integerType }]);
  const { layout, aggregateTotals } = layoutMoments(query, undefined, 'key');
  const scan = await openScan(skewed, { filter: [], keys: [], layout });
  if ('refused' in scan) throw new Error(scan.refused);
  await scan.readTo(skewed.unitSizes, () => true);
  const { moments, key } = finish(scan.collect());
  const estimator = new GroupEstimator({ query, aggregateTotals, moments, key, confidence: 0.95 });
  const [group] = estimator.meet();
  const [found] = estimator.estimate(group!);
  expect(found!.estimate.reasons).toContain('HEAVY_TAIL'); // by the moments of all keys
  // Let these say that all is well, as they do where the heavy keys are few and matches are not typical.
  const trusting = {
    ...found!,
    estimate: { ...found!.estimate, certified: true, reasons: [] },
    tail: { ...found!.tail!, populationSkewness: 0, largestSkewness: 1 },
  };
  const values = finish(scan.values(skewed.unitSizes));
  const verdict = (rows: typeof values): boolean =>
    finish(confirmTails(moments, [{ group: group!, estimates: [trusting] }], () => inOnePiece(rows)))[0]![0]!
      .estimate.certified;
  expect(verdict(values)).toBe(false);
  // Row by row all contributions are alike.
  expect(verdict({ ...values, key: null })).toBe(true);
});
