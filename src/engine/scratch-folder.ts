import { join } from 'node:path';
import { QueryError } from '../common/index.ts';
import { lockFile } from '../database/index.ts';
import type { Environment } from './environment.ts';

/** Holds a lock while the folder's process lives. */
const ownerFile = 'owner';
const scratchName = /^scratch-/;

/** Where a process lets DuckDB spill; nobody else uses it. */
export interface ScratchFolder {
  readonly path: string;
  /** Removes it. */
  close(): Promise<void>;
}

/** How often another name is tried: somebody may take a new folder for one that was left. */
const namesMax = 5;

/** Makes a folder of this process's own. @throws QueryError STORAGE; the file system's errors */
export async function openScratch(
  { files, openSqlite, newId }: Pick<Environment, 'files' | 'openSqlite' | 'newId'>,
  root: string,
): Promise<ScratchFolder> {
  for (let tries = 0; tries < namesMax; tries++) {
    const path = join(root, `scratch-${newId()}`);
    await files.makeFolder(path);
    const release = tryLock(join(path, ownerFile), openSqlite);
    if (release === null) continue;
    const isThere = await files.stat(join(path, ownerFile)).catch((error: unknown) => {
      release();
      throw error;
    });
    if (isThere === null) {
      // Removed by somebody who had it first.
      release();
      continue;
    }
    return {
      path,
      close: async () => {
        release();
        await files.remove(path);
      },
    };
  }
  throw new QueryError('STORAGE', `no folder can be made in ${root}`);
}

/** Removes the folders of processes that have ended, however they did. @throws the file system's errors */
export async function collectScratch(
  { files, openSqlite }: Pick<Environment, 'files' | 'openSqlite'>,
  root: string,
): Promise<void> {
  for (const name of await files.list(root)) {
    if (!scratchName.test(name)) continue;
    const release = tryLock(join(root, name, ownerFile), openSqlite);
    if (release === null) continue;
    try {
      // Still locked: nobody takes it meanwhile.
      await files.remove(join(root, name));
    } finally {
      release();
    }
  }
}

/** Null where it cannot be locked: somebody has it, or it has just been removed. */
function tryLock(path: string, openSqlite: Environment['openSqlite']): (() => void) | null {
  try {
    return lockFile(path, openSqlite);
  } catch {
    return null;
  }
}
