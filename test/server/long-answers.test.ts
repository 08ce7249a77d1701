import { once } from 'node:events';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import type { QueryResult } from '../../src/index.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { defaultSettings } from '../../src/server/settings.ts';
import { Workspace } from '../support/workspace.ts';
import { controlWith, serve } from './support.ts';

let work: Workspace;
let server: RunningServer;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT (i % 100000)::INTEGER AS g, (i * 7919 % 997)::DOUBLE AS x FROM range(300000) r(i)`,
  );
  await work.query('CREATE SAMPLE u ON t UNIFORM 150000 ROWS SEED 1');
  server = await serve(controlOf(work.engine));
});
afterAll(async () => {
  await server.close();
  await work.close();
});

/** About 80,000 groups. */
const many = 'SELECT g, COUNT(*) AS n, AVG(x) AS a FROM t GROUP BY g';

const ask = (sql: string, format: string, to = server): Promise<Response> =>
  fetch(`${to.address}/v1/query?format=${format}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
    body: JSON.stringify({ sql }),
  });

const one = async (): Promise<unknown> =>
  ((await (await ask('SELECT 1 AS one', 'json')).json()) as { rows: unknown }).rows;

describe('100,000 groups', () => {
  let result: QueryResult;
  /** Has the answer already: only sending it takes time. */
  let ready: RunningServer;
  beforeAll(async () => {
    result = await work.query(many);
    async function* stream() {
      yield await Promise.resolve(result);
    }
    ready = await serve(controlWith({ query: () => Promise.resolve(result), stream }));
  });
  afterAll(() => ready.close());

  /** How long the event loop is held up while the answer is sent. */
  async function measure(format: string): Promise<{ longestMs: number; p99Ms: number; bytes: number }> {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let bytes = 0;
    for await (const chunk of (await ask(many, format, ready)).body!) bytes += (chunk as Uint8Array).length;
    delay.disable();
    return { longestMs: delay.max / 1e6, p99Ms: delay.percentile(99) / 1e6, bytes };
  }

  test.each(['json', 'ndjson', 'csv', 'arrow', 'events'])('as %s hold nobody else up', async (format) => {
    expect(result.rows.length).toBeGreaterThan(50_000);
    // Others may use the machine: one of five times is quiet enough.
    let isShort = false;
    for (let tries = 0; tries < 5 && !isShort; tries++) {
      const started = performance.now();
      const whole = JSON.stringify(result);
      const wholeMs = performance.now() - started;
      const { longestMs, p99Ms, bytes } = await measure(format);
      console.log(`${format}: ${bytes} bytes, longest delay ${longestMs.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms; JSON in one piece ${wholeMs.toFixed(0)} ms`); // prettier-ignore
      expect(bytes).toBeGreaterThan(format === 'json' ? whole.length * 0.9 : 1e6);
      isShort = longestMs < wholeMs / (format === 'arrow' || format === 'csv' ? 6 : 3); // these take less in all
    }
    expect(isShort).toBe(true);
  });

  test('a client that leaves in the middle ends the sending', async () => {
    const counted = await countedAnswers();
    const response = await ask(many, 'json');
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(await one()).toEqual([[1]]);
    // Only the second answer was sent.
    await expect.poll(countedAnswers).toBe(counted + 1);
  });

  test('a client that reads slowly gets it all, and others are answered meanwhile', async () => {
    const body = JSON.stringify({ sql: many });
    const socket = connect(Number(new URL(server.address).port), '127.0.0.1');
    socket.write(
      `POST /v1/query?format=ndjson HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    const before = process.memoryUsage().external;
    for (let other = 0; other < 5; other++) expect(await one()).toEqual([[1]]);
    // The rest of some 40 MB is not made while nobody takes it.
    expect(process.memoryUsage().external - before).toBeLessThan(15e6);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain('{"answer":{"mode":"approximate"');
    expect(text.match(/\{"row":\[/g)?.length).toBeGreaterThan(50_000);
  });

  test('a client that takes nothing is left', async () => {
    const impatient = await serve(controlOf(work.engine), {
      limits: { ...defaultSettings.limits, stallMs: 300 },
    });
    const body = JSON.stringify({ sql: many });
    const socket = connect(Number(new URL(impatient.address).port), '127.0.0.1');
    socket.on('error', () => undefined); // the connection is reset
    socket.write(
      `POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    const started = performance.now();
    await impatient.close(); // would wait for it otherwise
    expect(performance.now() - started).toBeLessThan(4500);
    socket.destroy();
  });
});

/** Final answers that the server has counted. */
async function countedAnswers(): Promise<number> {
  const text = await (await fetch(`${server.address}/metrics`)).text();
  const lines = text.matchAll(/^ballpark_answers_total\{.*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}
