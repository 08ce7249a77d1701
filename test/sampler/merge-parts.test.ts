import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeParts, type StratumPart } from '../../src/sampler/index.ts';
import { shareOfFirst } from '../statistical/harness/merging.ts';

const prioritiesOf = (parts: readonly StratumPart[], kept: Int32Array): number[] =>
  parts.flatMap(({ priorities }, part) => [...priorities.subarray(0, kept[part])]).toSorted((a, b) => a - b);

const rows = fc.uniqueArray(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { maxLength: 60 });

describe('merged parts of a stratum', () => {
  test('are its smallest priorities, as many as the least cap of what was cut', () => {
    const caps = fc.array(fc.nat({ max: 40 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        rows,
        fc.infiniteStream(fc.nat({ max: 3 })),
        caps,
        fc.nat({ max: 50 }),
        (all, places, own, cap) => {
          const whole: number[][] = [[], [], [], []];
          for (const priority of all) whole[places.next().value as number]!.push(priority);
          const parts = whole.map((each, part) => ({
            population: each.length,
            priorities: Float64Array.from(each).toSorted().subarray(0, own[part]),
          }));
          const limits = parts.flatMap(({ population, priorities }) =>
            priorities.length < population ? [priorities.length] : [],
          );
          const limit = Math.min(cap, ...limits);
          expect(prioritiesOf(parts, mergeParts(parts, cap))).toEqual(
            all.toSorted((a, b) => a - b).slice(0, limit),
          );
        },
      ),
    );
  });

  test('that were kept whole are all kept, as far as the cap goes', () => {
    const parts = [0.5, 0.25].map((priority) => ({ population: 1, priorities: Float64Array.of(priority) }));
    expect([...mergeParts(parts, 10)]).toEqual([1, 1]);
    expect([...mergeParts(parts, 1)]).toEqual([0, 1]);
  });

  test('that are empty set no limit', () => {
    const empty = { population: 0, priorities: new Float64Array(0) };
    const part = { population: 3, priorities: Float64Array.of(0.1, 0.2) };
    expect([...mergeParts([empty, part], 5)]).toEqual([0, 2]);
    expect([...mergeParts([], 5)]).toEqual([]);
  });

  test('come from each in proportion to its rows, whatever its cap was', () => {
    const draws = 2000;
    // Half of the rows each, of which 300 and 100 were kept; to keep 300 again would take 200 from the first.
    const share = shareOfFirst({ sizes: [1000, 1000], caps: [300, 100] }, 300, draws);
    const stdError = Math.sqrt(0.25 / 100 / draws);
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * stdError);
  });
});
