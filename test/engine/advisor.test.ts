import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

const flightsFile = join(
  dirname(createRequire(import.meta.url).resolve('vega-datasets')),
  '../data/flights-3m.parquet',
);

/** A row of what CREATE SAMPLES and SHOW SAMPLES answer. */
type Row = Readonly<Record<string, unknown>>;
const rowsOf = async (work: Workspace, sql: string): Promise<Row[]> => (await work.query(sql)).toObjects();
const sum = (rows: readonly Row[], name: string): number =>
  rows.reduce((total, row) => total + (row[name] as number), 0);
const actions = (rows: readonly Row[]): unknown[][] => rows.map((row) => [row['action'], row['sample']]);

describe('three million flights', () => {
  let work: Workspace;
  const asked = [
    'SELECT origin, COUNT(*), AVG(distance) FROM flights WHERE origin <> ? GROUP BY origin ERROR WITHIN 20%',
    'SELECT origin, SUM(distance) FROM flights GROUP BY origin',
    'SELECT destination, COUNT(*) FROM flights WHERE delay > 60 GROUP BY destination',
    'SELECT origin, COUNT(*) FROM flights WHERE distance > 500 GROUP BY origin',
    'SELECT COUNT(*) FROM flights WHERE delay > 60',
  ];

  beforeAll(async () => {
    // Which sample suits a query best can depend on what was drawn.
    let seed = 0;
    work = await Workspace.open({ newSeed: () => ++seed });
    await work.table('flights', `SELECT * FROM '${flightsFile}'`);
    for (const sql of asked) await work.engine.query(sql, sql.includes('?') ? { params: ['ATL'] } : {});
    await work.error('SELECT nothing FROM flights');
    await work.query('CREATE SAMPLE mine ON flights STRATIFIED BY (destination) CAP 5 SEED 1');
  });
  afterAll(() => work.close());

  test('EXPLAIN tells what would be made, and makes nothing', async () => {
    const proposed = await rowsOf(work, 'EXPLAIN CREATE SAMPLES ON flights BUDGET 10%');
    expect(proposed.map((row) => row['action'])).toEqual(proposed.map(() => 'create'));
    expect(proposed.map((row) => row['sample'])).toContain('flights_by_origin');
    expect(proposed.every((row) => row['bytes'] === null)).toBe(true);
    expect(await rowsOf(work, 'SHOW SAMPLES')).toHaveLength(1);
  });

  test('samples within the budget, from which the same queries are answered', async () => {
    const proposed = await rowsOf(work, 'EXPLAIN CREATE SAMPLES ON flights BUDGET 10%');
    const result = await work.query('CREATE SAMPLES ON flights BUDGET 10%');
    const made: Row[] = result.toObjects();
    expect(made.map((row) => [row['sample'], row['rows']])).toEqual(proposed.map((row) => [row['sample'], row['rows']])); // prettier-ignore
    expect(result.answer.reason).toMatch(
      /% of the workload \(5 logged statements\) is covered.*of 300,000; /,
    );
    expect(sum(made, 'rows')).toBeLessThanOrEqual(300_000);
    expect(sum(made, 'rows')).toBeGreaterThan(150_000);

    // Bytes: a tenth of what all rows would take as a sample.
    await work.query('CREATE SAMPLE probe ON flights UNIFORM 100000 ROWS SEED 1');
    const [probe] = (await rowsOf(work, 'SHOW SAMPLES')).filter((row) => row['sample'] === 'probe');
    expect(sum(made, 'bytes')).toBeLessThanOrEqual(0.1 * 30 * (probe!['bytes'] as number));
    await work.query('DROP SAMPLE probe');

    const names = new Set(made.map((row) => row['sample']));
    for (const sql of asked) {
      const { answer: later } = await work.engine.query(sql, sql.includes('?') ? { params: ['ATL'] } : {});
      if (sql.includes('destination')) expect(later.mode, sql).toBe('approximate');
      else expect(['approximate', 'precomputed'], sql).toContain(later.mode);
      expect(names, sql).toContain(later.sample?.name);
      if (sql.includes('GROUP BY origin')) expect(later.missingGroupRowsMax, sql).toBe(0);
    }
    const shown = (await rowsOf(work, 'SHOW SAMPLES')).filter((row) => row['sample'] !== 'mine');
    expect(sum(shown, 'uses')).toBe(asked.length);
    for (const row of shown) {
      const own = made.find((each) => each['sample'] === row['sample']);
      expect(row['why']).toBe(own!['why']);
    }
  });

  test('asked again, all are kept as they are; samples of the user are never dropped', async () => {
    const before = await rowsOf(work, 'SHOW SAMPLES');
    const again = await rowsOf(work, 'CREATE SAMPLES ON flights BUDGET 10%');
    expect(again.every((row) => row['action'] === 'keep')).toBe(true);
    expect(await rowsOf(work, 'SHOW SAMPLES')).toEqual(before);
    expect(before.find((row) => row['sample'] === 'mine')!['why']).toBe('created by hand');

    // No budget to speak of: all of the advisor's own go, and nothing else.
    const least = await rowsOf(work, 'CREATE SAMPLES ON flights BUDGET 10 ROWS');
    expect(least.every((row) => row['action'] === 'drop')).toBe(true);
    expect((await rowsOf(work, 'SHOW SAMPLES')).map((row) => row['sample'])).toEqual(['mine']);
  });
});

describe('small tables', () => {
  let work: Workspace;
  beforeEach(async () => {
    work = await Workspace.open();
    // a, b and c: 400 values each, few of them with many rows; even: 4 values; x: of no use to strata.
    const skewed = (seed: number): string =>
      `floor(400 * pow((hash(i, ${seed}) % 1000000) / 1e6, 4))::INTEGER`;
    await work.table(
      't',
      `SELECT ${skewed(1)} AS a, ${skewed(2)} AS b, ${skewed(3)} AS c, i % 4 AS even, i / 7.0::DOUBLE AS x FROM range(200000) t(i)`,
    );
  });
  afterEach(() => work.close());

  test('nothing is known: FOR is asked for', async () => {
    const error = await work.error('CREATE SAMPLES ON t BUDGET 5%');
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(error.hint).toContain('FOR (a)');
  });

  test('FOR takes part in the workload, and what is named is sampled though no value is rare', async () => {
    const rows = await rowsOf(work, 'CREATE SAMPLES ON t BUDGET 50% FOR (even), (a)');
    expect(actions(rows)).toContainEqual(['create', 't_by_even']);
    expect(actions(rows)).toContainEqual(['create', 't_by_a']);
  });

  test('queries without rare values get a uniform sample of their share of the budget', async () => {
    await work.query('SELECT even, AVG(x) FROM t GROUP BY even');
    await work.query('SELECT AVG(x) FROM t WHERE x > 10');
    await work.query('SELECT a, AVG(x) FROM t GROUP BY a');
    await work.query('SELECT a, COUNT(*) FROM t GROUP BY a');
    const rows = await rowsOf(work, 'CREATE SAMPLES ON t BUDGET 60%');
    const uniform = rows.find((row) => row['sample'] === 't_uniform')!;
    expect(uniform['rows']).toBeGreaterThanOrEqual(59_000);
    expect(uniform['covers']).toBeCloseTo(0.5, 9);
    expect(rows.find((row) => row['sample'] === 't_by_a')!['covers']).toBeCloseTo(0.5, 9);
  });

  test('a sample of the user that does the same is counted', async () => {
    await work.query('CREATE SAMPLE mine ON t STRATIFIED BY (a) CAP 100000 SEED 1');
    const result = await work.query('EXPLAIN CREATE SAMPLES ON t BUDGET 40% FOR (a)');
    expect(result.toObjects()).toEqual([]);
    expect(result.answer.reason).toMatch(/^100 % of the workload \(the columns named\)/);
  });

  test('the churn limit: at most half of the room is given up at once', async () => {
    await work.query('CREATE SAMPLES ON t BUDGET 60% FOR (a), (b)');
    const before = (await rowsOf(work, 'SHOW SAMPLES')).filter((row) => row['sample'] !== 't_uniform');
    expect(before.map((row) => row['sample'])).toEqual(['t_by_a', 't_by_b']);
    const rows = await rowsOf(work, 'CREATE SAMPLES ON t BUDGET 60% FOR (c)');
    const dropped = rows.filter((row) => row['action'] === 'drop' && row['sample'] !== 't_uniform');
    expect(dropped).toHaveLength(1);
    expect(sum(dropped, 'rows')).toBeLessThanOrEqual(0.6 * sum(before, 'rows'));
    expect(actions(rows)).toContainEqual(['create', 't_by_c']);
    // Next time the other one goes: it is of no use any more.
    const next = await rowsOf(work, 'CREATE SAMPLES ON t BUDGET 60% FOR (c)');
    expect(actions(next)).toContainEqual(['keep', 't_by_c']);
    const left = (await rowsOf(work, 'SHOW SAMPLES')).map((row) => row['sample']);
    expect(left.filter((name) => name !== 't_uniform' && name !== 't_uniform_2')).toEqual(['t_by_c']);
    expect(sum(await rowsOf(work, 'SHOW SAMPLES'), 'rows')).toBeLessThanOrEqual(120_000);
  });

  test('refusals have places', async () => {
    const errors = {
      'CREATE SAMPLES ON t BUDGET 0%': 'INVALID_ARGUMENT',
      'CREATE SAMPLES ON t BUDGET 2.5 ROWS FOR (a)': 'INVALID_ARGUMENT',
      'EXPLAIN CREATE SAMPLES ON t BUDGET 101% FOR (a)': 'INVALID_ARGUMENT',
      'CREATE SAMPLES ON t BUDGET 5% FOR (nothing)': 'UNKNOWN_COLUMN',
      'CREATE SAMPLES ON t BUDGET 5% FOR (a, x)': 'NOT_SUPPORTED',
      'CREATE SAMPLES ON t BUDGET 5% FOR (a, a)': 'INVALID_ARGUMENT',
      'CREATE SAMPLES ON nothing BUDGET 5%': 'UNKNOWN_TABLE',
    };
    for (const [sql, code] of Object.entries(errors)) {
      const error = await work.error(sql);
      expect([error.code, error.span !== undefined], sql).toEqual([code, true]);
    }
  });

  test('a signal ends it', async () => {
    const signal = AbortSignal.abort();
    await expect(
      work.engine.query('CREATE SAMPLES ON t BUDGET 30% FOR (a)', { signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await rowsOf(work, 'SHOW SAMPLES')).toEqual([]);
  });
});

test('a table of more than 20 million rows: a share of it is counted, but what is chosen is counted whole', async () => {
  const work = await Workspace.open();
  await work.table('t', 'SELECT floor(sqrt(i))::SMALLINT AS a FROM range(20500000) t(i)');
  const [row] = await rowsOf(work, 'EXPLAIN CREATE SAMPLES ON t BUDGET 500000 ROWS FOR (a)');
  const cap = Number(/at most (\d+) rows/.exec(row!['method'] as string)![1]);
  const [[kept]] = (await work.values(
    `EXACT SELECT SUM(least(n, ${cap})) FROM (SELECT COUNT(*) AS n FROM t GROUP BY a) AS counts`,
  )) as [[number]];
  expect(row).toMatchObject({ sample: 't_by_a', action: 'create', rows: kept });
  await work.close();
});
