import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/common/index.ts';
import { RunControl } from '../../src/engine/run-control.ts';
import { SampleReading } from '../../src/engine/sample-reading.ts';
import type { Estimate, QueryResult } from '../../src/index.ts';
import { drawnDesign } from '../../src/plan/index.ts';
import { askSample, bindAggregate } from '../support/ask-sample.ts';
import { DrawingTable } from '../support/draws.ts';
import { Workspace } from '../support/workspace.ts';

/* Samples with OUTLIERS OF, from CREATE SAMPLE to answers. */

// x: Pareto with index 1.5, NULL in every tenth row; g: NULL or one of three groups.
const pareto = '(1 - (hash(hash(i, 1)) % 1000003) / 1000003.0) ** (-1 / 1.5)';
const rows = `SELECT i AS id, CASE WHEN i % 10 <> 3 THEN ${pareto} END AS x, (${pareto} * 100)::INTEGER AS cents,
  CASE WHEN i % 7 = 0 THEN NULL ELSE 'g' || (i % 3) END AS g, (hash(hash(i, 2)) % 100)::INTEGER AS k,
  CASE WHEN i % 1000 = 0 THEN 'nan'::DOUBLE ELSE ${pareto} END AS broken FROM range(200000) t(i)`;

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', rows);
  await work.query('CREATE SAMPLE plain ON t UNIFORM 8000 ROWS SEED 1');
  await work.query('CREATE SAMPLE apart ON t UNIFORM 8000 ROWS OUTLIERS OF (x) SEED 1');
  await work.table('s', rows);
  await work.query('CREATE SAMPLE by_g ON s STRATIFIED BY (g) CAP 2000 OUTLIERS OF (X, cents) SEED 2');
}, 60_000);
afterAll(() => work.close());

const sampleOf = async (name: string): Promise<Record<string, unknown>> =>
  (await work.query('SHOW SAMPLES')).toObjects().find((row) => row['sample'] === name)!;
const explained = async (sql: string): Promise<Map<unknown, unknown>> =>
  new Map((await work.query(`EXPLAIN ${sql}`)).rows.map(([item, value]) => [item, value]));
const firstEstimate = ({ rows: [row] }: QueryResult): Estimate => row![0] as Estimate;
/** The rows that EXPLAIN says are taken whole. */
const takenWhole = async (): Promise<number> => {
  const line = String((await explained('SELECT SUM(x) FROM t WHERE k < 50')).get('outliers'));
  return Number(/^([\d,]+) rows/.exec(line)![1]!.replaceAll(',', ''));
};

describe('CREATE SAMPLE … OUTLIERS OF', () => {
  test('is told by SHOW SAMPLES; outliers count among the rows', async () => {
    expect(await sampleOf('apart')).toMatchObject({
      method: 'uniform 8,000 rows, outliers of x whole',
      rows: 8000,
      strata: 2,
    });
    const byG = await sampleOf('by_g');
    expect(byG).toMatchObject({
      method: 'stratified by g, at most 2,000 rows each, outliers of x, cents whole',
      strata: 8,
    });
    // Four keys of 2,000 rows, and their outliers: less than half of what the strata keep.
    expect(byG['rows']).toBeGreaterThan(8000);
    expect(byG['rows']).toBeLessThan(12_000);
  });

  test('tells what it took whole', async () => {
    const { answer } = await work.query('CREATE SAMPLE ON t UNIFORM 1% OUTLIERS OF (cents, k) SEED 3');
    expect(answer.reason).toMatch(
      /^sample t_uniform_outliers drawn: uniform 1 %, outliers of cents, k whole, seed 3; \d+ rows of the table taken whole: \|cents\| > \d+, for \d+ % of the error that SUM\(cents\) would have; k has none$/,
    );
    await work.query('DROP SAMPLE t_uniform_outliers');
  });

  test('repeats from its seed', async () => {
    const draw = async (): Promise<unknown> => {
      await work.query('CREATE SAMPLE again ON t UNIFORM 500 ROWS OUTLIERS OF (x) SEED 4');
      const values = await work.values('SELECT SUM(id * id % 1009) FROM t WHERE id >= 0');
      await work.query('DROP SAMPLE again');
      return values;
    };
    expect(await draw()).toEqual(await draw());
  });

  test.each([
    ['a column without outliers', 'k'],
    ['a column that is NULL', 'CASE'],
  ])('%s leaves a sample like any other', async (_, column) => {
    await work.table(`u_${column}`, `SELECT i AS k, NULL::DOUBLE AS "CASE" FROM range(5000) t(i)`);
    await work.query(`CREATE SAMPLE u_${column}_s ON u_${column} UNIFORM 400 ROWS OUTLIERS OF ("${column}")`);
    expect(await sampleOf(`u_${column}_s`)).toMatchObject({ rows: 400, strata: 1 });
  });

  test('values that are not finite are no outliers', async () => {
    const { answer } = await work.query('CREATE SAMPLE odd ON t UNIFORM 1% OUTLIERS OF (broken)');
    expect(answer.reason).toMatch(/\d+ rows of the table taken whole: \|broken\| > \d+/);
    // Every thousandth row is NaN: all of them would be 200.
    await work.query('DROP SAMPLE odd');
  });

  test('an empty table', async () => {
    await work.table('nothing', "SELECT 1.5::DOUBLE AS x, 'a' AS g FROM range(0)");
    await work.query('CREATE SAMPLE e1 ON nothing UNIFORM 5% OUTLIERS OF (x)');
    await work.query('CREATE SAMPLE e2 ON nothing STRATIFIED BY (g) CAP 10 OUTLIERS OF (x)');
    expect(await work.values('SELECT COUNT(*), SUM(x) FROM nothing WHERE x > 5')).toEqual([[0, null]]);
  });
});

describe('answers', () => {
  const truthOf = async (sql: string): Promise<number> => Number((await work.values(`EXACT ${sql}`))[0]![0]);

  test('sums of the column take the sample that holds its outliers, certified and narrower', async () => {
    const sql = 'SELECT SUM(x) FROM t WHERE k < 50';
    const result = await work.query(sql);
    expect(result.answer.sample!.name).toBe('apart');
    const found = firstEstimate(result);
    expect(found.certified).toBe(true);
    const truth = await truthOf(sql);
    expect(Math.abs(found.value! - truth)).toBeLessThan(4 * found.stdError!);
    await work.query('DROP SAMPLE apart');
    const without = firstEstimate(await work.query(sql));
    await work.query('CREATE SAMPLE apart ON t UNIFORM 8000 ROWS OUTLIERS OF (x) SEED 1');
    expect(without.certified).toBe(false);
    expect(found.stdError!).toBeLessThan(0.5 * without.stdError!);
  });

  test('EXPLAIN shows where outliers begin, how many there are, and what that does', async () => {
    const lines = await explained('SELECT SUM(x) FROM t WHERE k < 50');
    expect(lines.get('sample')).toBe('apart (uniform 8,000 rows, outliers of x whole)');
    expect(lines.get('outliers')).toMatch(
      /^[\d,]+ rows of the table taken whole: \|x\| > [\d.]+, for [\d.]+ % of the error that SUM\(x\) would have$/,
    );
    const share = /for ([\d.]+) %/.exec(String(lines.get('outliers')))![1];
    expect(Number(share)).toBeLessThan(50);
    expect((await explained('SELECT COUNT(*) FROM t WHERE id < 500')).has('outliers')).toBe(false);
  });

  test('a bound is kept without reading all, outliers are read whole', async () => {
    const { answer, rows: found } = await work.query('SELECT SUM(x) FROM t WHERE k < 90 ERROR WITHIN 20%');
    expect(answer).toMatchObject({ mode: 'approximate', met: true, sample: { name: 'apart' } });
    expect(answer.sample!.rowsRead).toBe((await takenWhole()) + 4096);
    expect((found[0]![0] as Estimate).certified).toBe(true);
  });

  test('exact totals of strata add up over both halves of a key, NULL among the keys', async () => {
    const sql =
      'SELECT g, COUNT(*), COUNT(x), SUM(cents), MIN(cents), MAX(cents), AVG(cents) FROM s GROUP BY g ORDER BY g';
    const { answer } = await work.query(sql);
    expect(answer).toMatchObject({ mode: 'precomputed' });
    const [found, exact] = [await work.values(sql), await work.values(`EXACT ${sql}`)];
    for (const [place, row] of exact.entries()) {
      expect(found[place]!.slice(0, 6)).toEqual(row.slice(0, 6));
      expect(Number(found[place]![6])).toBeCloseTo(Number(row[6]), 6);
    }
  });

  test('groups by the strata columns are one, whatever their halves', async () => {
    const sql = "SELECT g, SUM(x * 2), COUNT(*) FROM s WHERE g IS NULL OR g > 'g0' GROUP BY g ORDER BY g";
    const { answer, rows: found } = await work.query(sql);
    expect(answer).toMatchObject({ mode: 'approximate', sample: { name: 'by_g' } });
    const exact = await work.values(`EXACT ${sql}`);
    expect(found.map(([g]) => g)).toEqual(['g1', 'g2', null]);
    for (const [place, [, sum, count]] of found.entries()) {
      const [estimate, counted] = [sum as Estimate, count as Estimate];
      expect(Math.abs(estimate.value! - Number(exact[place]![1]))).toBeLessThan(4 * estimate.stdError!);
      expect(counted).toMatchObject({ exact: true, value: exact[place]![2] });
    }
  });

  test('what outliers alone match is counted for certain, the rest is not forgotten', async () => {
    const { rows: found } = await work.query('SELECT COUNT(*) FROM t WHERE x > 500');
    const { value, low, high, exact } = found[0]![0] as Estimate;
    const truth = await truthOf('SELECT COUNT(*) FROM t WHERE x > 500');
    expect(value).toBe(truth);
    expect(low).toBe(truth);
    expect(exact).toBe(false);
    expect(high).toBeGreaterThan(truth);
  });

  test('after the engine was closed and opened again', async () => {
    const sql = 'SELECT SUM(x) FROM t WHERE k < 50';
    const before = (await work.query(sql)).toObjects();
    await work.reopen();
    expect((await work.query(sql)).toObjects()).toEqual(before);
    expect(await sampleOf('apart')).toMatchObject({ method: 'uniform 8,000 rows, outliers of x whole' });
  });
});

test('a deadline that is over ends the reading behind the outliers, not among them', async () => {
  const method = { kind: 'uniform', unit: 'rows', amount: 8000 } as const;
  const table = await DrawingTable.open(work.path('t.parquet'), method, work.path('draws'), ['x']);
  const sample = await table.draw(1);
  const query = bindAggregate('SELECT SUM(x) FROM t', table.columns);
  const control = new RunControl(systemClock, {}, 0, systemClock.monotonicMs());
  // Tasks of eight rows: the outliers take hundreds.
  const reading = await SampleReading.open(
    query,
    { confidence: 0.95, simultaneous: false },
    { ...sample, blockRows: 8 },
    drawnDesign,
    control,
  );
  if (typeof reading === 'string') throw new Error(reading);
  const known = await reading.readTo(5000);
  const { rowsRead } = known.estimator.moments;
  const [rest, outliers] = [0, 1];
  expect(reading.stopped).toBe(true);
  expect(rowsRead[outliers]).toBe(sample.strata.population[outliers]);
  expect(rowsRead[outliers]).toBeGreaterThan(500);
  expect(rowsRead[rest]).toBeGreaterThan(0);
  expect(rowsRead[rest]).toBeLessThanOrEqual(8);
  await sample.close();
  await table.close();
});

test('a rank limit leaves the outliers whole', async () => {
  const method = { kind: 'stratified', columns: ['g'], cap: 1000 } as const;
  const table = await DrawingTable.open(work.path('t.parquet'), method, work.path('draws'), ['x']);
  const sample = await table.draw(1);
  const query = bindAggregate('SELECT SUM(x), COUNT(*) FROM t', table.columns);
  const control = new RunControl(systemClock, {}, null, systemClock.monotonicMs());
  const reading = await SampleReading.open(
    query,
    { confidence: 0.95, simultaneous: false },
    sample,
    drawnDesign,
    control,
  );
  if (typeof reading === 'string') throw new Error(reading);
  const known = await reading.readTo(100);
  const { rowsRead } = known.estimator.moments;
  const { takeAll, population } = sample.strata;
  expect([...rowsRead]).toEqual(
    population
      .map((all, h) => (takeAll[h] === 1 ? all : 100))
      .reduce<number[]>((list, n) => [...list, n], []),
  );
  // How far values can reach that were not read is told by the others alone, and so is how well the error is known.
  const { estimator, groups: met } = known;
  const { high } = sample.strata.statistics.get('x')!;
  const highest = high.reduce((most, value, h) => (takeAll[h] === 1 ? most : Math.max(most, value)), 0);
  expect(estimator.moments.population[0]).toMatchObject({ high: highest });
  expect(highest).toBeLessThan(high.reduce((a, b) => Math.max(a, b)) / 10);
  expect(estimator.leastSupport(met.at(0))).toBeLessThanOrEqual(400);
  expect(estimator.leastSupport(met.at(0))).toBeGreaterThan(300);
  // And so does a reading straight from the run index.
  const rowsOf = sample.runs.sizes.map((_, h) => sample.runs.rowsUnder(h, 100));
  const { groups } = await askSample(sample, query, { rows: rowsOf });
  expect(known.groups.at(0).aggregates).toEqual(groups[0]!.aggregates);
  await sample.close();
  await table.close();
});
