import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { catalogMigrations, type JobEnding, JobStore } from '../../src/catalog/index.ts';
import { type Database, openDatabase } from '../../src/database/index.ts';
import { type Fence, LeaseStore } from '../../src/leases/index.ts';

let database: Database;
let store: JobStore;
let nowMs: number;
let leases: LeaseStore;
beforeEach(() => {
  nowMs = 1000;
  database = openDatabase(':memory:', catalogMigrations);
  store = new JobStore(database);
  leases = new LeaseStore(database, { nowMs: () => nowMs, monotonicMs: () => nowMs }, 'process 1');
});
afterEach(() => database.close());

const limits = { ownerMax: 10, unfinishedMax: 20 };
const add = async (id: string, owner = 'ann'): Promise<void> => {
  await store.add({ id, owner, sql: 'SELECT 1', params: '[]', termMs: 100, submittedMs: nowMs }, limits);
};
const ending = (state: JobEnding['state'], forgetMs = 5000): JobEnding => ({
  state, reason: 'because', error: null, answer: null, endedMs: nowMs, forgetMs,
}); // prettier-ignore
const fenceOf = async (job: number): Promise<Fence> => {
  const [attempt] = await leases.acquire([`job/${job}`], 50);
  if (attempt?.kind !== 'granted') throw new Error('somebody has the lease');
  return attempt.lease;
};
const begin = async (job: number): Promise<Fence> => {
  const fence = await fenceOf(job);
  await store.begin(job, fence, { nowMs, attemptsMax: 2, lost: ending('lost') });
  return fence;
};

describe('JobStore', () => {
  test('takes on so many of an owner, and of all', async () => {
    for (let place = 0; place < 10; place++) await add(`a${place}`);
    await expect(add('b')).rejects.toMatchObject({ code: 'TOO_MANY_JOBS' });
    for (let place = 0; place < 10; place++) await add(`b${place}`, 'bob');
    await expect(add('c', 'cid')).rejects.toMatchObject({ code: 'TOO_MANY_JOBS' });
    await store.cancel('a3', null, ending('cancelled'));
    await add('c', 'cid');
    expect(store.list('ann').map(({ id }) => id)).toHaveLength(10);
    expect(store.list(null)[0]).toMatchObject({ id: 'c', owner: 'cid', state: 'queued', number: 21 });
  });

  test('begins the oldest, and those whose runners are gone', async () => {
    for (const id of ['a', 'b', 'c']) await add(id);
    expect(store.startable(nowMs, 2)).toEqual([1, 2]);
    await begin(1);
    expect(store.startable(nowMs, 9)).toEqual([2, 3]);
    nowMs += 51;
    expect(store.startable(nowMs, 9)).toEqual([1, 2, 3]);
    await begin(1);
    expect(store.find('a', null)).toMatchObject({ state: 'running', attempts: 2, startedMs: 1000 });
    nowMs += 51;
    await begin(1);
    expect(store.find('a', null)).toMatchObject({ state: 'lost', attempts: 2 });
  });

  test('refuses what a runner writes that was replaced', async () => {
    await add('a');
    const stale = await begin(1);
    expect(await store.report(1, stale, '{"rows":1}', '{}')).toBe(true);
    expect(store.find('a', null)).toMatchObject({ progress: '{"rows":1}', interimBytes: 2 });
    nowMs += 51;
    const current = await begin(1);
    for (const write of [
      () => store.report(1, stale, null, null),
      () => store.end(1, stale, ending('done')),
      () => store.giveBack(1, stale),
      () => store.begin(1, stale, { nowMs, attemptsMax: 9, lost: ending('lost') }),
    ])
      await expect(write()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(store.isRun(1, stale)).toBe(false);
    expect(store.find('a', null)).toMatchObject({ state: 'running', progress: null, interimBytes: null });
    expect(await store.end(1, current, ending('done'))).toBe(true);
    expect(store.find('a', null)).toMatchObject({ state: 'done', reason: 'because' });
  });

  test('what a runner writes of a job that has ended changes nothing', async () => {
    await add('a');
    const fence = await begin(1);
    await store.cancel('a', null, ending('cancelled'));
    expect(await store.report(1, fence, '{}', '{}')).toBe(false);
    expect(await store.end(1, fence, ending('done'))).toBe(false);
    await store.giveBack(1, fence);
    await store.addReason(1, fence, 'it had been done');
    expect(store.find('a', null)).toMatchObject({ state: 'cancelled', reason: 'because; it had been done', progress: null }); // prettier-ignore
    expect(await store.cancel('a', null, ending('lost'))).toMatchObject({ state: 'cancelled' });
  });

  test('an attempt that is given back does not count', async () => {
    await add('a');
    await store.giveBack(1, await begin(1));
    expect(store.find('a', null)).toMatchObject({ state: 'queued', attempts: 0 });
  });

  test('ends what nobody asks after, at the end of its term', async () => {
    for (const id of ['a', 'b', 'c']) await add(id);
    await begin(2);
    nowMs += 60;
    await store.renew('b', null, nowMs);
    await store.renew('c', 'bob', nowMs);
    nowMs += 40;
    await store.lapse(nowMs - 1, () => ending('cancelled'));
    expect(store.list(null).map(({ state }) => state)).toEqual(['queued', 'running', 'queued']);
    await store.lapse(nowMs, () => ending('cancelled'));
    expect(store.list(null).map(({ state }) => state)).toEqual(['cancelled', 'running', 'cancelled']);
    nowMs += 59;
    await store.renewAll(nowMs);
    expect(store.list(null).map(({ expiresMs }) => expiresMs)).toEqual([1100, 1259, 1100]);
  });

  test('forgets what has ended, and knows whose files are', async () => {
    for (const id of ['a', 'b', 'c', 'd']) await add(id);
    const [first, second, third] = [await begin(1), await begin(2), await begin(3)];
    const answer = { name: `1.${first.token}.json`, bytes: 1, sha256: '' };
    await store.end(1, first, { ...ending('done', 2000), answer });
    await store.end(2, second, ending('done', 3000));
    const names = [answer.name, `1.${first.token}.json.tmp`, `2.${second.token}.json`, `3.${third.token}.json.tmp`, `3.${third.token + 1}.json`, '9.9.json', 'other.json']; // prettier-ignore
    expect(store.nobodysFiles(names)).toEqual([names[1], names[2], names[4], names[5]]);
    expect(await store.forget(1999, 2)).toBe(false);
    expect(await store.forget(2000, 2)).toBe(true);
    expect(store.list(null).map(({ id }) => id)).toEqual(['d', 'c', 'b']);
    expect(store.nobodysFiles(names)).toContain(answer.name);
    await store.cancel('c', null, ending('cancelled'));
    nowMs++;
    await store.cancel('d', null, ending('cancelled'));
    expect(await store.forget(2000, 1)).toBe(true);
    expect(store.list(null).map(({ id }) => id)).toEqual(['d']);
  });
});
