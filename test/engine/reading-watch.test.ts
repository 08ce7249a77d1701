import { expect, test } from 'vitest';
import { EstimatePaces } from '../../src/engine/estimate-paces.ts';
import { ReadingWatch } from '../../src/engine/reading-watch.ts';
import { RunControl } from '../../src/engine/run-control.ts';
import { seededRandom } from '../../src/common/index.ts';
import { ScanThreads } from '../../src/executor/index.ts';
import { startThread } from '../support/threads.ts';

/** A clock that goes on when it is told to, and a watch that goes by it. */
function watched(withinMs: number | null): {
  watch: ReadingWatch;
  pass: (ms: number) => void;
  now: () => number;
} {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const watch = new ReadingWatch(new RunControl(clock, {}, withinMs, 0));
  return { watch, pass: (ms) => void (nowMs += ms), now: () => nowMs };
}

/** Reads until the watch says no more, at a pace that varies. @returns rows, when it ended, and the longest piece */
function readAll(
  withinMs: number | null,
  rows: number,
  msPerRow: (row: number) => number,
): { read: number; endMs: number; longestMs: number } {
  const { watch, pass, now } = watched(withinMs);
  let [read, longestMs] = [0, 0];
  while (read < rows) {
    watch.end(read);
    const budgetMs = withinMs === null ? Number.POSITIVE_INFINITY : withinMs - now();
    const wanted = watch.begin(read, budgetMs, 0);
    if (wanted === 0) break;
    const startMs = now();
    const own = Math.min(rows - read, Math.ceil(wanted / 4096) * 4096, 65_536);
    pass(own * msPerRow(read));
    longestMs = Math.max(longestMs, now() - startMs);
    read += own;
  }
  return { read, endMs: now(), longestMs };
}

test.each([1e-5, 1e-4, 1e-3, 5e-3])('at %d ms a row no piece ends behind the deadline', (msPerRow) => {
  for (const withinMs of [25, 50, 200]) {
    const random = seededRandom(1);
    // A piece may be half as slow again as those before.
    const { read, endMs } = readAll(withinMs, 1e7, () => msPerRow * (0.75 + 0.5 * random.next()));
    expect(endMs).toBeLessThanOrEqual(withinMs);
    const possible = Math.min(1e7, withinMs / msPerRow);
    if (possible > 65_536) expect(read).toBeGreaterThan(possible / 2);
  }
});

test('without a deadline all is read, and slow kernels let go in time', () => {
  for (const msPerRow of [1e-5, 1e-3]) {
    const { read, longestMs } = readAll(null, 1e6, () => msPerRow);
    expect(read).toBe(1e6);
    expect(longestMs).toBeLessThanOrEqual(20);
  }
});

test('what is needed is read whatever the time', () => {
  const { watch } = watched(50);
  expect(watch.begin(0, -10, 0)).toBe(0);
  expect(watch.begin(0, -10, 700)).toBe(700);
});

test('threads are worth it where rows were read without them, and the rest takes long', async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const threads = new ScanThreads(2, startThread, () => () => undefined, null, {
    rows: 1000,
    ms: 10,
    againMs: 2,
    startAfterMs: 0,
  });
  await threads.prewarm();
  const watch = new ReadingWatch(new RunControl(clock, {}, null, 0, undefined, threads));
  const begin = (rowsRead: number, rowsLeft: number): boolean => {
    watch.end(rowsRead);
    watch.begin(rowsRead, Number.POSITIVE_INFINITY, 0, rowsLeft);
    return watch.isForThreads;
  };
  expect(begin(0, 1e6)).toBe(false);
  nowMs += 5;
  // 5 ms for 500 rows: the rest takes long enough, but too few were read.
  expect(begin(500, 1e6)).toBe(false);
  nowMs += 1;
  // 1 ms for 1,000 rows is the pace.
  expect(begin(1500, 9000)).toBe(false);
  expect(begin(1500, 11_000)).toBe(true);
  await threads.close();
  expect(begin(1500, 11_000)).toBe(false);
});

test('what was read before is read with threads beside where less is left, unless others are under way', async () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const worth = { rows: 1000, ms: 10, againMs: 2, startAfterMs: 0 };
  const threads = new ScanThreads(2, startThread, () => () => undefined, null, worth);
  await threads.prewarm();
  const last = { msPerRow: null, reads: 0 };
  let togetherMs = 1.5;
  /** Reads 8,192 rows, 3 ms, of a query. @returns whether they were read with threads beside */
  const read = (isAlone = true, rows = 8192, isWhole = true): boolean => {
    const control = new RunControl(clock, {}, null, 0, undefined, threads);
    control.isUndisturbed = () => isAlone;
    const watch = new ReadingWatch(control, last);
    watch.isWhole = isWhole;
    watch.begin(0, Number.POSITIVE_INFINITY, 0, rows);
    nowMs += ((watch.isBeside ? togetherMs : 3) * rows) / 8192;
    watch.end(rows);
    expect(watch.isForThreads).toBe(false);
    return watch.isBeside;
  };
  for (let time = 0; time < 2; time++) expect(read()).toBe(false);
  for (let time = 0; time < 8; time++) expect(read()).toBe(true);
  expect(read(false)).toBe(false);
  // Of tasks that threads do not know more is to be had.
  expect(read(true, 8192, false)).toBe(false);
  // What it took before its code was optimised is forgotten.
  for (const each of [true, false]) {
    togetherMs = 0.6;
    expect(read()).toBe(each);
  }
  await threads.close();
  expect(read()).toBe(false);
});

test('paces follow slowness soon, and forget it slowly', () => {
  const { making } = new EstimatePaces();
  const before = making.predictMs(1000);
  making.learn(1000, 10 * before);
  const slow = making.predictMs(1000);
  expect(slow).toBeGreaterThan(5 * before);
  making.learn(1000, before);
  expect(making.predictMs(1000)).toBeGreaterThan(slow / 2);
  for (let time = 0; time < 40; time++) making.learn(1000, before);
  expect(making.predictMs(1000)).toBeCloseTo(before, 1);
  // A single interval says nothing.
  making.learn(1, 50);
  expect(making.predictMs(1000)).toBeCloseTo(before, 1);
});

test('a query that was read before begins with as much as its pace allows, but for under a deadline', () => {
  let nowMs = 0;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const last = { msPerRow: null, reads: 0 };
  const begin = (withinMs: number | null): { watch: ReadingWatch; rows: number } => {
    const watch = new ReadingWatch(new RunControl(clock, {}, withinMs, nowMs), last);
    return { watch, rows: watch.begin(0, withinMs ?? Number.POSITIVE_INFINITY, 0) };
  };
  const { watch, rows } = begin(null);
  expect(rows).toBe(16_384);
  nowMs += 16.384;
  watch.end(rows);
  // Eight milliseconds at half as much again for a row.
  expect(begin(null).rows).toBe(4096);
  const next = begin(null);
  nowMs += 0.004096;
  next.watch.end(4096);
  expect(begin(null).rows).toBeGreaterThan(1e6);
  expect(begin(1000).rows).toBe(4096);
});
