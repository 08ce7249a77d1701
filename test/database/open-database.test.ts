import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';

const migrations = ['CREATE TABLE t (x INTEGER NOT NULL);'];
let folder: string;
let database: Database;
/** What the device was waited for, and what that comes to. */
let synced: string[];
let sync: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballpark-database-'));
  [synced, sync] = [[], () => Promise.resolve()];
  const files: FileSystem = {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode);
      return {
        ...file,
        sync: async () => {
          synced.push(path);
          await sync();
        },
      };
    },
  };
  database = openDatabase(join(folder, 'd.sqlite'), migrations, files);
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

const insert = (): number => database.prepare('INSERT INTO t VALUES (1)').run().lastInsertRowid;
const count = (): unknown => database.prepare('SELECT count(*) AS n FROM t').get()!['n'];

test('a transaction resolves when the device has it, and holds nobody up until then', async () => {
  let arrive = (): void => undefined;
  const arrival = new Promise<void>((resolve) => (arrive = resolve));
  sync = () => arrival;
  let isDone = false;
  const done = database.transact(insert).then(() => (isDone = true));
  await vi.waitFor(() => expect(synced).toEqual([join(folder, 'd.sqlite-wal')]));
  expect(isDone).toBe(false);
  expect(count()).toBe(1);
  arrive();
  await done;
});

test('a lazy one resolves before', async () => {
  expect(await database.transactLazily(insert)).toBe(1);
  expect(synced).toEqual([]);
});

test('where the device fails, the error says so', async () => {
  sync = () => Promise.reject(Object.assign(new Error('i/o error'), { code: 'EIO' }));
  await expect(database.transact(insert)).rejects.toMatchObject({ code: 'STORAGE' });
});

test('a transaction that throws leaves nothing and waits for nothing', async () => {
  const failing = database.transact(() => {
    insert();
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(count()).toBe(0);
  expect(synced).toEqual([]);
});

test('closing during the wait loses nothing', async () => {
  const done = database.transact(insert);
  database.close();
  await done;
  database = openDatabase(join(folder, 'd.sqlite'), migrations);
  expect(count()).toBe(1);
});
