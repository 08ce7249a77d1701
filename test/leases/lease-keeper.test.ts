import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { HeldLease, LeaseKeeper, leaseSchema, LeaseStore } from '../../src/leases/index.ts';
import { SimulatedProcess, SimulatedWorld } from './simulated-world.ts';

const termMs = 30_000;
let world: SimulatedWorld;
let process: SimulatedProcess;
let database: Database;
let keeper: LeaseKeeper;
let store: LeaseStore;
/** Statements that each transaction ran. */
let runs: number[];

beforeEach(() => {
  world = new SimulatedWorld(() => undefined);
  process = new SimulatedProcess(world, 'p', 0, false);
  runs = [];
  const opened = openDatabase(':memory:', [leaseSchema]);
  database = {
    ...opened,
    prepare: (sql) => {
      const statement = opened.prepare(sql);
      return {
        all: (...parameters) => statement.all(...parameters),
        get: (...parameters) => statement.get(...parameters),
        run(...parameters) {
          runs[runs.length - 1]!++; // always in a transaction
          return statement.run(...parameters);
        },
      };
    },
    transact(work) {
      runs.push(0);
      return opened.transact(work);
    },
  };
  store = new LeaseStore(database, process.clock, 'p');
  keeper = new LeaseKeeper(store, { clock: process.clock, timers: process.timers, termMs });
});
afterEach(() => database.close());

async function hold(name: string): Promise<HeldLease> {
  const outcome = await keeper.hold(name);
  if (!(outcome instanceof HeldLease)) throw new Error(`${name} is ${outcome.holder}'s`);
  return outcome;
}

test('a lease is renewed three times a term for as long as it is held, and no longer', async () => {
  const lease = await hold('a');
  await world.pass(100 * termMs);
  expect(lease.isValid()).toBe(true);
  expect(store.list()).toMatchObject([{ name: 'a', token: 1, renewals: 300, isOver: false }]);
  await lease.release();
  expect(store.list()).toEqual([]);
  const before = runs.length;
  await world.pass(100 * termMs);
  expect(runs.length - before).toBeLessThanOrEqual(1);
  expect(lease.signal.aborted).toBe(false);
});

test('renewals come in batches of a thousand at most', async () => {
  const names = Array.from({ length: 2500 }, (_, place) => `n${place}`);
  const waiting = keeper.holdAll(names);
  await world.pass(2000);
  expect((await waiting).every((outcome) => outcome instanceof HeldLease)).toBe(true);
  runs = [];
  await world.pass(termMs / 3 + 10);
  expect(runs).toEqual([1000, 1000, 500]);
});

test('what cannot be renewed in time is lost, and its holder told why', async () => {
  const lease = await hold('a');
  const { signal } = lease;
  await world.pass(termMs / 2);
  const trouble = new Error('the device is gone');
  database.transact = () => Promise.reject(trouble);
  // Renewed last after a third of the term, and counted on for nine tenths of one.
  await world.pass(termMs * (1 / 3 + 0.9 - 1 / 2) - 1);
  expect([lease.isValid(), signal.aborted]).toEqual([true, false]);
  await world.pass(termMs / 60 + 1);
  expect([lease.isValid(), signal.aborted]).toEqual([false, true]);
  expect(signal.reason).toMatchObject({ code: 'LEASE_LOST', cause: trouble });
});

test('who was stopped does not count on its lease before it is renewed; nobody took it, so it is kept', async () => {
  const lease = await hold('a');
  process.stall(2 * termMs);
  await world.pass(2 * termMs + 500);
  expect(lease.isValid()).toBe(false);
  await world.pass(1000);
  expect(lease.isValid()).toBe(true);
  expect(lease.signal.aborted).toBe(false);
});

test('who looks at a lease in vain is told who has it; the check of a transaction refuses it', async () => {
  await hold('a');
  expect(await keeper.hold('a')).toMatchObject({ name: 'a', holder: 'p', token: 1, isOver: false });
  const gone = new Error('gone');
  await expect(
    keeper.hold('b', () => {
      throw gone;
    }),
  ).rejects.toBe(gone);
  expect(store.list().map(({ name }) => name)).toEqual(['a']);
  expect(store.list('b')).toEqual([]);
});

test('closing gives everything back', async () => {
  const lease = await hold('a');
  await hold('b');
  await keeper.close();
  expect(store.list()).toEqual([]);
  expect(lease.signal.aborted).toBe(false);
});
