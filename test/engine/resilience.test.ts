import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Cell, Estimate, QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * What is said of lost blocks, against what the engine answers where these are lost.
 */

let work: Workspace;
const opened: Workspace[] = [];
beforeAll(async () => {
  work = await Workspace.open();
  opened.push(work);
  const rows = `SELECT i AS id, (hash(i, 1) % 1000)::DOUBLE AS x, (1 + hash(i, 2) % 100)::DOUBLE ** 4 AS y, 'g' || (i % 3) AS g
    FROM range(400000) r(i)`;
  await work.table('t', rows);
  await work.query('CREATE SAMPLE plain ON t UNIFORM 330000 ROWS SEED 1');
  await work.table('v', rows);
  await work.query('CREATE SAMPLE outlying ON v UNIFORM 150000 ROWS OUTLIERS OF (y) SEED 1');
  await work.table('u', 'SELECT i AS id FROM range(100) r(i)');
}, 60_000);
afterAll(async () => {
  for (const each of opened) await each.close();
});

interface Line {
  readonly sample: string;
  readonly class: string;
  readonly blocks: number;
  readonly critical: boolean;
  readonly answered: number;
  readonly distortion_per_10_percent: number | null;
  readonly distortion_r2: number | null;
  readonly ms_per_10_percent: number | null;
}
const linesOf = (result: QueryResult): Line[] => result.toObjects() as unknown as Line[]; // the command's columns

const questions = 'SELECT AVG(id), SUM(id), AVG(x), SUM(x), AVG(y), SUM(y) FROM t WHERE id >= 0';

/** The values that the plain sample answers where blocks are lost. */
async function valuesWith(taskFaults: string | null): Promise<number[]> {
  const faults = taskFaults === null ? {} : { taskFaults };
  const faulty = await Workspace.open({}, { dataDir: work.path('data'), ...faults });
  opened.push(faulty);
  const { rows, answer } = await faulty.query(questions);
  expect(answer.sample?.name).toBe('plain');
  return rows[0]!.map((cell: Cell) => (cell as Estimate).value!); // estimated, with values
}

test('without a log columns are asked about; what is found is what the engine answers without the blocks', async () => {
  const result = await work.engine.resilience('T');
  expect(result.answer.notes).toEqual(['plain was asked AVG and SUM of id, x, y']);
  const plain = linesOf(result);
  expect(plain.map((line) => [line.class, line.blocks, line.critical, line.answered])).toEqual([
    ['0', 1, false, 1],
    ['13', 1, false, 1],
    ['14', 2, false, 1],
    ['15', 2, false, 1],
  ]);
  const whole = await valuesWith(null);
  for (const line of plain) {
    expect(line.distortion_per_10_percent).toBeGreaterThan(0);
    expect(line.ms_per_10_percent).not.toBeNull();
    if (line.blocks > 1) continue;
    // One block is all of its class: the line ends in what is left without it.
    const left = await valuesWith(`unreadable=1,class=${line.class}`);
    const off = left.map((value, place) => Math.abs(value / whole[place]! - 1));
    const distortion = off.reduce((sum, each) => sum + each, 0) / off.length;
    expect(line.distortion_per_10_percent! / (distortion / 10)).toBeCloseTo(1, 2);
    expect(line.distortion_r2).toBe(1);
  }
});

test('a class is critical where the engine goes without the sample', async () => {
  const lines = linesOf(await work.engine.resilience('v'));
  expect(lines.length).toBeGreaterThan(1);
  const [first, ...others] = lines;
  expect(first).toMatchObject({ class: 'whole', critical: true, distortion_per_10_percent: null });
  expect(first!.answered).toBeLessThan(1);
  for (const line of others) expect(line).toMatchObject({ critical: false, answered: 1 });
  for (const line of lines) {
    const faulty = await Workspace.open({}, { dataDir: work.path('data'), taskFaults: `unreadable=1,class=${line.class}` }); // prettier-ignore
    opened.push(faulty);
    const { answer } = await faulty.query('SELECT AVG(x) FROM v WHERE id > 5');
    expect(answer.mode).toBe(line.critical ? 'exact' : 'approximate');
  }
});

test('statements of the log are asked, groups that are gone are off altogether', async () => {
  await work.query(
    'SELECT g, COUNT(*) FROM t WHERE x < 300 GROUP BY g HAVING COUNT(*) > 5 ORDER BY 2 LIMIT 1',
  );
  await work.query('SELECT id, SUM(x) FROM t WHERE id < 40 GROUP BY id');
  await work.query('SELECT COUNT(*) FROM u');
  const result = await work.engine.resilience('t');
  expect(result.answer.notes).toEqual(['plain was asked 2 statements of the log']);
  const large = linesOf(result).find((line) => line.class === '15')!; // it has this class
  // Two of the six blocks: of the 40 groups of one row about a third would be gone with them.
  expect(large.distortion_per_10_percent).toBeGreaterThan(0.01);
  expect(large.distortion_per_10_percent).toBeLessThan(0.06);
});

test('what there is nothing to say of', async () => {
  expect((await work.engine.resilience('u')).rows).toEqual([]);
  await expect(work.engine.resilience('nowhere')).rejects.toMatchObject({ code: 'UNKNOWN_TABLE' });
  await expect(work.engine.resilience('t', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' }); // prettier-ignore
  const closed = await Workspace.open();
  await closed.close();
  await expect(closed.engine.resilience('t')).rejects.toMatchObject({ code: 'CLOSED' });
});
