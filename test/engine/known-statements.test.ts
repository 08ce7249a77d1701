import { afterEach, beforeEach, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/* Statements asked again: what was worked out of their text is kept, and what has changed since is not missed. */

let work: Workspace;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 1);
  const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
  work = await Workspace.open({ clock });
  await work.table(
    't',
    "SELECT i AS x, TIMESTAMP '2026-01-01' + INTERVAL (i) SECOND AS at FROM range(50000) t(i)",
  );
  await work.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
});
afterEach(() => work.close());

const question = 'SELECT SUM(x) FROM t WHERE x % 3 = 0';

test('the same answer again', async () => {
  const first = await work.query(question);
  const second = await work.query(question);
  expect(second.rows).toEqual(first.rows);
  expect(second.answer.sample).toEqual(first.answer.sample);
});

test('samples that came and went since are seen', async () => {
  expect((await work.query(question)).answer.sample?.name).toBe('s');
  await work.query('CREATE SAMPLE larger ON t UNIFORM 30000 ROWS SEED 2');
  expect((await work.query(question)).answer.sample?.name).toBe('larger');
  await work.query('DROP SAMPLE larger');
  expect((await work.query(question)).answer.sample?.name).toBe('s');
  await work.query('DROP SAMPLE s');
  expect((await work.query(question)).answer.mode).toBe('exact');
});

test('a table of the same name is another', async () => {
  await work.query(question);
  await work.query('DROP TABLE t');
  await work.table('t', 'SELECT -i AS x FROM range(10) t(i)');
  expect(await work.values(question)).toEqual([[-18]]);
});

test('time goes on', async () => {
  const since = 'SELECT COUNT(*) FROM t WHERE at < now()';
  expect(await work.values(`EXACT ${since}`)).toEqual([[0]]);
  nowMs += 10_000;
  expect(await work.values(`EXACT ${since}`)).toEqual([[10]]);
});

test('parameters are those of the call', async () => {
  const above = 'EXACT SELECT COUNT(*) FROM t WHERE x >= ?';
  for (const least of [49_990, 49_995, 49_990]) {
    const { rows } = await work.engine.query(above, { params: [least] });
    expect(rows).toEqual([[50_000 - least]]);
  }
  const named = 'EXACT SELECT COUNT(*) FROM t WHERE x >= :length';
  expect((await work.engine.query(named, { params: { length: 49_999 } })).rows).toEqual([[1]]);
  expect((await work.engine.query(named, { params: { length: 0 } })).rows).toEqual([[50_000]]);
});

test('statements at the same time do not get into each other', async () => {
  const questions = Array.from({ length: 12 }, (_, place) =>
    place % 2 === 0 ? question : 'SELECT x % 7 AS k, COUNT(*) FROM t WHERE x > 5 GROUP BY k ORDER BY k',
  );
  const answers = await Promise.all(questions.map(async (sql) => (await work.query(sql)).rows));
  for (const [place, rows] of answers.entries()) expect(rows).toEqual(answers[place % 2]);
});
