import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Estimate, QueryOptions, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS id, (hash(i, 1) % 1000)::INTEGER AS x, sin(i) + 2 AS y, 'g' || (hash(i, 2) % 5) AS g,
      'k' || floor(20 * (hash(i, 4) % 1000 / 1000.0) ** 3)::INTEGER AS k FROM range(600000) t(i)`,
  );
  await work.query('CREATE SAMPLE uniform ON t UNIFORM 200000 ROWS SEED 1');
  await work.table('u', 'SELECT (hash(i, 1) % 90000) AS id, sin(i) + 2 AS y FROM range(300000) t(i)');
  await work.query('CREATE SAMPLE keys ON u UNIVERSE BY (id) 50% SEED 1');
  await work.table(
    's',
    `SELECT 'k' || (i % 50) AS k, 'g' || (hash(i, 2) % 3) AS g, sin(i) + 2 AS y FROM range(400000) t(i)`,
  );
  await work.query('CREATE SAMPLE strata ON s STRATIFIED BY (k) CAP 3000 SEED 1');
}, 60_000);
afterAll(() => work.close());

const collect = async (sql: string, options?: QueryOptions): Promise<QueryResult[]> => {
  const answers: QueryResult[] = [];
  for await (const answer of work.engine.stream(sql, options)) answers.push(answer);
  return answers;
};
const estimates = ({ rows }: QueryResult): Estimate[] =>
  rows.flatMap((row) =>
    row.filter((cell) => cell !== null && typeof cell === 'object' && 'certified' in cell),
  );
/** An answer without what differs from run to run: its name and its times. */
const timeless = (result: QueryResult): unknown => {
  const { columns, rows, marks, answer, final } = result.toJSON();
  const { timings: _, achieved, ...rest } = answer;
  return { columns, rows, marks, final, ...rest, maxRelativeError: achieved.maxRelativeError };
};
const rowsRead = ({ answer }: QueryResult): number => answer.sample!.rowsRead;

const sampled = [
  'SELECT AVG(y) FROM t WHERE x < 500',
  'SELECT AVG(y), COUNT(*), SUM(y) FROM t WHERE x < 500 SIMULTANEOUS',
  'SELECT g, AVG(y), STDDEV(y) FROM t WHERE x < 500 GROUP BY g',
  'SELECT k, SUM(y) AS s FROM t WHERE x < 500 GROUP BY k HAVING COUNT(*) > 9000 ORDER BY s DESC LIMIT 5',
  'SELECT g, AVG(y) FROM t WHERE x < 500 GROUP BY g ERROR WITHIN 0.6%',
  'SELECT AVG(y) FROM t WHERE x < 500 AT CONFIDENCE 99%',
  'SELECT AVG(y), LOWER_BOUND(AVG(y)) FROM t WHERE x < 500 ERROR WITHIN 0.0001% ON MISS BEST EFFORT',
  'SELECT SUM(y), COUNT(DISTINCT id) FROM u WHERE y > 1.5',
  'SELECT k, AVG(y) FROM s WHERE y > 1.5 GROUP BY k',
  "SELECT g, AVG(y) FROM s WHERE k IN ('k1', 'k7', 'k9') AND y > 1.5 GROUP BY g",
  "SELECT g, AVG(y) FROM s WHERE k <> 'k3' GROUP BY g ERROR WITHIN 0.8%",
] as const;

describe.each(sampled)('%s', (sql) => {
  let answers: QueryResult[];
  let plain: QueryResult;
  beforeAll(async () => {
    answers = await collect(sql);
    plain = await work.query(sql);
  });

  test('the last answer is that of query(), to the last digit', () => {
    expect(plain.answer.mode).toBe('approximate');
    expect(timeless(answers.at(-1)!)).toEqual(timeless(plain));
  });

  test('others come before it, from at least twice as many rows each time', () => {
    expect(answers.length).toBeGreaterThan(1);
    expect(answers.map(({ final }) => final)).toEqual(
      answers.map((_, place) => place === answers.length - 1),
    );
    const interim = answers.slice(0, -1).map(rowsRead);
    for (const [place, rows] of interim.entries())
      expect(rows).toBeGreaterThanOrEqual(place === 0 ? 4096 : 2 * interim[place - 1]!);
    expect(rowsRead(answers.at(-1)!)).toBeGreaterThanOrEqual(interim.at(-1)!);
    expect(new Set(answers.map(({ queryId }) => queryId)).size).toBe(1);
  });

  test('each but the last has intervals at 1 − α/10(K − 1)', () => {
    const { sample, intervals } = plain.answer;
    const excluded = sql.includes('IN (') ? 9000 : sql.includes('<>') ? sample!.rowsInSample - 3000 : null;
    const rowsMax = excluded ?? sample!.rowsInSample;
    const looks = Math.ceil(Math.log2(rowsMax / rowsRead(answers[0]!)));
    const level = 1 - (1 - intervals!.confidence) / (10 * looks);
    for (const interim of answers.slice(0, -1)) {
      expect(interim.answer.intervals!.confidence).toBeCloseTo(level, 12);
      expect(interim.answer.requested).toEqual(plain.answer.requested);
      expect(interim.answer.reason).toMatch(/read so far(; g\d needed most)?$/);
      if (intervals!.kind === 'simultaneous') continue;
      for (const { confidence } of estimates(interim)) expect(confidence).toBeCloseTo(level, 12);
    }
  });
});

describe('what is not sampled has its final answer only', () => {
  test.each([
    'EXACT SELECT AVG(y) FROM t',
    'SELECT COUNT(*) FROM t',
    'SELECT k, AVG(y) FROM s GROUP BY k',
    'SELECT COUNT(DISTINCT x) FROM t',
    'SELECT COUNT(*) FROM t a JOIN s b ON a.id = 1 AND b.k = a.k',
    'SHOW TABLES',
    'DESCRIBE t',
    'EXPLAIN ANALYZE SELECT AVG(y) FROM t WHERE x < 500',
    "CREATE TABLE IF NOT EXISTS t FROM 't.parquet'",
  ])('%s', async (sql) => {
    const answers = await collect(sql);
    expect(answers.map(({ final }) => final)).toEqual([true]);
  });
});

test('the first comes when every group that can have 100 matches has them', async () => {
  const sql = 'SELECT k, AVG(y) FROM t WHERE x < 500 GROUP BY k';
  const [first] = await collect(sql);
  expect(first!.final).toBe(false);
  expect(rowsRead(first!)).toBeGreaterThan(4096); // of the least group 35 rows are expected there
  for (const { support } of estimates(first!)) expect(support).toBeGreaterThanOrEqual(100);
  // Groups that have fewer in all of the sample are not waited for.
  const [rare] = await collect('SELECT x < 1 AS rare, AVG(y) FROM t WHERE x > 500 OR (x < 1 AND id % 16 = 0) GROUP BY rare'); // prettier-ignore
  expect([rare!.final, rowsRead(rare!)]).toEqual([false, 4096]);
  // Where all have about so many in all of the sample, a quarter of it will do.
  const ofMany = 'SELECT id % 1000 AS m, AVG(y) FROM t WHERE x < 500 GROUP BY m';
  await collect(ofMany); // a look that is slow because its code is new would be left out
  const [many] = await collect(ofMany);
  expect([many!.final, rowsRead(many!)]).toEqual([false, 65_536]);
});

test('before an exact answer those of the sample that was tried are shown', async () => {
  const sql = 'SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 0.001%';
  const answers = await collect(sql);
  expect(answers.map(({ answer }) => answer.mode)).toEqual(['approximate', 'exact']);
  expect(answers[0]).toMatchObject({ final: false, answer: { met: false, sample: { name: 'uniform' } } });
  expect(answers[1]!.rows).toEqual((await work.query(sql)).rows);
});

describe('leaving early', () => {
  const lastOutcome = async (sql: string): Promise<unknown> => {
    const log = (await work.query('SHOW QUERIES')).toObjects();
    return log.find((entry) => Object.values(entry).includes(sql));
  };

  test('a break cancels the statement, and waits for its end', async () => {
    const sql = 'SELECT AVG(y) AS broken FROM t WHERE x < 500';
    for await (const { final } of work.engine.stream(sql)) {
      expect(final).toBe(false);
      break;
    }
    expect(JSON.stringify(await lastOutcome(sql))).toContain('CANCELLED');
  });

  test('a signal rejects', async () => {
    const controller = new AbortController();
    const answers: QueryResult[] = [];
    const reading = async (): Promise<void> => {
      const sql = 'SELECT AVG(y) FROM t WHERE x < 500';
      for await (const answer of work.engine.stream(sql, { signal: controller.signal })) {
        answers.push(answer);
        controller.abort();
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(answers.map(({ final }) => final)).toEqual([false]);
  });

  test('what is never read never runs', async () => {
    const sql = 'SELECT AVG(y) AS unread FROM t WHERE x < 500';
    work.engine.stream(sql);
    expect(await lastOutcome(sql)).toBeUndefined();
  });

  test('errors come where answers would', async () => {
    await expect(collect('SELECT nothing FROM t')).rejects.toMatchObject({ code: 'UNKNOWN_COLUMN' });
    await expect(
      collect('SELECT AVG(y) FROM t WHERE x < 500 ERROR WITHIN 0.001% ON MISS FAIL'),
    ).rejects.toMatchObject({ code: 'BOUND_MISSED' });
  });
});

describe('a slow reader', () => {
  test('gets the latest interim answer, and the last answer; nobody waits for it', async () => {
    const sql = 'SELECT g, AVG(y) FROM t WHERE x < 500 GROUP BY g';
    const all = await collect(sql);
    const read: QueryResult[] = [];
    for await (const answer of work.engine.stream(sql)) {
      read.push(answer);
      if (!answer.final) await new Promise((resume) => setTimeout(resume, 1000));
    }
    expect(read.map(({ final }) => final)).toEqual([false, true]);
    expect(all.length).toBeGreaterThan(3);
    expect(timeless(read.at(-1)!)).toEqual(timeless(all.at(-1)!));
    expect(read.at(-1)!.answer.achieved.elapsedMs).toBeLessThan(1000);
  });
});

test('no interim answer comes before the time that is asked for', async () => {
  const answers = await collect('SELECT AVG(y) FROM t WHERE x < 500', { refineAfterMs: 60_000 });
  expect(answers).toHaveLength(1);
});

test('a deadline holds for the last answer', async () => {
  const [last, ...others] = (
    await collect('SELECT AVG(y) FROM t WHERE x < 500 WITHIN 10 SECONDS')
  ).toReversed();
  expect(others.length).toBeGreaterThan(0);
  expect(last).toMatchObject({ final: true, answer: { met: true, sample: { rowsRead: 200_000 } } });
  const [late] = (await collect('SELECT AVG(y) FROM t WHERE x < 500 WITHIN 0.001 MILLISECONDS')).toReversed();
  expect(late).toMatchObject({ final: true, answer: { mode: 'approximate', met: false } });
});
