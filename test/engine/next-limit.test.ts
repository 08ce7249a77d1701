import { expect, test } from 'vitest';
import { nextLimit, triesMax } from '../../src/engine/next-limit.ts';

const sized = { rankLimit: 1000, hopeless: false, driver: null, isStep: false, byWitness: false };
const at = (limit: number): { limit: number; limits: { max: number } } => ({
  limit,
  limits: { max: 20_000 },
});

test.each([
  ['a size is read to', sized, 500, 0, { aim: 1000, limit: 1000, isTry: true }],
  ['a correction is one', { ...sized, rankLimit: 510 }, 500, 1, { aim: 625, limit: 625, isTry: true }],
  ['the last try reads all', sized, 500, triesMax - 1, { aim: 20_000, limit: 20_000, isTry: true }],
  ['far away, half of the way first', sized, 10, 0, { aim: 1000, limit: 100, isTry: false }],
  ['unless a witness vouches', { ...sized, byWitness: true }, 10, 3, { aim: 1000, limit: 1000, isTry: true }],
  ['a step is no try', { ...sized, isStep: true }, 10, 0, { aim: 1000, limit: 1000, isTry: false }],
  ['enough, but for a heavy tail', sized, 1201, 2, { aim: 1802, limit: 1802, isTry: false }],
  ['too small, perhaps', { ...sized, rankLimit: null }, 500, 0, { aim: 2000, limit: 2000, isTry: false }],
])('%s', (_, size, limit, tries, next) => {
  expect(nextLimit(size, at(limit), tries)).toEqual(next);
});
