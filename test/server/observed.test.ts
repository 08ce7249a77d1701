import { afterAll, beforeAll, expect, test } from 'vitest';
import { controlOf, type EngineControl } from '../../src/engine/control.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { Workspace } from '../support/workspace.ts';
import { controlWith, post, send, serve } from './support.ts';

let work: Workspace;
let control: EngineControl;
let server: RunningServer;
const lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, i % 7 AS g FROM range(200000) t(i)');
  await work.query('CREATE SAMPLE s ON t UNIFORM 50000 ROWS SEED 1');
  control = controlOf(work.engine);
  const log = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  server = await startServer({ control, settings: { port: 0 }, log });
});
afterAll(async () => {
  await server.close();
  await work.close();
});

/** The value of a metric with these labels. */
const metric = async (name: string, labels = ''): Promise<number> => {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name}{`) && each.includes(labels)) ?? text.split('\n').find((each) => each.startsWith(`${name} `)); // prettier-ignore
  return Number(line?.slice(line.lastIndexOf(' ')));
};

test('is ready when samples are open and the catalog can be written', async () => {
  await expect.poll(async () => (await send(server, '/readyz')).status).toBe(200);
  expect((await send(server, '/readyz')).body).toMatchObject({ ready: true, tables: 1, samples: 1 });
});

test('is not ready where nothing can be written, though it is alive', async () => {
  const status = { isCatalogWritable: false, tables: 1, samples: 1, samplesInTrouble: 0 };
  const readOnly = await serve(controlWith({ status: () => Promise.resolve(status) }));
  try {
    expect(await send(readOnly, '/readyz')).toMatchObject({ status: 503, body: { ready: false } });
    expect((await send(readOnly, '/livez')).status).toBe(200);
  } finally {
    await readOnly.close();
  }
});

test('logs a request with its id, its trace and its end', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const reply = await post(server, { sql: 'SHOW TABLES' }, { 'x-query-id': 'q-1', traceparent });
  expect([reply.status, reply.headers.get('x-query-id'), reply.body['queryId']]).toEqual([200, 'q-1', 'q-1']);
  await expect.poll(() => lines.some(({ queryId }) => queryId === 'q-1')).toBe(true);
  const line = lines.find(({ queryId }) => queryId === 'q-1');
  expect(line).toMatchObject({ method: 'POST', url: '/v1/query', status: 200, traceparent });
  expect(JSON.stringify(lines)).not.toContain('SHOW TABLES');
});

test.each(['', 'a b', 'x'.repeat(129), 'ä'])('refuses the id %j', async (id) => {
  const response = await fetch(`${server.address}/livez`, { headers: { 'x-query-id': encodeURI(id) } });
  expect(response.status).toBe(400);
});

test('counts answers, and intervals by whether they are certified', async () => {
  const before = await metric('ballpark_answers_total', 'mode="approximate"');
  await post(server, { sql: 'SELECT g, SUM(x) FROM t WHERE x % 3 = 0 GROUP BY g' });
  await expect.poll(() => metric('ballpark_answers_total', 'mode="approximate"')).toBe((before || 0) + 1);
  const intervals = [
    await metric('ballpark_intervals_total', 'certified="true"'),
    await metric('ballpark_intervals_total', 'certified="false"'),
  ];
  expect(intervals[0]! + intervals[1]!).toBeGreaterThanOrEqual(7);
  expect(await metric('ballpark_stage_done', 'stage="execute"')).toBeGreaterThan(0);
  expect(await metric('ballpark_admission_share')).toBe(1);
  expect(await metric('ballpark_nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
});

test('a statement is cancelled by its id', async () => {
  const sql = 'EXACT SELECT COUNT(*) FROM t a, t b WHERE a.x + b.x = 7';
  const asked = post(server, { sql }, { 'x-query-id': 'long' });
  await expect
    .poll(async () => (await fetch(`${server.address}/v1/queries/long`, { method: 'DELETE' })).status)
    .toBe(204);
  expect((await asked).body).toMatchObject({ code: 'CANCELLED' });
  expect(await send(server, '/v1/queries/long', { method: 'DELETE' })).toMatchObject({ status: 404 });
});
