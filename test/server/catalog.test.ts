import { appendFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { Workspace } from '../support/workspace.ts';
import { problemType, type Reply, send, serve } from './support.ts';

let work: Workspace;
let server: RunningServer;
beforeAll(async () => {
  work = await Workspace.open();
  const rows = Array.from({ length: 2000 }, (_, row) => `${row % 2 === 0 ? 'a' : 'b'},${row % 90}`);
  const path = work.write('visits.csv', `${['g,x', ...rows].join('\n')}\n`);
  await work.query(`CREATE TABLE visits FROM '${path}'`);
  await work.query('CREATE SAMPLE s ON visits STRATIFIED BY (g) CAP 300 SEED 1');
  server = await serve(controlOf(work.engine));
});
afterAll(async () => {
  await server.close();
  await work.close();
});

const post = (path: string, body: unknown): Promise<Reply> =>
  send(server, path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }); // prettier-ignore

test('tables', async () => {
  const { status, body } = await send(server, '/v1/tables');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    tables: [{ name: 'visits', rows: 2000, columnCount: 2, sampleCount: 1, fileCount: 1, format: 'csv', sampledBy: null }],
  }); // prettier-ignore
});

test('a table, whatever the case of its name', async () => {
  const { body } = await send(server, '/v1/tables/VISITS');
  expect(body).toMatchObject({
    name: 'visits',
    columns: [
      { name: 'g', type: 'VARCHAR', sampling: null },
      { name: 'x', type: 'BIGINT', sampling: null },
    ],
    files: [{ rows: 2000 }],
    samples: [{ name: 's', method: 'stratified by g, at most 300 rows each', rows: 600, state: 'sound' }],
    stale: null,
  });
});

test('samples are what SHOW SAMPLES shows', async () => {
  const { body } = await send(server, '/v1/samples');
  const [shown] = (await work.query('SHOW SAMPLES')).toJSON().rows;
  const [sample] = body['samples'] as Record<string, unknown>[];
  const created = String(shown![10]).replace(/000$/, 'Z'); // milliseconds
  expect(Object.values(sample!)).toEqual(shown!.map((cell, place) => (place === 10 ? created : cell)));
});

test('a table that is not there is a problem, with a hint', async () => {
  const { status, type, body } = await send(server, '/v1/tables/vists');
  expect([status, type]).toEqual([404, problemType]);
  expect(body).toEqual({
    type: 'urn:ballpark:problem:UNKNOWN_TABLE',
    title: 'Unknown table',
    status: 404,
    detail: 'there is no table vists',
    code: 'UNKNOWN_TABLE',
    hint: 'did you mean visits?',
  });
});

test.each(['__proto__', '%2e%2e%2f', 'a%00b', "'; DROP TABLE visits"])(
  'there is no table %s',
  async (name) => {
    expect((await send(server, `/v1/tables/${name}`)).status).toBe(404);
  },
);

describe('tags', () => {
  test.each(['/v1/tables', '/v1/tables/visits', '/v1/samples'])('of %s', async (path) => {
    const { headers, status } = await send(server, path);
    const etag = headers.get('etag')!;
    expect(status).toBe(200);
    expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
    expect(headers.get('cache-control')).toBe('no-cache');
    const ask = (known: string): Promise<Reply> =>
      send(server, path, { headers: { 'if-none-match': known } });
    for (const known of [etag, etag.slice(2), `"x", ${etag}`, '*']) {
      const again = await ask(known);
      expect([again.status, again.headers.get('etag')], known).toEqual([304, etag]);
    }
    expect((await ask('W/"x"')).status).toBe(200);
  });

  test('change with the content', async () => {
    const before = await send(server, '/v1/tables/visits');
    await appendFile(work.path('visits.csv'), 'a,1\n'.repeat(200));
    const after = await send(server, '/v1/tables/visits', { headers: { 'if-none-match': before.headers.get('etag')! } }); // prettier-ignore
    expect(after.status).toBe(200);
    expect(after.body['stale']).toMatchObject({ rowsAdded: expect.any(Number) as number });
  });
});

describe('plans', () => {
  const itemsOf = (body: Record<string, unknown>) => body['plan'] as Record<string, string | null>[];

  test('say how a query would be answered', async () => {
    const { status, body } = await post('/v1/explain', {
      sql: 'SELECT COUNT(*) FROM visits WHERE x < ?',
      params: [45],
    });
    expect(status).toBe(200);
    const items = itemsOf(body);
    expect(items.find(({ item }) => item === 'asked for')).toEqual({
      item: 'asked for',
      value: 'intervals at 95 %',
    });
    expect(items.find(({ item }) => item === 'exact SQL')?.['value']).toContain('< 45');
  });

  test('say what was measured, too', async () => {
    const { body } = await post('/v1/explain', { sql: 'EXACT SELECT COUNT(*) FROM visits', analyze: true });
    const items = itemsOf(body);
    expect(items.find(({ item }) => item === 'route')).toEqual({
      item: 'route',
      predicted: 'exact',
      measured: 'exact',
    });
  });

  test('that there are none of are problems with the place in the text that was sent', async () => {
    const { status, body } = await post('/v1/explain', { sql: 'SELECT g\nFORM visits' });
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'SYNTAX',
      span: { start: 9, end: 13 },
      position: { line: 2, column: 1 },
    });
  });

  test('change nothing', async () => {
    const { status } = await post('/v1/explain', { sql: 'DROP TABLE visits' });
    expect(status).toBe(400);
    expect((await send(server, '/v1/tables/visits')).status).toBe(200);
  });
});
