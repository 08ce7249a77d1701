import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { QueryResult } from '../../src/index.ts';
import type { KernelInputs } from '../../src/executor/kernel.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Which rows of samples the loops really visit: every loop that adds up is the real one, and notes the runs that it is given; for those
 * in other threads it is noted what these are given. A row
 * that was read once, by a pilot or a probe, is never read again for the same statement.
 */

/** How often each row of a sample was visited; samples are told apart by how many rows they have. */
const visits = vi.hoisted(() => new Map<number, Uint8Array>());

const visit = vi.hoisted(() => ({ columns }: Pick<KernelInputs, 'columns'>, runs: Int32Array): void => {
  const rows = columns[0]!.length; // all queries here read a column
  const seen = visits.get(rows) ?? new Uint8Array(rows);
  visits.set(rows, seen);
  for (let run = 0; run < runs.length; run += 3)
    for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) seen[row]!++;
});

/** What threads read is what they are given. */
vi.mock(import('../../src/executor/threads/scan-job.ts'), async (original) => {
  const { ScanJob } = await original();
  class NotingJob extends ScanJob {
    override handOut(): ReturnType<InstanceType<typeof ScanJob>['handOut']> {
      const share = super.handOut();
      for (const { runs } of share.tasks) visit(this.program, runs);
      return share;
    }
  }
  return { ScanJob: NotingJob };
});

vi.mock(import('../../src/executor/scan-program.ts'), async (original) => {
  const programs = await original();
  return {
    ...programs,
    linkProgram(...given) {
      const { kernel, inputs } = programs.linkProgram(...given);
      return {
        inputs,
        kernel: (own, runs, from, to, cells) => {
          visit(own, runs.subarray(from, to));
          kernel(own, runs, from, to, cells);
        },
      };
    },
  };
});

const [smallRows, largeRows] = [20_000, 90_000];
let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS id, (hash(i, 1) % 1000)::INTEGER AS x, sin(i) + 2 AS y, 'g' || (hash(i, 2) % 5) AS g,
      CASE WHEN hash(i, 3) % 200 = 0 THEN 1 ELSE 0 END AS rare FROM range(400000) t(i)`,
  );
  await work.query(`CREATE SAMPLE small ON t UNIFORM ${smallRows} ROWS SEED 1`);
  await work.query(`CREATE SAMPLE large ON t UNIFORM ${largeRows} ROWS SEED 2`);
  await work.query('CREATE SAMPLE groups ON t STRATIFIED BY (g) CAP 12000 SEED 3');
  await work.table('u', 'SELECT (hash(i, 1) % 50000) AS id, sin(i) + 2 AS y FROM range(200000) t(i)');
  await work.query('CREATE SAMPLE keys ON u UNIVERSE BY (id) 60% SEED 1');
}, 60_000);
afterAll(() => work.close());
beforeEach(() => visits.clear());

/** Rows of the sample of so many rows that were visited, and how often one was at most. */
function visited(sampleRows: number): { rows: number; most: number } {
  const seen = visits.get(sampleRows) ?? new Uint8Array(0);
  return {
    rows: seen.reduce((sum, times) => sum + times, 0),
    most: seen.reduce((a, b) => Math.max(a, b), 0),
  };
}

const answers = async (sql: string, how: 'query' | 'stream'): Promise<QueryResult> => {
  if (how === 'query') return await work.query(sql);
  let last: QueryResult | null = null;
  for await (const answer of work.engine.stream(sql)) last = answer;
  return last!; // a stream has a last answer
};

describe.each(['query', 'stream'] as const)('%s', (how) => {
  test.each([
    ['a pilot that is enough', 'SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 20%'],
    ['rows behind the pilot', 'SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 1%'],
    ['a second sample', 'SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 0.5%'],
    ['groups', 'SELECT g, AVG(x) FROM t WHERE x < 500 GROUP BY g ERROR WITHIN 2%'],
    [
      'groups that the rows tell',
      'SELECT x % 7 AS k, COUNT(*) FROM t WHERE y > 2 GROUP BY k ERROR WITHIN 8%',
    ],
    ['a pilot that grows', 'SELECT AVG(x) FROM t WHERE rare = 1 ERROR WITHIN 7%'],
    ['no bound', "SELECT AVG(x), SUM(y) FROM t WHERE x < 500 AND g <> 'g1'"],
    ['whatever can be had', 'SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 0.001% ON MISS BEST EFFORT'],
    ['quantiles', 'SELECT g, MEDIAN(x) FROM t WHERE y > 2 GROUP BY g ERROR WITHIN 5% ON MISS FAIL'],
    ['keys', 'SELECT SUM(y), COUNT(DISTINCT id) FROM u WHERE y > 1.5 ERROR WITHIN 2%'],
    ['a deadline', 'SELECT AVG(x) FROM t WHERE x < 500 WITHIN 0.001 MILLISECONDS'],
  ])('%s: no row is read twice, and rowsRead tells of each', async (_, sql) => {
    const { answer } = await answers(sql, how);
    expect(answer.mode).toBe('approximate');
    const { rowsRead, rowsInSample } = answer.sample!;
    expect(visited(rowsInSample)).toEqual({ rows: rowsRead, most: 1 });
    for (const rows of visits.keys()) expect(visited(rows).most).toBe(1);
  });
});

test('a probe reads a pilot of each sample; what it read of the chosen one is kept', async () => {
  const { answer } = await work.query('SELECT g, AVG(x) FROM t WHERE x < 500 GROUP BY g ERROR WITHIN 2%');
  expect(answer.reason).toContain('in a probe');
  const { rowsRead, rowsInSample } = answer.sample!;
  const others = [...visits.keys()].filter((rows) => rows !== rowsInSample);
  expect(others).toHaveLength(1); // of the two uniform samples one is probed
  expect(visited(others[0]!)).toEqual({ rows: 4096, most: 1 });
  expect(rowsRead).toBeGreaterThan(4100);
});

test('an exact answer behind two samples read of neither a row twice', async () => {
  const { answer } = await work.query('SELECT AVG(x) FROM t WHERE x < 500 ERROR WITHIN 0.3%');
  expect(answer.mode).toBe('exact');
  expect(visits.size).toBeGreaterThan(0);
  for (const rows of visits.keys()) expect(visited(rows).most).toBe(1);
});

test('EXPLAIN reads no more than pilots', async () => {
  await work.query('EXPLAIN SELECT g, AVG(x) FROM t WHERE x < 500 GROUP BY g ERROR WITHIN 2%');
  for (const rows of visits.keys()) expect(visited(rows).rows).toBeLessThanOrEqual(4100);
});

test('rows that only bear witness are told of, and nothing else is read twice', async () => {
  const { answer } = await work.query('SELECT AVG(x ^ 0.5 / y) FROM t WHERE x < 900 ERROR WITHIN 8%');
  const note = answer.notes.find((each) => each.includes('tails'))!;
  const witnesses = Number(/^[\d,]+/.exec(note)![0].replaceAll(',', ''));
  const { rowsRead, rowsInSample } = answer.sample!;
  expect(witnesses).toBe(rowsInSample);
  expect(visited(rowsInSample)).toEqual({ rows: rowsRead + witnesses, most: 2 });
});
