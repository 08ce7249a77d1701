import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { type Engine, openEngine } from '../../src/index.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { bodyProbes, parsingProbes, requestProbes, statementProbes } from './probe-cases.ts';
import { exchange } from './raw.ts';
import { post, serve } from './support.ts';

/*
 * What strangers try: each is refused or bounded, nothing leaks, and the server answers the next statement. `npx vitest run --mode probes
 * test/server/probes.test.ts` also tries the largest, and judges times.
 */

const isFull = process.env['MODE'] === 'probes';
const secret = 'k7Qz-that-nobody-may-see';
let folder: string;
let outside: string;
let engine: Engine;
let server: RunningServer;
beforeAll(async () => {
  process.env['BALLPARK_PROBE'] = secret;
  folder = mkdtempSync(join(tmpdir(), 'ballpark-test-'));
  outside = mkdtempSync(join(tmpdir(), 'ballpark-outside-'));
  const inside = join(folder, 'in');
  mkdirSync(inside);
  writeFileSync(join(outside, 'secret.csv'), `k,n\n1,${secret}\n`);
  symlinkSync(join(outside, 'secret.csv'), join(inside, 'link.csv'));
  symlinkSync(outside, join(inside, 'linked'));
  symlinkSync(join(outside, 'none.csv'), join(inside, 'broken.csv'));
  symlinkSync(join(inside, 'loop.csv'), join(inside, 'loop.csv'));
  const rows = Array.from({ length: 3200 }, (_, row) => `${row},${'a'.repeat(row % 60)},=1+${row}`);
  writeFileSync(join(inside, 't.csv'), ['x,word,__proto__', ...rows].join('\n'));
  engine = await openEngine({ dataDir: join(folder, 'data'), allowedPaths: [inside] });
  await engine.query(`CREATE TABLE t FROM '${join(inside, 't.csv')}'`);
  await engine.query('CREATE SAMPLE s ON t UNIFORM 3000 ROWS SEED 1');
  const limits = { ...defaultSettings.limits, receiveMs: 1000 };
  server = await serve(controlOf(engine), { limits });
});
afterAll(async () => {
  await server.close();
  await engine.close();
  for (const each of [folder, outside]) rmSync(each, { recursive: true });
  delete process.env['BALLPARK_PROBE'];
});

afterEach(async () => {
  const next = await post(server, { sql: 'EXACT SELECT COUNT(*), SUM(x) FROM t' });
  expect([next.status, next.body['rows']]).toEqual([200, [[3200, 5_118_400]]]);
  expect(readdirSync(outside)).toEqual(['secret.csv']);
});

const filled = (text: string): string =>
  text
    .replaceAll('{in}', join(folder, 'in'))
    .replaceAll('{outName}', basename(outside))
    .replaceAll('{out}', outside);

describe('statements', () => {
  test.each(statementProbes)('%s', async (_, sql, code) => {
    const { status, body } = await post(server, { sql: filled(sql) });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body['code']).toMatch(code);
    const told = JSON.stringify(body);
    expect(told).not.toContain(secret);
    // Nor what there is in a folder that may not be read, but for what was asked.
    if (!sql.includes('secret')) expect(told).not.toContain('secret');
  });
});

describe('what is too much to parse', () => {
  test.each(parsingProbes)('%s', async (what, sql) => {
    const times: number[] = [];
    for (let run = 0; run < (isFull ? 9 : 1); run++) {
      const start = performance.now();
      const { status, body } = await post(server, { sql });
      times.push(performance.now() - start);
      expect([status, body['code']]).toEqual([400, expect.stringMatching(/LIMIT_EXCEEDED|SYNTAX/)]);
    }
    const medianMs = times.toSorted((a, b) => a - b)[times.length >> 1]!; // there is one
    console.log(`${what}: ${medianMs.toFixed(1)} ms`);
    if (isFull) expect(medianMs).toBeLessThan(50);
  });
});

describe('requests', () => {
  test.each(requestProbes)('%s', async (_, bytes, statuses) => {
    const { status, text } = await exchange(server, bytes);
    expect(statuses).toContain(status);
    expect(text).not.toMatch(/root:|set-cookie| at .*\.[jt]s/i);
  });

  test.each(bodyProbes)('a body of %s', async (_, content) => {
    const { status } = await post(server, content);
    expect(status).toBe(400);
    expect(({} as { readonly role?: string }).role).toBeUndefined();
  });

  test('of two keys the last counts', async () => {
    const { status, body } = await post(server, '{"sql":"DROP TABLE t","sql":"EXACT SELECT MAX(x) FROM t"}');
    expect([status, body['rows']]).toEqual([200, [[3199]]]);
  });

  test('a body that never ends is given up', async () => {
    const head = 'POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    expect(await exchange(server, `${head}Content-Length: 50\r\n\r\n{`)).toMatchObject({ status: 408 });
    expect(await exchange(server, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`)).toMatchObject({
      status: 408,
    });
  });
});

describe('values and names', () => {
  test('a column named __proto__ is one like any other', async () => {
    const { status, body } = await post(server, { sql: 'EXACT SELECT "__proto__", COUNT(*) AS "constructor" FROM t WHERE x = 7 GROUP BY 1' }); // prettier-ignore
    expect(status).toBe(200);
    expect((body['columns'] as { readonly name: string }[]).map(({ name }) => name)).toEqual([
      '__proto__',
      'constructor',
    ]);
    // A formula is a text in JSON, as it stands.
    expect(body['rows']).toEqual([['=1+7', 1]]);
  });

  test('a formula is a text in CSV too, whatever it begins with, and wherever', async () => {
    const sql = `EXACT SELECT "__proto__" AS "=cmd|' /C calc'!A0", '@SUM(1)' AS "+b", chr(9) || '=1' AS "-c" FROM t WHERE x = 7`;
    const response = await fetch(`${server.address}/v1/query?format=csv`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql }),
    });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(`'=cmd|' /C calc'!A0,'+b,'-c\r\n'=1+7,'@SUM(1),'\t=1\r\n`);
  });

  test('a parameter named like what objects have is missing where it is not given', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const { status, body } = await post(server, {
        sql: `SELECT COUNT(*) FROM t WHERE x = :${name}`,
        params: {},
      });
      expect([status, body['code']]).toEqual([400, 'INVALID_PARAMETER']);
    }
    const given = await post(server, { sql: 'EXACT SELECT COUNT(*) FROM t WHERE x = :constructor', params: { constructor: 3 } }); // prettier-ignore
    expect(given.body['rows']).toEqual([[1]]);
  });
});

describe('what is too much to compute', () => {
  // Whoever tries to match these letter by letter, and goes back at each %, is not done before the sun is.
  const pattern = `${'%_a'.repeat(15)}%b`;
  test.each([
    ['from a sample', 'SELECT COUNT(*) FROM t WHERE word LIKE ?'],
    ['exactly', 'EXACT SELECT COUNT(*) FROM t WHERE word LIKE ?'],
    ['whatever its case', 'EXACT SELECT COUNT(*) FROM t WHERE word ILIKE ?'],
    ['with an escape', "EXACT SELECT COUNT(*) FROM t WHERE word LIKE ? ESCAPE '!'"],
    ['with a pattern of each row', 'EXACT SELECT COUNT(*) FROM t WHERE word LIKE left(word, 1) || ?'],
    ['negated', 'EXACT SELECT COUNT(*) - 3200 FROM t WHERE word IS NULL OR NOT word LIKE ?'],
  ])('LIKE %s', async (_, sql) => {
    const { status, body } = await post(server, { sql, params: [pattern] });
    expect(status).toBe(200);
    expect(JSON.stringify(body['rows'])).toMatch(/^\[\[(0|\{"value":0,.*\})\]\]$/);
  });

  test('texts that grow, and comparisons of them', async () => {
    const grown = `replace(repeat(word, 100000000), 'a', repeat(word, 100000000))`;
    for (const sql of [
      `SELECT SUM(length(${grown})) FROM t`,
      `EXACT SELECT MAX(levenshtein(${grown}, word)) FROM t`,
    ]) {
      const { status, body } = await post(server, { sql });
      expect([status, body['code']]).toEqual([400, 'LIMIT_EXCEEDED']);
    }
  });

  const rowsOf = isFull ? 3200 : 1500;
  test(`groups: ${rowsOf ** 2}`, { timeout: 300_000 }, async () => {
    const sql = `SELECT a.x, b.x, COUNT(*) FROM t AS a CROSS JOIN t AS b WHERE a.x < ${rowsOf} AND b.x < ${rowsOf} GROUP BY 1, 2`;
    const { status, body } = await post(server, { sql });
    expect([status, body['code']]).toEqual([400, 'LIMIT_EXCEEDED']);
  });

  test('a question that would take for ever ends with who asks it', async () => {
    const leaving = new AbortController();
    const asked = fetch(`${server.address}/v1/query`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        sql: 'SELECT COUNT(*) FROM t AS a, t AS b, t AS c, t AS d WHERE a.x + b.x + c.x + d.x = 1',
      }),
      signal: leaving.signal,
    });
    setTimeout(() => leaving.abort(), 200);
    await expect(asked).rejects.toThrow('aborted');
  });
});
