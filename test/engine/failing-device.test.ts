import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { systemEnvironment } from '../../src/engine/environment.ts';
import { openEngineIn } from '../../src/engine/open-engine.ts';
import type { Engine } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/** An engine on a folder of its own whose device cannot keep what is committed while `fails` says so. */
let work: Workspace;
let engine: Engine;
let fails: () => boolean;
const dataDir = (): string => join(work.folder, 'own');
const filesOf = (folder: string): string[] => readdirSync(join(dataDir(), folder));

beforeEach(async () => {
  work = await Workspace.open();
  fails = () => false;
  const files: FileSystem = {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode);
      const sync = (): Promise<void> =>
        path.endsWith('-wal') && fails()
          ? Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }))
          : file.sync();
      return { ...file, sync };
    },
  };
  engine = await openEngineIn(
    { dataDir: dataDir(), allowedPaths: [work.folder], threads: 2 },
    { ...systemEnvironment, files },
  );
});
afterEach(async () => {
  await engine.close();
  await work.close();
});

test('a sample that was committed before the device failed keeps its files', async () => {
  const path = await work.writeRows('t.parquet', 'SELECT i AS x FROM range(100000) t(i)');
  await engine.query(`CREATE TABLE t FROM '${path}'`);
  fails = () => filesOf('samples').filter((name) => !name.endsWith('.tmp')).length === 2;
  const building = engine.query('CREATE SAMPLE s ON t UNIFORM 10000 ROWS SEED 1');
  await expect(building).rejects.toMatchObject({ code: 'STORAGE' });
  fails = () => false;
  const { answer } = await engine.query('SELECT SUM(x) FROM t WHERE x % 3 = 0');
  expect(answer).toMatchObject({ mode: 'approximate', sample: { name: 's' } });
});

test('and so does a table', async () => {
  const path = work.write('t.csv', 'x\n1\n2\n');
  fails = () => filesOf('tables').some((name) => name.endsWith('.parquet'));
  await expect(engine.query(`CREATE TABLE t FROM '${path}'`)).rejects.toMatchObject({ code: 'STORAGE' });
  fails = () => false;
  expect((await engine.query('SELECT SUM(x) FROM t')).rows).toEqual([[3]]);
});
