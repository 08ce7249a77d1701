import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SamplingMethod, SampleOutliers } from '../../src/catalog/index.ts';
import { type OutputColumn, typeFromDuckDB } from '../../src/plan/index.ts';
import { buildSample, drawPart, mergeSamples, type SamplePart } from '../../src/sampler/index.ts';
import { centredOrders, openSample, type Sample } from '../../src/samples/index.ts';
import { type BuildScan, DuckDBSource } from '../../src/sources/index.ts';
import { memoryFiles } from '../support/memory-files.ts';
import type { OpenPart } from '../support/parts.ts';
import { layoutOf, rowsOf, strataOf } from '../support/sample-content.ts';
import { Workspace } from '../support/workspace.ts';

/* Samples of three files, merged, against a sample built of the three files at once: row for row the same. */

type Mergeable = SamplePart['method'];
type Stratified = Extract<SamplingMethod, { kind: 'stratified' }>;

/** Ranges, texts and strata differ from file to file; `big` fits into a double in the first file only. */
const selects = [
  "SELECT CASE WHEN i % 11 = 0 THEN NULL ELSE 'k' || (i % 4) END AS g, CASE WHEN i % 7 <> 0 THEN (i % 3)::INTEGER END AS k, (i % 50)::INTEGER AS n, CASE WHEN i % 5 <> 0 THEN 1e6 / (hash(i) % 1000 + 1)::DOUBLE END AS x, (i / 8.0)::DECIMAL(12,3) AS d, DATE '2000-01-01' + (i % 3)::INTEGER AS day, TIMESTAMP '2020-01-01' + to_seconds(i) AS at, i % 2 = 0 AS b, 'text ' || i AS s, (i / 3.0)::FLOAT AS f, uuid() AS u, i::BIGINT AS big, 0.1 AS same FROM range(3000) t(i)",
  "SELECT CASE WHEN i % 13 = 0 THEN NULL WHEN i < 3 THEN 'a' ELSE 'k' || (i % 3 + 2) END AS g, CASE WHEN i % 5 <> 0 THEN (i % 2 + 5)::INTEGER END AS k, (i * 100)::INTEGER AS n, CASE WHEN i = 7 THEN 'nan'::DOUBLE WHEN i = 8 THEN 'inf'::DOUBLE ELSE -10.0 * i END AS x, (-i / 8.0)::DECIMAL(12,3) AS d, CASE WHEN i % 9 <> 0 THEN DATE '2000-01-03' + (i % 2)::INTEGER END AS day, TIMESTAMP '2020-01-01' - to_seconds(i) AS at, i = 0 AS b, CASE WHEN i % 4 <> 0 THEN 'ä' || (i % 30) END AS s, NULL::FLOAT AS f, uuid() AS u, (2**60)::BIGINT + i AS big, 0.1 AS same FROM range(700) t(i)",
  "SELECT 'k3' AS g, NULL::INTEGER AS k, (-i)::INTEGER AS n, 1e5 + i AS x, 5::DECIMAL(12,3) AS d, NULL::DATE AS day, TIMESTAMP '2020-01-01' AS at, NULL::BOOLEAN AS b, NULL::VARCHAR AS s, i::FLOAT AS f, uuid() AS u, NULL::BIGINT AS big, 0.1 AS same FROM range(40) t(i)",
];

let work: Workspace;
let source: DuckDBSource;
let columns: readonly OutputColumn[];
let paths: readonly string[];
const files = memoryFiles();
let number = 0;

beforeAll(async () => {
  work = await Workspace.open();
  paths = await Promise.all(selects.map((select, place) => work.writeRows(`${place}.parquet`, select)));
  source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 30, tempFolder: work.path('scratch') });
  const { columns: found } = await source.inspect([paths[0]!]);
  columns = found.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
});
afterAll(async () => {
  await source.close();
  await work.close();
});

interface Outliers {
  readonly outliersOf?: readonly string[];
  readonly outliersAs?: SampleOutliers;
}

/** Scans some of the files, which keep their numbers. */
async function scanning<T>(places: readonly number[], use: (scan: BuildScan) => Promise<T>): Promise<T> {
  const table = { name: 't', files: places.map((place) => ({ id: 10 + place, path: paths[place]! })) };
  const scan = await source.openBuild(table, columns);
  try {
    return await use(scan);
  } finally {
    scan.close();
  }
}

/** The method with outliers, where there are some. */
const taking = (method: Mergeable, outliers: SampleOutliers | null): Mergeable =>
  outliers === null ? method : { ...method, outliers };

/** Builds a sample of some of the files. */
const build = (places: readonly number[], method: Mergeable, outliers: Outliers = {}): Promise<OpenPart> =>
  scanning(places, async (scan) => {
    const request = { method, seed: 3, folder: '/samples', number: ++number, ...outliers };
    const built = await buildSample(files, scan, request, {});
    const sample = await openSample(files, '/samples', built.files);
    return { sample, method: taking(method, built.outliers) };
  });

/** Draws one to be merged with another, and writes no files. */
const draw = (places: readonly number[], first: SamplePart): Promise<SamplePart> =>
  scanning(places, (scan) => drawPart(scan, first, 3, {}));

async function merge(first: SamplePart, ...others: SamplePart[]): Promise<OpenPart> {
  const request = { columns, folder: '/samples', number: ++number };
  const merged = await mergeSamples(files, [first, ...others], request, {});
  const sample = await openSample(files, '/samples', merged.files);
  expect([merged.rows, merged.strata, merged.populationRows]).toEqual([
    sample.rows,
    sample.strata.count,
    sample.strata.population.reduce((sum, rows) => sum + rows, 0),
  ]);
  return { sample, method: merged.method };
}

/** Asks that both samples hold the same rows in the same places and know the same of the table. */
async function expectSame(actual: Sample, expected: Sample): Promise<void> {
  expect(await rowsOf(actual)).toEqual(await rowsOf(expected));
  expect(layoutOf(actual)).toEqual(layoutOf(expected));
  expect(strataOf(actual)).toEqual(strataOf(expected));
  const apart: string[] = [];
  for (const [name, { count, nonFinite, mean, centred }] of expected.strata.statistics) {
    const found = actual.strata.statistics.get(name)!;
    for (const [h, value] of mean.entries()) {
      const n = count[h]! - nonFinite[h]!;
      const spread = Math.sqrt(centred[0]![h]! / n);
      if (!isNear(found.mean[h]!, value, 1e-12 * Math.max(Math.abs(value), spread)))
        apart.push(`mean of ${name}, ${h}`);
      for (const [place, k] of centredOrders.entries()) {
        const [moment, other] = [centred[place]![h]!, found.centred[place]![h]!];
        // A build keeps six digits of a moment, or says that it has none, which depends on what else it looks at.
        if (Number.isNaN(moment) || Number.isNaN(other)) continue;
        if (!isNear(other, moment, 1e-6 * Math.max(n * spread ** k, Math.abs(moment))))
          apart.push(`moment ${k} of ${name}, ${h}`);
      }
    }
  }
  expect(apart).toEqual([]);
}

/** Whether numbers are as near as that, or both are none. */
const isNear = (a: number, b: number, within: number): boolean =>
  Number.isNaN(b) ? Number.isNaN(a) : Math.abs(a - b) <= within;

const byKeys = (cap: number, ...keys: string[]): Stratified => ({ kind: 'stratified', columns: keys, cap });
const methods: readonly (readonly [string, Mergeable])[] = [
  ['500 rows', { kind: 'uniform', unit: 'rows', amount: 500 }],
  ['more rows than there are', { kind: 'uniform', unit: 'rows', amount: 10_000 }],
  ['10 %', { kind: 'uniform', unit: 'percent', amount: 10 }],
  ['100 %', { kind: 'uniform', unit: 'percent', amount: 100 }],
  ['by a text, one row of each', byKeys(1, 'g')],
  ['by a text', byKeys(60, 'g')],
  ['by a text, some strata whole in some files', byKeys(250, 'g')],
  ['by a text, all whole', byKeys(5000, 'g')],
  ['by two columns', byKeys(25, 'k', 'g')],
  ['by a date', byKeys(100, 'day')],
  ['by a boolean', byKeys(100, 'b')],
  ['by a decimal', byKeys(2, 'd')],
  ['by a number beyond doubles', byKeys(2, 'big')],
];

describe.each(methods)('samples of %s', (_, method) => {
  let parts: readonly OpenPart[];
  let whole: OpenPart;
  beforeAll(async () => {
    parts = [await build([0], method), await build([1], method), await build([2], method)];
    whole = await build([0, 1, 2], method);
  });

  test('merge to the one that is built of all files at once', async () => {
    const [a, b, c] = parts as [OpenPart, OpenPart, OpenPart]; // three files
    await expectSame((await merge(a, b, c)).sample, whole.sample);
  });

  test('merge one after the other, and in any order', async () => {
    const [a, b, c] = parts as [OpenPart, OpenPart, OpenPart]; // three files
    await expectSame((await merge(await merge(a, b), c)).sample, whole.sample);
    await expectSame((await merge(c, await merge(b, a))).sample, whole.sample);
  });

  test('merge with samples that were drawn for them', async () => {
    const [a, b] = parts as [OpenPart, OpenPart, OpenPart]; // three files
    await expectSame((await merge(a, await draw([1], a), await draw([2], a))).sample, whole.sample);
    await expectSame((await merge(b, await draw([0, 2], b))).sample, whole.sample);
  });
});

const withOutliers: readonly (readonly [string, Mergeable])[] = [
  ['500 rows', { kind: 'uniform', unit: 'rows', amount: 500 }],
  ['60 rows', { kind: 'uniform', unit: 'rows', amount: 60 }],
  ['10 %', { kind: 'uniform', unit: 'percent', amount: 10 }],
  ['by a text', byKeys(60, 'g')],
  ['by two columns', byKeys(25, 'k', 'g')],
];

describe.each(withOutliers)('samples of %s with outliers', (_, method) => {
  test('merge to the one that is built with the thresholds of the first', async () => {
    const a = await build([0], method, { outliersOf: ['x', 'n'] });
    const outliersAs = a.method.outliers!;
    expect(outliersAs.rows).toBeGreaterThan(0);
    expect(outliersAs.columns.map(({ threshold }) => threshold === null)).toEqual([false, true]);
    const b = await build([1], method, { outliersAs });
    const c = await build([2], method, { outliersAs });
    const whole = await build([0, 1, 2], method, { outliersAs });
    const merged = await merge(await merge(a, b), c);
    await expectSame(merged.sample, whole.sample);
    const drawn = await merge(a, await draw([1], a), await draw([2], a));
    await expectSame(drawn.sample, whole.sample);
    expect(merged.method.outliers!.rows).toBe(whole.method.outliers!.rows);
    for (const [place, { name, threshold, errorShare }] of merged.method.outliers!.columns.entries()) {
      const expected = whole.method.outliers!.columns[place]!;
      expect([name, threshold]).toEqual([expected.name, expected.threshold]);
      if (expected.errorShare === null) expect(errorShare).toBeNull();
      else expect(errorShare).toBeCloseTo(expected.errorShare, 9);
    }
    // However many outliers come, of the other rows half stays of what was asked for.
    if (method.kind === 'uniform' && method.unit === 'rows') {
      const { runs, strata } = merged.sample;
      const rest = runs.sizes[strata.takeAll.indexOf(0)]!;
      const taken = merged.method.outliers!.rows;
      expect(rest).toBe(Math.max(method.amount - taken, method.amount / 2));
    }
  });
});
