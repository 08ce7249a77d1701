import { expect, test } from 'vitest';
import { Catalog, catalogMigrations, type Effort, ProfileStore } from '../../src/catalog/index.ts';
import { openDatabase } from '../../src/database/index.ts';

const effort = (size: number, threads = 2): Effort => ({ work: 'read', shape: 's', threads, size, elapsedMs: size / 100 }); // prettier-ignore

test('efforts are kept by threads, in order, and the oldest go', async () => {
  const database = openDatabase(':memory:', catalogMigrations);
  const store = new ProfileStore(database);
  await store.keep([effort(1), effort(2, 4), effort(3)]);
  await store.keep([effort(4)]);
  // They were asked for by their threads.
  const kept = ({ work, shape, size, elapsedMs }: Effort) => ({ work, shape, size, elapsedMs });
  expect(store.efforts(2)).toEqual([effort(1), effort(3), effort(4)].map(kept));
  expect(store.efforts(4)).toEqual([effort(2, 4)].map(kept));
  await store.keep(Array.from({ length: 4095 }, (_, place) => effort(place + 5)));
  expect(store.efforts(2).map(({ size }) => size)[0]).toBe(4);
  expect(store.efforts(2).length).toBe(4096);
  new Catalog(database).close();
});
