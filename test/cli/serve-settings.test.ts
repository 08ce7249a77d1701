import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { ServerSettingsSchema, settingsOf } from '../../src/server/index.ts';
import { Kept, makeWorkplace, run, type Workplace } from './support.ts';

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.remove());
afterEach(() => vi.unstubAllEnvs());

/** Runs a server while something is done. */
async function serving(argv: readonly string[], work: (address: string) => Promise<void>): Promise<void> {
  const [stdout, stderr, interrupt] = [new Kept(), new Kept(), new AbortController()];
  const ended = runCli(argv, { stdin: new PassThrough(), stdout, stderr, signal: interrupt.signal });
  try {
    await stdout.waitFor('Ctrl-C');
    await work(/http:\S+\d/.exec(stdout.text)?.[0] ?? '');
  } finally {
    interrupt.abort('SIGTERM');
    expect(await ended).toBe(0);
  }
}

test('the help tells of every setting: flag, variable, key, default', async () => {
  const { code, out } = await run(['serve', '--help']);
  expect(code).toBe(0);
  const text = out.replaceAll(/\s+/g, ' ');
  for (const { flag, variable, key, description, initial } of settingsOf(ServerSettingsSchema)) {
    const shown =
      initial === '' || (Array.isArray(initial) && initial.length === 0) ? 'none' : String(initial);
    expect(text).toContain(`${flag} <`);
    expect(text).toContain(`${description} (default: ${shown}; ${variable}; ${key})`);
  }
  for (const word of [
    '--config',
    'BALLPARK_MEMORY_LIMIT; memoryLimit',
    'BALLPARK_ALLOW; allow',
    'BALLPARK_MAINTAIN; maintain',
  ])
    expect(text).toContain(word);
  expect((await run(['help', 'serve'])).out).toBe(out);
});

test('settings of the file hold, variables and flags before them', async () => {
  const tokens = join(place.folder, 'tokens');
  const { out: token } = await run(['token', 'dashboard', '--role', 'admin', '--file', tokens]);
  const dataDir = join(place.folder, 'from-file');
  const content = {
    dataDir,
    allow: [place.folder],
    port: 1,
    tokenFile: tokens,
    limits: { bodyBytesMax: 2000 },
    memoryLimit: '128MiB',
  };
  const path = await place.write('ballpark.json', JSON.stringify(content));
  vi.stubEnv('BALLPARK_CONFIG', path);
  vi.stubEnv('BALLPARK_LIMITS_BODY_BYTES_MAX', '3000');
  await serving(['serve', '--port', '0'], async (address) => {
    expect((await fetch(`${address}/metrics`)).status).toBe(401);
    const ask = (bytes: number): Promise<Response> =>
      fetch(`${address}/v1/query`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token.trim()}` },
        body: '{"sql": "SHOW TABLES"}'.padEnd(bytes),
      });
    expect((await ask(2500)).status).toBe(200);
    expect((await ask(3001)).status).toBe(413);
  });
  expect((await stat(dataDir)).isDirectory()).toBe(true);
});

describe('what cannot be used', () => {
  test.each<[what: string, content: unknown, argv: readonly string[], message: string]>([
    ['an unknown key', { prot: 1 }, [], 'ballpark.json: there is no setting prot; did you mean port?'],
    [
      'a wrong value',
      { maintain: -1 },
      [],
      'ballpark.json: maintain: expected a whole number from 0 to 86400, found -1',
    ],
    [
      'an amount of memory',
      { memoryLimit: 'much' },
      [],
      'memoryLimit: It must be a number of bytes, or one with a unit: 512MB, 4GiB. Found "much".',
    ],
    [
      'a flag',
      {},
      ['--limits-rows-max', '0'],
      '--limits-rows-max: expected a whole number from 1 to 1000000000, found 0',
    ],
    [
      'another address without tokens',
      {},
      ['--host', '0.0.0.0'],
      'host: 0.0.0.0 is not a loopback address, so there must be tokens',
    ],
    ['no entry', { tokens: ['secret'] }, [], 'tokens: entry 1 is not name:role:hash'],
  ])('%s', async (_, content, argv, message) => {
    const path = await place.write('ballpark.json', JSON.stringify(content));
    const { code, err } = await run([...place.options, 'serve', '--port', '0', '--config', path, ...argv]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n +at |secret/);
  });

  test('a file that is no JSON, or not there', async () => {
    const path = await place.write('ballpark.json', '{"port": 1,}');
    expect(await run(['serve', '--config', path])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is not JSON') as string,
    });
    const none = join(place.folder, 'none.json');
    expect(await run(['serve', '--config', none])).toMatchObject({
      code: 2,
      err: expect.stringContaining('none.json') as string,
    });
  });

  test('an unknown flag', async () => {
    const { code, err } = await run(['serve', '--prot', '1']);
    expect(code).toBe(2);
    expect(err).toContain('Did you mean --port?');
  });
});

describe('ballpark token', () => {
  test('shows the token once, and the entry', async () => {
    const { code, out } = await run(['token', 'ops', '--role', 'read']);
    expect(code).toBe(0);
    expect(out).toMatch(/^token {2}ballpark_[\w-]{43}\nentry {2}ops:read:[0-9a-f]{64}\n$/);
  });

  test('adds entries to a file, which does not hold the token', async () => {
    const path = join(place.folder, 'new-tokens');
    const first = await run(['token', 'ops', '--role', 'admin', '--file', path]);
    expect(first.out).toMatch(/^ballpark_[\w-]{43}\n$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(path, (await readFile(path, 'utf8')).trimEnd()); // as editors may leave it
    await run(['token', 'dash', '--role', 'read', '--file', path]);
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^ops:admin:[0-9a-f]{64}\ndash:read:[0-9a-f]{64}\n$/);
    expect(text).not.toContain(first.out.trim());
  });

  test.each([
    [['token', 'ops'], 'role'],
    [['token', 'ops', '--role', 'root'], 'Allowed choices are read, admin'],
    [['token', 'o p s', '--role', 'read'], 'the name must be'],
    [['token', '--role', 'read'], 'name'],
  ])('%j is refused', async (argv, message) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
