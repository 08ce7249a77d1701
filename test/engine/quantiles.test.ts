import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Quantiles through the whole engine: in queries with other aggregates, under bounds, and where samples cannot answer.
 */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS id, u, (exp(3 * u) * 100)::DECIMAL(12, 2) AS price, 'g' || (hash(hash(i, 2)) % 5) AS g,
       DATE '2001-01-01' + (hash(hash(i, 3)) % 900)::INTEGER AS day, 7 AS same
     FROM (SELECT i, (hash(hash(i, 1)) % 1000003 + 0.5) / 1000003.0 AS u FROM range(300000) t(i))`,
  );
  await work.query('CREATE SAMPLE flat ON t UNIFORM 60000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

const isEstimate = (cell: Cell): cell is Estimate =>
  cell !== null && typeof cell === 'object' && 'certified' in cell;
const estimatesOf = (result: QueryResult): Estimate[] => result.rows.flatMap((row) => row.filter(isEstimate));
const modeOf = async (sql: string): Promise<string> => (await work.query(sql)).answer.mode;

describe('answers', () => {
  test('several quantiles beside totals, by group', async () => {
    const sql = `SELECT g, COUNT(*) AS n, MEDIAN(price) AS m, QUANTILE_CONT(price, 0.9) AS p90, QUANTILE_DISC(price, 0.9) AS d90,
        AVG(price) AS a, MEDIAN(price) FILTER (WHERE u < 0.5) AS low FROM t WHERE id > 1000 GROUP BY g ORDER BY g`;
    const [found, exact] = [await work.query(sql), await work.query(`EXACT ${sql}`)];
    expect(found.answer.mode).toBe('approximate');
    expect(found.rows).toHaveLength(5);
    for (const [place, row] of found.rows.entries()) {
      const truths = exact.rows[place]!;
      expect(row[0]).toBe(truths[0]);
      for (const [column, cell] of row.entries()) {
        if (!isEstimate(cell)) continue;
        expect(cell).toMatchObject({ certified: true, exact: false });
        // Six standard errors: the seed is fixed, and nothing is wrong by chance.
        expect(Math.abs(cell.value! - Number(truths[column]))).toBeLessThan(6 * cell.stdError!);
        expect(cell.low!).toBeLessThanOrEqual(cell.value!);
        expect(cell.high!).toBeGreaterThanOrEqual(cell.value!);
      }
    }
  });

  test('HAVING and ORDER BY take point values', async () => {
    const result = await work.query(
      'SELECT g, MEDIAN(u) FROM t WHERE id > 9 GROUP BY g HAVING MEDIAN(u) > 0.4 ORDER BY MEDIAN(u) DESC LIMIT 3',
    );
    const values = estimatesOf(result).map(({ value }) => value!);
    expect(values).toHaveLength(3);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
  });

  test('accessors speak of their intervals, HAVING and LIMIT go by them', async () => {
    const { rows, answer } = await work.query(
      `SELECT g, MEDIAN(u), LOWER_BOUND(MEDIAN(u)), STDERR(QUANTILE_CONT(u, 0.9)), CERTIFIED(MEDIAN(u) / AVG(u)) FROM t
       WHERE id > 9 GROUP BY g HAVING UPPER_BOUND(MEDIAN(u)) < 0.9 ORDER BY MEDIAN(u) LIMIT 2`,
    );
    expect(answer.mode).toBe('approximate');
    expect(rows).toHaveLength(2);
    for (const [, median, low, error, certified] of rows) {
      expect(low).toBe((median as Estimate).low);
      expect(error).toBeGreaterThan(0);
      expect(certified).toBe(false);
    }
  });

  test('at once for all they are wider, and keep a bound together', async () => {
    const sql =
      'SELECT g, MEDIAN(u), QUANTILE_CONT(u, 0.9) FROM t WHERE id > 9 GROUP BY g ORDER BY MEDIAN(u) DESC LIMIT 2';
    const [each, all] = [
      estimatesOf(await work.query(sql)),
      estimatesOf(await work.query(`${sql} SIMULTANEOUS`)),
    ];
    for (const [place, { value, low, high, stdError, confidence }] of all.entries()) {
      expect(confidence).toBeCloseTo(0.95 ** (1 / 10), 12);
      const own = each[place]!;
      expect(low!).toBeLessThan(own.low!);
      expect(high!).toBeGreaterThan(own.high!);
      // What is not of the level stays.
      expect([value, stdError]).toEqual([own.value, own.stdError]);
    }
    const bound = await work.query(`${sql} ERROR WITHIN 5% SIMULTANEOUS`);
    expect(bound.answer).toMatchObject({ mode: 'approximate', met: true });
    for (const { relativeError } of estimatesOf(bound)) expect(relativeError).toBeLessThanOrEqual(0.05);
  });

  test('PERCENTILE_CONT and PERCENTILE_DISC are other words for them', async () => {
    const ask = (cont: string, disc: string): string => `SELECT ${cont}, ${disc} FROM t WHERE id > 9`;
    const standard = ask(
      'PERCENTILE_CONT(0.3) WITHIN GROUP (ORDER BY u)',
      'percentile_disc(0.3) WITHIN GROUP (ORDER BY u ASC) FILTER (WHERE id % 2 = 0)',
    );
    const plain = ask('QUANTILE_CONT(u, 0.3)', 'QUANTILE_DISC(u, 0.3) FILTER (WHERE id % 2 = 0)');
    const found = await work.query(standard);
    expect(found.answer.mode).toBe('approximate');
    expect(found.rows).toEqual((await work.query(plain)).rows);
    expect(await work.values(`EXACT ${standard}`)).toEqual(await work.values(`EXACT ${plain}`));
    // From above DuckDB counts the other way round.
    expect(await work.values(ask('PERCENTILE_CONT(0.3) WITHIN GROUP (ORDER BY id DESC)', 'MODE() WITHIN GROUP (ORDER BY id > 0)'))).toEqual(
      [[10 + 0.7 * 299_989, true]],
    ); // prettier-ignore
  });

  test('rounding goes around the interval', async () => {
    const [plain] = estimatesOf(await work.query('SELECT MEDIAN(price) FROM t WHERE id > 9'));
    const [rounded] = estimatesOf(await work.query('SELECT round(MEDIAN(price), 0) FROM t WHERE id > 9'));
    expect([rounded!.value, rounded!.low, rounded!.high]).toEqual(
      [plain!.value, plain!.low, plain!.high].map((x) => Math.round(x!)),
    );
  });

  test('higher confidence makes wider intervals', async () => {
    const sql = 'SELECT QUANTILE_CONT(u, 0.9) FROM t WHERE id > 9';
    const [ordinary] = estimatesOf(await work.query(sql));
    const [high] = estimatesOf(await work.query(`${sql} AT CONFIDENCE 99%`));
    expect(high!.low!).toBeLessThan(ordinary!.low!);
    expect(high!.high!).toBeGreaterThan(ordinary!.high!);
  });

  test('without a match there is no value, with few no certainty', async () => {
    const [none] = estimatesOf(await work.query('SELECT MEDIAN(u) FROM t WHERE id < 0'));
    expect(none).toMatchObject({ value: null, low: null, high: null, reasons: ['NO_MATCH'] });
    const [few] = estimatesOf(await work.query('SELECT MEDIAN(u) FROM t WHERE id < 20'));
    expect(few).toMatchObject({ certified: false });
    expect(few!.reasons).toContain('LOW_SUPPORT');
  });

  test('near the end of the values there is no end', async () => {
    const [extreme] = estimatesOf(await work.query('SELECT QUANTILE_CONT(u, 0.99999) FROM t WHERE id > 9'));
    expect(extreme).toMatchObject({ high: null, stdError: null, reasons: ['EXTREME_QUANTILE'] });
    expect(extreme!.low).not.toBeNull();
  });

  test('values that are all equal tell nothing of others', async () => {
    const [same] = estimatesOf(await work.query('SELECT MEDIAN(same) FROM t WHERE id > 9'));
    expect(same).toMatchObject({ value: 7, low: null, high: null, certified: false });
    expect(same!.reasons).toContain('ZERO_VARIANCE');
  });
});

describe('ERROR WITHIN', () => {
  test.each([
    ['MEDIAN(price)', 0.02],
    ['QUANTILE_CONT(price, 0.99)', 0.004],
  ])('%s reads what it needs', async (output, narrow) => {
    const loose = await work.query(`SELECT ${output} FROM t WHERE id > 9 ERROR WITHIN 10%`);
    const tight = await work.query(`SELECT ${output} FROM t WHERE id > 9 ERROR WITHIN ${narrow * 100}%`);
    for (const [result, bound] of [
      [loose, 0.1],
      [tight, narrow],
    ] as const) {
      expect(result.answer).toMatchObject({ mode: 'approximate', met: true });
      const [estimate] = estimatesOf(result);
      expect(estimate).toMatchObject({ certified: true });
      expect(estimate!.relativeError).toBeLessThanOrEqual(bound);
    }
    expect(tight.answer.sample!.rowsRead).toBeGreaterThan(loose.answer.sample!.rowsRead);
    expect(loose.answer.sample!.rowsRead).toBeLessThan(20_000);
  });

  test('what no sample can keep goes exact', async () => {
    const sql = 'SELECT QUANTILE_CONT(price, 0.99999) FROM t WHERE id > 9';
    const { answer, rows } = await work.query(`${sql} ERROR WITHIN 5%`);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
    expect(rows).toEqual((await work.query(`EXACT ${sql}`)).rows);
  });

  test('a deadline is kept', async () => {
    const { answer } = await work.query(
      'SELECT g, MEDIAN(u) FROM t WHERE id > 9 GROUP BY g WITHIN 5 SECONDS',
    );
    expect(answer).toMatchObject({ mode: 'approximate', met: true, sample: { rowsRead: 60_000 } });
  });

  const explain = async (sql: string): Promise<ReadonlyMap<string, string>> =>
    new Map((await work.values(`EXPLAIN ${sql}`)) as [string, string][]);

  test('EXPLAIN foretells the error', async () => {
    const lines = await explain('SELECT MEDIAN(price) FROM t WHERE id > 9 ERROR WITHIN 2%');
    expect(lines.get('route')).toBe('sample');
    expect(lines.get('error')).toMatch(/±[\d.]+ % at 95 %/);
    expect(lines.has('values') || lines.has('resampled')).toBe(false);
    const unknown = await explain('SELECT QUANTILE_CONT(u, 0.99999) FROM t WHERE id > 9');
    expect(unknown.get('error')).toBe('not known');
  });

  test('EXPLAIN tells what is resampled, and of how many rows', async () => {
    const sql = 'SELECT MEDIAN(u), MEDIAN(u) / AVG(u) AS r, MAD(u) AS m FROM t WHERE id > 9';
    const lines = await explain(sql);
    expect(lines.get('route')).toBe('sample');
    expect(lines.get('values')).toBe('those of 32,768 matching rows at most');
    expect(lines.get('resampled')).toBe('the error of r, m: never certified');
    const bound = await explain(`${sql} ERROR WITHIN 50%`);
    expect(bound.get('route')).toBe('sample, then exact: no resampled error keeps a bound');
  });
});

describe('what samples cannot estimate goes exact', () => {
  test.each([
    'SELECT MEDIAN(day) FROM t WHERE id > 9',
    'SELECT QUANTILE_DISC(g, 0.5) FROM t WHERE id > 9',
    'SELECT QUANTILE_CONT(u, -0.3) FROM t WHERE id > 9',
    'SELECT QUANTILE_CONT(u, 0) FROM t WHERE id > 9',
    'SELECT QUANTILE_DISC(u, 1) FROM t WHERE id > 9',
    'SELECT QUANTILE_CONT(u, 0.3 ORDER BY u DESC) FROM t WHERE id > 9',
    'SELECT MEDIAN(DISTINCT u) FROM t WHERE id > 9',
  ])('%s', async (sql) => {
    expect(await modeOf(sql)).toBe('exact');
  });
  test.each(['1.5', 'NULL', 'u'])('a share of %s is an error of the source', async (share) => {
    expect((await work.error(`SELECT QUANTILE_CONT(u, ${share}) FROM t WHERE id > 9`)).code).toBe(
      'EXECUTION',
    );
  });
});

describe('what has no formula is resampled', () => {
  const ratio = 'QUANTILE_CONT(price, 0.9) / MEDIAN(price)';
  const list = `${ratio}, MAD(u), MODE(id % 7 // 4), MODE(u), AVG(u) - MEDIAN(u)`;

  test('and never certified', async () => {
    const sql = `SELECT ${list} FROM t WHERE id > 9`;
    const [found, exact] = [await work.query(sql), await work.query(`EXACT ${sql}`)];
    const estimates = estimatesOf(found);
    expect(estimates).toHaveLength(5);
    for (const place of [0, 1, 4]) {
      const { value, stdError, low, high, reasons, certified } = estimates[place]!;
      expect(reasons).toEqual(['NOT_SMOOTH']);
      expect(certified).toBe(false);
      expect(Math.abs(value! - Number(exact.rows[0]![place]))).toBeLessThan(6 * stdError!);
      expect(high! - value!).toBeCloseTo(1.959964 * stdError!, 6);
      expect(value! - low!).toBeCloseTo(1.959964 * stdError!, 6);
    }
    // 0 four times of seven, in every replicate: that proves nothing.
    expect(estimates[2]).toMatchObject({ value: 0, low: null, reasons: ['NOT_SMOOTH', 'ZERO_VARIANCE'] });
  });

  test('the same each time', async () => {
    const sql = `SELECT g, ${list} FROM t WHERE id > 9 GROUP BY g ORDER BY g`;
    expect((await work.query(sql)).rows).toEqual((await work.query(sql)).rows);
  });

  test('in time', async () => {
    const { answer } = await work.query(`SELECT ${ratio} FROM t WHERE id > 9 WITHIN 5 SECONDS`);
    expect(answer).toMatchObject({ mode: 'approximate', met: true });
  });

  test('so an error bound goes exact', async () => {
    const { answer } = await work.query(`SELECT ${ratio} FROM t WHERE id > 9 ERROR WITHIN 50%`);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
  });
});
