import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { Workspace } from '../support/workspace.ts';

let work: Workspace;
/** Whether the device cannot keep what is committed. */
let fails: () => boolean;
const filesOf = (folder: string): string[] => readdirSync(join(work.folder, 'data', folder));

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

beforeEach(async () => {
  fails = () => false;
  work = await Workspace.open({ files });
});
afterEach(() => work.close());

test('a sample that was committed before the device failed keeps its files', async () => {
  await work.table('t', 'SELECT i AS x FROM range(100000) t(i)');
  fails = () => filesOf('samples').filter((name) => !name.endsWith('.tmp')).length === 2;
  expect((await work.error('CREATE SAMPLE s ON t UNIFORM 10000 ROWS SEED 1')).code).toBe('STORAGE');
  fails = () => false;
  const { answer } = await work.query('SELECT SUM(x) FROM t WHERE x % 3 = 0');
  expect(answer).toMatchObject({ mode: 'approximate', sample: { name: 's' } });
});

test('and so does a table', async () => {
  const path = work.write('t.csv', 'x\n1\n2\n');
  fails = () => filesOf('tables').some((name) => name.endsWith('.parquet'));
  expect((await work.error(`CREATE TABLE t FROM '${path}'`)).code).toBe('STORAGE');
  fails = () => false;
  expect(await work.values('SELECT SUM(x) FROM t')).toEqual([[3]]);
});
