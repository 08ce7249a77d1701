import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogMigrations } from '../../src/catalog/index.ts';
import { systemClock } from '../../src/common/index.ts';
import { openDatabase } from '../../src/database/index.ts';
import { openEngine } from '../../src/index.ts';
import { LeaseStore } from '../../src/leases/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
  await work.table('t', "SELECT i AS x, i % 50 AS g, 'w' || i % 7 AS word FROM range(40000) t(i)");
});
afterEach(() => work.close());

const samples = async (): Promise<Record<string, unknown>[]> =>
  (await work.query('SHOW SAMPLES')).toObjects();
const namesOf = (rows: readonly (readonly unknown[])[]): unknown[] => rows.map(([name]) => name);
const sampleFiles = (): string[] => readdirSync(work.path('data/samples'));
/** What a query over a sample alone gives: it hangs on every row that was drawn. */
const drawn = async (sample: string): Promise<unknown[][]> => {
  const others = (await samples()).filter(({ sample: name }) => name !== sample);
  for (const { sample: name } of others) await work.query(`DROP SAMPLE ${String(name)}`);
  const values = await work.values('SELECT COUNT(*), SUM(x * x % 1009) FROM t WHERE x % 3 = 0');
  await work.query(`DROP SAMPLE ${sample}`);
  return values;
};

const methods = {
  u: 'UNIFORM 2000 ROWS',
  p: 'UNIFORM 4% OUTLIERS OF (x)',
  s: 'STRATIFIED BY (g) CAP 30',
  k: 'UNIVERSE BY (x) 5%',
};

describe('CREATE SAMPLES of a list', () => {
  test('makes what statements of their own make, from the same seed', async () => {
    const list = Object.entries(methods).map(([name, method]) => `${method} AS ${name}`);
    for (const [name, method] of Object.entries(methods)) {
      await work.query(`CREATE SAMPLES ON t ${list.join(', ')} SEED 5`);
      expect((await samples()).map(({ seed }) => seed)).toEqual([5, 5, 5, 5]);
      const together = await drawn(name);
      await work.query(`CREATE SAMPLE ${name} ON t ${method} SEED 5`);
      expect(await drawn(name), name).toEqual(together);
      await work.query(`CREATE SAMPLE ${name} ON t ${method} SEED 6`);
      expect(await drawn(name), name).not.toEqual(together);
    }
  });

  test('answers one row a sample, in the order of the list', async () => {
    const { columns, rows, answer } = await work.query(
      'CREATE SAMPLES ON t STRATIFIED BY (g) CAP 30 AS s, UNIFORM 2000 ROWS AS a',
    );
    expect(columns.map(({ name }) => name)).toEqual(['sample', 'rows', 'population_rows', 'strata', 'bytes']);
    expect(rows).toEqual([
      ['s', 1500, 40_000, 50, expect.any(Number)],
      ['a', 2000, 40_000, 1, expect.any(Number)],
    ]);
    expect(answer.reason).toBe('2 samples of t drawn');
    const [one, other] = (await samples()).map(({ seed }) => seed);
    expect(one).not.toBe(other);
  });

  test('what has no name is called what nothing else in the list is called', async () => {
    const { rows } = await work.query(
      'CREATE SAMPLES ON t UNIFORM 1%, UNIFORM 2%, UNIFORM 3% AS T_uniform, STRATIFIED BY (g) CAP 5',
    );
    expect(namesOf(rows)).toEqual(['t_uniform_2', 't_uniform_3', 'T_uniform', 't_by_g']);
  });

  test('IF NOT EXISTS keeps those that are there', async () => {
    await work.query('CREATE SAMPLE s ON t STRATIFIED BY (word) CAP 20 SEED 1');
    const list = 'ON t UNIFORM 9 ROWS AS u, STRATIFIED BY (g) CAP 30 AS S SEED 2';
    const { rows, answer } = await work.query(`CREATE SAMPLES IF NOT EXISTS ${list}`);
    expect(rows.map((row) => row.slice(0, 2))).toEqual([
      ['u', 9],
      ['s', 140],
    ]);
    expect(answer.reason).toBe('1 sample of t drawn; there is a sample s already');
    const again = await work.query(`CREATE SAMPLES IF NOT EXISTS ${list}`);
    expect(again.rows).toEqual(rows);
    expect(again.answer.reason).toBe('0 samples of t drawn; there is a sample u already; there is a sample s already'); // prettier-ignore
  });
});

describe('nothing is drawn', () => {
  test.each([
    ['UNIFORM 1% AS a, UNIFORM 2% AS b, UNIFORM 3% AS "A"', 'DUPLICATE_NAME', '"A"'],
    ['UNIFORM 1% AS a, UNIFORM 2% AS there', 'DUPLICATE_NAME', 'there'],
    ['UNIFORM 1% AS a, STRATIFIED BY (g, gg) CAP 5', 'UNKNOWN_COLUMN', 'gg'],
    ['UNIFORM 1% AS a, STRATIFIED BY (g) CAP 0', 'INVALID_ARGUMENT', '0'],
    ['UNIFORM 1% AS a, UNIFORM 101% AS b', 'INVALID_ARGUMENT', '101%'],
    ['UNIFORM 1% AS a, UNIFORM 5 ROWS OUTLIERS OF (word)', 'TYPE_MISMATCH', 'word'],
    ['UNIFORM 1% AS a, UNIVERSE BY (x) 5% OUTLIERS OF (x)', 'NOT_SUPPORTED', 'x'],
    ['UNIFORM 1% AS a, UNIFORM 2% AS b SEED 1.5', 'INVALID_ARGUMENT', '1.5'],
  ])('of %s', async (list, code, at) => {
    await work.query('CREATE SAMPLE There ON t UNIFORM 5 ROWS');
    const before = [await samples(), sampleFiles()];
    const sql = `CREATE SAMPLES ON t ${list}`;
    const error = await work.error(sql);
    expect([error.code, sql.slice(error.span!.start, error.span!.end)]).toEqual([code, at]);
    expect(error.span!.start).toBe(sql.lastIndexOf(at));
    expect([await samples(), sampleFiles()]).toEqual(before);
    expect(await work.values('SHOW LEASES')).toEqual([]);
  });

  test('of a table that is not there', async () => {
    expect(await work.error('CREATE SAMPLES ON u UNIFORM 1%')).toMatchObject({
      code: 'UNKNOWN_TABLE',
      span: { start: 18, end: 19 },
    });
  });

  test('while somebody else builds one of them', async () => {
    const database = openDatabase(work.path('data/catalog.sqlite'), catalogMigrations);
    try {
      await new LeaseStore(database, systemClock, 'process 1 elsewhere').acquire(['build/b'], 30_000);
      const sql = 'CREATE SAMPLES ON t UNIFORM 1% AS c, UNIFORM 1% AS b, UNIFORM 1% AS a';
      const error = await work.error(sql);
      expect([error.code, sql.slice(error.span!.start, error.span!.end)]).toEqual(['LEASE_HELD', 'b']);
      expect(await samples()).toEqual([]);
      expect(await work.values('SELECT COUNT(*) FROM t')).toEqual([[40_000]]);
      expect((await work.query('SHOW LEASES')).toObjects()).toMatchObject([{ lease: 'build/b' }]);
    } finally {
      database.close();
    }
  });
});

test('a list that is cancelled leaves nothing', async () => {
  const controller = new AbortController();
  const list = 'UNIFORM 50 ROWS AS z, STRATIFIED BY (g) CAP 30 AS s, UNIFORM 60 ROWS AS a';
  const making = work.engine.query(`CREATE SAMPLES ON t ${list}`, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(making).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await samples()).toEqual([]);
  expect(sampleFiles()).toEqual([]);
  expect(await work.values('SHOW LEASES')).toEqual([]);
});

test.each(['STRATIFIED BY (h) CAP 5', 'STRATIFIED BY (h, g) CAP 5 OUTLIERS OF (x)'])(
  'where %s cannot be drawn the others are',
  async (failing) => {
    await work.table('wide', 'SELECT i AS x, i % 50 AS g, (18446744073709551615 - i % 3)::UBIGINT AS h FROM range(4000) t(i)'); // prettier-ignore
    const list = `${failing} AS b, UNIFORM 50 ROWS AS z, STRATIFIED BY (g) CAP 30 AS s`;
    expect((await work.error(`CREATE SAMPLES ON wide ${list}`)).code).toBe('NOT_SUPPORTED');
    expect((await samples()).map(({ sample, rows }) => [sample, rows])).toEqual([
      ['s', 1500],
      ['z', 50],
    ]);
    expect(sampleFiles()).toHaveLength(4);
    expect(await work.values('SHOW LEASES')).toEqual([]);
    const { answer } = await work.query('CREATE SAMPLES IF NOT EXISTS ON wide UNIFORM 50 ROWS AS z, UNIFORM 60 ROWS AS a'); // prettier-ignore
    expect(answer.reason).toBe('1 sample of wide drawn; there is a sample z already');
  },
);

test('lists that wait for samples of each other come to their end', async () => {
  const other = await openEngine({ dataDir: work.path('data'), allowedPaths: [work.folder], threads: 2 });
  try {
    const [one, two] = ['STRATIFIED BY (g) CAP 500 AS a, UNIFORM 50% AS b', 'UNIFORM 50% AS b, STRATIFIED BY (g) CAP 500 AS a']; // prettier-ignore
    const answers = await Promise.all([
      work.engine.query(`CREATE SAMPLES IF NOT EXISTS ON t ${one}`),
      other.query(`CREATE SAMPLES IF NOT EXISTS ON t ${two}`),
    ]);
    expect(answers.map(({ rows }) => namesOf(rows))).toEqual([
      ['a', 'b'],
      ['b', 'a'],
    ]);
    expect((await samples()).map(({ sample }) => String(sample)).sort()).toEqual(['a', 'b']);
  } finally {
    await other.close();
  }
});
