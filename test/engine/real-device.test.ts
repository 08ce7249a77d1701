import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine, QueryError } from '../../src/index.ts';
import { strayFiles } from '../support/engine-state.ts';
import { Workspace } from '../support/workspace.ts';

/* A device that is really full, and one that really is read-only: where tests may mount one. */

const run = (...command: [string, ...string[]]): boolean => {
  try {
    execFileSync(command[0], command.slice(1), { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Mounts a small device. @returns null where that is not allowed */
function mountSmall(): { path: string; unmount: () => void } | null {
  const path = mkdtempSync(join(tmpdir(), 'ballpark-device-'));
  if (run('mount', '-t', 'tmpfs', '-o', 'size=4m', 'ballpark', path))
    return { path, unmount: () => (run('umount', '-l', path), rmSync(path, { recursive: true })) };
  rmSync(path, { recursive: true });
  return null;
}

const codeOf = (running: Promise<unknown>): Promise<string> =>
  running.then(
    () => 'done',
    (error: unknown) => (error instanceof QueryError ? error.code : String(error)),
  );

const device = mountSmall();

test.runIf(device !== null)('a device that is full, then read-only', async () => {
  const { path, unmount } = device!; // else this does not run
  const work = await Workspace.open();
  const dataDir = join(path, 'data');
  const open = (): ReturnType<typeof openEngine> =>
    openEngine({ dataDir, allowedPaths: [work.folder], threads: 2 });
  try {
    const table = await work.writeRows('t.parquet', 'SELECT i AS x, i % 7 AS g FROM range(1000000) t(i)');
    mkdirSync(dataDir);
    let engine = await open();
    await engine.query(`CREATE TABLE t FROM '${table}'`);
    await engine.query('CREATE SAMPLE s ON t UNIFORM 20000 ROWS SEED 1');
    const question = 'SELECT g, SUM(x) FROM t WHERE x % 3 = 0 GROUP BY g ORDER BY g ERROR WITHIN 50%';
    const answer = (await engine.query(question)).toObjects();
    const large = 'CREATE SAMPLE large ON t UNIFORM 500000 ROWS SEED 2';
    expect(await codeOf(engine.query(large))).toBe('STORAGE');
    expect(strayFiles(dataDir)).toEqual([]);
    expect((await engine.query(question)).toObjects()).toEqual(answer);
    await engine.query('CREATE SAMPLE small ON t UNIFORM 1000 ROWS SEED 2');
    await engine.query('DROP SAMPLE small');
    await engine.close();

    run('mount', '-o', 'remount,ro', path);
    expect(await codeOf(open())).toBe('STORAGE');
    run('mount', '-o', 'remount,rw,size=64m', path);
    engine = await open();
    expect((await engine.query(question)).toObjects()).toEqual(answer);
    expect(await codeOf(engine.query(large))).toBe('done');
    await engine.close();
  } finally {
    await work.close();
    unmount();
  }
});
