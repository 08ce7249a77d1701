import { connect } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import type { Estimate, QueryResultJson } from '../../src/index.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { Workspace } from '../support/workspace.ts';
import { post, problemType, serve } from './support.ts';

let work: Workspace;
let server: RunningServer;
let small: RunningServer;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT (i % 10000)::INTEGER AS g, ['=1+1', 'b', NULL][1 + i % 3] AS s, (i * 7919 % 997)::DOUBLE AS x, TIMESTAMP '2001-02-03' + INTERVAL (i % 5) HOUR AS at FROM range(30000) r(i)`,
  );
  await work.query('CREATE SAMPLE u ON t UNIFORM 20000 ROWS SEED 1');
  server = await serve(controlOf(work.engine));
  small = await serve(controlOf(work.engine), { limits: { ...defaultSettings.limits, rowsMax: 2 } });
});
afterAll(async () => {
  await server.close();
  await small.close();
  await work.close();
});

const few = 'SELECT s, at, COUNT(*) AS n, AVG(x) AS a FROM t GROUP BY s, at ORDER BY s, at';
const ask = (
  sql: string,
  format: string,
  { to = server, headers = {} }: { to?: RunningServer; headers?: Record<string, string> } = {},
): Promise<Response> =>
  fetch(`${to.address}/v1/query?format=${format}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', ...headers },
    body: JSON.stringify({ sql }),
  });

const answerTo = async (sql: string, to = server): Promise<QueryResultJson> =>
  (await (await ask(sql, 'json', { to })).json()) as QueryResultJson;

/** Value and ends of an estimate. */
const numbersOf = (cell: unknown): unknown[] => {
  const { value, low, high, stdError, certified } = cell as Estimate;
  return [value, low, high, stdError, certified];
};

const linesOf = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('every format carries the same', () => {
  let json: QueryResultJson;
  beforeAll(async () => {
    json = await answerTo(few);
  });

  test('JSON is what the library gives', async () => {
    const { rows, columns, marks } = (await work.query(few)).toJSON();
    expect(json).toMatchObject({ rows, columns, marks, rowCount: 15, truncated: false });
    expect(json.answer.mode).toBe('approximate');
  });

  test('NDJSON has a line for the columns, a line a row, and one for the rest', async () => {
    const response = await ask(few, 'ndjson');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = linesOf(await response.text());
    expect(lines[0]).toMatchObject({ final: true, columns: json.columns, rowCount: 15, truncated: false });
    expect(lines.slice(1, -1)).toEqual(json.rows.map((row) => ({ row })));
    expect(lines.at(-1)).toMatchObject({ answer: { mode: 'approximate', sample: json.answer.sample } });
  });

  test('NDJSON has the marks of rows', async () => {
    const sql = 'SELECT s, COUNT(*) AS n FROM t GROUP BY s HAVING COUNT(*) > 1000';
    const { marks } = await answerTo(sql);
    const lines = linesOf(await (await ask(sql, 'ndjson')).text());
    expect(lines.slice(1, -1).map(({ mark }) => mark)).toEqual(marks);
    expect(marks?.length).toBe(3);
  });

  test('CSV', async () => {
    const response = await ask(few, 'csv');
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(response.headers.get('x-ballpark-mode')).toBe('approximate');
    expect(response.headers.get('x-ballpark-rows')).toBe('15');
    expect(response.headers.get('x-ballpark-truncated')).toBeNull();
    const [head, ...lines] = (await response.text()).trimEnd().split('\r\n');
    expect(head).toBe('s,at,n,n_low,n_high,n_stderr,n_certified,a,a_low,a_high,a_stderr,a_certified');
    const expected = json.rows.map(([s, at, n, a]) => [s === '=1+1' ? "'=1+1" : s, at, ...numbersOf(n), ...numbersOf(a)].join(',')); // prettier-ignore
    expect(lines).toEqual(expected);
    expect(lines[0]).toMatch(/^'=1\+1,/);
  });

  test('CSV leaves formulas as they are for those who ask', async () => {
    const text = await (await ask(few, 'csv&formulas=keep')).text();
    expect(text.split('\r\n')[1]).toMatch(/^=1\+1,/);
  });

  test('Arrow', async () => {
    const response = await ask(few, 'arrow');
    expect(response.headers.get('content-type')).toBe('application/vnd.apache.arrow.stream');
    const table = tableFromIPC(Buffer.from(await response.arrayBuffer()));
    const said = JSON.parse(table.schema.metadata.get('ballpark')!) as QueryResultJson;
    expect(said).toMatchObject({ columns: json.columns, rowCount: 15, answer: { mode: 'approximate' } });
    const columns = table.schema.names.map((name) => [...table.getChild(name)!]);
    const rows = json.rows.map((_, row) => columns.map((column) => column[row] as unknown));
    const expected = json.rows.map(([s, at, n, a]) => [s, Date.parse(`${String(at)}Z`), ...numbersOf(n), ...numbersOf(a)]); // prettier-ignore
    expect(rows).toEqual(expected);
  });

  test('events', async () => {
    const text = await (await ask(few, 'events')).text();
    const last = text.trimEnd().split('\n').at(-1)!;
    expect((JSON.parse(last.slice('data: '.length)) as QueryResultJson).rows).toEqual(json.rows);
  });
});

describe('what is asked for', () => {
  test('?format= goes before Accept', async () => {
    const response = await ask('SELECT 1 AS one', 'csv', { headers: { accept: 'application/json' } });
    expect(await response.text()).toBe('one\r\n1\r\n');
  });

  test('Accept', async () => {
    const { type, body } = await post(server, { sql: 'SELECT 1 AS one' }, { accept: 'application/json' });
    expect([type, body['rows']]).toEqual(['application/json', [[1]]]);
  });

  test('what there is not is refused before anything runs', async () => {
    const reply = await post(server, { sql: 'DROP TABLE t' }, { accept: 'text/html' });
    expect(reply).toMatchObject({ status: 406, type: problemType });
    expect((await answerTo('SHOW TABLES')).rows).toHaveLength(1);
  });

  test.each([
    [
      'xml',
      'querystring/format must be equal to one of the allowed values: json, ndjson, csv, arrow, events',
    ],
    ['csv&fromat=csv', 'querystring must NOT have additional properties: fromat'],
  ])('?format=%s is refused', async (query, detail) => {
    const response = await ask('SELECT 1', query);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, problemType]);
    expect(await response.json()).toMatchObject({ detail });
  });
});

describe('more rows than are sent', () => {
  test('JSON says so', async () => {
    const { rows, rowCount, truncated, answer } = await answerTo(few, small);
    expect([rows.length, rowCount, truncated]).toEqual([2, 15, true]);
    expect(answer.notes).toContain('these are the first 2 of 15 rows: the server sends no more');
  });

  test('NDJSON', async () => {
    const lines = linesOf(await (await ask(few, 'ndjson', { to: small })).text());
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatchObject({ rowCount: 15, truncated: true });
  });

  test('CSV', async () => {
    const response = await ask(few, 'csv', { to: small });
    expect(response.headers.get('x-ballpark-truncated')).toBe('true');
    expect(response.headers.get('x-ballpark-rows')).toBe('15');
    expect((await response.text()).trimEnd().split('\r\n')).toHaveLength(3);
  });

  test('Arrow', async () => {
    const response = await ask(few, 'arrow', { to: small });
    expect(response.headers.get('x-ballpark-truncated')).toBe('true');
    const table = tableFromIPC(Buffer.from(await response.arrayBuffer()));
    expect(table.numRows).toBe(2);
    expect(table.schema.metadata.get('ballpark')).toContain('"truncated":true');
  });

  test('events', async () => {
    expect(await (await ask(few, 'events', { to: small })).text()).toContain('"truncated":true');
  });
});

describe('compression', () => {
  /** The bytes as they come: fetch would decompress them. */
  async function bytesOf(encoding: string): Promise<{ encoding: string | undefined; body: Buffer }> {
    const body = JSON.stringify({ sql: 'SELECT g, COUNT(*) AS n FROM t WHERE g < 3000 GROUP BY g' });
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
    socket.write(
      `POST /v1/query?format=ndjson HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept-Encoding: ${encoding}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const chunks = (await socket.toArray()) as Buffer[]; // a socket gives bytes
    const all = Buffer.concat(chunks);
    const end = all.indexOf('\r\n\r\n');
    const head = all.subarray(0, end).toString();
    return { encoding: /content-encoding: (\w+)/i.exec(head)?.[1], body: unchunk(all.subarray(end + 4)) };
  }

  /** @see RFC 9112, section 7.1 */
  function unchunk(bytes: Buffer): Buffer {
    const parts: Buffer[] = [];
    for (let at = 0; ;) {
      const line = bytes.indexOf('\r\n', at);
      const length = Number.parseInt(bytes.subarray(at, line).toString(), 16);
      if (!(length > 0)) return Buffer.concat(parts);
      parts.push(bytes.subarray(line + 2, line + 2 + length));
      at = line + 4 + length;
    }
  }

  test.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ])('%s', async (name, decompress) => {
    const plain = await bytesOf('identity');
    const { encoding, body } = await bytesOf(name);
    expect([plain.encoding, encoding]).toEqual([undefined, name]);
    const rows = (text: Buffer) => linesOf(text.toString()).filter((line) => 'row' in line);
    expect(rows(decompress(body))).toEqual(rows(plain.body));
    expect(rows(plain.body).length).toBeGreaterThan(2000);
    expect(body.length).toBeLessThan(plain.body.length / 2);
  });

  test('events are not compressed', async () => {
    const response = await ask(few, 'events', { headers: { 'accept-encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    await response.text();
  });
});

test('intervals that were sent are counted', async () => {
  const certified = async (): Promise<number> => {
    const text = await (await fetch(`${server.address}/metrics`)).text();
    return Number(/^ballpark_intervals_total\{certified="true"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };
  const before = await certified();
  const { rows } = await answerTo(few);
  const sent = rows.flat().filter((cell) => typeof cell === 'object' && cell !== null && cell.certified && !cell.exact); // prettier-ignore
  expect(sent.length).toBeGreaterThan(10);
  await expect.poll(certified).toBe(before + sent.length);
});
