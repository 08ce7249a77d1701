import { readdirSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Estimate } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/* What tables that are themselves samples compute, promise and refuse. */

let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
});
afterEach(() => work.close());

/** Registers the rows of a DuckDB SELECT as a table that is itself a sample. */
async function given(name: string, clause: string, select: string): Promise<void> {
  const path = await work.writeRows(`${name}.parquet`, select);
  await work.query(`CREATE TABLE ${name} FROM '${path}' SAMPLED ${clause}`);
}

async function ask(sql: string): Promise<Estimate> {
  const cell = (await work.query(sql)).rows[0]![0];
  if (typeof cell !== 'object' || cell === null || !('certified' in cell)) throw new Error('no estimate');
  return cell;
}

/** Rows with unequal weights in strata of 3 and 9, and of 1: in the text of a DuckDB relation and as they are. */
const rows = Array.from({ length: 12 }, (_, i) => ({
  h: i < 3 ? 'a' : 'b',
  w: 1 + ((i * 7) % 5) * 0.75,
  x: 10 + ((i * i) % 17),
}));
const relation = `SELECT * FROM (VALUES ${rows.map(({ h, w, x }) => `('${h}', ${w}::DOUBLE, ${x})`).join(', ')}) t(h, w, x)`;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Contributions of all rows to SUM(x), AVG(x) and COUNT(*) over x > 12. */
const matches = rows.filter(({ x }) => x > 12);
const weightOf = sum(matches.map(({ w }) => w));
const meanOf = sum(matches.map(({ w, x }) => w * x)) / weightOf;
const contributions = {
  'COUNT(*)': { value: weightOf, of: (): number => 1 },
  'SUM(x)': { value: sum(matches.map(({ w, x }) => w * x)), of: (x: number): number => x },
  'AVG(x)': { value: meanOf, of: (x: number): number => (x - meanOf) / weightOf },
};
const weighed = (of: (x: number) => number): { h: string; w: number; u: number }[] =>
  rows.map(({ h, w, x }) => ({ h, w, u: x > 12 ? of(x) : 0 }));

describe('unequal weights, against the formulas written out', () => {
  test.each(Object.entries(contributions))('independent rows: %s', async (sql, { value, of }) => {
    await given('t', 'WEIGHT w', relation);
    const estimate = await ask(`SELECT ${sql} FROM t WHERE x > 12`);
    const variance = sum(weighed(of).map(({ w, u }) => w * (w - 1) * u * u));
    expect(estimate.value).toBeCloseTo(value, 9);
    expect(estimate.stdError).toBeCloseTo(Math.sqrt(variance), 9);
  });

  test.each(Object.entries(contributions))('in strata with replacement: %s', async (sql, { value, of }) => {
    await given('t', 'STRATIFIED BY (h) WEIGHT w', relation);
    const estimate = await ask(`SELECT ${sql} FROM t WHERE x > 12`);
    const variance = sum(
      ['a', 'b'].map((h) => {
        const own = weighed(of).filter((row) => row.h === h).map(({ w, u }) => w * u); // prettier-ignore
        const mean = sum(own) / own.length;
        return (own.length / (own.length - 1)) * sum(own.map((z) => (z - mean) ** 2));
      }),
    );
    expect(estimate.value).toBeCloseTo(value, 9);
    expect(estimate.stdError).toBeCloseTo(Math.sqrt(variance), 9);
  });

  test('a DECIMAL weight is what it says', async () => {
    await given('t', 'WEIGHT w', `SELECT w::DECIMAL(9, 2) AS w, x FROM (${relation})`);
    expect((await ask('SELECT SUM(x) FROM t')).value).toBeCloseTo(sum(rows.map(({ w, x }) => w * x)), 9);
    // The column itself may be asked for, too.
    expect((await ask('SELECT SUM(w) FROM t')).value).toBeCloseTo(sum(rows.map(({ w }) => w * w)), 9);
  });

  test('strata of one row are paired, and never certified', async () => {
    const three = 'SELECT * FROM (VALUES (1, 3.0::DOUBLE, 2), (2, 4.0, 5), (3, 6.0, 7)) t(h, w, x)';
    await given('t', 'STRATIFIED BY (h) WEIGHT w', three);
    const estimate = await ask('SELECT SUM(x) FROM t');
    const [a, b, c] = [6, 20, 42] as const;
    const mean = (a + b + c) / 3;
    // One spread for the three of them, each of which it stands for.
    const spread = ((a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2) / 2;
    expect(estimate).toMatchObject({ value: 68, certified: false });
    expect(estimate.reasons).toContain('SINGLETON_STRATUM');
    expect(estimate.stdError).toBeCloseTo(Math.sqrt(3 * spread), 9);
  });
});

describe('what is known', () => {
  test('all of a population is exact', async () => {
    await given('p', 'POPULATION n', `SELECT 12 AS n, * FROM (${relation})`);
    await given('q', 'WEIGHT one', `SELECT 1 AS one, * FROM (${relation})`);
    for (const table of ['p', 'q']) {
      const estimate = await ask(`SELECT SUM(x) FROM ${table} WHERE x > 12`);
      const value = sum(matches.map(({ x }) => x));
      expect(estimate).toMatchObject({ value, low: value, high: value, exact: true, certified: true });
    }
  });

  test('a whole stratum among others is exact', async () => {
    await given('t', 'STRATIFIED BY (h) POPULATION n', `SELECT CASE h WHEN 'a' THEN 3 ELSE 90 END AS n, * FROM (${relation})`); // prettier-ignore
    const { rows: found } = await work.query('SELECT h, SUM(x) FROM t WHERE x > 0 GROUP BY h ORDER BY h');
    expect(found.map(([, cell]) => (cell as Estimate).exact)).toEqual([true, false]);
  });

  test('weights that add up are an estimate of the number of rows, with an error', async () => {
    await given('t', 'WEIGHT w', relation);
    const estimate = await ask('SELECT COUNT(*) FROM t');
    expect(estimate.value).toBeCloseTo(sum(rows.map(({ w }) => w)), 9);
    expect(estimate.exact).toBe(false);
    expect(estimate.stdError).toBeCloseTo(Math.sqrt(sum(rows.map(({ w }) => w * (w - 1)))), 9);
  });

  test('the population may have values that the file has not: a tail is unknown, a truth value is not', async () => {
    await given('t', 'POPULATION n', 'SELECT 1000000 AS n, i AS x FROM range(20000) r(i)');
    expect(await ask('SELECT AVG(x) FROM t WHERE x >= 0')).toMatchObject({
      certified: false,
      reasons: ['UNKNOWN_TAIL'],
    });
    expect(await ask('SELECT AVG(CASE WHEN x % 2 = 0 THEN 1 ELSE 0 END) FROM t WHERE x >= 0')).toMatchObject({ certified: true, reasons: [] }); // prettier-ignore
    expect(await ask('SELECT COUNT(*) FROM t WHERE x < 9000')).toMatchObject({ certified: true });
  });

  test('the rest of a file bears witness of the tail, for as long as it is most of the file', async () => {
    await given(
      't',
      'POPULATION n',
      'SELECT 9000000 AS n, -ln(1 - (i + 0.5) / 200000) AS x FROM range(200000) r(i)',
    );
    const bounded = (percent: number): string => `SELECT AVG(x) FROM t WHERE x > 0 ERROR WITHIN ${percent}%`;
    const met = await work.query(bounded(4));
    expect(met.answer.met).toBe(true);
    expect(met.rows[0]![0]).toMatchObject({ certified: true });
    const missed = await work.query(bounded(0.9));
    expect(missed.answer).toMatchObject({ met: false, sample: { rowsRead: 200_000 } });
    expect(missed.rows[0]![0]).toMatchObject({ certified: false, reasons: ['UNKNOWN_TAIL'] });
  });

  test('missing groups are bounded by the largest weight', async () => {
    await given('t', 'WEIGHT w', 'SELECT 1 + i % 40 AS w, i % 300 AS g, i AS x FROM range(4000) r(i)');
    const { answer } = await work.query('SELECT g, COUNT(*) FROM t WHERE x < 3000 GROUP BY g');
    expect(answer.missingGroupRowsMax).toBeGreaterThan(40);
    expect(answer.missingRowsMax).toBeGreaterThan(0);
    expect(answer.missingRowsMax).toBeLessThan(82_000);
  });
});

describe('bounds', () => {
  test('a POPULATION table is read no further than its bound takes, a WEIGHT table always whole', async () => {
    await given('p', 'POPULATION n', 'SELECT 9000000 AS n, i AS x FROM range(200000) r(i)');
    await given('w', 'WEIGHT v', 'SELECT 45.0 + i % 3 AS v, i AS x FROM range(200000) r(i)');
    const bounded = (table: string): string =>
      `SELECT COUNT(*) FROM ${table} WHERE x < 90000 ERROR WITHIN 8%`;
    const partly = (await work.query(bounded('p'))).answer;
    expect(partly).toMatchObject({ met: true, sample: { rowsInSample: 200_000, populationRows: 9_000_000 } });
    expect(partly.sample!.rowsRead).toBeLessThan(20_000);
    const whole = (await work.query(bounded('w'))).answer;
    expect(whole).toMatchObject({ met: true, sample: { rowsRead: 200_000, populationRows: 9_200_000 - 1 } });
  });

  test('a WEIGHT table is read whole even where that is late', async () => {
    await given('w', 'WEIGHT v', 'SELECT 45.0 + i % 3 AS v, i AS x FROM range(200000) r(i)');
    const { answer } = await work.query('SELECT SUM(x) FROM w WHERE x > 7 WITHIN 1 MILLISECOND');
    expect(answer).toMatchObject({ mode: 'approximate', sample: { rowsRead: 200_000 } });
    expect(answer.met).toBe(answer.achieved.elapsedMs <= 1);
  });

  test('a bound that is missed has no exact answer behind it', async () => {
    await given('t', 'WEIGHT w', relation);
    for (const miss of ['', ' ON MISS EXACT', ' ON MISS BEST EFFORT']) {
      const { answer } = await work.query(`SELECT SUM(x) FROM t ERROR WITHIN 1%${miss}`);
      expect(answer).toMatchObject({ mode: 'approximate', met: false });
      expect(answer.notes.at(-1)).toBe('t is itself a sample: there is no exact answer');
    }
    const error = await work.error('SELECT SUM(x) FROM t ERROR WITHIN 1% ON MISS FAIL');
    expect(error).toMatchObject({ code: 'BOUND_MISSED', hint: 'ON MISS BEST EFFORT gives an answer' });
  });

  test.each([
    ['EXACT SELECT COUNT(*) FROM t', 'the statement asks for EXACT'],
    ['SELECT x FROM t', 'it has no aggregate to estimate'],
    ['SELECT MAX(x) FROM t', 'MAX cannot be estimated'],
    ['SELECT COUNT(*) FROM t a JOIN t b ON a.x = b.x', 'only queries over one table are sampled'],
    ['SELECT AVG(x) FROM u WHERE x IN (SELECT x FROM t)', 'subqueries'],
    ["SELECT COUNT(*) FROM t WHERE regexp_matches(h, 'a')", 'regexp_matches'],
  ])('%s has no answer', async (sql, why) => {
    await given('t', 'WEIGHT w', relation);
    await work.table('u', relation);
    const error = await work.error(sql);
    expect(error.code).toBe('NO_EXACT_ANSWER');
    expect(error.message).toContain('t is itself a sample');
    expect(error.message).toContain(why);
    const plan = new Map((await work.values(`EXPLAIN ${sql.replace('EXACT ', '')}`)) as [string, string][]);
    expect(plan.has('exact SQL')).toBe(false);
    if (!sql.startsWith('EXACT')) expect(plan.get('route')).toBe('none');
    // Other tables have their exact answers.
    expect((await work.query('EXACT SELECT COUNT(*) FROM u')).rows).toEqual([[12]]);
  });
});

describe('what the file must say', () => {
  const cases: readonly (readonly [clause: string, select: string, code: string, message: string])[] = [
    ['POPULATION n', 'SELECT i AS n FROM range(1, 4) r(i)', 'INVALID_FILE', 'POPULATION n must be the same in all rows; it goes from 1 to 3'],
    ['STRATIFIED BY (h) POPULATION n', "SELECT 'a' || (i % 2) AS h, 20 + i // 3 AS n FROM range(4) r(i)", 'INVALID_FILE', 'POPULATION n must be the same in all rows of a stratum; in the stratum h = a1 it goes from 20 to 21'],
    ['POPULATION n', 'SELECT 2.5 AS n', 'INVALID_FILE', 'POPULATION n must be a whole number of rows, 1 or more; it is 2.5'],
    ['POPULATION n', 'SELECT -4 AS n', 'INVALID_FILE', 'POPULATION n must be a whole number of rows, 1 or more; it is -4'],
    ['POPULATION n', 'SELECT 2 AS n FROM range(3)', 'INVALID_FILE', 'POPULATION n must be at least the number of rows that the file has; it is 2, and there are 3'],
    ['POPULATION n', 'SELECT CASE WHEN i > 0 THEN 9 END AS n FROM range(3) r(i)', 'INVALID_FILE', 'POPULATION n must have a value in every row; one is NULL'],
    ['WEIGHT w', 'SELECT 0.5 AS w', 'INVALID_FILE', "WEIGHT w must be 1 or more without strata, the inverse of the row's probability; one is 0.5"],
    ['WEIGHT w', 'SELECT 0 AS w', 'INVALID_FILE', 'WEIGHT w must be above 0; one is 0'],
    ['STRATIFIED BY (h) WEIGHT w', "SELECT NULL::VARCHAR AS h, 'NaN'::DOUBLE AS w", 'INVALID_FILE', 'WEIGHT w must be finite; in the stratum h = NULL one is not'],
    ['STRATIFIED BY (h) WEIGHT w', 'SELECT 1 AS h, -0.5 AS w', 'INVALID_FILE', 'WEIGHT w must be above 0; in the stratum h = 1 one is -0.5'],
    ['WEIGHT w', 'SELECT 1 AS w WHERE false', 'INVALID_FILE', 'WEIGHT w needs rows; the file has none'],
    ['WEIGHT w', "SELECT 'x' AS w", 'TYPE_MISMATCH', 'WEIGHT needs a column of numbers; w is VARCHAR'],
    ['WEIGHT v', 'SELECT 1 AS w', 'UNKNOWN_COLUMN', 'table t has no column v'],
    ['STRATIFIED BY (w, w) WEIGHT w', 'SELECT 1 AS w', 'INVALID_ARGUMENT', 'column w is named twice'],
    ['STRATIFIED BY (w) WEIGHT w', 'SELECT 1.5::DOUBLE AS w', 'NOT_SUPPORTED', 'strata cannot be made of w: its type is DOUBLE'],
  ]; // prettier-ignore
  test.each(cases)('%s of %s', async (clause, select, code, message) => {
    const path = await work.writeRows('t.parquet', select);
    const sql = `CREATE TABLE t FROM '${path}' SAMPLED ${clause}`;
    const error = await work.error(sql);
    expect(error).toMatchObject({ code, message });
    expect(clause).toContain(sql.slice(error.span!.start, error.span!.end));
    expect(await work.values('SHOW TABLES')).toEqual([]);
  });

  test('a file that says nothing leaves nothing behind', async () => {
    const path = await work.writeRows('t.csv', 'SELECT 0 AS w', 'FORMAT csv, HEADER');
    expect((await work.error(`CREATE TABLE t FROM '${path}' SAMPLED WEIGHT w`)).code).toBe('INVALID_FILE');
    for (const folder of ['tables', 'samples']) expect(readdirSync(work.path(`data/${folder}`))).toEqual([]);
  });
});

describe('as a table', () => {
  test('it says that it is a sample, comes back after a restart, and goes with its files', async () => {
    await given('t', 'STRATIFIED BY (h) WEIGHT w', relation);
    expect(await work.values('DESCRIBE t')).toEqual([
      ['h', 'VARCHAR', 'stratum'],
      ['w', 'DOUBLE', 'weight'],
      ['x', 'INTEGER', null],
    ]);
    const said = 'all rows of the file, stratified by h, weight in w';
    expect((await work.query('DESCRIBE t')).answer.reason).toContain(said);
    expect((await work.values('SHOW TABLES')).map((row) => [row[0], row[3], row.at(-1)])).toEqual([
      ['t', 0, said],
    ]);
    expect((await work.values('SHOW SAMPLES')).map((row) => row.slice(0, 4))).toEqual([['t', 't', said, 12]]);
    const before = await ask('SELECT SUM(x) FROM t');
    await work.reopen();
    expect(await ask('SELECT SUM(x) FROM t')).toEqual(before);
    await work.query('DROP TABLE t');
    expect(await work.values('SHOW SAMPLES')).toEqual([]);
    expect(readdirSync(work.path('data/samples'))).toEqual([]);
  });

  test('no sample is drawn of it, and it is no sample to drop', async () => {
    await given('t', 'WEIGHT w', relation);
    expect(await work.error('CREATE SAMPLE ON t UNIFORM 10%')).toMatchObject({
      code: 'NOT_SUPPORTED',
      message: 't is itself a sample: its queries are answered from all of it',
    });
    expect(await work.error('DROP SAMPLE t')).toMatchObject({ code: 'NOT_SUPPORTED', hint: 'DROP TABLE t' });
    expect((await ask('SELECT SUM(x) FROM t')).support).toBe(12);
  });

  test('a sample may have its name already', async () => {
    await work.table('u', relation);
    await work.query('CREATE SAMPLE t ON u UNIFORM 5 ROWS');
    await given('t', 'WEIGHT w', relation);
    expect((await work.query('SELECT SUM(x) FROM t')).answer.sample).toMatchObject({
      name: 't_2',
      rowsRead: 12,
    });
  });

  test('a file that changed is no longer what was sampled', async () => {
    await given('t', 'WEIGHT w', relation);
    utimesSync(work.path('t.parquet'), new Date(), new Date(Date.now() + 5000));
    await work.reopen();
    for (const sql of ['SELECT SUM(x) FROM t', 'EXPLAIN SELECT SUM(x) FROM t'])
      expect((await work.error(sql)).code).toBe('CHANGED_FILE');
  });
});
