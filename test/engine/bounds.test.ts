import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    "SELECT i AS id, (hash(i, 1) % 1000)::INTEGER AS x, 'g' || (hash(i, 2) % 5) AS g, CASE WHEN hash(i, 3) % 20000 = 0 THEN 1 ELSE 0 END AS rare FROM range(400000) t(i)",
  );
  await work.query('CREATE SAMPLE small ON t UNIFORM 20000 ROWS SEED 1');
  await work.query('CREATE SAMPLE large ON t UNIFORM 100000 ROWS SEED 2');
  await work.query('CREATE SAMPLE groups ON t STRATIFIED BY (g) CAP 20000 SEED 3');
}, 60_000);
afterAll(() => work.close());

const estimates = (result: QueryResult): Estimate[] =>
  result.rows.flatMap((row) =>
    row.filter((cell) => cell !== null && typeof cell === 'object' && 'certified' in cell),
  );
const averageOf = 'SELECT AVG(x) FROM t WHERE x < 500';

describe('ERROR WITHIN', () => {
  test('a loose bound reads few rows, a tight one more', async () => {
    const loose = await work.query(`${averageOf} ERROR WITHIN 5%`);
    const tight = await work.query(`${averageOf} ERROR WITHIN 1%`);
    for (const [result, bound] of [
      [loose, 0.05],
      [tight, 0.01],
    ] as const) {
      expect(result.answer).toMatchObject({ mode: 'approximate', met: true });
      expect(result.answer.achieved.maxRelativeError).toBeLessThanOrEqual(bound);
    }
    expect(loose.answer.sample!.rowsRead).toBeLessThan(10_000);
    expect(tight.answer.sample!.rowsRead).toBeGreaterThan(loose.answer.sample!.rowsRead);
  });

  test('rows of the pilot are kept: a bound that the pilot keeps reads nothing more', async () => {
    const { answer } = await work.query(`${averageOf} ERROR WITHIN 20%`);
    expect(answer.sample!.rowsRead).toBe(4096);
  });

  test('a bound beyond a small sample takes the larger one', async () => {
    const { answer } = await work.query(`${averageOf} ERROR WITHIN 0.45%`);
    expect(answer).toMatchObject({ mode: 'approximate', met: true });
    expect(answer.sample!.name).not.toBe('small');
    expect(answer.sample!.rowsRead).toBeGreaterThan(20_000);
  });

  test('a bound beyond all samples goes exact', async () => {
    const { answer, rows } = await work.query(`${averageOf} ERROR WITHIN 0.01%`);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
    expect(rows).toEqual((await work.query(`EXACT ${averageOf}`)).rows);
  });

  test('an absolute bound', async () => {
    const result = await work.query(`${averageOf} ERROR WITHIN 3`);
    const [{ value, low, high }] = estimates(result) as [Estimate];
    expect(result.answer.met).toBe(true);
    expect(Math.max(value! - low!, high! - value!)).toBeLessThanOrEqual(3);
  });

  test('higher confidence takes more rows', async () => {
    const [ordinary, high] = [
      await work.query(`${averageOf} ERROR WITHIN 1%`),
      await work.query(`${averageOf} ERROR WITHIN 1% AT CONFIDENCE 99%`),
    ];
    expect(high.answer.sample!.rowsRead).toBeGreaterThan(1.3 * ordinary.answer.sample!.rowsRead);
    expect(estimates(high)[0]!.confidence).toBe(0.99);
  });

  test('a bound is not met by a cell that is not certified', async () => {
    // About one row of the small sample matches.
    const { answer } = await work.query(
      'SELECT COUNT(*) FROM t WHERE rare = 1 ERROR WITHIN 50% ON MISS BEST EFFORT',
    );
    expect(answer).toMatchObject({ mode: 'approximate', met: false });
    expect((await work.query('SELECT COUNT(*) FROM t WHERE rare = 1 ERROR WITHIN 50%')).answer).toMatchObject(
      { mode: 'exact', met: true },
    );
  });

  test('every shown group keeps it', async () => {
    const result = await work.query(
      'SELECT g, AVG(x), SUM(x) FROM t WHERE x > 100 GROUP BY g ERROR WITHIN 3%',
    );
    expect(result.answer).toMatchObject({ mode: 'approximate', met: true });
    expect(result.rows).toHaveLength(5);
    for (const { relativeError, certified } of estimates(result)) {
      expect(certified).toBe(true);
      expect(relativeError).toBeLessThanOrEqual(0.03);
    }
  });
});

describe('ON MISS', () => {
  const tooTight = `${averageOf} ERROR WITHIN 0.01%`;
  test('FAIL is an error', async () => {
    expect(await work.error(`${tooTight} ON MISS FAIL`)).toMatchObject({ code: 'BOUND_MISSED' });
  });
  test('BEST EFFORT answers from the whole sample and says so', async () => {
    const { answer } = await work.query(`${tooTight} ON MISS BEST EFFORT`);
    expect(answer).toMatchObject({ mode: 'approximate', met: false, sample: { rowsRead: 100_000 } });
    expect(answer.notes.join()).toMatch(/cannot keep ±0.01 %/);
  });
  test('EXACT is the default without a deadline', async () => {
    expect((await work.query(`${tooTight} ON MISS EXACT`)).answer.mode).toBe('exact');
  });
});

describe('WITHIN', () => {
  test('a generous deadline reads the largest sample', async () => {
    const { answer } = await work.query(`${averageOf} WITHIN 10 SECONDS`);
    expect(answer).toMatchObject({
      mode: 'approximate',
      met: true,
      requested: { withinMs: 10_000 },
      sample: { rowsRead: 100_000 },
    });
  });
  test('an impossible deadline gives the best prefix, not met', async () => {
    const { answer, rows } = await work.query(`${averageOf} WITHIN 0.001 MILLISECONDS`);
    expect(answer).toMatchObject({ mode: 'approximate', met: false });
    expect(answer.sample!.rowsRead).toBeLessThan(100_000);
    expect((rows[0]![0] as Estimate).low).not.toBeNull();
  });
  test('both bounds', async () => {
    const { answer } = await work.query(`${averageOf} ERROR WITHIN 2% WITHIN 10 SECONDS`);
    expect(answer).toMatchObject({ met: true, requested: { withinMs: 10_000, error: { bound: 0.02 } } });
  });
  test('an exact answer that is late is an error', async () => {
    const error = await work.error(
      'EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x WITHIN 30 MILLISECONDS',
    );
    expect(error.code).toBe('DEADLINE_EXCEEDED');
  });
});

describe('routes', () => {
  const route = async (sql: string): Promise<string> => (await work.query(sql)).answer.mode;
  test('totals of strata answer without reading', async () => {
    const { answer } = await work.query('SELECT g, COUNT(*), AVG(x), MIN(x), STDDEV(x) FROM t GROUP BY g');
    expect(answer).toMatchObject({ mode: 'precomputed', sample: { rowsRead: 0 }, met: true });
  });
  test('joins, subqueries, windows, DISTINCT and sets go exact', async () => {
    for (const sql of [
      'SELECT COUNT(*) FROM t a JOIN t b ON a.id = b.id',
      'SELECT COUNT(*) FROM (SELECT * FROM t) s',
      'SELECT COUNT(*) FROM t WHERE x > (SELECT AVG(x) FROM t)',
      'SELECT COUNT(DISTINCT x) FROM t',
      'SELECT COUNT(*) FROM t UNION SELECT 1',
      'SELECT x FROM t LIMIT 3',
      'WITH s AS (SELECT x FROM t) SELECT AVG(x) FROM s',
      'SELECT KURTOSIS(x) FROM t WHERE x > 3',
    ]) {
      expect([sql, await route(sql)]).toEqual([sql, 'exact']);
    }
  });
  test('an error bound goes to the source where that is predicted to be faster, unless nobody wants it to', async () => {
    // 1,000 groups take longer to estimate than 400,000 rows to sum up; the source has been started by then.
    const sql = 'SELECT id % 1000 AS k, AVG(x), SUM(x), AVG(x * x) FROM t GROUP BY k ERROR WITHIN 60%';
    await work.query(`EXACT ${averageOf}`);
    const { answer } = await work.query(sql);
    expect(answer).toMatchObject({ mode: 'exact', met: true });
    expect(answer.reason).toMatch(
      /^the exact answer is predicted within [\d.,]+ ms, sooner than one from the/,
    );
    expect(answer.predicted).toMatchObject({ maxRelativeError: 0 });
    const plan = new Map((await work.values(`EXPLAIN ${sql}`)) as [string, string][]);
    expect(plan.get('route')).toBe('exact');
    const insisted = await work.query(`${sql} ON MISS BEST EFFORT`);
    expect(insisted.answer.mode).toBe('approximate');
  });
  test('what was predicted is told beside what was reached', async () => {
    const { answer } = await work.query(`${averageOf} ERROR WITHIN 1%`);
    const { predicted, achieved } = answer;
    expect(predicted!.elapsedMs).toBeGreaterThan(0);
    expect(predicted!.maxRelativeError! / achieved.maxRelativeError!).toBeCloseTo(1, 1);
    const unbounded = await work.query(averageOf);
    expect(unbounded.answer.predicted).toBe(null);
  });
  test('the log of statements keeps what they were, asked for, and came to', async () => {
    const sql = `${averageOf.replace('500', '400')} AND g IN ('g1', 'g2') ERROR WITHIN 1% AT CONFIDENCE 90%`;
    const { queryId, answer } = await work.query(sql);
    const logged = (await work.query('SHOW QUERIES')).toObjects().find(({ query_id: id }) => id === queryId);
    expect(logged).toMatchObject({
      outcome: 'approximate',
      sample: answer.sample!.name,
      rows_read: answer.sample!.rowsRead,
      error: answer.achieved.maxRelativeError,
      predicted_error: answer.predicted!.maxRelativeError,
      predicted_ms: answer.predicted!.elapsedMs,
      met: true,
      bounds: '±1 % at 90 %, on miss exact',
      columns: 'g, x',
      shape: 'select avg ( x ) from t where x < ? and g in ( ?, … )',
      sql,
    });
    await work.reopen();
    const kept = (await work.query('SHOW QUERIES')).toObjects();
    expect(kept.find(({ query_id: id }) => id === queryId)).toEqual(logged);
  });
  test('EXPLAIN foretells what ANALYZE measures', async () => {
    const plan = await work.values(`EXPLAIN ANALYZE ${averageOf} ERROR WITHIN 2%`);
    const lines = new Map(plan.map(([item, predicted]) => [item, predicted as string]));
    const measured = new Map(plan.map(([item, , value]) => [item, value as string]));
    expect([lines.get('route'), measured.get('route')]).toEqual(['sample', 'sample']);
    expect(lines.get('sample')).toMatch(/uniform/);
    expect(lines.get('reason')).toMatch(/\w/);
    expect(lines.get('error')).toMatch(/±[\d.]+ % at 95 %/);
    expect(lines.get('exact SQL')).toMatch(/^SELECT avg\(/);
    const rows = (text: string | undefined): number =>
      Number(/^[\d,]+/.exec(text ?? '')![0].replaceAll(',', ''));
    expect(rows(measured.get('rows'))).toBe(rows(lines.get('rows')));
    expect(measured.get('error')).toMatch(/±[\d.]+ % at 95 %/);
    for (const times of [lines, measured]) expect(times.get('time')).toMatch(/^[\d.,]+ ms/);
    expect(measured.get('answer')).toBe('1 row');
  });
  test('EXPLAIN of other routes', async () => {
    const routeOf = async (sql: string): Promise<unknown> =>
      new Map((await work.values(`EXPLAIN ${sql}`)) as [string, string][]).get('route');
    expect(await routeOf('SELECT COUNT(*) FROM t')).toBe('precomputed');
    expect(await routeOf('SELECT x FROM t LIMIT 1')).toBe('exact');
    expect(await routeOf(`${averageOf} ERROR WITHIN 0.01%`)).toMatch(/then exact/);
  });
});

describe('HAVING, ORDER BY and LIMIT over estimates', () => {
  test('keep rows by their values', async () => {
    const { rows, answer } = await work.query(
      'SELECT g, COUNT(*) AS n, AVG(x) AS a FROM t WHERE x < 900 GROUP BY g HAVING COUNT(*) > 71000 ORDER BY a DESC, g LIMIT 3 OFFSET 1',
    );
    expect(answer.mode).toBe('approximate');
    const all = (
      await work.query('SELECT g, COUNT(*) AS n, AVG(x) AS a FROM t WHERE x < 900 GROUP BY g')
    ).toObjects();
    const expected = all
      .filter(({ n }) => (n as number) > 71_000)
      .sort((p, q) => (q['a'] as number) - (p['a'] as number))
      .slice(1, 4);
    expect(rows.map(([g]) => g)).toEqual(expected.map(({ g }) => g));
    expect(rows.length).toBeGreaterThan(0);
  });
});

test('a cancelled query rejects soon, and the engine goes on', async () => {
  const controller = new AbortController();
  const running = work.engine.query('EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x', {
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 20);
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(await work.values('EXACT SELECT COUNT(*) FROM t')).toEqual([[400_000]]);
  const aborted = AbortSignal.abort();
  await expect(work.engine.query(averageOf, { signal: aborted })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
});

test('parameters by position and by name', async () => {
  const count = async (sql: string, params: never): Promise<unknown> =>
    (await work.engine.query(sql, { params })).toObjects()[0]!['n'];
  const exact = await count("EXACT SELECT COUNT(*) AS n FROM t WHERE g = 'g1' AND x < 100", [] as never);
  expect(await count('EXACT SELECT COUNT(*) AS n FROM t WHERE g = ? AND x < ?', ['g1', 100] as never)).toBe(
    exact,
  );
  expect(
    await count('EXACT SELECT COUNT(*) AS n FROM t WHERE x < :most AND g = :g', {
      g: 'g1',
      most: 100n,
    } as never),
  ).toBe(exact);
  expect(await work.error('SELECT COUNT(*) FROM t WHERE x < :a')).toMatchObject({
    code: 'INVALID_PARAMETER',
  });
  // A parameter is a value, whatever it looks like.
  expect(await count('EXACT SELECT COUNT(*) AS n FROM t WHERE g = ?', ["g1' OR '1'='1"] as never)).toBe(0);
  expect(await count('EXACT SELECT COUNT(*) AS n FROM t WHERE g = ?', ['g1\0; DROP'] as never)).toBe(0);
});

test('closing during a query ends it and does not hang', async () => {
  const other = await Workspace.open();
  await other.table('t', 'SELECT i AS x FROM range(200000) t(i)');
  const running = other.error('EXACT SELECT COUNT(*) FROM t a JOIN t b ON a.x > b.x');
  await new Promise((resume) => setTimeout(resume, 50));
  await other.close();
  expect((await running).code).toMatch(/CANCELLED|CLOSED/);
});
