import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { openEngine } from '../../src/index.ts';

const { cache } = createRequire(import.meta.url);
const loadedDuckDB = (): boolean => Object.keys(cache).some((file) => /duckdb.*\.node$/.test(file));

let dataDir: string;
beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ballpark-warm-up-'));
});
afterAll(() => rmSync(dataDir, { recursive: true }));

test('who closes an engine that loads DuckDB ends what it is warmed up with', async () => {
  const engine = await openEngine({ dataDir });
  await engine.query('SHOW TABLES');
  expect(loadedDuckDB()).toBe(false);
  const warming = controlOf(engine).warmUp();
  for (let turn = 0; turn < 10; turn++) await new Promise((resume) => setImmediate(resume)); // it is under way
  await engine.close();
  await expect(warming).resolves.toBeUndefined();
});

test('an engine can be closed at any moment of its warming up', async () => {
  for (let turns = 0; turns < 12; turns++) {
    const engine = await openEngine({ dataDir });
    const warming = controlOf(engine).warmUp();
    for (let turn = 0; turn < turns; turn++) await new Promise((resume) => setImmediate(resume));
    await engine.close();
    await expect(warming).resolves.toBeUndefined();
  }
});

test('an engine that is warmed up has loaded DuckDB', async () => {
  const engine = await openEngine({ dataDir, allowedPaths: [dataDir] });
  try {
    await controlOf(engine).warmUp();
    expect(loadedDuckDB()).toBe(true);
    writeFileSync(join(dataDir, 't.csv'), 'x\n1\n2\n');
    await engine.query(`CREATE TABLE t FROM '${join(dataDir, 't.csv')}'`);
    expect((await engine.query('SELECT COUNT(*) AS n FROM t')).rows).toEqual([[2]]);
  } finally {
    await engine.close();
  }
});
