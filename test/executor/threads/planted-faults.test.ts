import { expect, test } from 'vitest';
import { QueryError } from '../../../src/common/index.ts';
import { plantFaults } from '../../../src/executor/index.ts';
import { tasksOf } from '../../../src/executor/tasks.ts';
import { type BandName, ranksOfBand, RunIndex, type Sample } from '../../../src/samples/index.ts';
import { doubleType } from '../../../src/plan/index.ts';
import { arrayScan } from '../../support/array-scan.ts';
import { buildInMemory } from '../../support/build.ts';

/*
 * Faults by class of block: a block is of the part of the file that its first row lies in.
 */

/** 10 rows taken whole, then bands of ranks of strata with 5, 300 and 40 rows. */
const sizes = Int32Array.of(10, 5, 300, 40);
const index = new RunIndex(sizes, Uint8Array.of(1, 0, 0, 0));

test('each row lies in the band that its rank says', () => {
  const seen = new Map<BandName, number>();
  const runs = index.runs(new Int32Array(4), sizes);
  const ranks = new Int32Array(4);
  for (let run = 0; run < runs.length; run += 3) {
    const stratum = runs[run]!;
    for (let row = runs[run + 1]!; row < runs[run + 2]!; row++) {
      const rank = ranks[stratum]!++;
      const band = index.bandAt(row);
      seen.set(band, (seen.get(band) ?? 0) + 1);
      if (band === 'whole') expect(stratum).toBe(0);
      else {
        const [low, high] = ranksOfBand(band);
        expect([stratum > 0, rank >= low, rank < high]).toEqual([true, true, true]);
      }
    }
  }
  expect([...seen]).toEqual([
    ['whole', 10],
    [0, 5 + 16 + 16],
    [1, 16 + 16],
    [2, 32 + 8],
    [3, 64],
    [4, 128],
    [5, 44],
  ]);
});

test('without rows taken whole the first band comes first', () => {
  const plain = new RunIndex(Int32Array.of(40));
  expect([0, 15, 16, 31, 32, 39].map((row) => plain.bandAt(row))).toEqual([0, 0, 1, 1, 2, 2]);
});

/** A sample of 400 rows of one stratum, in blocks of 20. */
const values = Array.from({ length: 1000 }, (_, row) => row);
const priorities = BigUint64Array.from(values, (row) => BigInt(row) << 40n);
const built = await buildInMemory(
  arrayScan({ columns: [{ name: 'x', type: doubleType }], values: [values] }, { priorities }),
  { kind: 'uniform', unit: 'rows', amount: 400 },
);
const sample: Sample = { ...built, blockRows: 20 };

/** First rows of the blocks that suffer when the sample is read from a row on. */
function suffering(description: string, from = 0): number[] {
  const faults = plantFaults(description);
  return tasksOf(sample, Int32Array.of(from), Int32Array.of(400))
    .filter((task) => faults.faultOf(task, 0) !== null)
    .map(({ runs }) => runs[1]!);
}

test('faults of a class hit the blocks that begin in it, whatever is read of them', () => {
  expect(suffering('fail=1,class=first')).toEqual([0]);
  expect(suffering('fail=1,class=0')).toEqual([0]);
  expect(suffering('fail=1,class=1')).toEqual([20]);
  expect(suffering('fail=1,class=3')).toEqual([80, 100, 120]);
  expect(suffering('fail=1,class=3', 90)).toEqual([90, 100, 120]);
  expect(suffering('fail=1,class=whole')).toEqual([]);
  expect(suffering('fail=1')).toHaveLength(20);
  expect(suffering('fail=0.5,class=5,seed=3').every((row) => row >= 256)).toBe(true);
});

test.each(['class=last', 'class=-1', 'unreadable=2', 'unreadable=', 'explode=1', 'class=1.5', 'seed=x', ''])(
  '%s is refused',
  (description) => {
    expect(() => plantFaults(description)).toThrow(QueryError);
  },
);
