import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BuildScan,
  sampledColumn,
  type ScannedRows,
  type ScannedStrata,
  type StrataOutline,
} from '../../src/sources/index.ts';
import { BuildTable, rowsFrom } from '../support/build-table.ts';

/* The two scans of a build, against definitions computed by other means. */

let build: BuildTable;
let scan: BuildScan;
let strata: ScannedStrata;
beforeAll(async () => {
  build = await BuildTable.open();
  scan = await build.openScan();
  strata = await scan.scanStrata(['k'], {});
});
afterAll(async () => {
  scan.close();
  await build.close();
});

/** Rows of the table with their key, computed here. */
const rowsOf = (key: string | null): number[] =>
  Array.from({ length: 3000 }, (_, i) => i).filter((i) => (i % 7 === 0 ? null : `k${i % 3}`) === key);

test('strata come in the order of their keys, NULL last, with their sizes', () => {
  expect(strata.keys[0]!.values).toEqual(['k0', 'k1', 'k2', null]);
  expect([...strata.population]).toEqual(['k0', 'k1', 'k2', null].map((key) => rowsOf(key).length));
});

test('what is told before the totals are made stays so, and rows can be picked meanwhile', async () => {
  const told: StrataOutline[] = [];
  const picked: Promise<ScannedRows>[] = [];
  const [scanned, rows] = await build.with(async (fresh) => {
    const again = await fresh.scanStrata(['k'], {}, [], (outline) => {
      told.push(outline);
      const [thresholds, atLeast] = [
        new Float64Array(outline.count).fill(1),
        new Float64Array(outline.count),
      ];
      picked.push(rowsFrom(fresh, { seed: 1, keys: ['k'], thresholds, atLeast, columns: [] }));
    });
    return [again, await Promise.all(picked)] as const;
  });
  const columns = scanned.columns.map(({ column, nonFinite, low, high }) => ({
    column,
    nonFinite,
    low,
    high,
  }));
  expect(told).toEqual([{ ...scanned, columns }]);
  expect(rows.map(({ count }) => count)).toEqual([3000]);
  expect(scanned).toEqual(strata);
});

describe('totals of a column', () => {
  const column = (name: string): ScannedStrata['columns'][number] =>
    strata.columns.find((each) => each.column.name === name)!;
  test.each(['k0', 'k1', 'k2', null])('in stratum %s', (key) => {
    const h = strata.keys[0]!.values.indexOf(key);
    const present = rowsOf(key)
      .filter((i) => i % 5 !== 0)
      .map((i) => 1e9 + i * 0.25);
    const x = column('x');
    const mean = present.reduce((a, b) => a + b, 0) / present.length;
    expect(x.count[h]).toBe(present.length);
    expect(x.low[h]).toBe(Math.min(...present));
    expect(x.high[h]).toBe(Math.max(...present));
    expect(x.mean[h]).toBeCloseTo(mean, 5);
    for (const [place, k] of [2, 3, 4, 5, 6].entries()) {
      const expected = present.reduce((sum, value) => sum + (value - mean) ** k, 0);
      const scale = present.reduce((sum, value) => sum + Math.abs(value - mean) ** k, 0);
      // The mean lies 5 · 10⁶ spreads from 0, and still no digit is lost.
      expect(Math.abs(x.centred[place]![h]! - expected)).toBeLessThan(1e-8 * scale);
    }
    expect(column('n').sum![h]).toBe(BigInt(rowsOf(key).reduce((sum, i) => sum + (i % 100), 0)));
    expect(column('d').sum![h]).toBe(BigInt(rowsOf(key).reduce((sum, i) => sum + i * 125, 0)));
    expect(column('day').low[h]).toBe(10957);
    expect(column('b').sum).toBeNull();
  });
});

test('columns are held as narrow as their range allows', () => {
  const storages = strata.columns.map((column) => [column.column.name, sampledColumn(column)?.storage]);
  expect(Object.fromEntries(storages)).toEqual({
    k: 'int32',
    n: 'int8',
    x: 'float64',
    d: 'int32',
    day: 'int16',
    b: 'uint8',
  });
});

describe('outliers', () => {
  // Rows where d is above 250 or x (NULL in every fifth row) above 1e9 + 700.
  const rules = [
    { column: 'd', threshold: 250 },
    { column: 'x', threshold: 1e9 + 700 },
  ];
  const isOutlier = (i: number): boolean => i * 125 > 250_000 || (i % 5 !== 0 && i * 0.25 > 700);

  test('form a stratum of their own behind the other rows of a key, none where NULL', async () => {
    const apart = await build.with((fresh) => fresh.scanStrata(['k'], {}, rules));
    const expected = ['k0', 'k1', 'k2', null].flatMap((key) =>
      [false, true].map((outlier) => [
        key,
        Number(outlier),
        rowsOf(key).filter((i) => isOutlier(i) === outlier).length,
      ]),
    );
    const found = apart.keys[0]!.values.map((key, h) => [key, apart.takeAll![h], apart.population[h]]);
    expect(found).toEqual(expected);
    // Exact totals of both add up to those of the key.
    const sums = apart.columns.find(({ column }) => column.name === 'd')!.sum!;
    const whole = strata.columns.find(({ column }) => column.name === 'd')!.sum!;
    expect([0, 1, 2, 3].map((h) => sums[2 * h]! + sums[2 * h + 1]!)).toEqual([...whole]);
  });

  test('come back whole beside the rows drawn of the rest', async () => {
    const [apart, rows] = await build.with(async (fresh) => {
      const scanned = await fresh.scanStrata(['k'], {}, rules);
      const thresholds = scanned.population.map((_, h) => (scanned.takeAll![h] === 1 ? 1 : 0.1));
      const atLeast = scanned.population.map((count, h) => (scanned.takeAll![h] === 1 ? count : 0));
      const columns = scanned.columns.map(sampledColumn).filter((column) => column !== null);
      const request = { seed: 1, keys: ['k'], outliers: rules, thresholds, atLeast, columns };
      return [scanned, await rowsFrom(fresh, request)] as const;
    });
    const counts = new Float64Array(apart.count);
    for (const h of rows.stratum) counts[h]!++;
    for (const [h, population] of apart.population.entries()) {
      if (apart.takeAll![h] === 1) expect(counts[h]).toBe(population);
      else expect(counts[h]!).toBeLessThan(population / 3);
    }
  });

  test.each(['n', 'x', 'd'])(
    'the magnitudes of %s: counts and power sums of bins, smallest first',
    async (name) => {
      const { largest, rows, powers } = await scan.scanMagnitudes(name, {});
      const value = { n: (i: number) => i % 100, x: (i: number) => (i % 5 === 0 ? 0 : 1e9 + i * 0.25), d: (i: number) => i * 0.125 }[name]!; // prettier-ignore
      const values = Array.from({ length: 3000 }, (_, i) => value(i));
      const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;
      expect(rows.reduce((a, b) => a + b, 0)).toBe(values.length);
      for (const [bin, most] of largest.entries()) {
        const least = largest[bin - 1] ?? -1;
        const inside = values.filter((x) => x > least && x <= most);
        expect(rows[bin]).toBe(inside.length);
        // A bin reaches over a sixteenth of a doubling.
        if (most > 0) expect(most / Math.min(...inside)).toBeLessThan(2 ** (1 / 16));
      }
      // Whatever their centre, the power sums are those of the values.
      const total = powers.map((power) => power.reduce((a, b) => a + b, 0) / values.length);
      const [first, second, third] = total as [number, number, number];
      const deviations = values.map((x) => x - mean(values));
      const [square, cube] = [2, 3].map((k) => mean(deviations.map((d) => d ** k))) as [number, number];
      expect((second - first ** 2) / square).toBeCloseTo(1, 6);
      const skewness = (third - 3 * first * second + 2 * first ** 3) / square ** 1.5;
      expect(skewness).toBeCloseTo(cube / square ** 1.5, 4);
    },
  );

  test('sizes are those of the strata', async () => {
    const sizes = await scan.scanSizes(['k'], {});
    expect(sizes.toSorted()).toEqual(strata.population.toSorted());
    expect([...(await scan.scanSizes([], {}))]).toEqual([3000]);
  });
});

test('a stratum that falls short is fetched again until it is full', async () => {
  const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
  const atLeast = strata.population.map((rows) => Math.min(200, rows));
  // Far too few: a thousandth of each stratum.
  const rows = await rowsFrom(scan, {
    seed: 1,
    keys: ['k'],
    thresholds: strata.population.map(() => 0.001),
    atLeast,
    columns,
  });
  const counts = new Float64Array(strata.count);
  for (const h of rows.stratum) counts[h]!++;
  for (const [h, count] of counts.entries()) expect(count).toBeGreaterThanOrEqual(atLeast[h]!);
  // And what came back are the smallest priorities: more of them with a wider threshold, none lost.
  const all = await rowsFrom(scan, {
    seed: 1,
    keys: ['k'],
    thresholds: strata.population.map(() => 1),
    atLeast,
    columns,
  });
  expect(all.count).toBe(3000);
  const smallest = (scanned: typeof all, h: number): bigint[] =>
    [...scanned.priority]
      .filter((_, row) => scanned.stratum[row] === h)
      .sort((a, b) => (a < b ? -1 : 1))
      .slice(0, 200);
  for (let h = 0; h < strata.count; h++) expect(smallest(rows, h)).toEqual(smallest(all, h));
});

describe('keys', () => {
  const keys = ['k0', 'k1', 'k2', null].flatMap((k) =>
    Array.from({ length: 100 }, (_, n) => rowsOf(k).filter((i) => i % 100 === n)).filter(
      (rows) => rows.length > 0,
    ),
  );
  const scanKeys = async (share: number): ReturnType<BuildScan['scanKeys']> => {
    const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
    const centres = strata.columns.map(({ column: { name } }) => (name === 'x' ? 1e9 : 0));
    return await scan.scanKeys({ seed: 5, keys: ['k', 'n'], share, columns, centres }, {});
  };

  test('are summed up by their definition, NULL a value of them', async () => {
    const { population, rowsMax, ofRows, ofColumns } = await scanKeys(0.2);
    expect(population).toBe(keys.length);
    expect(rowsMax).toBe(Math.max(...keys.map(({ length }) => length)));
    const totalsOf = (name: string): (typeof ofColumns)[number]['totals'] =>
      ofColumns.find(({ column }) => column.name === name)!.totals;
    for (const [a, b] of [
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [0, 1],
      [1, 1],
      [2, 1],
      [0, 2],
      [1, 2],
      [0, 3],
    ] as const) {
      const expected = keys.reduce((sum, rows) => {
        const present = rows.filter((i) => i % 5 !== 0);
        const s = present.reduce((all, i) => all + i * 0.25, 0);
        return present.length === 0 ? sum : sum + present.length ** a * s ** b;
      }, 0);
      expect(totalsOf('x')(a, b) / expected).toBeCloseTo(1, 9);
    }
    expect(ofRows(3, 0)).toBe(keys.reduce((sum, { length }) => sum + length ** 3, 0));
    expect([totalsOf('day')(1, 0), totalsOf('day')(0, 1)]).toEqual([3000, Number.NaN]);
  });

  test('come whole, in the order of their priorities; a larger share has the same first', async () => {
    const orderOf = ({ rows, priority }: Awaited<ReturnType<typeof scanKeys>>): string[] => {
      const n = rows.columns.find(({ column }) => column.name === 'n')!.values;
      const k = rows.columns.find(({ column }) => column.name === 'k')!;
      const found: string[] = [];
      const counts: number[] = [];
      const shares: number[] = [];
      for (let row = 0; row < rows.count; row++) {
        const key = rows.stratum[row]!;
        found[key] = `${k.dictionary![Number(k.values[row])]} ${n[row]}`;
        counts[key] = (counts[key] ?? 0) + 1;
        shares[key] = priority[row]!;
      }
      expect(shares).toEqual(shares.toSorted((a, b) => a - b));
      for (const [place, name] of found.entries()) {
        const key = keys.find(([i = 0]) => `${i % 7 === 0 ? undefined : `k${i % 3}`} ${i % 100}` === name);
        expect(counts[place]).toBe(key!.length);
      }
      return found;
    };
    const [few, all] = [orderOf(await scanKeys(0.2)), orderOf(await scanKeys(1))];
    expect(all).toHaveLength(keys.length);
    expect(Math.abs(few.length - 0.2 * keys.length)).toBeLessThan(5 * Math.sqrt(0.16 * keys.length));
    expect(few).toEqual(all.slice(0, few.length));
  });
});
