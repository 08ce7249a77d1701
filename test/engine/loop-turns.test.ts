import { expect, test } from 'vitest';
import { loopTurns } from '../../src/engine/loop-turns.ts';

/** Turns of the loop, counted by immediates that follow each other. */
function countTurns(): { count: number; stop: () => void } {
  const turns = { count: 0, stop: () => undefined as void };
  let isOver = false;
  turns.stop = () => {
    isOver = true;
  };
  const next = (): void => {
    turns.count++;
    if (!isOver) setImmediate(next);
  };
  setImmediate(next);
  return turns;
}

test('one who asks goes on in each turn, in the order in which they asked', async () => {
  const turns = countTurns();
  const order: [number, number][] = [];
  await Promise.all([1, 2, 3, 4].map((who) => loopTurns.next().then(() => order.push([who, turns.count]))));
  turns.stop();
  expect(order.map(([who]) => who)).toEqual([1, 2, 3, 4]);
  expect(new Set(order.map(([, turn]) => turn)).size).toBe(4);
});

test('a turn is left to connections while these come, but not for good', async () => {
  const turns = countTurns();
  let isOver = false;
  const connect = (): void => {
    loopTurns.leaveNext();
    if (!isOver) setImmediate(connect);
  };
  connect();
  await loopTurns.next();
  const first = turns.count;
  await loopTurns.next();
  const second = turns.count;
  isOver = true;
  turns.stop();
  expect(first).toBeGreaterThanOrEqual(16);
  expect(second - first).toBeGreaterThanOrEqual(16);
  expect(second - first).toBeLessThan(24);
});

test('where none comes no turn is left', async () => {
  const turns = countTurns();
  const before = turns.count;
  await loopTurns.next();
  turns.stop();
  expect(turns.count - before).toBeLessThan(4);
});
