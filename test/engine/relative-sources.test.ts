import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogMigrations } from '../../src/catalog/index.ts';
import { sealTable } from '../../src/catalog/seals.ts';
import { openDatabase } from '../../src/database/index.ts';
import { Workspace } from '../support/workspace.ts';

/* Files are named from where a process works; another one, that works elsewhere, is to find them too. */

/** A name that a glob would take for more than letters. */
const folder = 'my [1] data (2)';
const elsewhere = process.cwd();
let work: Workspace;
beforeEach(async () => {
  work = await Workspace.open();
  mkdirSync(work.path(folder));
  work.write(join(folder, 'part-1.csv'), 'x\n1\n2\n');
  process.chdir(work.path(folder));
});
afterEach(async () => {
  process.chdir(elsewhere);
  await work.close();
});

const refresh = async (): Promise<unknown> => (await work.query('REFRESH SAMPLES ON t')).answer.reason;
const rows = (): Promise<unknown> => work.values('EXACT SELECT COUNT(*), SUM(x) FROM t');

test.each(['part-*.csv', './part-?.csv', '../my*/part-[0-9].csv'])(
  'a relative glob is looked for where the table was created: %s',
  async (glob) => {
    await work.query(`CREATE TABLE t FROM '${glob}'`);
    process.chdir(elsewhere);
    work.write(join(folder, 'part-2.csv'), 'x\n3\n');
    expect(await refresh()).toBe('t: 1 file added');
    expect(await rows()).toEqual([[3, 6]]);
  },
);

test('so is a relative path', async () => {
  await work.query("CREATE TABLE t FROM 'part-1.csv'");
  process.chdir(elsewhere);
  expect(await refresh()).toBe('the files of t are what they were');
  work.write(join(folder, 'part-1.csv'), 'x\n1\n2\n3\n4\n');
  expect(await refresh()).toBe('t: 1 file changed');
  expect(await rows()).toEqual([[4, 10]]);
});

test('folders that may not be read are told from their names as well', async () => {
  expect(await work.error("CREATE TABLE t FROM '../../*.csv'")).toMatchObject({ code: 'FORBIDDEN_PATH' });
});

describe('a table of an earlier version', () => {
  beforeEach(async () => {
    await work.query("CREATE TABLE t FROM 'part-*.csv'");
    const database = openDatabase(work.path('data/catalog.sqlite'), catalogMigrations);
    await database.transact(() => {
      database.prepare("UPDATE tables SET source = 'part-*.csv'").run();
      sealTable(database, 1);
    });
    database.close();
    work.write(join(folder, 'part-2.csv'), 'x\n3\n');
  });

  test('is looked for from where the process works', async () => {
    expect(await refresh()).toBe('t: 1 file added');
    expect(await rows()).toEqual([[3, 6]]);
  });

  test('which is told where that is another folder', async () => {
    process.chdir(work.folder);
    expect(await work.error('REFRESH SAMPLES ON t')).toMatchObject({ code: 'MISSING_FILE' });
    work.write('part-3.csv', 'x\n3\n');
    const { hint } = await work.error('REFRESH SAMPLES ON t');
    expect(hint).toMatch(/part-\*\.csv is looked for from the working directory: an earlier version/);
  });
});
