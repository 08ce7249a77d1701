import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { type Engine, openEngine } from '../../src/index.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { checkDocumented } from '../server/documented.ts';
import { serve } from '../server/support.ts';

/*
 * The requests of docs/operations.md: blocks of `sh` whose fence says which status and type the response has. They are carried out as
 * curl would, for the options that they use.
 */

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const examples = [...text.matchAll(/^```sh (\d{3}) (\S+)\n(.*?)\n```$/gms)].map(
  ([, status, type, command]) => ({
    status: Number(status),
    type: type!,
    command: command!,
  }),
);

/** The words of a command line. */
function wordsOf(command: string): string[] {
  const words = command.replaceAll('\\\n', ' ').match(/'[^']*'|\S+/g) ?? [];
  return words.map((word) => word.replace(/^'(.*)'$/s, '$1'));
}

function requestOf(command: string): { path: string; init: RequestInit } {
  const [program, ...words] = wordsOf(command);
  expect(program).toBe('curl');
  const headers: Record<string, string> = {};
  let path = '';
  let body: string | null = null;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-s') continue;
    if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(': ');
      headers[name] = value;
    } else if (word === '-d') body = words.shift() ?? null;
    else {
      expect(word).toMatch(/^localhost:8765\//);
      path = word.slice('localhost:8765'.length);
    }
  }
  return { path, init: { method: body === null ? 'GET' : 'POST', headers, body } };
}

describe('docs/operations.md', () => {
  let folder: string;
  let engine: Engine;
  let server: RunningServer;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ballpark-docs-'));
    engine = await openEngine({ dataDir: folder, allowedPaths: [root] });
    await engine.query(
      `CREATE TABLE flights FROM '${join(root, 'node_modules/vega-datasets/data/flights-3m.parquet')}'`,
    );
    await engine.query('CREATE SAMPLE s ON flights UNIFORM 60000 ROWS SEED 1');
    server = await serve(controlOf(engine));
  });
  afterAll(async () => {
    await server.close();
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('has examples', () => expect(examples.length).toBeGreaterThan(4));

  test.each(examples)('$command', async ({ command, status, type }) => {
    const { path, init } = requestOf(command);
    const response = await fetch(server.address + path, init);
    const found = response.headers.get('content-type');
    expect([response.status, found?.split(';')[0]]).toEqual([status, type]);
    const body = await response.text();
    expect(body.length).toBeGreaterThan(50);
    await checkDocumented({
      method: init.method!,
      path,
      status,
      type: found,
      body: type.endsWith('json') && !type.includes('ndjson') ? (JSON.parse(body) as unknown) : body,
    });
  });
});
