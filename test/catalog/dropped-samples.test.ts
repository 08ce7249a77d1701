import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { catalogMigrations, DroppedSamples } from '../../src/catalog/index.ts';
import { type FileSystem, nodeFileSystem } from '../../src/common/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';

let folder: string;
let database: Database;
let sync: () => Promise<void>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ballpark-dropped-'));
  const files: FileSystem = {
    ...nodeFileSystem,
    open: async (path, mode) => ({ ...(await nodeFileSystem.open(path, mode)), sync: () => sync() }),
  };
  database = openDatabase(join(folder, 'd.sqlite'), catalogMigrations, files);
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});

test('samples are listed when the device knows that they were dropped', async () => {
  const dropped = new DroppedSamples(database);
  sync = () => Promise.reject(new Error('nothing to wait for'));
  expect(await dropped.list()).toEqual([]);

  let arrive = (): void => undefined;
  let isAsked = false;
  sync = () => {
    isAsked = true;
    return new Promise((resolve) => (arrive = resolve));
  };
  // Another process has dropped it, and its commit is not on the device yet.
  const other = openDatabase(join(folder, 'd.sqlite'), catalogMigrations);
  const files = { dataFile: 'a', strataFile: 'b' };
  await other.transactLazily(() =>
    other.prepare('INSERT INTO dropped_samples VALUES (7, ?)').run(JSON.stringify(files)),
  );
  other.close();
  let listed: unknown = null;
  const listing = dropped.list().then((list) => (listed = list));
  await vi.waitFor(() => expect(isAsked).toBe(true));
  expect(listed).toBeNull();
  arrive();
  expect(await listing).toEqual([7]);
});
