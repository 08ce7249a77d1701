import { readdir } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { compareAnswers } from '../../src/cli/demo-comparison.ts';
import { answer, estimate, makeWorkplace, run } from './support.ts';

afterEach(() => vi.unstubAllEnvs());

test('an answer is put beside the truth, group by group', () => {
  const columns = [
    ['g', 'VARCHAR', 'group'],
    ['n', 'BIGINT', 'estimate'],
  ] as const;
  const interval = (value: number) => estimate({ value, low: value - 10, high: value + 10 });
  const sampled = answer(columns, [
    ['holds', interval(100)],
    ['misses', interval(100)],
    ['is below', interval(100)],
    ['doubtful', { ...interval(100), certified: false }],
    ['whole', { ...interval(7), low: 7, high: 7, exact: true }],
    ['invented', interval(1)],
  ]);
  const truths = [
    ['whole', 7],
    ['doubtful', 500],
    ['misses', 111],
    ['is below', 89],
    ['holds', 109],
    ['absent', 5],
  ];
  const { table, tally } = compareAnswers(sampled, answer([columns[0], ['n', 'BIGINT']], truths));
  expect(tally).toEqual({ held: 1, intervals: 4, uncertified: 1 });
  expect(table.split('\n').slice(2)).toEqual([
    ' holds    │ 100 ± 10   │   109 │ ✓',
    ' misses   │ 100 ± 10   │   111 │ ✗',
    ' is below │ 100 ± 10   │    89 │ ✗',
    ' doubtful │ 100 ± 10 ? │   500 │ ✗',
    ' whole    │   7        │     7 │ =',
    ' invented │   1 ± 10   │  NULL │ ✗',
  ]);
});

test('an exact answer that is not the truth is no match', () => {
  const columns = [['n', 'BIGINT']] as const;
  const { table, tally } = compareAnswers(answer(columns, [[5]]), answer(columns, [[6]]));
  expect(tally).toEqual({ held: 0, intervals: 0, uncertified: 0 });
  expect(table).toMatch(/5 │ +6 │ ✗$/);
});

test('the demo runs, and its intervals hold the truth about as often as they say', async () => {
  const place = await makeWorkplace();
  vi.stubEnv('TMPDIR', place.folder);
  const { code, out, err } = await run(['demo']);
  expect([code, err]).toEqual([0, '']);
  expect(out.match(/^\d\. /gm)).toHaveLength(6);
  const [, held, intervals] = /^(\d+) of (\d+) intervals hold the truth/m.exec(out) ?? [];
  // Five standard deviations below what is expected: it must not fail by chance when the draws change.
  const expected = 0.95 * Number(intervals);
  expect(Number(intervals)).toBeGreaterThan(20);
  expect(Number(held)).toBeGreaterThan(expected - 5 * Math.sqrt(0.05 * expected));
  expect(await readdir(place.folder)).toEqual([]); // it has cleaned up
  await place.remove();
}, 180_000);
