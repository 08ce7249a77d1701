import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bigintType, typeFromDuckDB } from '../../src/plan/index.ts';
import { DuckDBSource, type ScannedColumn, type ScannedStrata } from '../../src/sources/index.ts';
import { quickExpressions } from '../../src/sources/duckdb/quick-statistics.ts';
import { Workspace } from '../support/workspace.ts';

/* Moments of integers and DECIMAL against exact ones, up to where a power no longer fits 64 bits and beyond. */

/** The greatest number whose k-th power fits 64 bits, for k from 2 to 6. */
const edges = [3_037_000_499n, 2_097_151n, 55_108n, 6_208n, 1_448n] as const;
const rows = Array.from({ length: 4000 }, (_, i) => BigInt(i));

interface Case {
  readonly name: string;
  readonly sqlType: string;
  /** The value of row i in SQL, and here; DECIMAL as scaled integer. */
  readonly sql: string;
  readonly value: (i: bigint) => bigint | null;
  readonly scale?: number;
}

/** Values from −reach to reach, whose mean is 0. */
const symmetric = (name: string, sqlType: string, reach: bigint): Case => ({
  name,
  sqlType,
  sql: `((i % 2) * 2 - 1) * ((${reach}::HUGEINT * (i // 2 + 1)) // 2000)`,
  value: (i) => ((i % 2n) * 2n - 1n) * ((reach * (i / 2n + 1n)) / 2000n),
});
const cases: readonly Case[] = [
  ...edges.flatMap((edge, place) => [
    symmetric(`within${place + 2}`, 'BIGINT', edge),
    symmetric(`beyond${place + 2}`, 'BIGINT', edge + 1n),
  ]),
  symmetric('safe', 'BIGINT', 2n ** 53n - 1n),
  symmetric('unsafe', 'BIGINT', 2n ** 53n),
  symmetric('bigint', 'BIGINT', 2n ** 63n - 1n),
  symmetric('hugeint', 'HUGEINT', 10n ** 30n),
  { name: 'tiny', sqlType: 'TINYINT', sql: '(i * i) % 256 - 128', value: (i) => ((i * i) % 256n) - 128n },
  { name: 'unsigned', sqlType: 'UBIGINT', sql: '18446744073709551615::HUGEINT - 1000000000000::HUGEINT * (i * i)', value: (i) => 2n ** 64n - 1n - 10n ** 12n * i ** 2n }, // prettier-ignore
  { name: 'skewed', sqlType: 'INTEGER', sql: '(i % 100) * (i % 100) * (i % 37) - 5000', value: (i) => (i % 100n) ** 2n * (i % 37n) - 5000n }, // prettier-ignore
  { name: 'far', sqlType: 'BIGINT', sql: '1000000000 + (i * i) % 1013', value: (i) => 10n ** 9n + ((i * i) % 1013n) }, // prettier-ignore
  { name: 'flag', sqlType: 'INTEGER', sql: '(i % 3 = 0)::INTEGER', value: (i) => (i % 3n === 0n ? 1n : 0n) },
  { name: 'same', sqlType: 'INTEGER', sql: '-7', value: () => -7n },
  { name: 'gaps', sqlType: 'INTEGER', sql: 'CASE WHEN i % 5 <> 0 AND i % 4 <> 1 THEN i * i END', value: (i) => (i % 5n !== 0n && i % 4n !== 1n ? i * i : null) }, // prettier-ignore
  { name: 'none', sqlType: 'INTEGER', sql: 'NULL', value: () => null },
  { name: 'decimal', sqlType: 'DECIMAL(12,3)', sql: '((i * i) % 7919 - 1000) / 1000', value: (i) => ((i * i) % 7919n) - 1000n, scale: 1e3 }, // prettier-ignore
  { name: 'long', sqlType: 'DECIMAL(38,10)', sql: "'12345678901234567890.5'::DECIMAL(38,10) * ((i * i) % 11 - 3)", value: (i) => 123456789012345678905000000000n * (((i * i) % 11n) - 3n), scale: 1e10 }, // prettier-ignore
];

let work: Workspace;
let source: DuckDBSource;
/** By the files that the rows lie in, and the keys. */
const scanned = new Map<string, ScannedStrata>();
beforeAll(async () => {
  work = await Workspace.open();
  source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: work.path('scratch') });
  const columns = cases.map(({ name, sqlType, sql }) => `(${sql})::${sqlType} AS ${name}`);
  const write = (name: string, from: number, to: number): Promise<string> =>
    work.writeRows(name, `SELECT CASE WHEN i % 4 <> 3 THEN i % 4 END AS k, ${columns.join(', ')} FROM range(${from}, ${to}) t(i)`); // prettier-ignore
  const whole = [await write('whole.parquet', 0, 4000)];
  const halves = [await write('first.parquet', 0, 1234), await write('second.parquet', 1234, 4000)];
  for (const [name, paths] of [
    ['one file', whole],
    ['two files', halves],
  ] as const) {
    // prettier-ignore
    const described = await source.inspect(paths);
    const typed = described.columns.map((each) => ({ name: each.name, type: typeFromDuckDB(each.type) }));
    const files = paths.map((path, place) => ({ id: place + 1, path }));
    const scan = await source.openBuild({ name: 't', files }, typed);
    scanned.set(`${name}, one stratum`, await scan.scanStrata([], {}));
    scanned.set(`${name}, by key`, await scan.scanStrata(['k'], {}));
    scan.close();
  }
});
afterAll(async () => {
  await source.close();
  await work.close();
});

/** Σ (x − mean)^k, and the same of magnitudes, in the column's unit, rounded once. */
function exactMoment(values: readonly bigint[], k: number, scale: number): readonly [number, number] {
  const n = BigInt(values.length);
  const sum = values.reduce((a, b) => a + b, 0n);
  const powers = values.map((x) => (n * x - sum) ** BigInt(k));
  const total = (list: readonly bigint[]): number =>
    Number(list.reduce((a, b) => a + b, 0n)) / (Number(n) * scale) ** k;
  return [total(powers), total(powers.map((power) => (power < 0n ? -power : power)))];
}

function expectExact(column: ScannedColumn, h: number, values: readonly bigint[], scale: number): void {
  expect(column.count[h]).toBe(values.length);
  if (values.length === 0) {
    expect([column.low[h], column.high[h], column.mean[h]]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    return;
  }
  const ordered = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
  expect([column.low[h], column.high[h]]).toEqual([Number(ordered[0]), Number(ordered.at(-1))]);
  const sum = values.reduce((a, b) => a + b, 0n);
  if (column.sum !== null) expect(column.sum[h]).toBe(sum);
  const mean = Number(sum) / values.length / scale;
  const spread = Math.sqrt(exactMoment(values, 2, scale)[0] / values.length);
  expect(Math.abs(column.mean[h]! - mean)).toBeLessThanOrEqual(1e-13 * Math.max(Math.abs(mean), spread));
  for (const [place, k] of [2, 3, 4, 5, 6].entries()) {
    const [expected, magnitude] = exactMoment(values, k, scale);
    expect(Math.abs(column.centred[place]![h]! - expected)).toBeLessThanOrEqual(1e-11 * magnitude);
  }
}

describe.each(['one file', 'two files'])('of %s', (files) => {
  test.each(cases)('$name in one stratum', ({ name, value, scale = 1 }) => {
    const { count, columns } = scanned.get(`${files}, one stratum`)!;
    expect(count).toBe(1);
    const values = rows.map(value).filter((each) => each !== null);
    expectExact(
      columns.find(({ column }) => column.name === name)!,
      0,
      values,
      scale,
    );
  });

  test.each(cases)('$name by key', ({ name, value, scale = 1 }) => {
    const { keys, columns } = scanned.get(`${files}, by key`)!;
    expect(keys[0]!.values).toEqual([0, 1, 2, null]);
    for (let h = 0; h < 4; h++) {
      const own = rows.filter((i) => i % 4n === BigInt(h));
      const values = own.map(value).filter((each) => each !== null);
      expectExact(
        columns.find(({ column }) => column.name === name)!,
        h,
        values,
        scale,
      );
    }
  });
});

test('sums beyond 64 bits are not known, those within are', () => {
  const { columns } = scanned.get('one file, one stratum')!;
  const known = (name: string): boolean => columns.find(({ column }) => column.name === name)!.sum !== null;
  expect(['unsigned', 'long', 'far', 'decimal', 'bigint'].map(known)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('powers are taken of integers as far as 64 bits hold them', () => {
  const integers = (low: number, high: number, centre = 0): number[] => {
    const asked = quickExpressions({ name: 'x', type: bigintType }, centre, { low, high });
    return [2, 3, 4, 5, 6].filter((k) => !asked[`power${k}`]!.includes('DOUBLE'));
  };
  const orders = [2, 3, 4, 5, 6];
  for (const [place, edge] of edges.map(Number).entries()) {
    expect(integers(-edge, 0)).toEqual(orders.slice(0, place + 1));
    expect(integers(0, edge + 1)).toEqual(orders.slice(0, place));
    expect(integers(1e6, 1e6 + 2 * edge, 1e6 + edge)).toEqual(orders.slice(0, place + 1));
  }
  // Neither a fraction as centre nor ends that doubles do not hold tell how far they reach.
  expect(integers(0, 10, 4.5)).toEqual([]);
  expect(integers(0, 2 ** 53, 2 ** 52)).toEqual([]);
});
