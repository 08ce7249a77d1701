import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { type Engine, openEngine, QueryError, type QueryOptions, type QueryResult } from '../../src/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { answerOf, controlWith, ErrorLog, post, problemType, send, serve } from './support.ts';

describe('with an engine', () => {
  let folder: string;
  let engine: Engine;
  let server: RunningServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballpark-test-'));
    const rows = Array.from({ length: 2000 }, (_, row) => `${row % 2 === 0 ? 'a' : 'b'},${row % 90}`);
    await writeFile(join(folder, 't.csv'), ['g,x', ...rows].join('\n'));
    engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
    await engine.query(`CREATE TABLE t FROM '${join(folder, 't.csv')}'`);
    await engine.query('CREATE SAMPLE s ON t STRATIFIED BY (g) CAP 300 SEED 1');
    server = await serve(controlOf(engine));
  });
  afterAll(async () => {
    await server.close();
    await engine.close();
    await rm(folder, { recursive: true });
  });

  test('answers with intervals', async () => {
    const { status, type, body, headers } = await post(server, {
      sql: 'SELECT g, COUNT(*) AS n FROM t WHERE x < 45 GROUP BY g ORDER BY g',
    });
    expect([status, type]).toEqual([200, 'application/json']);
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(body).toMatchObject({
      final: true,
      columns: [
        { name: 'g', role: 'group', type: 'VARCHAR' },
        { name: 'n', role: 'estimate', type: 'BIGINT' },
      ],
      rows: [
        ['a', { confidence: 0.95, exact: false }],
        ['b', { confidence: 0.95, exact: false }],
      ],
      answer: { mode: 'approximate', sample: { name: 's' } },
    });
  });

  test.each([
    ['by position', 'g = ? AND x = ?', ['a', 4]],
    ['by name', 'g = :g AND x = :x', { g: 'a', x: 4 }],
  ])('takes parameters %s', async (_, condition, params) => {
    const sql = `EXACT SELECT COUNT(*) FROM t WHERE ${condition}`;
    expect((await post(server, { sql, params })).body['rows']).toEqual([[23]]);
  });

  test('tells where a statement is wrong', async () => {
    const reply = await post(server, { sql: 'SELECT g\nFORM t' });
    expect(reply).toMatchObject({ status: 400, type: problemType });
    expect(reply.body).toMatchObject({
      type: 'urn:ballpark:problem:SYNTAX',
      title: 'Syntax',
      status: 400,
      code: 'SYNTAX',
      span: { start: 9, end: 13 },
      position: { line: 2, column: 1 },
    });
  });

  test('tells what is not there, with a hint', async () => {
    const { status, body } = await post(server, { sql: 'SELECT COUNT(*) FROM tt' });
    expect(status).toBe(404);
    expect(body).toMatchObject({
      title: 'Unknown table',
      detail: 'there is no table tt',
      code: 'UNKNOWN_TABLE',
      position: { line: 1, column: 22 },
      hint: 'did you mean t?',
    });
  });

  test.each([
    ['no SQL', {}],
    ['SQL that is no text', { sql: 1 }],
    ['more than it should have', { sql: 'SHOW TABLES', parameters: [] }],
    ['a parameter of no type', { sql: 'SHOW TABLES', params: [[1]] }],
    ['parameters that are none', { sql: 'SHOW TABLES', params: 'x' }],
    ['a list', []],
    ['no JSON', '{"sql": '],
    ['nothing', ''],
    ['a prototype', '{"sql": "SHOW TABLES", "params": {"__proto__": {"x": 1}}}'],
  ])('refuses a body with %s', async (_, body) => {
    const reply = await post(server, body);
    expect(reply).toMatchObject({
      status: 400,
      type: problemType,
      body: { status: 400, title: 'Bad Request' },
    });
  });

  test('refuses a body that is too large', async () => {
    const { status, type } = await post(server, { sql: 'x'.repeat(256 * 1024) });
    expect([status, type]).toEqual([413, problemType]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
    'refuses %s',
    async (type) => {
      const reply = await post(server, { sql: 'SHOW TABLES' }, { 'content-type': type });
      expect(reply).toMatchObject({ status: 415, type: problemType });
    },
  );

  test.each([
    ['GET', '/v1/query', 405, 'POST'],
    ['PUT', '/v1/query?x', 405, 'POST'],
    ['POST', '/livez', 405, 'GET, HEAD'],
    ['GET', '/', 404, null],
    ['POST', '/v1/query/', 404, null],
    ['GET', '/%zz', 400, null],
    ['GET', '/docs/static/nothing.js', 404, null],
    ['GET', '/docs/static/%2e%2e%2f%2e%2e%2fpackage.json', 404, null],
  ])('%s %s is %d', async (method, path, status, allow) => {
    const reply = await send(server, path, { method });
    expect(reply).toMatchObject({ status, type: problemType, body: { status } });
    expect(reply.headers.get('allow')).toBe(allow);
  });

  test('is alive', async () => {
    expect(await send(server, '/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});

describe('with an engine that does as the test says', () => {
  let server: RunningServer | undefined;
  let logged = new ErrorLog();
  const serveThis = async (
    query: (sql: string, options: QueryOptions) => Promise<QueryResult>,
  ): Promise<RunningServer> => {
    server = await startServer({
      control: controlWith({ query }),
      settings: { port: 0, logLevel: 'error' },
      log: logged,
    });
    return server;
  };
  afterEach(async () => {
    await server?.close();
    logged = new ErrorLog();
  });

  /** Runs until it is cancelled, as the engine would. */
  const untilCancelled = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () =>
        reject(new QueryError('CANCELLED', 'the statement was cancelled')),
      );
    });

  test('a client that leaves takes its query along', async () => {
    const seen: AbortSignal[] = [];
    const running = await serveThis((_, { signal }) => {
      seen.push(signal!);
      return untilCancelled(signal);
    });
    const leaving = new AbortController();
    const asked = fetch(`${running.address}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"sql": "SELECT 1"}',
      signal: leaving.signal,
    });
    await expect.poll(() => seen.length).toBe(1);
    expect(seen[0]?.aborted).toBe(false);
    leaving.abort();
    await expect(asked).rejects.toThrow('aborted');
    await expect.poll(() => seen[0]?.aborted).toBe(true);
    expect(logged.stacks).toEqual([]);
  });

  test('an answered query is not cancelled afterwards', async () => {
    const seen: AbortSignal[] = [];
    const running = await serveThis((_, { signal }) => {
      seen.push(signal!);
      return Promise.resolve(answerOf(['yes']));
    });
    const socket = connect(Number(new URL(running.address).port), '127.0.0.1');
    socket.write(
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"sql":""}',
    );
    const [reply] = (await once(socket, 'data')) as [Buffer];
    expect(reply.toString()).toContain('"rows":[["yes"]]');
    socket.destroy();
    await new Promise((resume) => setTimeout(resume, 50));
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test('a bug is told to the log and not to the client', async () => {
    const running = await serveThis(() => Promise.reject(new TypeError('secret is undefined')));
    const { status, type, body } = await post(running, { sql: 'SELECT 1' });
    expect([status, type]).toEqual([500, problemType]);
    expect(JSON.stringify(body)).not.toMatch(/secret|TypeError|server\.test/);
    expect(logged.stacks).toEqual([expect.stringMatching(/^TypeError: secret is undefined\n +at /)]);
  });

  test.each(['identity', 'gzip'])('a bug in the middle of an answer breaks it off (%s)', async (encoding) => {
    const texts = Array.from({ length: 300_000 }, (_, row) => `row ${row}`);
    Object.defineProperty(texts, 250_000, {
      get: () => {
        throw new RangeError('secret');
      },
    });
    const running = await serveThis(() => Promise.resolve(answerOf(texts)));
    const response = await fetch(`${running.address}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-encoding': encoding },
      body: '{"sql": "SELECT 1"}',
    });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow(TypeError);
    // Where it is compressed the compressor tells it, too.
    expect(new Set(logged.stacks.map((stack) => stack.split('\n')[0]))).toEqual(
      new Set(['RangeError: secret']),
    );
  });

  test('closing lets a running query end', async () => {
    let finish: (() => void) | null = null;
    const running = await serveThis(
      () =>
        new Promise((resolve) => {
          finish = () => resolve(answerOf(['yes']));
        }),
    );
    const asked = post(running, { sql: 'SELECT 1' });
    await expect.poll(() => finish).not.toBeNull();
    const started = performance.now();
    const closed = running.close();
    setTimeout(finish!, 50);
    expect(await asked).toMatchObject({ status: 200, body: { rows: [['yes']] } });
    await closed;
    expect(performance.now() - started).toBeLessThan(3000);
    await expect(fetch(`${running.address}/livez`)).rejects.toThrow();
  });

  test('closing waits only so long', async () => {
    const seen: AbortSignal[] = [];
    const running = await serveThis((_, { signal }) => {
      seen.push(signal!);
      return untilCancelled(signal);
    });
    const asked = post(running, { sql: 'SELECT 1' });
    await expect.poll(() => seen.length).toBe(1);
    const started = performance.now();
    await running.close();
    expect(performance.now() - started).toBeLessThan(8000);
    expect(await asked).toMatchObject({ status: 503, type: problemType });
  });
});
