import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EngineControl, Foreseen, RunOptions } from '../../src/engine/control.ts';
import type { QueryResult } from '../../src/index.ts';
import { type RunningServer, type ServerSettings, startServer } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { exchange } from './raw.ts';
import { answerOf, anyStatement, controlWith, ErrorLog, post, send } from './support.ts';

/** A statement that the engine was asked, and its end in the test's hands. */
interface Running {
  readonly sql: string;
  readonly options: RunOptions;
  readonly end: () => void;
}

let running: Running[];
let server: RunningServer;
const log = new ErrorLog();

/** An engine that answers when the test says so; a statement is what its text says. */
const control = (): EngineControl =>
  controlWith({
    foresee: (sql): Foreseen => ({
      ...anyStatement,
      kind: sql.startsWith('CREATE') ? 'change' : 'select',
      shape: sql.replaceAll(/\d+/g, '?'),
      mayDegrade: !sql.includes('ERROR'),
      withinMs: sql.includes('WITHIN 50') ? 50 : null,
      exactMs: sql.startsWith('EXACT') ? 3000 : null,
    }),
    query: (sql, options = {}) =>
      new Promise<QueryResult>((resolve) => {
        running.push({ sql, options, end: () => resolve(answerOf([sql])) });
      }),
  });

const serve = async (load: Partial<ServerSettings['load']> = {}): Promise<void> => {
  const settings = { port: 0, logLevel: 'error' as const, load: { ...defaultSettings.load, ...load } };
  server = await startServer({ control: control(), settings, log });
};

const ask = (sql: string): ReturnType<typeof post> => post(server, { sql });
const texts = (): string[] => running.map(({ sql }) => sql);

/** Answers whatever runs until all are answered. @param look at each before it is @param tookMs each of them */
async function answerAll<T>(
  asked: Promise<T>,
  look: (each: Running) => void = () => undefined,
  tookMs = 0,
): Promise<T> {
  const answer = setInterval(() => {
    for (const each of running.splice(0)) {
      look(each);
      setTimeout(each.end, tookMs);
    }
  }, 1);
  try {
    return await asked;
  } finally {
    clearInterval(answer);
  }
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
};

beforeEach(() => {
  running = [];
});
afterEach(async () => {
  const closed = server.close();
  await answerAll(closed);
  expect(log.stacks).toEqual([]);
});

test('a statement runs under the id that it was given', async () => {
  await serve();
  const asked = post(server, { sql: 'SELECT 1' }, { 'x-query-id': 'mine' });
  await expect.poll(texts).toEqual(['SELECT 1']);
  expect(running[0]!.options).toMatchObject({ queryId: 'mine' });
  expect(running[0]!.options.rowsShare).toBeUndefined();
  expect((await post(server, { sql: 'SELECT 2' }, { 'x-query-id': 'mine' })).status).toBe(409);
  const { body, headers } = await answerAll(asked);
  expect([body['rows'], headers.get('x-query-id')]).toEqual([[['SELECT 1']], 'mine']);
});

describe('same statements that wait', () => {
  test('run once for all, each under its own id', async () => {
    await serve();
    const blocking = Array.from({ length: 8 }, (_, place) => ask(`SELECT ${place}`));
    await expect.poll(() => running.length).toBeGreaterThan(0);
    const asked = ['a', 'b', 'c'].map((id) => post(server, { sql: 'SELECT x' }, { 'x-query-id': id }));
    await expect.poll(() => metric('ballpark_stage_offered{stage="execute"')).toBe(11);
    const seen: string[] = [];
    const replies = await answerAll(Promise.all(asked), ({ sql }) => void seen.push(sql));
    expect(seen.filter((sql) => sql === 'SELECT x')).toHaveLength(1);
    expect(replies.map(({ body }) => body['queryId'])).toEqual(['a', 'b', 'c']);
    expect(replies.map(({ body }) => body['rows'])).toEqual([[['SELECT x']], [['SELECT x']], [['SELECT x']]]);
    await answerAll(Promise.all(blocking));
    expect(await metric('ballpark_stage_done{stage="execute"')).toBe(11);
  });

  test('go on while somebody waits, and end when nobody does', async () => {
    await serve();
    const blocking = Array.from({ length: 8 }, (_, place) => ask(`SELECT ${place}`));
    const leaving = ['a', 'b'].map((id) => post(server, { sql: 'SELECT x' }, { 'x-query-id': id }));
    await expect.poll(() => metric('ballpark_stage_offered{stage="execute"')).toBe(10);
    const isX = ({ sql }: Running): boolean => sql === 'SELECT x';
    // Places come free until it is its turn.
    while (!running.some(isX)) {
      for (const each of running.splice(0)) each.end();
      await new Promise((resume) => setTimeout(resume, 1));
    }
    const { signal } = running.find(isX)!.options;
    await send(server, '/v1/queries/a', { method: 'DELETE' }).catch(() => undefined);
    expect(signal!.aborted).toBe(false);
    await send(server, '/v1/queries/b', { method: 'DELETE' }).catch(() => undefined);
    expect(signal!.aborted).toBe(true);
    await answerAll(Promise.all([...blocking, ...leaving]));
  });
});

describe('where there is too much to do', () => {
  test('statements without an error bound read less, and the others all', async () => {
    await serve({ targetMs: 100 });
    const asked = Array.from({ length: 40 }, (_, place) =>
      ask(place % 2 === 0 ? `SELECT ${place}` : `SELECT ${place} ERROR WITHIN 1%`),
    );
    const shares = new Map<boolean, Set<number | undefined>>([
      [true, new Set()],
      [false, new Set()],
    ]);
    const look = ({ sql, options }: Running): void =>
      void shares.get(sql.includes('ERROR'))!.add(options.rowsShare);
    await answerAll(Promise.all(asked), look, 20);
    expect([...shares.get(true)!]).toEqual([undefined]);
    expect(Math.min(...[...shares.get(false)!].map((share) => share ?? 1))).toBeLessThan(1);
  });

  test('more are refused at once, and told when to come again', async () => {
    await serve({ targetMs: 50 });
    const asked = Array.from({ length: 60 }, (_, place) => ask(`SELECT ${place} ERROR WITHIN 1%`));
    const come = async (): Promise<number> =>
      (await metric('ballpark_stage_offered{stage="plan"')) + (await metric('ballpark_admission_refused'));
    await expect.poll(come).toBe(60);
    const replies = await answerAll(Promise.all(asked));
    const refused = replies.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]!.body).toMatchObject({
      status: 503,
      detail: expect.stringContaining('too much to do') as string,
    });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await metric('ballpark_statements_total{end="shed"')).toBe(refused.length);
    expect(await metric('ballpark_statements_total')).toBe(60);
  });

  test('the body of what is refused is not waited for', async () => {
    await serve({ targetMs: 50 });
    const asked = Array.from({ length: 60 }, (_, place) => ask(`SELECT ${place} ERROR WITHIN 1%`));
    await expect.poll(() => metric('ballpark_admission_refused')).toBeGreaterThan(0);
    const shedBefore = await metric('ballpark_statements_total{end="shed"');
    const head = ['POST /v1/query HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', 'Content-Length: 1000']; // prettier-ignore
    const { status, text } = await exchange(server, `${head.join('\r\n')}\r\n\r\n{"sql": `);
    expect(status).toBe(503);
    expect(text).toMatch(/^retry-after: \d+\r$/m);
    expect(await metric('ballpark_statements_total{end="shed"')).toBe(shedBefore + 1);
    await answerAll(Promise.all(asked));
  });

  test('what cannot begin before its deadline is given up', async () => {
    await serve();
    const blocking = Array.from({ length: 8 }, (_, place) => ask(`SELECT ${place}`));
    await expect.poll(() => metric('ballpark_stage_offered{stage="execute"')).toBe(8);
    const late = ask('SELECT 9 WITHIN 50 MS');
    await new Promise((resume) => setTimeout(resume, 100));
    await answerAll(Promise.all(blocking));
    expect((await answerAll(late)).status).toBe(503);
    expect(texts()).not.toContain('SELECT 9 WITHIN 50 MS');
  });

  test('without controllers all run at once', async () => {
    await serve({ isControlled: false });
    const asked = Array.from({ length: 40 }, (_, place) => ask(`SELECT ${place}`));
    await expect.poll(() => running.length).toBe(40);
    const replies = await answerAll(Promise.all(asked));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
  });
});

test('what takes long by itself runs beside the others, and does not keep many waiting', async () => {
  await serve();
  const long = Array.from({ length: 8 }, (_, place) => ask(`EXACT SELECT ${place}`));
  await expect.poll(() => metric('ballpark_stage_offered{stage="plan"')).toBe(8);
  const short = ask('SELECT 1');
  await expect.poll(texts).toContain('SELECT 1');
  const replies = await answerAll(Promise.all([...long, short]));
  const statuses = replies.map(({ status }) => status);
  expect(statuses.at(-1)).toBe(200);
  expect(statuses).toContain(503);
  expect(Number(replies.find(({ status }) => status === 503)!.headers.get('retry-after'))).toBe(5);
});

test('what changes something does not wait behind what only reads', async () => {
  await serve();
  const blocking = Array.from({ length: 8 }, (_, place) => ask(`SELECT ${place}`));
  const change = ask('CREATE SAMPLE s ON t UNIFORM 1%');
  await expect.poll(texts).toContain('CREATE SAMPLE s ON t UNIFORM 1%');
  await answerAll(Promise.all([...blocking, change]));
});

test('the time that a statement waited counts', async () => {
  await serve();
  const blocking = Array.from({ length: 8 }, (_, place) => ask(`SELECT ${place}`));
  await expect.poll(() => metric('ballpark_stage_offered{stage="execute"')).toBe(8);
  await new Promise((resume) => setTimeout(resume, 60));
  const seen: number[] = [];
  await answerAll(Promise.all(blocking), ({ options }) => void seen.push(options.waitedMs!));
  expect(Math.max(...seen)).toBeGreaterThan(50);
});
