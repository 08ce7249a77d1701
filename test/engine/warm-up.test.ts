import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { controlOf } from '../../src/engine/control.ts';
import { openEngine } from '../../src/index.ts';

const { cache } = createRequire(import.meta.url);
const loadedDuckDB = (): boolean => Object.keys(cache).some((file) => /duckdb.*\.node$/.test(file));

test('an engine loads DuckDB when it is warmed up, and no sooner', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ballpark-warm-up-'));
  const engine = await openEngine({ dataDir, allowedPaths: [dataDir] });
  try {
    await engine.query('SHOW TABLES');
    expect(loadedDuckDB()).toBe(false);
    await controlOf(engine).warmUp();
    expect(loadedDuckDB()).toBe(true);
    writeFileSync(join(dataDir, 't.csv'), 'x\n1\n2\n');
    await engine.query(`CREATE TABLE t FROM '${join(dataDir, 't.csv')}'`);
    expect((await engine.query('SELECT COUNT(*) AS n FROM t')).rows).toEqual([[2]]);
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true });
  }
});
