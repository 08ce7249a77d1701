import { expect, test } from 'vitest';
import { nodeFileSystem, QueryError } from '../../src/common/index.ts';
import { SampleCache } from '../../src/engine/sample-cache.ts';
import { systemTimers } from '../../src/leases/index.ts';

const dropped = (): QueryError => new QueryError('UNKNOWN_SAMPLE', 'the sample s was dropped meanwhile');

/** A cache of no samples. */
const cache = new SampleCache({
  files: nodeFileSystem,
  timers: systemTimers,
  folder: '/nowhere',
  bytesMax: 0,
  pin: () => Promise.reject(dropped()),
  onForget: () => undefined,
  onFreed: () => undefined,
  onLetGo: () => Promise.resolve(),
  onFault: () => undefined,
});

test('a statement under which samples are dropped again and again is run again', async () => {
  let runs = 0;
  const answer = await cache.during(async (failed) => {
    expect(failed.size > 0).toBe(runs > 0);
    if (++runs < 5) throw dropped();
    return 'answer';
  });
  expect([answer, runs]).toEqual(['answer', 5]);
});

test('but not for good', async () => {
  let runs = 0;
  const work = (): Promise<never> => {
    runs++;
    return Promise.reject(dropped());
  };
  await expect(cache.during(work)).rejects.toMatchObject({ code: 'UNKNOWN_SAMPLE' });
  expect(runs).toBe(9);
});

test('what has nothing to do with samples is not tried again', async () => {
  let runs = 0;
  const work = (): Promise<never> => {
    runs++;
    return Promise.reject(new QueryError('EXECUTION', 'an overflow'));
  };
  await expect(cache.during(work)).rejects.toMatchObject({ code: 'EXECUTION' });
  expect(runs).toBe(1);
});
