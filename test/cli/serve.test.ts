import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { Kept, makeWorkplace, run, type Workplace } from './support.ts';
import { PassThrough } from 'node:stream';

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
});
afterAll(() => place.remove());

test('serves until a signal comes', async () => {
  const [stdout, stderr, interrupt] = [new Kept(), new Kept(), new AbortController()];
  const argv = [...place.options, 'serve', '--port', '0'];
  const ended = runCli(argv, { stdin: new PassThrough(), stdout, stderr, signal: interrupt.signal });
  await stdout.waitFor('Ctrl-C');
  const address = /http:\S+\d/.exec(stdout.text)?.[0];
  const response = await fetch(`${address}/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sql: 'SHOW TABLES' }),
  });
  expect(await response.json()).toMatchObject({ rows: [] });

  const taken = await run([...place.options, 'serve', '--port', new URL(address!).port]);
  expect(taken).toMatchObject({ code: 1, err: expect.stringContaining('it is in use') as string });

  interrupt.abort('SIGTERM');
  expect(await ended).toBe(0);
  const lines = stderr.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toContainEqual(expect.objectContaining({ method: 'POST', url: '/v1/query', status: 200 }));
  await expect(fetch(`${address}/livez`)).rejects.toThrow();
});
