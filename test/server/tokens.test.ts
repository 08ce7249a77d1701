import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { type Engine, openEngine } from '../../src/index.ts';
import { makeToken, type RunningServer, SettingError } from '../../src/server/index.ts';
import { exchange, tokenFor } from './raw.ts';
import { controlWith, post, problemType, send, serve } from './support.ts';

const reader = tokenFor('dashboard', 'read');
const admin = tokenFor('ops', 'admin');
let folder: string;
let engine: Engine;
let server: RunningServer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballpark-test-'));
  await writeFile(join(folder, 't.csv'), 'x\n1\n2\n');
  await writeFile(join(folder, 'tokens'), `# who may ask\n\n${admin.entry}\n`);
  engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [folder] });
  await engine.query(`CREATE TABLE t FROM '${join(folder, 't.csv')}'`);
  server = await serve(controlOf(engine), { tokens: [reader.entry], tokenFile: join(folder, 'tokens') });
});
afterAll(async () => {
  await server.close();
  await engine.close();
  await rm(folder, { recursive: true });
});

test('who has a token may ask', async () => {
  for (const { headers } of [reader, admin]) {
    const { status, body } = await post(server, { sql: 'EXACT SELECT SUM(x) FROM t' }, headers);
    expect([status, body['rows']]).toEqual([200, [[3]]]);
    expect((await fetch(`${server.address}/metrics`, { headers })).status).toBe(200);
  }
});

test.each([
  "CREATE TABLE u FROM '{folder}/t.csv'",
  'CREATE SAMPLE s ON t UNIFORM 2 ROWS',
  'CREATE SAMPLES ON t BUDGET 5%',
  'CREATE SAMPLES ON t UNIFORM 2 ROWS AS s',
  'REFRESH SAMPLES ON t',
  'DROP TABLE t',
  'DROP TABLE IF EXISTS other',
  'SHOW QUERIES',
  'SHOW JOBS',
])('%s is for administrators', async (template) => {
  const sql = template.replace('{folder}', folder);
  const { status, type, body } = await post(server, { sql }, reader.headers);
  expect([status, type, body['code']]).toEqual([403, problemType, 'ADMIN_ONLY']);
  const events = await fetch(`${server.address}/v1/query`, {
    method: 'POST',
    headers: { ...reader.headers, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ sql }),
  });
  expect([events.status, ((await events.json()) as { code: string }).code]).toEqual([403, 'ADMIN_ONLY']);
  expect((await post(server, { sql: 'SELECT COUNT(*) FROM t' }, reader.headers)).body['rows']).toEqual([[2]]);
});

test('administrators may change things', async () => {
  const sql = `CREATE TABLE v FROM '${join(folder, 't.csv')}'`;
  expect((await post(server, { sql }, admin.headers)).status).toBe(200);
  expect((await post(server, { sql: 'DROP TABLE v' }, admin.headers)).status).toBe(200);
});

test('administrators see what others ask', async () => {
  for (const sql of ['SHOW QUERIES', 'SHOW JOBS'])
    expect((await post(server, { sql }, admin.headers)).status).toBe(200);
  for (const sql of ['SHOW TABLES', 'SHOW SAMPLES', 'SHOW LEASES', 'DESCRIBE t'])
    expect((await post(server, { sql }, reader.headers)).status).toBe(200);
});

test('what is wrong with a statement is told as ever', async () => {
  expect((await post(server, { sql: 'DORP TABLE t' }, reader.headers)).body['code']).toBe('SYNTAX');
  expect((await post(server, { sql: 'SELECT z FROM t' }, reader.headers)).body['code']).toBe(
    'UNKNOWN_COLUMN',
  );
});

test('whoever watches over the process needs no token', async () => {
  expect(await send(server, '/livez')).toMatchObject({ status: 200 });
  await expect.poll(async () => (await send(server, '/readyz')).status).toBe(200);
});

/** What differs between two refusals. */
const sameFor = async (headers: Record<string, string>) => {
  const { status, type, body, headers: back } = await post(server, { sql: 'SHOW TABLES' }, headers);
  return { status, type, body, authenticate: back.get('www-authenticate') };
};

const secret = reader.token;
const withLength = (length: number): string => 'x'.repeat(length);

describe('refused in the same way', () => {
  // 64 KiB are more than a head may have.
  test.each([
    ['no token', {}],
    ['an empty header', { authorization: '' }],
    ['no scheme', { authorization: secret }],
    ['another scheme', { authorization: `Basic ${secret}` }],
    ['the scheme alone', { authorization: 'Bearer' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ...[1, 2, 31, 32, 33, 51, 52, 53, 64, 1000, 8000, 15_000].map(
      (length): [string, Record<string, string>] => [
        `${length} bytes`,
        { authorization: `Bearer ${withLength(length)}` },
      ],
    ),
    ['one letter less', { authorization: `Bearer ${secret.slice(0, -1)}` }],
    ['one letter more', { authorization: `Bearer ${secret}x` }],
    [
      'one letter changed',
      { authorization: `Bearer ${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}` },
    ],
    ['another case', { authorization: `Bearer ${secret.toUpperCase()}` }],
    ['its hash', { authorization: `Bearer ${reader.entry.split(':')[2]}` }],
    ['its entry', { authorization: `Bearer ${reader.entry}` }],
    ['no ASCII', { authorization: 'Bearer \u00e9\u00ff' }],
    ['two tokens', { authorization: `Bearer ${secret} ${secret}` }],
    ['a list', { authorization: `Bearer ${secret}, Bearer ${secret}` }],
  ])('%s', async (_, headers) => {
    expect(await sameFor(headers)).toEqual({
      status: 401,
      type: problemType,
      body: {
        type: 'about:blank',
        title: 'Unauthorized',
        status: 401,
        detail: 'a token is needed: Authorization: Bearer …',
      },
      authenticate: 'Bearer realm="ballpark"',
    });
    expect((await post(server, { sql: 'SHOW TABLES' }, reader.headers)).status).toBe(200);
  });

  test('several headers', async () => {
    const lines = [
      'GET /metrics HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${secret}`,
      'authorization: x',
    ];
    const { status } = await exchange(server, `${lines.join('\r\n')}\r\n\r\n`);
    expect(status).toBe(401);
  });

  test('64 KiB', async () => {
    const head = `GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${withLength(65_536)}\r\n\r\n`;
    expect(await exchange(server, head)).toMatchObject({ status: 431 });
  });

  test.each([
    '/metrics',
    '/openapi.json',
    '/',
    '/nothing',
    '/livez/',
    '/livez/../metrics',
    '//livez',
    '/%6civez/x',
  ])('GET %s', async (path) => {
    const { text, status } = await exchange(server, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(status).toBe(401);
    expect(text).not.toContain('ballpark_http');
  });
});

describe('at the start', () => {
  const refusal = (settings: Parameters<typeof serve>[1]) => expect(serve(controlWith({}), settings)).rejects;

  test.each(['0.0.0.0', '::', '10.1.2.3', 'example.org'])('%s needs tokens', async (host) => {
    await refusal({ host }).toThrow('there must be tokens');
  });

  test('with tokens other addresses are served', async () => {
    const wide = await serve(controlWith({}), { host: '0.0.0.0', tokens: [reader.entry] });
    const { port } = new URL(wide.address);
    const address = `http://127.0.0.1:${port}/openapi.json`;
    expect((await fetch(address)).status).toBe(401);
    expect((await fetch(address, { headers: reader.headers })).status).toBe(200);
    await wide.close();
  });

  test.each([
    ["a token in an entry's place", secret],
    ['another role', reader.entry.replace('read', 'root')],
    ['no name', reader.entry.slice(reader.entry.indexOf(':'))],
    ['a short hash', reader.entry.slice(0, -1)],
    ['nothing', ' '],
  ])('%s is no entry, and is not told', async (_, entry) => {
    await refusal({ tokens: [admin.entry, entry] }).toThrow(
      expect.objectContaining({
        message: 'tokens: entry 2 is not name:role:hash as `ballpark token` makes it',
      }),
    );
  });

  test('a file that is not there, or empty, is no reason to let everybody in', async () => {
    await refusal({ tokenFile: join(folder, 'none') }).toThrow(SettingError);
    const empty = join(folder, 'empty');
    await writeFile(empty, '# nobody\n');
    await refusal({ tokenFile: empty }).toThrow('there is no entry in');
  });

  test('an entry made of nothing lets nobody in', async () => {
    const nothing = 'x:admin:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const odd = await serve(controlWith({}), { tokens: [nothing] });
    for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: '' }])
      expect((await fetch(`${odd.address}/metrics`, { headers })).status).toBe(401);
    await odd.close();
  });
});

test('tokens are long, and differ', () => {
  const tokens = Array.from({ length: 100 }, () => makeToken('x', 'read').token);
  expect(new Set(tokens).size).toBe(100);
  for (const token of tokens) expect(token).toMatch(/^ballpark_[\w-]{43}$/);
  for (const name of ['', 'a b', 'a:b', 'é', 'x'.repeat(65)])
    expect(() => makeToken(name, 'read')).toThrow(SettingError);
});
