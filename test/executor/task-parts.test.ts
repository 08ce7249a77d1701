import { describe, expect, test } from 'vitest';
import { partsOf, type ScanTask } from '../../src/executor/tasks.ts';

/** Tasks of one run each, of which every second one is of two strata. */
function tasksOf(count: number, rows: number): ScanTask[] {
  return Array.from({ length: count }, (_, place): ScanTask => {
    const [start, end] = [place * rows, (place + 1) * rows];
    const middle = start + 5000;
    const runs = place % 2 === 0 ? [0, start, end] : [0, start, middle, 1, middle, end];
    return { runs: Int32Array.from(runs), rows, lastRow: end, band: 0 };
  });
}

/** Runs of one stratum that follow each other are one. */
function joined(tasks: readonly ScanTask[]): number[][] {
  const runs: number[][] = [];
  for (const task of tasks) {
    for (let run = 0; run < task.runs.length; run += 3) {
      const [stratum, start, end] = task.runs.subarray(run) as unknown as [number, number, number];
      const last = runs.at(-1);
      if (last?.[0] === stratum && last[2] === start) last[2] = end;
      else runs.push([stratum, start, end]);
    }
  }
  return runs;
}

describe.each([1, 2, 5, 8, 92])('%i tasks', (count) => {
  test.each([2, 3])('are cut where %i who share them meet, and nothing is left out', (sharers) => {
    const tasks = tasksOf(count, 65_536);
    const { parts, starts } = partsOf(tasks, sharers);
    expect(starts).toHaveLength(count + 1);
    for (const [place, task] of tasks.entries()) {
      const own = parts.slice(starts[place], starts[place + 1]);
      expect(joined(own)).toEqual(joined([task]));
      expect(own.reduce((sum, { rows }) => sum + rows, 0)).toBe(task.rows);
      expect(own.at(-1)!.lastRow).toBe(task.lastRow); // none is empty
      // Where kernels part their sums.
      for (const { runs } of own.slice(0, -1))
        expect([0, task.runs[2]]).toContain((runs.at(-1)! - runs.at(-2)!) % 4096 && runs.at(-1));
    }
    const cut = tasks.flatMap((_, place) => (starts[place + 1]! - starts[place]! > 1 ? [place] : [])); // as many and one
    expect(Math.min(...cut.map((place) => Math.abs(place + 0.5 - count / sharers)))).toBeLessThan(1);
    expect(cut.length).toBeLessThanOrEqual(9);
  });

  test('are cut once', () => {
    const tasks = tasksOf(count, 20_000);
    expect(partsOf(tasks, 2)).toBe(partsOf(tasks, 2));
    expect(partsOf(tasks, 3).parts).not.toBe(partsOf(tasks, 2).parts);
  });
});
