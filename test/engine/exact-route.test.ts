import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { type Engine, openEngine } from '../../src/index.ts';
import { Workspace } from '../support/workspace.ts';

/*
 * Two engines on one folder, as two processes would have them: one asks exactly while the other writes the table anew or drops it.
 * Its file goes at once.
 */

let work: Workspace;
let other: Engine;
/** Done once, before or after the asking engine has looked whether the table's file is there. */
let meanwhile: { readonly look: 'before' | 'after'; readonly run: () => Promise<unknown> } | null;

const files: FileSystem = {
  ...nodeFileSystem,
  async stat(path) {
    if (meanwhile === null || !/table-\d+\.parquet$/.test(path)) return await nodeFileSystem.stat(path);
    const { look, run } = meanwhile;
    meanwhile = null;
    if (look === 'before') await run();
    const found = await nodeFileSystem.stat(path);
    if (look === 'after') await run();
    return found;
  },
};
const question = 'EXACT SELECT COUNT(*), SUM(x) FROM t';
const csvOf = (rows: number): string => ['x', ...Array(rows).keys()].join('\n');
/** The table's file has other content now, and the table with it. */
const writeAnew = async (rows: number): Promise<void> => {
  work.write('t.csv', csvOf(rows));
  await other.query('REFRESH SAMPLES ON t');
};

beforeEach(async () => {
  meanwhile = null;
  work = await Workspace.open({ files });
  other = await openEngine({ dataDir: join(work.folder, 'data'), allowedPaths: [work.folder], threads: 2 });
  await work.query(`CREATE TABLE t FROM '${work.write('t.csv', csvOf(10))}'`);
});
afterEach(async () => {
  await other.close();
  await work.close();
});

describe.each(['before', 'after'] as const)('a table whose file goes %s it was looked for', (look) => {
  test('is asked as it is then, where it was written anew', async () => {
    meanwhile = { look, run: () => writeAnew(12) };
    const { rows, answer } = await work.query(question);
    expect(rows).toEqual([[12, 66]]);
    expect(answer.mode).toBe('exact');
  });

  test('is unknown, where it was dropped', async () => {
    meanwhile = { look, run: () => other.query('DROP TABLE t') };
    expect(await work.error(question)).toMatchObject({
      code: 'UNKNOWN_TABLE',
      message: 'the table t was dropped meanwhile',
    });
  });

  test('is unknown, where another has its name', async () => {
    const another = work.write('u.csv', 'x\nnone\n');
    const run = async (): Promise<void> => {
      await other.query('DROP TABLE t');
      await other.query(`CREATE TABLE t FROM '${another}'`);
    };
    meanwhile = { look, run };
    expect(await work.error(question)).toMatchObject({ code: 'UNKNOWN_TABLE' });
    expect((await work.query('EXACT SELECT x FROM t')).rows).toEqual([['none']]);
  });
});

test('a table that is written anew again and again answers as one of its states', async () => {
  const seen: (readonly unknown[])[] = [];
  const write = async (): Promise<void> => {
    for (let rows = 1000; rows < 1010; rows++) await writeAnew(rows);
  };
  const ask = async (): Promise<void> => {
    for (let asked = 0; asked < 50; asked++) seen.push(...(await work.query(question)).rows);
  };
  await Promise.all([write(), ask()]);
  seen.push(...(await work.query(question)).rows);
  for (const [count, sum] of seen) {
    const n = Number(count);
    expect(sum).toBe((n * (n - 1)) / 2);
  }
  expect(seen.at(-1)![0]).toBe(1009);
});
