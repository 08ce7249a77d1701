import { afterAll, describe, expect, test } from 'vitest';
import {
  allowForcedDrops,
  droppedBy,
  gainsOf,
  isAllowed,
  ProgramSolver,
  selectGreedily,
  selectSamples,
  type SelectionProblem,
  storageOf,
  valueOf,
  writeProgram,
} from '../../../src/sampler/index.ts';
import { bestByTrying, randomSelection } from '../../support/random-selection.ts';

/** `npm run advise:check` judges all of them. */
const isFull = process.env['MODE'] === 'advise';
const [smallCount, largeCount] = isFull ? [200, 50] : [30, 5];

const solver = new ProgramSolver();
afterAll(() => solver.close());

const seedsOf = (count: number): number[] => Array.from({ length: count }, (_, seed) => seed + 1);
const small = (seed: number): SelectionProblem =>
  randomSelection(seed, { candidates: 6 + (seed % 10), queries: 4 + (seed % 17), columns: 5 });

/** The value of the best selection; within the digits that a sum has. */
function expectEqual(value: number, best: number): void {
  expect(Math.abs(value - best)).toBeLessThanOrEqual(1e-9 * Math.max(1, best));
}

describe('against all selections', () => {
  test(`${smallCount} problems of at most 15 candidates`, async () => {
    let beyondGreedy = 0;
    let limitedByChurn = 0;
    for (const seed of seedsOf(smallCount)) {
      const problem = allowForcedDrops(small(seed));
      const { selection, value, by } = await selectSamples(problem, solver, 5000);
      expectEqual(value, bestByTrying(problem));
      expect(isAllowed(problem, selection)).toBe(true);
      expectEqual(valueOf(gainsOf(problem), selection), value);
      if (valueOf(gainsOf(problem), selectGreedily(problem)) < value * (1 - 1e-9)) beyondGreedy++;
      const free = await selectSamples({ ...problem, dropMax: Number.MAX_SAFE_INTEGER }, solver, 5000);
      if (free.value > value * (1 + 1e-9)) limitedByChurn++;
      expect(by).not.toBe('time limit');
    }
    // The problems tell programs from rules of thumb, and churn limits matter in some.
    expect(beyondGreedy).toBeGreaterThan(0);
    expect(limitedByChurn).toBeGreaterThan(smallCount / 20);
  });

  test('a program without the churn limit would be found out', async () => {
    const worse = [];
    for (const seed of seedsOf(15)) {
      const problem = allowForcedDrops(small(seed));
      const planted = writeProgram(problem).replace(/ churn: [^>]*>= \S+\n/, '');
      const solution = await solver.solve(planted, 5000);
      const selection = problem.candidates.map((_, place) => solution!.valueOf(`z_${place}`)! > 0.5); // it is solved
      if (!isAllowed(problem, selection)) worse.push(seed);
    }
    expect(worse.length).toBeGreaterThan(0);
  });
});

test(`never worse than greedily, on ${largeCount} larger problems`, async () => {
  for (const seed of seedsOf(largeCount)) {
    const problem = allowForcedDrops(
      randomSelection(1000 + seed, { candidates: 60 + 2 * seed, queries: 40 + seed, columns: 9 }),
    );
    const { selection, value } = await selectSamples(problem, solver, 2000);
    expect(value).toBeGreaterThanOrEqual(valueOf(gainsOf(problem), selectGreedily(problem)) * (1 - 1e-12));
    expect(storageOf(problem, selection)).toBeLessThanOrEqual(problem.budget);
    expect(droppedBy(problem, selection)).toBeLessThanOrEqual(problem.dropMax);
  }
});

test.each(seedsOf(isFull ? 10 : 1))('200 candidates within 5 seconds: %i', async (seed) => {
  const problem = allowForcedDrops(randomSelection(6 + seed, { candidates: 200, queries: 150, columns: 12 }));
  const started = performance.now();
  const own = new ProgramSolver();
  const { value } = await selectSamples(problem, own, 2000);
  expect(performance.now() - started).toBeLessThan(5000);
  await own.close();
  expect(value).toBeGreaterThanOrEqual(valueOf(gainsOf(problem), selectGreedily(problem)) * (1 - 1e-12));
});

test('a solver without time leaves the greedy answer', async () => {
  const problem = allowForcedDrops(randomSelection(8, { candidates: 200, queries: 150, columns: 12 }));
  const { value, by } = await selectSamples(problem, solver, 0);
  expect(by).toBe('greedy');
  expect(value).toBeCloseTo(valueOf(gainsOf(problem), selectGreedily(problem)), 9);
});

test('a signal ends the solver', async () => {
  const problem = randomSelection(9, { candidates: 200, queries: 150, columns: 12 });
  const reason = new Error('enough');
  const controller = new AbortController();
  const own = new ProgramSolver(controller.signal);
  setTimeout(() => controller.abort(reason), 20);
  await expect(selectSamples(problem, own, 5000)).rejects.toBe(reason);
  await own.close();
});

describe('existing samples', () => {
  const query = { columns: ['a'], weight: 1, distinct: 10, rare: 5, floor: 0 };
  const other = { columns: ['b'], distinct: 10, storage: 100, quality: 1, existing: true };
  const wanted = { columns: ['a'], distinct: 10, storage: 100, quality: 1, existing: false };

  test('make way only as far as the churn limit allows', async () => {
    const problem = { workload: [query], candidates: [other, wanted], budget: 150 };
    expect((await selectSamples({ ...problem, dropMax: 99 }, solver, 1000)).selection).toEqual([true, false]);
    expect((await selectSamples({ ...problem, dropMax: 100 }, solver, 1000)).selection).toEqual([
      false,
      true,
    ]);
  });

  test('make way for a budget that has no room for them', async () => {
    const problem = { workload: [query], candidates: [other, wanted], budget: 99, dropMax: 0 };
    expect((await selectSamples(problem, solver, 1000)).selection).toEqual([false, false]);
  });

  test('are kept where a new one would do the same', async () => {
    const problem = {
      workload: [query],
      candidates: [wanted, { ...wanted, existing: true }],
      budget: 1000,
      dropMax: 1000,
    };
    expect((await selectSamples(problem, solver, 1000)).selection).toEqual([false, true]);
  });
});
