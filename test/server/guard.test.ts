import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type RunningServer, type ServerSettings } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { closed, exchange, open, tokenFor } from './raw.ts';
import { answerOf, controlWith, post, problemType, send, serve } from './support.ts';

let server: RunningServer;
afterEach(() => server.close());

const reader = tokenFor('dashboard', 'read');
const start = async (settings: Partial<ServerSettings>): Promise<RunningServer> => {
  server = await serve(controlWith({ query: () => Promise.resolve(answerOf(['yes'])) }), settings);
  return server;
};
const limited = (limits: Partial<ServerSettings['limits']>): Promise<RunningServer> =>
  start({ limits: { ...defaultSettings.limits, ...limits } });
const get = (path: string, ...headers: readonly string[]): string =>
  `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;

describe('hosts', () => {
  test.each([
    ['stats.example.org', 200],
    ['STATS.example.org:443', 200],
    ['localhost', 200],
    ['evil.example', 403],
    ['example.org', 403],
    ['xstats.example.org', 403],
    ['stats.example.org.evil.example', 403],
    ['stats.example.org@evil.example', 403],
    ['stats.example.org:80:80', 403],
    ['', 403],
  ])('%j where a name is allowed: %d', async (host, status) => {
    await start({ allowedHosts: ['stats.example.org'] });
    expect(await exchange(server, get('/livez', `Host: ${host}`))).toMatchObject({ status });
  });

  test('the address that a connection came to is ours', async () => {
    await start({ host: '0.0.0.0', tokens: [reader.entry] });
    for (const [host, status] of [
      ['127.0.0.1', 200],
      ['10.9.8.7', 403],
      ['0.0.0.0', 403],
    ] as const)
      expect(await exchange(server, get('/livez', `Host: ${host}`))).toMatchObject({ status });
  });

  test('none, and two', async () => {
    await start({});
    expect((await exchange(server, get('/livez', 'x: y'))).status).toBe(400);
    expect((await exchange(server, get('/livez', 'Host: localhost', 'Host: evil.example'))).status).toBe(400);
  });
});

describe('pages of other sites', () => {
  const origin = 'https://stats.example.org';
  const ask = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
    fetch(`${server.address}/livez`, { method, headers });
  const beforehand = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };

  test('may not ask', async () => {
    await start({});
    const answer = await ask({ origin });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await ask({ origin, ...beforehand }, 'OPTIONS')).status).toBe(403);
    expect((await ask({ ...beforehand }, 'OPTIONS')).status).toBe(405);
  });

  test('may ask where they are allowed', async () => {
    await start({ allowedOrigins: [origin], tokens: [reader.entry] });
    const first = await ask({ origin, ...beforehand }, 'OPTIONS');
    expect(first.status).toBe(204);
    expect(first.headers.get('access-control-allow-origin')).toBe(origin);
    expect(first.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(first.headers.get('access-control-allow-credentials')).toBeNull();
    const path = `${server.address}/openapi.json`;
    const answer = await fetch(path, { headers: { origin, ...reader.headers } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    expect(answer.headers.get('vary')).toContain('origin');
    // The page may read why it is refused.
    const refused = await fetch(path, { headers: { origin } });
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([401, origin]);
  });

  test.each([
    'https://stats.example.org.evil.example',
    'http://stats.example.org',
    'null',
    'https://stats.example.org:1',
  ])('not %s, which is another', async (other) => {
    await start({ allowedOrigins: [origin] });
    const answer = await ask({ origin: other });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  });
});

test('browsers are told to load nothing from elsewhere', async () => {
  await start({});
  for (const path of ['/livez', '/nothing']) {
    const { headers } = await send(server, path);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  }
});

test('a client may ask so often in a minute', async () => {
  const [busy, other] = [tokenFor('busy', 'admin'), tokenFor('other', 'admin')];
  const limits = { ...defaultSettings.limits, requestsPerMinuteMax: 3 };
  await start({ tokens: [busy.entry, other.entry], limits });
  const ask = () => post(server, { sql: 'SHOW TABLES' }, busy.headers);
  for (let count = 0; count < 3; count++) expect((await ask()).status).toBe(200);
  const { status, type, headers, body } = await ask();
  expect([status, type, body['status']]).toEqual([429, problemType, 429]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await post(server, { sql: 'SHOW TABLES' }, other.headers)).status).toBe(200);
  expect((await send(server, '/livez')).status).toBe(200);
});

describe('connections', () => {
  /** Opens so many at once. @returns those that the server keeps */
  const openMany = async (count: number): Promise<Socket[]> => {
    const sockets: Socket[] = [];
    for (let opened = 0; opened < count; opened++) sockets.push(await open(server));
    await new Promise((resume) => setTimeout(resume, 100));
    return sockets.filter(({ readyState }) => readyState === 'open');
  };

  test.each([{ connectionsMax: 5 }, { connectionsPerAddressMax: 5 }])('as many as %j', async (limits) => {
    await limited(limits);
    const kept = await openMany(8);
    expect(kept).toHaveLength(5);
    for (const socket of kept) socket.destroy();
    // Whoever leaves makes room.
    await expect
      .poll(async () => (await exchange(server, get('/livez', 'Host: localhost'))).status)
      .toBe(200);
    expect(await openMany(3)).toHaveLength(3);
  });

  test('those that send a byte now and then are gone in time, and others are answered', async () => {
    await limited({ receiveMs: 600 });
    const heads = [
      '',
      'POST /v1/query HT',
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nx',
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{',
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    ];
    const sockets = await Promise.all(Array.from({ length: 100 }, () => open(server)));
    const ended = Promise.all(sockets.map(closed));
    for (const [index, socket] of sockets.entries()) {
      socket.resume();
      socket.write(heads[index % heads.length] ?? '');
    }
    // Of a chunk each a byte; in the head it lengthens a header's name.
    const drip = setInterval(() => {
      for (const [index, socket] of sockets.entries())
        if (index % heads.length > 0) socket.write(index % heads.length === 4 ? '1\r\n \r\n' : 'x');
    }, 50);
    for (let asked = 0; asked < 20; asked++)
      expect(await post(server, { sql: 'SHOW TABLES' })).toMatchObject({ status: 200 });
    await ended;
    clearInterval(drip);
    expect(await post(server, { sql: 'SHOW TABLES' })).toMatchObject({ status: 200 });
  });

  test('those that have not asked for anything do not keep the server from closing', async () => {
    await limited({});
    const [silent, slow] = [await open(server), await open(server)];
    slow.write('GET /livez HTTP/1.1\r\n');
    const ended = Promise.all([closed(silent), closed(slow)]);
    await server.close();
    await ended;
  });

  test('nor, for long, those that do not send a request to its end', async () => {
    await limited({ graceMs: 100 });
    const socket = await open(server);
    socket.write(
      'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    const ended = closed(socket);
    await send(server, '/livez');
    await server.close();
    await ended;
  });

  test('a request that takes too long to arrive is told so', async () => {
    await limited({ receiveMs: 200 });
    const { status, text } = await exchange(server, 'GET /livez HTTP/1.1\r\n');
    expect(status).toBe(408);
    expect(text).toContain(problemType);
  });

  test('a statement may take longer than a request may take to arrive', async () => {
    server = await serve(
      controlWith({
        query: () => new Promise((resolve) => setTimeout(() => resolve(answerOf(['yes'])), 800)),
      }),
      { limits: { ...defaultSettings.limits, receiveMs: 200 } },
    );
    expect(await post(server, { sql: 'SELECT 1' })).toMatchObject({ status: 200 });
  });
});
