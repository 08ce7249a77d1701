import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DropReason, Stage, type StageMetrics, type Work } from '../../../src/server/stages/index.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { workOf } from './support/work.ts';

/*
 * Whatever happens, each work that is offered is refused, dropped, served or failed: one of these, once.
 */

const offered = fc.record({
  afterMs: fc.integer({ min: 0, max: 30 }),
  client: fc.constantFrom('a', 'b', 'c'),
  bytes: fc.integer({ min: 0, max: 40 }),
  predictedMs: fc.integer({ min: 0, max: 40 }),
  serviceMs: fc.integer({ min: 0, max: 60 }),
  deadlineMs: fc.option(fc.integer({ min: -5, max: 80 })),
  leavesMs: fc.option(fc.integer({ min: 0, max: 80 })),
  batchKey: fc.constantFrom(null, 's', 't'),
  isLong: fc.boolean(),
  fails: fc.constantFrom('no', 'no', 'no', 'at once', 'later'),
});
const scenario = fc.record({
  works: fc.array(offered, { maxLength: 60, size: 'max' }),
  countMax: fc.integer({ min: 0, max: 12 }),
  bytesMax: fc.integer({ min: 1, max: 200 }),
  poolMost: fc.integer({ min: 1, max: 4 }),
  batchMost: fc.option(fc.integer({ min: 1, max: 5 })),
  turnMs: fc.constantFrom(0, 50, 1000),
  closing: fc.option(
    fc.record({
      atMs: fc.integer({ min: 0, max: 900 }),
      how: fc.constantFrom('drain' as const, 'drop' as const),
    }),
  ),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;

/** Works of which the stage says what has become of them, or where they are. */
function accounted({ done, failed, refused, dropped, queued, runningWorks }: StageMetrics): number {
  const drops = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return done + failed + refused + drops + queued + runningWorks;
}

/** @param deafTo a reason that is not listened to: a planted bug */
async function play(
  plan: Scenario,
  deafTo?: DropReason,
): Promise<{ readonly outcomes: string[][]; readonly seen: Set<string> }> {
  const clock = new SimulatedClock();
  const outcomes: string[][] = plan.works.map(() => []);
  const seen = new Set<string>();
  const end = (work: Work<string>, outcome: string): void => {
    outcomes[Number(work.payload)]!.push(outcome);
    seen.add(outcome);
  };
  const serviceOf = (work: Work<string>): Scenario['works'][number] => plan.works[Number(work.payload)]!;
  const stage = new Stage<string>({
    name: 'test',
    clock,
    queue: { countMax: plan.countMax, bytesMax: plan.bytesMax, turnMs: plan.turnMs },
    pool: { least: 1, most: plan.poolMost, sampleMs: 50, idleMs: 20 },
    ...(plan.batchMost === null ? {} : { batch: { most: plan.batchMost, sampleMs: 30 } }),
    handle: (batch) => {
      const services = batch.map(serviceOf);
      if (services.some(({ fails }) => fails === 'at once')) throw new Error('at once');
      return clock.pause(services.reduce((sum, { serviceMs }) => sum + serviceMs, 0)).then(() => {
        if (services.some(({ fails }) => fails === 'later')) throw new Error('later');
      });
    },
    onServed: (work) => end(work, 'served'),
    onFailed: (work) => end(work, 'failed'),
    onDropped: (work, reason) => {
      if (reason !== deafTo) end(work, reason);
    },
  });
  let atMs = 0;
  for (const [place, { afterMs, deadlineMs, leavesMs, ...each }] of plan.works.entries()) {
    const arrivedMs = (atMs += afterMs);
    clock.after(arrivedMs, () => {
      const work = workOf(String(place), {
        ...each,
        arrivedMs,
        deadlineMs: deadlineMs === null ? null : arrivedMs + deadlineMs,
        isAbandoned: () => leavesMs !== null && clock.nowMs() >= arrivedMs + leavesMs,
      });
      const outcome = stage.enqueue(work);
      if (outcome !== 'queued') end(work, outcome);
      expect(accounted(stage.metrics())).toBe(stage.metrics().offered);
      expect(stage.metrics().queued).toBeLessThanOrEqual(plan.countMax);
      expect(stage.metrics().queuedBytes).toBeLessThanOrEqual(plan.bytesMax);
    });
  }
  let isClosed = plan.closing === null;
  if (plan.closing !== null) {
    const { atMs: closingMs, how } = plan.closing;
    clock.after(closingMs, () => void stage.close(how).then(() => (isClosed = true)));
  }
  await clock.run(20_000);
  expect(isClosed).toBe(true);
  expect(stage.metrics()).toMatchObject({ queued: 0, queuedBytes: 0, running: 0 });
  expect(clock.timerCount).toBe(0);
  return { outcomes, seen };
}

describe('accounting', () => {
  test('each work ends in exactly one way', async () => {
    const ways = new Set<string>();
    await fc.assert(
      fc.asyncProperty(scenario, async (plan) => {
        const { outcomes, seen } = await play(plan);
        for (const way of seen) ways.add(way);
        for (const each of outcomes) expect(each).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
    // The scenarios come to all of them.
    expect([...ways].sort()).toEqual(
      ['abandoned', 'closed', 'evicted', 'expired', 'failed', 'full', 'served'], // prettier-ignore
    );
  });

  test.each(['expired', 'abandoned', 'evicted', 'closed'] as const)(
    'planted bug: works that are %s unheard are missed',
    async (reason) => {
      const isComplete = fc.asyncProperty(scenario, async (plan) =>
        (await play(plan, reason)).outcomes.every((each) => each.length === 1),
      );
      expect((await fc.check(isComplete, { numRuns: 300, endOnFailure: true })).failed).toBe(true);
    },
  );
});
