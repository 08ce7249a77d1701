import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HandOver } from '../../../src/engine/threads/hand-over.ts';
import type { Answered } from '../../../src/engine/threads/messages.ts';

/* Threads hand answers over several at once, none of them late, each once. */

let sent: number[][];
let handOver: HandOver;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  sent = [];
  handOver = new HandOver((answers) => sent.push(answers.map(({ job }) => job)));
});
afterEach(() => {
  vi.useRealTimers();
});

const answered = (job: number): Answered => ({ job, answer: 'not-now' });

test('an answer behind which nothing is left goes at once', () => {
  handOver.add(answered(1), 0);
  handOver.add(answered(2), 0);
  expect(sent).toEqual([[1], [2]]);
});

test('answers go together when no more is left than lies ready', () => {
  for (const [place, left] of [5, 4, 3, 2].entries()) handOver.add(answered(place), left);
  expect(sent).toEqual([[0, 1, 2]]);
  handOver.add(answered(4), 1);
  expect(sent).toEqual([
    [0, 1, 2],
    [3, 4],
  ]);
});

test('no answer waits long for those that take long', () => {
  handOver.add(answered(1), 9);
  handOver.add(answered(2), 8);
  vi.advanceTimersByTime(3);
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual([[1, 2]]);
  handOver.add(answered(3), 7);
  vi.advanceTimersByTime(4);
  expect(sent).toEqual([[1, 2], [3]]);
  vi.advanceTimersByTime(100);
  expect(sent).toHaveLength(2);
});
