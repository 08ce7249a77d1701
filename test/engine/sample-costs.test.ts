import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Catalog, catalogMigrations, ProfileStore } from '../../src/catalog/index.ts';
import { openDatabase } from '../../src/database/index.ts';
import { Profile } from '../../src/engine/profile.ts';
import { RunControl } from '../../src/engine/run-control.ts';
import { firstTurn, nextTurn, SampleCosts, type SampleWork } from '../../src/engine/sample-costs.ts';

const megabyte = 2 ** 20;
const work: SampleWork = { load: 0, read: 1000, estimate: 10 };

let database: ReturnType<typeof openDatabase>;
let profile: Profile;
let nowMs: number;
beforeEach(() => {
  database = openDatabase(':memory:', catalogMigrations);
  nowMs = 0;
  const clock = { nowMs: () => 0, monotonicMs: () => performance.now() }; // oxlint-disable-line no-restricted-properties
  profile = new Profile(new ProfileStore(database), 2, clock);
});
afterEach(() => new Catalog(database).close());

/** A statement that began just now, by a clock that goes on when it is told to. */
function statement(): RunControl {
  const startedMs = nowMs;
  return new RunControl({ nowMs: () => nowMs, monotonicMs: () => nowMs }, {}, null, startedMs);
}

const query = (done: SampleWork = work, estimateMs = 1): { workDone: SampleWork; estimateMs: number } => ({ workDone: done, estimateMs }); // prettier-ignore
const firstOf = (shape: string): SampleCosts => {
  const own = query();
  return new SampleCosts(profile, shape, firstTurn(own, [own]));
};

/** A statement of a shape is answered within some time. */
function answered(shape: string, tookMs: number): void {
  const control = statement();
  const costs = firstOf(shape);
  nowMs += tookMs;
  costs.learn(work, control, 1);
}

describe('the costs of an answer from a sample', () => {
  test('what a process does for the first time is learned apart from what it does again', () => {
    for (let shape = 0; shape < 20; shape++) {
      answered(`s${shape}`, 30);
      for (let run = 0; run < 3; run++) answered(`s${shape}`, 3);
    }
    expect(firstOf('new').predictMs(work)).toBeCloseTo(30, 0);
    expect(firstOf('s19').predictMs(work)).toBeCloseTo(3, 0);
    answered('once', 30);
    expect(firstOf('once').predictMs(work)).toBeCloseTo(3, 0);
  });

  test('what was loaded counts by its bytes, and not as reading', async () => {
    for (let shape = 0; shape < 10; shape++) {
      const control = statement();
      const costs = firstOf(`s${shape}`);
      const megabytes = 1 + ((shape * 7) % 10);
      const load = megabytes * megabyte;
      await control.loading(
        load,
        Promise.resolve().then(() => void (nowMs += 1 + 2 * megabytes)),
      );
      expect(await control.loading(0, Promise.resolve('there'))).toBe('there');
      nowMs += 5;
      costs.learn({ ...work, load }, control, 1);
    }
    expect(firstOf('new').predictMs(work)).toBeCloseTo(5, 0);
    expect(firstOf('new').predictMs({ ...work, load: 20 * megabyte })).toBeCloseTo(46, 0);
    // What is there need not be loaded again.
    const [all, done] = [
      { ...work, load: 20 * megabyte },
      { ...work, load: 19 * megabyte },
    ];
    const rest = firstOf('new').restMs(all, done) - firstOf('new').restMs(work, work);
    expect(rest).toBeCloseTo(3, 0);
  });

  test('a sample that is tried behind another has its own work alone, a first one the probes of others', async () => {
    const control = statement();
    const [own, other] = [query({ load: 0, read: 500, estimate: 10 }), query({ ...work, estimate: 1000 })];
    const first = new SampleCosts(profile, 'own', firstTurn(own, [own, other]));
    nowMs += 12;
    first.learn({ load: 0, read: 9000, estimate: 10 }, control, 1);
    const next = new SampleCosts(profile, 'other', nextTurn(control, other));
    nowMs += 4;
    next.learn({ load: 0, read: 4000, estimate: 10 }, control, 3);
    // Other samples are done with when it is asked what is left of this one.
    const [some, all] = [
      { load: 0, read: 500, estimate: 10 },
      { load: 0, read: 9000, estimate: 10 },
    ];
    const alone = new SampleCosts(profile, 'own', firstTurn(own, [own]));
    expect(first.restMs(all, some)).toBeCloseTo(alone.restMs(all, some), 3);
    await profile.save();
    const efforts = new ProfileStore(database).efforts(2);
    expect(efforts.map(({ work: kind, shape, size, elapsedMs }) => [kind, shape, size, elapsedMs])).toEqual([
      // 12 ms, of which estimating took 1 on each sample
      ['first read', 'own', 10_000, 10],
      ['first estimate', 'own', 1010, 2],
      // 4 ms, of which estimating took 3 − 1
      ['first next', 'other', 3000, 2],
      ['first estimate', 'other', 10, 2],
    ]);
  });
});
