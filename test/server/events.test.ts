import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { type Engine, openEngine, QueryError, type QueryOptions, type QueryResult } from '../../src/index.ts';
import { type RunningServer, startServer } from '../../src/server/index.ts';
import { answerOf, controlWith, ErrorLog, post, problemType, serve } from './support.ts';

interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: Record<string, unknown>;
}

const ask = (server: RunningServer, sql: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${server.address}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ sql }),
    ...(signal === undefined ? {} : { signal }),
  });

/** The events of a text, and its comments. */
function parseEvents(text: string): { events: ServerEvent[]; comments: string[] } {
  const events: ServerEvent[] = [];
  const comments: string[] = [];
  for (const block of text.split('\n\n').filter((part) => part !== '')) {
    if (block.startsWith(':')) comments.push(block);
    else {
      const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)])); // prettier-ignore
      events.push({
        id: fields.get('id'),
        event: fields.get('event'),
        data: JSON.parse(fields.get('data')!) as Record<string, unknown>,
      });
    }
  }
  return { events, comments };
}

describe('with an engine', () => {
  let folder: string;
  let engine: Engine;
  let server: RunningServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ballpark-test-'));
    const rows = Array.from({ length: 60_000 }, (_, row) => `${row % 3},${(row * 7919) % 1000}`);
    await writeFile(join(folder, 't.csv'), ['g,x', ...rows].join('\n'));
    engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
    await engine.query(`CREATE TABLE t FROM '${join(folder, 't.csv')}'`);
    await engine.query('CREATE SAMPLE s ON t UNIFORM 40000 ROWS SEED 1');
    server = await serve(controlOf(engine));
  });
  afterAll(async () => {
    await server.close();
    await engine.close();
    await rm(folder, { recursive: true });
  });

  test('answers come as events, the last one as without', async () => {
    const sql = 'SELECT g, AVG(x) AS a FROM t WHERE x < 500 GROUP BY g ORDER BY g';
    const response = await ask(server, sql);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { events } = parseEvents(await response.text());
    expect(events.length).toBeGreaterThan(1);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, place) => String(place + 1)));
    const names = events.map(({ event }) => event);
    expect(names).toEqual([...events.slice(1).map(() => 'refinement'), 'answer']);
    expect(events.map(({ data }) => data['final'])).toEqual(names.map((name) => name === 'answer'));
    const read = events.map(({ data }) => (data['answer'] as QueryResult['answer']).sample!.rowsRead);
    expect(read).toEqual([...read].sort((a, b) => a - b));
    const { body } = await post(server, { sql });
    expect(events.at(-1)!.data['rows']).toEqual(body['rows']);
  });

  test('a statement that is not sampled has one event', async () => {
    const { events } = parseEvents(await (await ask(server, 'SHOW TABLES')).text());
    expect(events.map(({ event }) => event)).toEqual(['answer']);
  });

  test('an error before the first event is a problem, as without', async () => {
    const response = await ask(server, 'SELECT COUNT(*) FROM tt');
    expect([response.status, response.headers.get('content-type')]).toEqual([404, problemType]);
    expect(await response.json()).toMatchObject({ code: 'UNKNOWN_TABLE', hint: 'did you mean t?' });
  });
});

describe('with an engine that does as the test says', () => {
  let server: RunningServer | undefined;
  let logged = new ErrorLog();
  const serveThis = async (
    stream: (sql: string, options: QueryOptions) => AsyncIterable<QueryResult>,
  ): Promise<RunningServer> => {
    server = await startServer({
      control: controlWith({ stream }),
      settings: { port: 0, logLevel: 'error' },
      log: logged,
    });
    return server;
  };
  afterEach(async () => {
    vi.useRealTimers();
    await server?.close();
    logged = new ErrorLog();
  });

  const answer = (final: boolean, text = 'x'): QueryResult => answerOf([text], final);
  const untilCancelled = (signal: AbortSignal | undefined): Promise<never> =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () =>
        reject(new QueryError('CANCELLED', 'the statement was cancelled')),
      );
    });

  test('an error behind the first event is an event', async () => {
    const running = await serveThis(async function* () {
      yield await Promise.resolve(answer(false));
      throw new QueryError('BOUND_MISSED', 'too wide');
    });
    const { events } = parseEvents(await (await ask(running, 'SELECT 1')).text());
    expect(events.map(({ event }) => event)).toEqual(['refinement', 'error']);
    expect(events[1]!.data).toMatchObject({ code: 'BOUND_MISSED', status: 422, detail: 'too wide' });
    expect(logged.stacks).toEqual([]);
  });

  test('a bug behind the first event is told to the log and not to the client', async () => {
    const running = await serveThis(async function* () {
      yield await Promise.resolve(answer(false));
      throw new TypeError('secret is undefined');
    });
    const text = await (await ask(running, 'SELECT 1')).text();
    expect(text).not.toContain('secret');
    expect(parseEvents(text).events[1]).toMatchObject({ event: 'error', data: { status: 500 } });
    expect(logged.stacks).toEqual([expect.stringMatching(/^TypeError: secret is undefined\n/)]);
  });

  test('a client that leaves takes its query along', async () => {
    const seen: AbortSignal[] = [];
    const left: string[] = [];
    const running = await serveThis(async function* (_, { signal }) {
      seen.push(signal!);
      try {
        yield answer(false);
        await untilCancelled(signal);
      } finally {
        left.push('left');
      }
    });
    const leaving = new AbortController();
    const response = await ask(running, 'SELECT 1', leaving.signal);
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
    leaving.abort();
    await expect(response.text()).rejects.toThrow();
    await expect.poll(() => [seen[0]?.aborted, ...left]).toEqual([true, 'left']);
    expect(logged.stacks).toEqual([]);
  });

  test('a client that does not read holds no answers back but its own', async () => {
    let made = 0;
    const megabyte = 'x'.repeat(2 ** 20);
    const running = await serveThis(async function* () {
      for (; made < 500; made++) yield await Promise.resolve(answer(false, megabyte));
      yield answer(true);
    });
    const socket = connect({ port: Number(new URL(running.address).port), host: '127.0.0.1' });
    socket.pause();
    socket.write(
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"sql":""}',
    );
    await expect.poll(() => made).toBeGreaterThan(0);
    await new Promise((resume) => setTimeout(resume, 300));
    const filled = made;
    expect(filled).toBeLessThan(50);
    await new Promise((resume) => setTimeout(resume, 200));
    expect(made).toBe(filled);
    socket.resume();
    await expect.poll(() => made).toBeGreaterThan(filled);
    socket.destroy();
    await once(socket, 'close');
  });

  test('while nothing comes a comment keeps the connection', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const gives: ((result: QueryResult) => void)[] = [];
    /** Other timers there are too: it is not told by their number that the stream waits. */
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resume) => setImmediate(resume));
    };
    const running = await serveThis(async function* () {
      yield await new Promise<QueryResult>((resolve) => {
        gives.push(resolve);
      });
    });
    const asked = ask(running, 'SELECT 1');
    while (gives.length === 0) await turns();
    await turns();
    vi.advanceTimersByTime(5000);
    const reader = (await asked).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe(': still at work\n\n');
    await turns();
    vi.advanceTimersByTime(15_000);
    expect((await reader.read()).value).toBe(': still at work\n\n');
    gives[0]!(answer(true));
    expect((await reader.read()).value).toMatch(/^id: 1\nevent: answer\n/);
    expect((await reader.read()).done).toBe(true);
  });

  test('closing waits only so long', async () => {
    const running = await serveThis(async function* (_, { signal }) {
      yield answer(false);
      await untilCancelled(signal);
    });
    const response = await ask(running, 'SELECT 1');
    await running.close();
    const { events } = parseEvents(await response.text());
    expect(events.map(({ event, data }) => [event, data['status']])).toEqual([
      ['refinement', undefined],
      ['error', 503],
    ]);
  });
});
