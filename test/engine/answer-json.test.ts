import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonPieces, outgoing } from '../../src/engine/answer-pieces.ts';
import { Answer } from '../../src/engine/query-result.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', `SELECT i AS x, 'g"' || (i % 5000) AS g, DATE '2024-01-01' + i::INTEGER AS d FROM range(60000) t(i)`); // prettier-ignore
  await work.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 6 SEED 1');
});
afterAll(() => work.close());

test.each([
  ['SELECT g, SUM(x), AVG(x) FROM t WHERE x % 2 = 0 GROUP BY g HAVING SUM(x) > 1000 ORDER BY g', 5],
  ['EXACT SELECT x, d, x / 0.0 AS y, 9007199254740993 AS big FROM t', 50],
  ['SELECT COUNT(*) FROM t WHERE x < 0', 1],
  ['EXACT SELECT x FROM t WHERE x < 0', 0],
  ['SHOW TABLES', 1],
])('%s: pieces are the text of the whole', async (sql, piecesMin) => {
  const answer = await work.query(sql);
  if (!(answer instanceof Answer)) throw new Error('an answer of another kind');
  const pieces = [...jsonPieces(outgoing(answer, Infinity))];
  expect(pieces.join('')).toBe(JSON.stringify(answer));
  expect(pieces.length).toBeGreaterThan(piecesMin);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(500_000);
});
