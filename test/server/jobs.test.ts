import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { Workspace } from '../support/workspace.ts';
import { problemType, type Reply, send, serve } from './support.ts';

let work: Workspace;
let server: RunningServer;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table('t', 'SELECT i AS x, i % 50000 AS g FROM range(200000) t(i)');
  const jobs = { ...defaultSettings.jobs, termMs: 60_000 };
  server = await serve(controlOf(work.engine), { jobs });
});
afterAll(async () => {
  await server.close();
  await work.close();
});

const submit = (body: object): Promise<Reply> =>
  send(server, '/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const idOf = ({ body }: Reply): string => String(body['id']);
const poll = (id: string): Promise<Reply> => send(server, `/v1/jobs/${id}`);
const ended = async (id: string): Promise<Reply> => {
  await expect.poll(async () => (await poll(id)).body['ended'], { timeout: 20_000 }).not.toBeNull();
  return await poll(id);
};

test('a query is answered in its time', async () => {
  const taken = await submit({ sql: 'EXACT SELECT COUNT(*) AS n FROM t WHERE x < ?', params: [1000] });
  expect(taken).toMatchObject({
    status: 202,
    body: { state: 'queued', attempts: 0, lease: { termMs: 60_000 } },
  });
  expect(taken.headers.get('location')).toBe(`/v1/jobs/${idOf(taken)}`);
  const done = await ended(idOf(taken));
  expect(done).toMatchObject({
    status: 200,
    body: { state: 'done', lease: null, error: null, answer: { final: true, rows: [[1000]] } },
  });
  expect(Date.parse(String(done.body['keptUntil']))).toBeGreaterThan(Date.now());
});

test('asking after a job renews its lease', async () => {
  const blocking = await submit({ sql: 'EXACT SELECT COUNT(*) FROM t a, t b WHERE a.x + b.x = 7' });
  const waiting = idOf(await submit({ sql: 'EXACT SELECT COUNT(*) FROM t' }));
  const expires = async (): Promise<number> => {
    const { lease } = (await poll(waiting)).body as { lease: { expires: string } };
    return Date.parse(lease.expires);
  };
  const first = await expires();
  await new Promise((resume) => setTimeout(resume, 20));
  expect(await expires()).toBeGreaterThan(first);
  await send(server, `/v1/jobs/${idOf(blocking)}`, { method: 'DELETE' });
  expect(await ended(waiting)).toMatchObject({ body: { state: 'done' } });
});

test('a sample is built', async () => {
  const taken = await submit({ sql: 'CREATE SAMPLE s ON t UNIFORM 50% SEED 1' });
  expect(await ended(idOf(taken))).toMatchObject({ body: { state: 'done' } });
  expect((await work.values('SHOW SAMPLES')).map(([name]) => name)).toEqual(['s']);
});

test('an answer of many rows is sent whole', async () => {
  const taken = await submit({ sql: 'EXACT SELECT g, COUNT(*) FROM t GROUP BY g' });
  const { body } = await ended(idOf(taken));
  expect((body['answer'] as { rows: unknown[] }).rows).toHaveLength(50_000);
});

test('all of them are listed, without answers', async () => {
  const { body } = await send(server, '/v1/jobs');
  const jobs = body['jobs'] as Record<string, unknown>[];
  expect(jobs.length).toBeGreaterThanOrEqual(4);
  expect(jobs.every((job) => !('answer' in job))).toBe(true);
});

test('one is cancelled, and stays as it is then', async () => {
  const [first, second] = [
    await submit({ sql: 'EXACT SELECT COUNT(DISTINCT hash(x * x)) FROM t' }),
    await submit({ sql: 'EXACT SELECT COUNT(*) FROM t' }),
  ];
  const cancelled = await send(server, `/v1/jobs/${idOf(second)}`, { method: 'DELETE' });
  expect(cancelled).toMatchObject({ status: 200, body: { state: 'cancelled', reason: 'it was cancelled' } });
  expect((await poll(idOf(second))).body['state']).toBe('cancelled');
  await ended(idOf(first));
});

test('one that nobody asks after ends', async () => {
  const taken = await submit({ sql: 'EXACT SELECT COUNT(*) FROM t a, t b WHERE a.x + b.x = 7', termMs: 300 });
  await new Promise((resume) => setTimeout(resume, 2500));
  const { body } = await poll(idOf(taken));
  expect(body['state']).toBe('cancelled');
  expect(body['reason']).toMatch(/nobody asked|asked after/);
});

describe('refuses', () => {
  test('a wrong statement at once, and tells where', async () => {
    const reply = await submit({ sql: 'SELECT y FROM t' });
    expect(reply).toMatchObject({
      status: 400,
      type: problemType,
      body: { code: 'UNKNOWN_COLUMN', position: { line: 1, column: 8 } },
    });
  });

  test('what is no job', async () => {
    expect((await submit({ sql: 'DROP TABLE t' })).body).toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  test.each([{}, { sql: 1 }, { sql: 'SHOW TABLES', x: 1 }, { sql: 'SELECT 1', termMs: 'x' }])(
    '%j',
    async (body) => {
      expect(await submit(body)).toMatchObject({ status: 400, type: problemType });
    },
  );

  test('an id that there is not', async () => {
    for (const method of ['GET', 'DELETE'])
      expect(await send(server, '/v1/jobs/none', { method })).toMatchObject({
        status: 404,
        type: problemType,
      });
  });
});
