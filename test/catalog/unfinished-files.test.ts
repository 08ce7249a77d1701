import { afterEach, beforeEach, expect, test } from 'vitest';
import { Catalog, catalogMigrations, FileOwners } from '../../src/catalog/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { LeaseStore } from '../../src/leases/index.ts';

type Grant = Parameters<LeaseStore['renew']>[0][number];

let database: Database;
let catalog: Catalog;
let owners: FileOwners;
let nowMs: number;
const termMs = 30_000;

beforeEach(() => {
  nowMs = 1e12;
  database = openDatabase(':memory:', catalogMigrations);
  catalog = new Catalog(database);
  owners = new FileOwners(database);
});
afterEach(() => database.close());

async function lease(name: string): Promise<Grant> {
  const store = new LeaseStore(database, { nowMs: () => nowMs, monotonicMs: () => nowMs }, 'test');
  const [attempt] = await store.acquire([name], termMs);
  if (attempt?.kind !== 'granted') throw new Error('refused');
  return attempt.lease;
}

const table = {
  name: 't', source: 't.csv', format: 'csv', columns: [], rows: 1, createdMs: 0, isSample: false,
  files: [{ id: 1, path: '/data/tables/table-1.parquet', bytes: 1, modifiedMs: 1, rows: 1, zones: null }],
} as const; // prettier-ignore

test('files are the builder’s while its lease is not over, and nobody’s after that', async () => {
  const fence = await lease('build/s');
  const number = await catalog.nextFileNumber(fence);
  const samples = [`sample-${number}.arrow.tmp`, `sample-${number}.strata.arrow`];
  const listed = { samples, tables: [] };
  expect(await owners.findNobodys(listed, nowMs)).toEqual({ samples: [], tables: [] });
  nowMs += termMs;
  expect(await owners.findNobodys(listed, nowMs)).toEqual(listed);
});

test('who was given up cannot publish, though nobody has its lease', async () => {
  const fence = await lease('table/t/1');
  await catalog.nextFileNumber(fence);
  nowMs += termMs;
  await owners.findNobodys({ samples: [], tables: ['table-1.parquet.tmp'] }, nowMs);
  await expect(catalog.addTable(table, { fence })).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(catalog.snapshot().tables).toEqual([]);
});

test('who was given up cannot publish what it lost, whatever it has begun since', async () => {
  const store = new LeaseStore(database, { nowMs: () => nowMs, monotonicMs: () => nowMs }, 'test');
  const fence = await lease('table/t/1');
  await catalog.nextFileNumber(fence);
  // The builder is stopped for longer than its term, and goes on before others would forget its lease.
  nowMs += termMs + 1;
  const listed = { samples: [], tables: ['table-1.parquet'] };
  expect(await owners.findNobodys(listed, nowMs)).toEqual(listed);
  expect(await store.renew([fence])).toEqual([null]);
  // What it begins now does not vouch for what it has lost.
  await catalog.nextFileNumber(fence);
  await expect(catalog.addTable(table, { fence })).rejects.toMatchObject({ code: 'LEASE_LOST' });
});

test('what is published stays, until it is dropped', async () => {
  const fence = await lease('table/t/1');
  await catalog.nextFileNumber(fence);
  await catalog.addTable(table, { fence });
  nowMs += termMs;
  const listed = { samples: [], tables: ['table-1.parquet'] };
  expect(await owners.findNobodys(listed, nowMs)).toEqual({ samples: [], tables: [] });
  await catalog.dropTable(catalog.snapshot().tables[0]!.id); // it was just added
  expect(await owners.findNobodys(listed, nowMs)).toEqual(listed);
});

test('nothing goes that may belong to an entry that cannot be read', async () => {
  const fence = await lease('table/t/1');
  await catalog.nextFileNumber(fence);
  await catalog.addTable(table, { fence });
  await catalog.nextFileNumber(fence);
  nowMs += termMs;
  const listed = { samples: [], tables: ['table-1.parquet', 'table-2.parquet'] };
  expect(await owners.findNobodys(listed, nowMs)).toEqual({ samples: [], tables: ['table-2.parquet'] });
  database.prepare('UPDATE tables SET rows = 2').run();
  expect(await new FileOwners(database).findNobodys(listed, nowMs)).toEqual({ samples: [], tables: [] });
});

test('files of other names, and of numbers that were never given, are left alone', async () => {
  await catalog.nextFileNumber(await lease('build/s'));
  nowMs += termMs;
  const samples = ['notes.txt', 'sample-2.arrow', 'sample-1.arrow.bak', 'my-sample-1.arrow', 'sample-.arrow'];
  expect(await owners.findNobodys({ samples, tables: ['table.parquet'] }, nowMs)).toEqual({
    samples: [],
    tables: [],
  });
});
