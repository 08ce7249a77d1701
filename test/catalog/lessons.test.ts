import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  Catalog,
  catalogMigrations,
  fingerprintOf,
  type Lesson,
  LessonStore,
} from '../../src/catalog/index.ts';
import { openDatabase } from '../../src/database/index.ts';

let catalog: Catalog;
let store: LessonStore;
const file = { id: 1, path: '/t.parquet', bytes: 100, modifiedMs: 5, rows: 3, zones: null };
const table = { name: 't', source: 't.parquet', format: 'parquet', columns: [], rows: 3, createdMs: 0,
  isSample: false, files: [file] } as const; // prettier-ignore
beforeEach(async () => {
  const database = openDatabase(':memory:', catalogMigrations);
  catalog = new Catalog(database);
  store = new LessonStore(database);
  await catalog.addTable(table);
});
afterEach(() => catalog.close());

const lesson = (subject: string, values: readonly (readonly number[])[], fingerprint = 'f'): Lesson => ({
  tableId: catalog.snapshot().tables[0]!.id,
  strata: '["g"]',
  subject,
  fingerprint,
  learnedMs: 7,
  columns: values.map((column) => Float64Array.from(column)),
});

test('what is kept is found again, digit by digit, and by its key alone', async () => {
  const values = [[1, 0.1 + 0.2], [Number.NaN, 1e300], [-0, Number.NEGATIVE_INFINITY]]; // prettier-ignore
  const kept = lesson('a', values);
  await store.keep([kept, lesson('b', [[4]])]);
  expect(store.find(kept)).toEqual(kept);
  for (const other of [{ tableId: 99 }, { strata: '[]' }, { subject: 'c' }, { fingerprint: 'g' }])
    expect(store.find({ ...kept, ...other })).toBeNull();
});

test('a later lesson takes the place of an earlier one, whatever the files were like', async () => {
  await store.keep([lesson('a', [[1]])]);
  await store.keep([lesson('a', [[2]], 'g')]);
  expect(store.find(lesson('a', [], 'f'))).toBeNull();
  expect(store.find(lesson('a', [], 'g'))!.columns).toEqual([Float64Array.of(2)]);
});

test('the fingerprint tells of every file its path, size and time', () => {
  const prints = [{}, { path: '/u.parquet' }, { bytes: 101 }, { modifiedMs: 6 }].map((change) =>
    fingerprintOf({ ...table, id: 1, files: [{ ...file, ...change }] }),
  );
  expect(new Set(prints).size).toBe(prints.length);
  expect(fingerprintOf({ ...table, id: 2, files: [{ ...file }] })).toBe(prints[0]);
});

test('lessons go with their table, and are not kept of one that is gone', async () => {
  const kept = lesson('a', [[1]]);
  await store.keep([kept]);
  await catalog.dropTable(kept.tableId);
  expect(store.find(kept)).toBeNull();
  await store.keep([kept]);
  expect(store.find(kept)).toBeNull();
});

test('the oldest go where there are too many, or too many bytes', async () => {
  await store.keep(Array.from({ length: 1001 }, (_, place) => lesson(`s${place}`, [[place]])));
  expect(store.find(lesson('s0', []))).toBeNull();
  expect(store.find(lesson('s1', []))!.columns[0]![0]).toBe(1);
  const large = Array.from({ length: 2 ** 20 }, () => 1); // 8 MiB
  for (let place = 0; place < 9; place++) await store.keep([lesson(`large${place}`, [large])]);
  expect(store.find(lesson('large0', []))).toBeNull();
  expect(store.find(lesson('s1000', []))).toBeNull();
  expect(store.find(lesson('large8', []))).not.toBeNull();
});
