import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS id, (hash(i, 1) % 1000)::INTEGER AS x, nullif((hash(i, 2) % 9)::INTEGER, 7) AS y,
       'g' || floor(sqrt(hash(i, 3) % 400))::INTEGER AS g, ((hash(i, 4) % 1000) / 100.0)::DECIMAL(9,2) AS price
     FROM range(100000) t(i)`,
  );
  await work.query('CREATE SAMPLE u ON t UNIFORM 20000 ROWS SEED 1');
  await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 400 SEED 2');
}, 60_000);
afterAll(() => work.close());

const five = (x: string): string =>
  `LOWER_BOUND(${x}), UPPER_BOUND(${x}), STDERR(${x}), RELATIVE_ERROR(${x}), CERTIFIED(${x})`;
const isEstimate = (cell: Cell): cell is Estimate =>
  typeof cell === 'object' && cell !== null && 'certified' in cell;
const roles = ({ columns }: QueryResult): string[] => columns.map(({ role }) => role);

describe('on samples', () => {
  test.each([
    'AVG(x)',
    'COUNT(*)',
    'SUM(x) / SUM(y)',
    'round(AVG(price), 1)',
    'STDDEV(x)',
    'COUNT(*) FILTER (WHERE x = 9999)',
    'AVG(x) FILTER (WHERE x = 9999)',
  ])('they say what the estimate of %s says', async (x) => {
    const result = await work.query(`SELECT ${x}, ${five(x)} FROM t WHERE id > 10`);
    expect(result.answer.mode).toBe('approximate');
    expect(roles(result)).toEqual(['estimate', 'value', 'value', 'value', 'value', 'value']);
    expect(result.columns.slice(1).map(({ type }) => type)).toEqual([
      'DOUBLE',
      'DOUBLE',
      'DOUBLE',
      'DOUBLE',
      'BOOLEAN',
    ]);
    const [estimate, ...said] = result.rows[0]!;
    if (!isEstimate(estimate!)) throw new Error('no estimate');
    const { low, high, stdError, relativeError, certified } = estimate;
    expect(said).toEqual([low, high, stdError, relativeError, certified]);
  });

  test('at the confidence of the answer', async () => {
    const widthAt = async (bound: string): Promise<number> => {
      const [[width]] = (await work.values(
        `SELECT UPPER_BOUND(AVG(x)) - LOWER_BOUND(AVG(x)) FROM t WHERE id > 10 ${bound}`,
      )) as [[number]];
      return width;
    };
    expect((await widthAt('AT CONFIDENCE 99%')) / (await widthAt(''))).toBeCloseTo(2.576 / 1.96, 2);
  });

  test('with the estimate beside them, or without, or mixed with it', async () => {
    const { rows } = await work.query(
      'SELECT UPPER_BOUND(AVG(x)), AVG(x), UPPER_BOUND(AVG(x)) - AVG(x) AS half, AVG(x) * 2 FROM t WHERE id > 10',
    );
    const [upper, average, half, twice] = rows[0] as [number, Estimate, number, Estimate];
    expect(upper).toBe(average.high);
    expect(half).toBeCloseTo(average.high! - average.value!, 10);
    expect(twice.high).toBeCloseTo(2 * average.high!, 8);
    expect(await work.values('SELECT UPPER_BOUND(AVG(x)) FROM t WHERE id > 10')).toEqual([[upper]]);
  });

  test('HAVING and ORDER BY go by them', async () => {
    const all = (
      await work.query(
        `SELECT g, AVG(x) AS a, COUNT(*) AS n, ${five('AVG(x)')} FROM t WHERE id > 10 GROUP BY g`,
      )
    ).rows;
    const chosen = await work.query(
      `SELECT g FROM t WHERE id > 10 GROUP BY g HAVING LOWER_BOUND(COUNT(*)) > 4000 AND CERTIFIED(AVG(x))
       ORDER BY RELATIVE_ERROR(AVG(x)) DESC, g LIMIT 6`,
    );
    const expected = all
      .filter(([, , n, , , , , certified]) => (n as Estimate).low! > 4000 && certified === true)
      .sort((a, b) => (b[6] as number) - (a[6] as number))
      .slice(0, 6)
      .map(([g]) => g);
    expect(expected).toHaveLength(6);
    expect(chosen.rows.map(([g]) => g)).toEqual(expected);
    // What is said of intervals is no estimate itself.
    expect(chosen.marks).toBeNull();
  });

  test('an error bound speaks of what they speak of', async () => {
    const [loose, tight] = [
      await work.query('SELECT RELATIVE_ERROR(AVG(x)) AS e FROM t WHERE id > 10 ERROR WITHIN 5%'),
      await work.query('SELECT RELATIVE_ERROR(AVG(x)) AS e FROM t WHERE id > 10 ERROR WITHIN 1%'),
    ];
    for (const [{ answer, rows }, bound] of [
      [loose, 0.05],
      [tight, 0.01],
    ] as const) {
      expect(answer).toMatchObject({
        mode: 'approximate',
        met: true,
        achieved: { maxRelativeError: rows[0]![0] },
      });
      expect(rows[0]![0]).toBeLessThanOrEqual(bound);
    }
    expect(tight.answer.sample!.rowsRead).toBeGreaterThan(loose.answer.sample!.rowsRead);
  });

  test('as Arrow they are plain columns', async () => {
    const table = (await work.query(`SELECT AVG(x) AS a, ${five('AVG(x)')} FROM t WHERE id > 10`)).toArrow();
    const row = table.get(0)!.toJSON() as Record<string, unknown>;
    expect(row['lower_bound(AVG(x))']).toBe(row['a_low']);
    expect(row['certified(AVG(x))']).toBe(true);
  });
});

describe('where the answer is exact', () => {
  const grouped = `SELECT g, AVG(x), ${five('AVG(x)')}, ${five('SUM(price)')} FROM t`;
  test.each([
    ['exact', `EXACT ${grouped} WHERE id > 10 GROUP BY g`],
    ['precomputed', `${grouped} WHERE g <> 'g3' GROUP BY g`],
  ])('%s: no error, and the ends are the value', async (mode, sql) => {
    const result = await work.query(sql);
    expect(result.answer.mode).toBe(mode);
    expect(roles(result)).toEqual(['group', ...Array.from({ length: 11 }, () => 'exact')]);
    for (const [, average, ...said] of result.rows) {
      expect(said.slice(0, 5)).toEqual([average, average, 0, 0, true]);
      expect(said[5]).toBe(said[6]);
      expect(said.slice(7)).toEqual([0, 0, true]);
    }
    expect(result.rows.length).toBeGreaterThan(18);
  });

  test('both say the same', async () => {
    const sql = `SELECT ${five('SUM(price)')}, ${five('SUM(x)')}, ${five('COUNT(y) * 1.0 / COUNT(*)')} FROM t`;
    const [[exact], [precomputed]] = [await work.values(`EXACT ${sql}`), await work.values(sql)];
    expect((await work.query(sql)).answer.mode).toBe('precomputed');
    expect(precomputed).toHaveLength(15);
    for (const [place, value] of precomputed!.entries()) {
      if (typeof value === 'number') expect(value).toBeCloseTo(exact![place] as number, 6);
      else expect(value).toBe(exact![place]);
    }
  });

  test('NULL has no error to speak of', async () => {
    const sql = `SELECT ${five('SUM(x)')} FROM t WHERE`;
    expect(await work.values(`EXACT ${sql} id < 0`)).toEqual([[null, null, null, null, true]]);
    expect(await work.values(`${sql} g = 'none'`)).toEqual([[null, null, null, null, true]]);
  });

  test('a strata-wise group of a sample read whole', async () => {
    // All rows of g0 are in the sample of strata: its numbers are exact among estimates.
    const { rows, answer } = await work.query(
      `SELECT g, COUNT(*), ${five('AVG(x)')} FROM t WHERE x < 5000 AND g = 'g0' GROUP BY g`,
    );
    expect(answer.mode).toBe('approximate');
    const [, count, low, high, ...said] = rows[0]!;
    expect((count as Estimate).exact).toBe(true);
    expect(low).toBe(high);
    expect(said).toEqual([0, 0, true]);
  });

  test('what has no interval on samples is answered exactly', async () => {
    const { answer, rows } = await work.query(
      `SELECT ${five('MAX(x)')}, CERTIFIED(MAX(g)) FROM t WHERE id > 10`,
    );
    expect(answer.mode).toBe('exact');
    expect(rows).toEqual([[999, 999, 0, 0, true, true]]);
  });

  test('joins, windows and subqueries', async () => {
    const sql = `SELECT a.g, LOWER_BOUND(COUNT(*)) AS n, rank() OVER (ORDER BY UPPER_BOUND(AVG(a.x))) FROM t a JOIN t b ON a.id = b.id
      WHERE a.id < 500 GROUP BY a.g HAVING STDERR(AVG(a.x)) = 0 ORDER BY n DESC LIMIT 3`;
    expect((await work.query(sql)).rows).toHaveLength(3);
    expect(await work.values('SELECT n + 1 FROM (SELECT LOWER_BOUND(COUNT(*)) AS n FROM t) q')).toEqual([
      [100_001],
    ]);
  });
});
