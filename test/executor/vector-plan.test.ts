import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/common/index.ts';
import { compileScan } from '../../src/executor/compile-scan.ts';
import { columnSource, loadColumns } from '../../src/executor/sample-columns.ts';
import type { ScanProgram } from '../../src/executor/scan-program.ts';
import { ShareReader } from '../../src/executor/threads/share.ts';
import {
  booleanType,
  dateType,
  doubleType,
  integerType,
  layoutMoments,
  type Scalar,
  type SqlType,
  varcharType,
} from '../../src/plan/index.ts';
import { arrayScan } from '../support/array-scan.ts';
import { bindAggregate } from '../support/ask-sample.ts';
import { buildInMemory } from '../support/build.ts';

/* Which statements are read by loops over vectors, and that these add up what loops by rows do. */

const random = seededRandom(5);
const whole = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));
const price: SqlType = { kind: 'decimal', precision: 9, scale: 2 };
const columns: readonly { name: string; type: SqlType; value: () => Scalar }[] = [
  { name: 'g', type: varcharType, value: () => `g${whole(0, 4)}` },
  { name: 'k', type: varcharType, value: () => `k${whole(0, 12)}` },
  { name: 'w', type: varcharType, value: () => `w${whole(0, 400)}` },
  { name: 'mk', type: varcharType, value: () => (random.next() < 0.1 ? null : `k${whole(0, 12)}`) },
  { name: 'n', type: integerType, value: () => whole(-3000, 3000) },
  { name: 'tiny', type: integerType, value: () => whole(-100, 100) },
  { name: 'big', type: integerType, value: () => whole(-2_000_000_000, 2_000_000_000) },
  { name: 'm', type: integerType, value: () => (random.next() < 0.2 ? null : whole(-50, 50)) },
  { name: 'x', type: doubleType, value: () => 1e6 + 1000 * random.next() },
  { name: 'y', type: doubleType, value: () => (random.next() < 0.2 ? null : random.next() - 0.5) },
  { name: 'mb', type: booleanType, value: () => (random.next() < 0.2 ? null : random.next() < 0.5) },
  { name: 'p', type: price, value: () => whole(0, 100_000) },
  { name: 'b', type: booleanType, value: () => random.next() < 0.3 },
  { name: 'd', type: dateType, value: () => whole(10_000, 11_000) },
];
const rows = 9000;
const values = columns.map(({ value }) => Array.from({ length: rows }, value));
const priorities = BigUint64Array.from(
  { length: rows },
  () => BigInt(Math.floor(random.next() * 2 ** 52)) << 11n,
);
const sample = await buildInMemory(arrayScan({ columns, values }, { priorities }), {
  kind: 'stratified',
  columns: ['g'],
  cap: 10_000,
});

async function programOf(select: string, condition: string, key = ''): Promise<ScanProgram> {
  const sql = `SELECT ${key === '' ? '' : `${key}, `}${select} FROM t WHERE ${condition}${key === '' ? '' : ' GROUP BY 1'}`;
  const query = bindAggregate(sql, columns);
  const { layout } = layoutMoments(query, undefined, 'row');
  const parts = layout.measures
    .flatMap(({ argument, filter }) => [argument, filter])
    .filter((part) => part !== null);
  const loaded = await loadColumns(sample, [...query.filter, ...query.keys, ...parts], rows);
  return compileScan(
    sample,
    { filter: query.filter, keys: query.keys, layout },
    columnSource(sample, loaded),
    loaded,
  ).program;
}

/** Sums by stratum, and what rounding took off them. */
function sumsBy(program: ScanProgram): number[] {
  const ranks = sample.unitSizes;
  const runs = sample.runs.runs(new Int32Array(ranks.length), ranks);
  const { totals, compensation } = new ShareReader(program, false).read([{ runs }], {
    isStopped: () => false,
  })!.cells; // it was not stopped
  return [...totals].map((total, place) => total + compensation[place]!); // as many
}

async function expectSame(select: string, condition: string, key: string, isExact: boolean): Promise<void> {
  const program = await programOf(select, condition, key);
  expect(program.vector, `${select} ${condition}`).not.toBeNull();
  const [found, wanted] = [sumsBy(program), sumsBy({ ...program, vector: null })];
  if (isExact) {
    expect(found).toEqual(wanted);
    return;
  }
  expect(found.length).toBe(wanted.length);
  const { stride } = program.cells;
  for (const [place, sum] of found.entries()) {
    const ofSlot = wanted.filter((_, other) => other % stride === place % stride).map(Math.abs);
    expect(Math.abs(sum - wanted[place]!), `${condition} ${place}`).toBeLessThanOrEqual(
      1e-10 * Math.max(...ofSlot),
    ); // one of them
  }
}

const conditions = [
  'n > 100', 'n >= 100', '100 > n', 'n <= -2.5e0', 'n < 1e2', 'n = 7', 'n <> 7', 'n BETWEEN -5 AND 90', 'tiny > 3 AND n < 1000 AND k <> \'k12\'',
  'big > 1000000', 'big < 3e9', 'tiny > -1000', 'p > 10', 'p <= 99.5', 'p = 1.25', 'b', "d >= DATE '1998-01-01'", "k = 'k3'", "'k3' < k", "k <= 'k2'", "k >= 'k2a'",
  "w LIKE 'w1%'", "w LIKE 'w12_'", "k IN ('k1', 'k10', 'k11')", "k NOT LIKE 'k1%'", 'NOT (n > 3)', 'NOT b', "k NOT IN ('k3', 'k4')",
  "mk = 'k3'", "mk <> 'k3'", "NOT (mk = 'k3')", "mk NOT LIKE 'k1%'", 'm > 3', 'm <> 7', 'NOT (m > 3)', 'mb', 'NOT mb AND m < 9',
]; // prettier-ignore
/** Sums of whole numbers are exact, in whatever order they are added up. */
const selects = [
  { sql: 'AVG(n)', isWhole: true }, { sql: 'SUM(n) / SUM(tiny)', isWhole: true }, { sql: 'VAR_SAMP(tiny)', isWhole: true },
  { sql: 'AVG(m)', isWhole: true }, { sql: 'COUNT(m)', isWhole: true }, { sql: 'COUNT(mk)', isWhole: true }, { sql: 'SUM(m) / SUM(n)', isWhole: true },
  { sql: 'AVG(n) FILTER (WHERE n > 3)', isWhole: true }, { sql: "COUNT(*) FILTER (WHERE mk <> 'k3')", isWhole: true }, { sql: 'COUNT(m) FILTER (WHERE mb)', isWhole: true },
  { sql: 'AVG(y)', isWhole: false }, { sql: 'SUM(x) FILTER (WHERE m > 3)', isWhole: false },
  { sql: 'AVG(CAST(n AS DOUBLE))', isWhole: true }, { sql: 'SUM(x / 60)', isWhole: false }, { sql: 'AVG(p)', isWhole: false }, { sql: 'SUM(big)', isWhole: false },
]; // prettier-ignore

describe.each(['', 'g'])('by %j', (key) => {
  test.each(conditions)('where %s', async (condition) => {
    await expectSame('COUNT(*)', condition, key, true);
    for (const { sql, isWhole } of selects) await expectSame(sql, condition, key, isWhole);
  });

  test('all rows', async () => {
    for (const { sql, isWhole } of selects) await expectSame(sql, 'TRUE', key, isWhole);
  });
});

test.each([
  ['an expression of rows', 'AVG(n * tiny)', 'TRUE', ''],
  ['a condition on two columns', 'AVG(n)', 'n > tiny', ''],
  ['an alternative', 'AVG(n)', 'n > 100 OR tiny > 3', ''],
  ['a double in a condition', 'AVG(n)', 'x > 1000500', ''],
  ['a list with NULL', 'AVG(n)', "k IN ('k3', NULL)", ''],
  ['a list without NULL and others', 'AVG(n)', "k NOT IN ('k3', NULL)", ''],
  ['texts that lie apart', 'AVG(n)', "k IN ('k1', 'k3')", ''],
  ['nothing that matches', 'AVG(n)', "k = 'none'", ''],
  ['groups of rows', 'AVG(n)', 'TRUE', 'k'],
  ['many conditions', 'AVG(n)', Array.from({ length: 400 }, (_, limit) => `n > ${limit}`).join(' AND '), ''],
])('none for %s', async (_, select, condition, key) => {
  expect((await programOf(select, condition, key)).vector).toBeNull();
});
