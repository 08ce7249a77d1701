import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Catalog, catalogMigrations, ProfileStore } from '../../src/catalog/index.ts';
import { openDatabase } from '../../src/database/index.ts';
import { costAt, type CostLine, fitLine, type Point } from '../../src/engine/cost-line.ts';
import { Profile } from '../../src/engine/profile.ts';
import { seededRandom } from '../../src/common/index.ts';

const prior: CostLine = { baseMs: 1, msPerUnit: 1e-3 };

describe('a line of costs', () => {
  const sizes = [100, 300, 1000, 5000, 20_000, 100_000, 400_000, 1_000_000];
  const points = (line: CostLine, noise: (place: number) => number = () => 1): Point[] =>
    sizes.map((size, place) => [size, costAt(line, size) * noise(place)]);

  test('is found again where all points lie on it', () => {
    const { baseMs, msPerUnit } = fitLine(points({ baseMs: 3, msPerUnit: 2e-5 }), prior);
    expect(baseMs).toBeCloseTo(3, 9);
    expect(msPerUnit).toBeCloseTo(2e-5, 12);
  });

  test('fits small and large work alike, in proportion', () => {
    const fitted = fitLine(points({ baseMs: 3, msPerUnit: 2e-5 }, (place) => (place % 2 === 0 ? 1.3 : 0.8)), prior); // prettier-ignore
    for (const size of sizes) {
      const ratio = costAt(fitted, size) / costAt({ baseMs: 3, msPerUnit: 2e-5 }, size);
      expect([size, ratio > 0.75 && ratio < 1.35]).toEqual([size, true]);
    }
  });

  test('is the one known before, set right by a factor, where points are few, alike, or fall', () => {
    const twice: Point[] = [[1000, 4], [2000, 6]]; // prettier-ignore
    expect(fitLine(twice, prior)).toEqual({ baseMs: 2, msPerUnit: 2e-3 });
    const alike = Array.from({ length: 9 }, (): Point => [1000, 4]);
    expect(fitLine(alike, prior)).toEqual({ baseMs: 2, msPerUnit: 2e-3 });
    const falling = sizes.map((size): Point => [size, 1e6 / size]);
    const { baseMs, msPerUnit } = fitLine(falling, prior);
    expect(baseMs / msPerUnit).toBeCloseTo(1000, 6);
    expect(fitLine([], prior)).toBe(prior);
  });

  test('does not take chance for a slope: the larger of works of much the same size were held up', () => {
    const heldUp = Array.from({ length: 10 }, (_, place): Point => [
      10_000 + 5000 * place,
      place < 6 ? 2 : 150,
    ]);
    const cheap: CostLine = { baseMs: 1, msPerUnit: 1e-6 };
    const { baseMs, msPerUnit } = fitLine(heldUp, cheap);
    expect(baseMs / msPerUnit).toBeCloseTo(1e6, 0);
    expect(costAt({ baseMs, msPerUnit }, 1e6)).toBeLessThan(10);
  });
});

describe('the profile', () => {
  let database: ReturnType<typeof openDatabase>;
  const clock = { nowMs: () => 0, monotonicMs: () => performance.now() }; // oxlint-disable-line no-restricted-properties
  const open = (threads = 2): Profile => new Profile(new ProfileStore(database), threads, clock);
  beforeEach(() => {
    database = openDatabase(':memory:', catalogMigrations);
  });
  afterEach(() => new Catalog(database).close());

  test('before the first run the machine is timed, and more work takes longer', () => {
    const profile = open();
    for (const work of ['read', 'estimate', 'exact', 'learn'] as const) {
      const [small, large] = [profile.predictMs(work, 's', 1000), profile.predictMs(work, 's', 1e7)];
      expect(small).toBeGreaterThan(0);
      expect(large).toBeGreaterThan(2 * small);
    }
  });

  test('learns shapes, and from them what others take', () => {
    const profile = open();
    const random = seededRandom(1);
    for (let run = 0; run < 50; run++) {
      const [shape, size] = [`s${run % 10}`, 1000 * 10 ** (random.next() * 3)];
      // Odd shapes take three times as long as even ones.
      profile.learn(
        'read',
        shape,
        size,
        (2 + size * 1e-5) * (run % 2 === 0 ? 1 : 3) * (0.9 + 0.2 * random.next()),
      );
    }
    const within = (shape: string, expected: number): boolean => {
      const ratio = profile.predictMs('read', shape, 100_000) / expected;
      return ratio > 0.7 && ratio < 1.4;
    };
    expect(within('s0', 3)).toBe(true);
    expect(within('s1', 9)).toBe(true);
    const unknown = profile.predictMs('read', 'new', 100_000);
    expect(unknown).toBeGreaterThan(3);
    expect(unknown).toBeLessThan(9);
  });

  test('believes a fast run at once, and slow ones when there are two', () => {
    const profile = open();
    for (let run = 0; run < 20; run++) profile.learn('exact', `s${run}`, 1e6, 10);
    profile.learn('exact', 'slow', 1e6, 50);
    expect(profile.predictMs('exact', 'slow', 1e6)).toBeCloseTo(10, 0);
    profile.learn('exact', 'slow', 1e6, 50);
    expect(profile.predictMs('exact', 'slow', 1e6)).toBeCloseTo(50, 0);
    profile.learn('exact', 'fast', 1e6, 2);
    expect(profile.predictMs('exact', 'fast', 1e6)).toBeCloseTo(2, 0);
  });

  test('is kept in the catalog, for as many threads', async () => {
    const profile = open();
    profile.learn('read', 's', 1000, 77);
    profile.learn('read', 's', 1000, 77);
    profile.learn('read', 's', 0, 5); // nothing to tell
    await profile.save();
    expect(open().predictMs('read', 's', 1000)).toBeCloseTo(77, 6);
    expect(open(4).predictMs('read', 's', 1000)).toBeLessThan(40);
  });
});
