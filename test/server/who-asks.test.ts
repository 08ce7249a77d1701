import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isLoopback } from '../../src/server/guard/index.ts';
import { type RunningServer, SettingError } from '../../src/server/index.ts';
import { controlWith, serve } from './support.ts';

let server: RunningServer;
beforeAll(async () => {
  server = await serve(controlWith({}));
});
afterAll(() => server.close());

const ask = async (headers: IncomingHttpHeaders): Promise<number | undefined> => {
  const asked = request(`${server.address}/livez`, { headers });
  asked.end();
  const [response] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  response.resume();
  return response.statusCode;
};
test.each(['localhost', 'LOCALHOST:80', '127.0.0.1', '127.8.9.1:1', '[::1]:8765'])('as %s', async (host) => {
  expect(await ask({ host })).toBe(200);
  expect(await ask({ host, origin: `http://${host}` })).toBe(200);
});

test.each([
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example:80',
  '0.0.0.0',
  '10.0.0.1',
  '::1',
  '[::2]',
])('not as %j', async (host) => {
  expect(await ask({ host })).toBe(403);
});

test('not as nobody', async () => {
  const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
  socket.write('GET /livez HTTP/1.0\r\n\r\n');
  const [reply] = (await once(socket, 'data')) as [Buffer];
  expect(reply.toString()).toMatch(/^HTTP\/1\.1 403 /);
  socket.destroy();
});

test.each(['http://evil.example', 'null', 'https://localhost', 'http://localhost:1'])(
  'not from a page of %s',
  async (origin) => {
    expect(await ask({ host: 'localhost', origin })).toBe(403);
  },
);

test.each([
  ['127.0.0.1', true],
  ['127.255.0.3', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example', false],
  ['127.1', false],
  ['::ffff:127.0.0.1', false],
  ['192.168.0.1', false],
  ['', false],
])('%j is a loopback address: %s', async (host, is) => {
  expect(isLoopback(host)).toBe(is);
  if (!is) await expect(serve(controlWith({}), { host })).rejects.toThrow(SettingError);
});
