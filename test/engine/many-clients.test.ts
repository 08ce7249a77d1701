import { afterAll, beforeAll, expect, test } from 'vitest';
import type { QueryResult } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/* Clients that ask an engine at the same time. */

let work: Workspace;

beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    "SELECT 'g' || (hash(i, 1) % 5) AS g, (hash(i, 2) % 1000)::INTEGER AS x, sin(i) + 1.5 AS y FROM range(400000) r(i)",
  );
  await work.query('CREATE SAMPLE s ON t UNIFORM 300000 ROWS SEED 1');
});
afterAll(() => work.close());

const statement = (client: number): string =>
  `SELECT g, COUNT(*), SUM(x), AVG(y) FROM t WHERE y > ${0.5 + client / 100} GROUP BY g ORDER BY g ERROR WITHIN 1%`;
const ask = (client: number): Promise<QueryResult> => work.query(statement(client));
const told = ({ rows, answer: { sample, met } }: QueryResult): unknown => ({ rows, sample, met });
const clients = [...Array(16).keys()];

test('they get what each would get alone, to the last digit', async () => {
  const expected = [];
  for (const client of clients) expected.push(told(await ask(client)));
  const found = await Promise.all(clients.map(ask));
  expect(found.map(told)).toEqual(expected);
});

test('they are answered in turns', async () => {
  const answers = clients.map(() => 0);
  let leastWhenFirstEnds = Number.POSITIVE_INFINITY;
  await Promise.all(
    clients.map(async (client) => {
      while (answers[client]! < 12) {
        await ask(client);
        answers[client]!++;
      }
      leastWhenFirstEnds = Math.min(leastWhenFirstEnds, ...answers);
    }),
  );
  expect(leastWhenFirstEnds).toBeGreaterThanOrEqual(6);
});

test('one that gives up keeps nobody from an answer', async () => {
  const giveUp = new AbortController();
  const asked = clients.map((client) => {
    const options = client % 4 === 0 ? { signal: giveUp.signal } : {};
    return work.engine.query(statement(client), options).then(
      () => 'answered',
      (error: unknown) => (error as { code: string }).code,
    );
  });
  giveUp.abort();
  const outcomes = await Promise.all(asked);
  expect(outcomes).toEqual(clients.map((client) => (client % 4 === 0 ? 'CANCELLED' : 'answered')));
});

test('what a statement took among others is not taken for what it takes', async () => {
  const sql = statement(99);
  const predicted = async (): Promise<number> =>
    (await ask(99)).answer.predicted?.elapsedMs ?? Number.POSITIVE_INFINITY;
  for (let times = 0; times < 8; times++) await work.query(sql);
  const alone = await predicted();
  await Promise.all(Array.from({ length: 64 }, () => work.query(sql)));
  expect(await predicted()).toBeLessThan(4 * alone);
});
