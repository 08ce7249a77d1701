import { expect, test } from 'vitest';
import type { SamplingMethod } from '../../src/catalog/index.ts';
import { drawSample, type DrawRequest } from '../../src/sampler/build-sample.ts';
import { JointScan, rowsOfStratum } from '../../src/sampler/joint-scan.ts';
import type { DrawnSample } from '../../src/sampler/write-sample.ts';
import type { BuildScan, RowRequest } from '../../src/sources/index.ts';
import { arrayScan, type ArrayTable } from '../support/array-scan.ts';

/* Samples that are drawn together are those that are drawn alone, with fewer scans. */

const rows = 4 * rowsOfStratum;
const table: ArrayTable = {
  columns: [
    { name: 'g', type: { kind: 'varchar' } },
    { name: 'x', type: { kind: 'integer', bits: 32, signed: true } },
    { name: 'y', type: { kind: 'double' } },
  ],
  values: [
    Array.from({ length: rows }, (_, i) => (i % 9 === 0 ? null : `g${i % 2}`)),
    Array.from({ length: rows }, (_, i) => (i * 7919) % 1000),
    Array.from({ length: rows }, (_, i) => (i % 5 === 0 ? null : Math.sqrt(i))),
  ],
};
const priorities = BigUint64Array.from({ length: rows }, (_, i) => (BigInt(i + 1) * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n)); // prettier-ignore

/** A scan of the table that notes what it is asked for. */
function watched(change: Partial<BuildScan> = {}): { readonly scan: BuildScan; readonly asked: string[] } {
  const own = arrayScan(table, { priorities });
  const asked: string[] = [];
  const scan: BuildScan = {
    ...own,
    scanStrata: (keys, ...others) => {
      asked.push(`strata by (${keys.join()})`);
      return own.scanStrata(keys, ...others);
    },
    scanRows: (requests: readonly RowRequest[], control) => {
      asked.push(`rows of ${requests.length}`);
      return own.scanRows(requests, control);
    },
    ...change,
  };
  return { scan, asked };
}

async function together(
  scan: BuildScan,
  requests: readonly DrawRequest[],
  tableRows = rows,
): Promise<PromiseSettledResult<DrawnSample>[]> {
  const joint = new JointScan(scan, tableRows, {});
  const parts = requests.map((request) => joint.part(request));
  return await Promise.allSettled(
    requests.map((request, place) =>
      drawSample(parts[place]!, request, {}).finally(() => parts[place]!.close()),
    ),
  );
}

const request = (method: SamplingMethod, outliersOf: string[] = []): DrawRequest => ({
  method,
  outliersOf,
  seed: 1,
});
const uniform = request({ kind: 'uniform', unit: 'rows', amount: 100 });
const byG = request({ kind: 'stratified', columns: ['g'], cap: 40 });
const byX = request({ kind: 'stratified', columns: ['x'], cap: 2 });

/** A sample's columns, and of its strata what adding up does not round. */
const exactPart = ({ columns, strata, rows: drawn }: DrawnSample): unknown => ({
  drawn,
  columns,
  strata: strata.columns.map(({ column, count, low, high, sum }) => ({ column, count, low, high, sum })),
});

test.each([
  ['the whole table first', [uniform, byG], ['strata by (g)', 'rows of 2']],
  ['strata first', [byG, uniform], ['strata by (g)', 'rows of 2']],
  ['several strata', [uniform, byX, byG], ['strata by (x)', 'strata by (g)', 'rows of 3']],
  [
    'strata that are too small to be added up',
    [uniform, byX],
    ['strata by (x)', 'strata by ()', 'rows of 2'],
  ],
  ['outliers', [uniform, request(uniform.method, ['x'])], ['strata by ()', 'strata by ()', 'rows of 2']],
  [
    'no strata',
    [uniform, request({ kind: 'uniform', unit: 'percent', amount: 50 })],
    ['strata by ()', 'strata by ()', 'rows of 2'],
  ],
] as const)('%s', async (_, requests, scans) => {
  const { scan, asked } = watched();
  const drawn = await together(scan, requests);
  expect(asked).toEqual(scans);
  for (const [place, own] of requests.entries()) {
    const result = drawn[place]!;
    if (result.status === 'rejected') throw result.reason;
    const alone = await drawSample(arrayScan(table, { priorities }), own, {});
    expect(exactPart(result.value)).toEqual(exactPart(alone));
    for (const [column, { mean, centred }] of alone.strata.columns.entries()) {
      const found = result.value.strata.columns[column]!;
      for (const [k, moments] of [mean, ...centred].entries())
        for (const [h, moment] of moments.entries())
          expect([found.mean, ...found.centred][k]![h]! / moment || 1).toBeCloseTo(1, 9); // NaN where there is none
    }
  }
});

test('one that fails does not hold the others up', async () => {
  const own = arrayScan(table, { priorities });
  const failing = watched({
    scanStrata: (keys, ...others) =>
      keys.length > 0 ? Promise.reject(new Error('no strata')) : own.scanStrata(keys, ...others),
  });
  const [strata, whole] = await together(failing.scan, [byG, uniform]);
  expect(strata).toMatchObject({ status: 'rejected', reason: { message: 'no strata' } });
  expect(whole).toMatchObject({ status: 'fulfilled', value: { rows: 100 } });
  expect(failing.asked).toEqual(['rows of 1']);
});

test('all hear of a scan for rows that fails', async () => {
  const { scan } = watched({ scanRows: () => Promise.reject(new Error('no rows')) });
  for (const result of await together(scan, [byG, uniform]))
    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'no rows' } });
});

test('of more rows than memory should hold there are several scans', async () => {
  const share = request({ kind: 'uniform', unit: 'percent', amount: 50 });
  const { scan, asked } = watched();
  // As if the table had 10 million rows.
  const drawn = await together(scan, [share, byG, uniform, share], 1e7);
  expect(asked.filter((each) => each.startsWith('rows'))).toHaveLength(2);
  expect(drawn.map((each) => each.status === 'fulfilled' && each.value.rows > 0)).toEqual([
    true,
    true,
    true,
    true,
  ]);
});
