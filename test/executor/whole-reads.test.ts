import { expect, test } from 'vitest';
import { tasksOf } from '../../src/executor/tasks.ts';
import { wholeTasks } from '../../src/executor/whole-reads.ts';
import { RunIndex, type Sample } from '../../src/samples/index.ts';

/** As much of a sample as tasks are made of. */
function sampleOf(sizes: readonly number[], blockRows = 64): Sample {
  const runs = new RunIndex(Int32Array.from(sizes));
  return { keys: null, runs, rows: runs.rows, blockRows } as Partial<Sample> as Sample;
}

/** The strata of a choice, and how far they are read. */
function choose(sizes: readonly number[], strata: readonly number[]): [Uint8Array, Int32Array] {
  const included = Uint8Array.from(sizes, (_, stratum) => (strata.includes(stratum) ? 1 : 0));
  return [included, Int32Array.from(sizes, (size, stratum) => included[stratum]! * size)];
}

test('tasks of a whole read are those of any read, and the same the next time', () => {
  const sizes = [900, 40, 700];
  const sample = sampleOf(sizes);
  for (const strata of [[0, 1, 2], [1], [0, 2], []]) {
    for (const blocks of [1, 3]) {
      const [included, to] = choose(sizes, strata);
      const tasks = wholeTasks(sample, included, to, blocks);
      expect(tasks).toEqual(tasksOf(sample, new Int32Array(3), to, blocks));
      expect(wholeTasks(sample, included, to, blocks)).toBe(tasks);
      // Another statement that reads the same strata.
      expect(wholeTasks(sample, ...choose(sizes, strata), blocks)).toBe(tasks);
    }
  }
  const [included, to] = choose(sizes, [0]);
  expect(wholeTasks(sampleOf(sizes), included, to, 1)).not.toBe(wholeTasks(sample, included, to, 1));
});

test('rows and keys of the same file have tasks of their own', () => {
  const rows = sampleOf([900]);
  const starts = Int32Array.from({ length: 91 }, (_, key) => key * 10);
  const keys: Sample = { ...rows, keys: { starts } as Sample['keys'] };
  const all = Uint8Array.of(1);
  const byRow = wholeTasks(rows, all, Int32Array.of(900), 1);
  const byKey = wholeTasks(keys, all, Int32Array.of(90), 1);
  expect(byKey).toEqual(tasksOf(keys, Int32Array.of(0), Int32Array.of(90)));
  expect(wholeTasks(rows, all, Int32Array.of(900), 1)).toBe(byRow);
});

test('of a sample eight choices are kept, those that were asked for last', () => {
  const sizes = Array.from({ length: 10 }, () => 1000);
  const sample = sampleOf(sizes);
  const ask = (stratum: number): unknown => wholeTasks(sample, ...choose(sizes, [stratum]), 1);
  const first = ask(0);
  const second = ask(1);
  for (let stratum = 2; stratum < 8; stratum++) ask(stratum);
  expect(ask(0)).toBe(first);
  ask(8);
  expect(ask(0)).toBe(first);
  expect(ask(1)).not.toBe(second);
});

test('tasks that take as much memory as columns are not kept', () => {
  const sizes = Array.from({ length: 1000 }, () => 2);
  const sample = sampleOf(sizes);
  const chosen = choose(
    sizes,
    sizes.map((_, stratum) => stratum),
  );
  const tasks = wholeTasks(sample, ...chosen, 1);
  expect(wholeTasks(sample, ...chosen, 1)).toEqual(tasks);
  expect(wholeTasks(sample, ...chosen, 1)).not.toBe(tasks);
});
