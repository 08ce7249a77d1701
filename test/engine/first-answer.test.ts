import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemEnvironment } from '../../src/engine/environment.ts';
import type { QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/** Milliseconds that pass whenever somebody looks at the clock: work takes as long as it is watched. */
let stepMs = 0;
let nowMs = 0;
const clock = { ...systemEnvironment.clock, monotonicMs: () => (nowMs += stepMs) };

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open({ clock });
  await work.table('t', 'SELECT (i % 1500)::INTEGER AS g, sin(i) + 2 AS y FROM range(600000) t(i)');
  await work.query('CREATE SAMPLE s ON t UNIFORM 450000 ROWS SEED 1');
}, 60_000);
afterAll(() => work.close());

const sql = 'SELECT g, AVG(y), SUM(y) FROM t WHERE y > 0 GROUP BY g ORDER BY g';
const streamed = async (step: number, refineAfterMs = 0): Promise<QueryResult[]> => {
  stepMs = step;
  const answers: QueryResult[] = [];
  for await (const answer of work.engine.stream(sql, { refineAfterMs })) answers.push(answer);
  stepMs = 0;
  return answers;
};
/** Rows without intervals, and what a note says of them. */
const unmade = ({ rows, answer: { notes } }: QueryResult): [number, string | undefined] => [
  rows.filter(
    (row) =>
    row.some((cell) => cell !== null && typeof cell === 'object' && 'reasons' in cell && cell.low === null && cell.reasons.includes('OUT_OF_TIME')), // prettier-ignore
  ).length,
  notes.find((note) => note.startsWith('there was no time for the intervals of')),
];

describe('The first answer of a stream over many groups', () => {
  test('has all intervals where they are made in time', async () => {
    const answers = await streamed(0.0001);
    expect(answers.length).toBeGreaterThan(1);
    expect(answers.map(unmade)).toEqual(answers.map(() => [0, undefined]));
  });

  test('leaves those that are not to the next, and says so', async () => {
    const [first, ...others] = await streamed(0.85);
    const [rows, note] = unmade(first!);
    expect([rows > 0, rows < 1500]).toEqual([true, true]);
    expect(note).toBe(`there was no time for the intervals of ${rows.toLocaleString('en-US')} rows`);
    expect(first!.rows).toHaveLength(1500);
    expect(first!.answer.achieved.maxRelativeError).toBe(null);
    expect(others.map(unmade)).toEqual(others.map(() => [0, undefined]));
    expect(others.at(-1)!.final).toBe(true);
  });

  test('leaves more of them where it is late already', async () => {
    const [[inTime], [late]] = [unmade((await streamed(0.85))[0]!), unmade((await streamed(1.1))[0]!)];
    expect([late > inTime, late < 1500]).toEqual([true, true]);
  });

  test('is not hurried where nobody wants it soon', async () => {
    const answers = await streamed(0.85, 71);
    expect(answers.map(unmade)).toEqual(answers.map(() => [0, undefined]));
  });
});
