import { expect, test } from 'vitest';
import { readSettings, ServerSettingsSchema, settingsOf } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';

interface Given {
  readonly flags?: Readonly<Record<string, readonly string[]>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly file?: unknown;
}

const read = ({ flags = {}, environment = {}, file }: Given) =>
  readSettings(ServerSettingsSchema, {
    flags: new Map(Object.entries(flags)),
    environment,
    file: file === undefined ? null : { name: 'ballpark.json', content: file },
  });

test('nothing said: the defaults', () => {
  expect(read({})).toEqual(defaultSettings);
  expect(read({ file: {} })).toEqual(defaultSettings);
  expect(read({ file: { limits: {} } })).toEqual(defaultSettings);
});

test('flags go before the environment, that before the file, that before defaults', () => {
  const file = { port: 1, logLevel: 'warn', limits: { rowsMax: 1, headersMax: 11 } };
  const environment = { BALLPARK_PORT: '2', BALLPARK_LIMITS_ROWS_MAX: '2' };
  const settings = read({ file, environment, flags: { port: ['3'] } });
  expect(settings).toMatchObject({ port: 3, logLevel: 'warn', host: '127.0.0.1' });
  expect(settings.limits).toEqual({ ...defaultSettings.limits, rowsMax: 2, headersMax: 11 });
});

test('lists: several flags, commas, JSON', () => {
  expect(read({ flags: { allowedHosts: ['a', 'b,c'] } }).allowedHosts).toEqual(['a', 'b', 'c']);
  expect(read({ environment: { BALLPARK_ALLOWED_HOSTS: 'a, b,' } }).allowedHosts).toEqual(['a', 'b']);
  expect(read({ file: { allowedHosts: ['a', 'b'] } }).allowedHosts).toEqual(['a', 'b']);
});

test.each<[what: string, given: Given, message: string]>([
  ['a flag', { flags: { port: ['x'] } }, '--port: expected a whole number from 0 to 65535, found "x"'],
  [
    'a number too large',
    { flags: { port: ['70000'] } },
    '--port: expected a whole number from 0 to 65535, found 70000',
  ],
  [
    'a number with more',
    { flags: { port: ['1e3'] } },
    '--port: expected a whole number from 0 to 65535, found "1e3"',
  ],
  [
    'a variable',
    { environment: { BALLPARK_LIMITS_ROWS_MAX: '' } },
    'BALLPARK_LIMITS_ROWS_MAX: expected a whole number from 1 to 1000000000, found ""',
  ],
  [
    'a word',
    { environment: { BALLPARK_LOG_LEVEL: 'loud' } },
    'BALLPARK_LOG_LEVEL: expected one of fatal, error, warn, info, debug, silent, found "loud"',
  ],
  [
    'a type in the file',
    { file: { port: '80' } },
    'ballpark.json: port: expected a whole number from 0 to 65535, found "80"',
  ],
  [
    'a fraction',
    { file: { port: 80.5 } },
    'ballpark.json: port: expected a whole number from 0 to 65535, found 80.5',
  ],
  ['null', { file: { host: null } }, 'ballpark.json: host: expected a text, found null'],
  [
    'no list',
    { file: { tokens: 'a' } },
    'ballpark.json: tokens: expected a list of texts that are not empty, found "a"',
  ],
  [
    'a list of others',
    { file: { tokens: [1] } },
    'ballpark.json: tokens: expected a list of texts that are not empty, found [1]',
  ],
  [
    'a value that is overridden',
    { file: { port: -1 }, flags: { port: ['1'] } },
    'ballpark.json: port: expected a whole number from 0 to 65535, found -1',
  ],
  ['an unknown key', { file: { hots: 'x' } }, 'ballpark.json: there is no setting hots; did you mean host?'],
  [
    'an unknown key of a group',
    { file: { limits: { rowMax: 1 } } },
    'ballpark.json: there is no setting limits.rowMax; did you mean limits.rowsMax?',
  ],
  ['a key like none', { file: { zzzzzzzzzzzz: 1 } }, 'ballpark.json: there is no setting zzzzzzzzzzzz'],
  [
    'a prototype',
    { file: JSON.parse('{"__proto__": {"host": "0.0.0.0"}}') },
    'ballpark.json: there is no setting __proto__',
  ],
  ['no group', { file: { limits: 1 } }, 'ballpark.json: limits: expected an object, found 1'],
  ['no object', { file: [] }, 'ballpark.json: expected an object, found []'],
  [
    'a long value',
    { file: { port: 'x'.repeat(100) } },
    `ballpark.json: port: expected a whole number from 0 to 65535, found "${'x'.repeat(59)}…`,
  ],
])('%s', (_, given, message) => {
  expect(() => read(given)).toThrow(expect.objectContaining({ message }));
});

test('every setting has a name of its own, a default that it takes, and is told of', () => {
  const settings = settingsOf(ServerSettingsSchema);
  for (const part of ['key', 'flag', 'variable'] as const)
    expect(new Set(settings.map((setting) => setting[part])).size).toBe(settings.length);
  for (const { key, initial, description } of settings) {
    expect(description, key).toMatch(/^[a-z]/);
    expect(initial, key).toBeDefined();
  }
});
