import { describe, expect, test } from 'vitest';
import { Stage } from '../../../src/server/stages/index.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { workOf } from './support/work.ts';

/*
 * Works of one key of which more come than can be handled: 20 ms for a batch and 2 ms for each work of it, 64 works at most. So 432 a
 * second can be handled at best, in batches of 148 ms.
 */

const most = 64;

/** Sizes of batches, and works done, for each second. @param dearerMs from then on all takes twice as long */
async function play(seconds: number, dearerMs = Infinity): Promise<{ sizes: number[]; done: number[] }> {
  const clock = new SimulatedClock();
  const stage = new Stage<string>({
    name: 'scan',
    clock,
    queue: { countMax: 200, bytesMax: Infinity },
    pool: { least: 1, most: 1 },
    batch: { most },
    handle: (batch) => clock.pause((20 + 2 * batch.length) * (clock.nowMs() < dearerMs ? 1 : 2)),
    onFailed: () => undefined,
    onDropped: () => undefined,
  });
  const [sizes, done]: [number[], number[]] = [[], []];
  const offer = (): void => {
    stage.enqueue(workOf('any', { batchKey: 's', arrivedMs: clock.nowMs() }));
    clock.after(1.5, offer);
  };
  offer();
  let before = 0;
  for (let second = 1; second <= seconds; second++) {
    await clock.run(second * 1000);
    const metrics = stage.metrics();
    sizes.push(metrics.batchSize);
    done.push(metrics.done - before);
    before = metrics.done;
  }
  return { sizes, done };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('batches under load', () => {
  test('settle at sizes that lose little throughput', async () => {
    const { sizes, done } = await play(60);
    expect(mean(sizes.slice(10))).toBeLessThan(0.7 * most);
    expect(mean(done.slice(10))).toBeGreaterThan(0.9 * 432);
  });

  test('are found anew when works have become dearer', async () => {
    const { sizes, done } = await play(90, 30_000);
    expect(sizes.slice(30, 45)).toContain(most);
    expect(mean(sizes.slice(45))).toBeLessThan(0.7 * most);
    expect(mean(done.slice(45))).toBeGreaterThan(0.9 * 216);
  });
});
