import { describe, expect, test } from 'vitest';
import { Stage, type StageOptions } from '../../../src/server/stages/index.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { workOf } from './support/work.ts';

/** A stage whose works take what is predicted of them, and what has become of them, each with the time. */
function makeStage(options: Partial<StageOptions<string>> = {}): {
  readonly clock: SimulatedClock;
  readonly stage: Stage<string>;
  readonly events: string[];
} {
  const clock = new SimulatedClock();
  const events: string[] = [];
  const note = (event: string): void => void events.push(`${clock.nowMs()} ${event}`);
  const stage = new Stage<string>({
    name: 'execute',
    clock,
    queue: { countMax: 100, bytesMax: 1000 },
    pool: { least: 1, most: 1 },
    handle: async (batch) => {
      note(`begin ${batch.map(({ payload }) => payload).join('+')}`);
      await clock.pause(batch.reduce((sum, { predictedMs }) => sum + predictedMs, 0));
      if (batch.some(({ payload }) => payload.startsWith('bad'))) throw new Error('it is bad');
    },
    onServed: ({ payload }, { responseMs, serviceMs, costMs }) =>
      note(`served ${payload} ${responseMs}/${serviceMs}/${costMs}`),
    onFailed: ({ payload }, error) => note(`failed ${payload}: ${(error as Error).message}`),
    onDropped: ({ payload }, reason) => note(`dropped ${payload} ${reason}`),
    ...options,
  });
  return { clock, stage, events };
}

describe('a stage', () => {
  test('handles works in turn, as many at once as its pool has places', async () => {
    const { clock, stage, events } = makeStage({ pool: { least: 2, most: 2 } });
    for (const name of ['1', '2', '3']) expect(stage.enqueue(workOf(name))).toBe('queued');
    expect(stage.metrics()).toMatchObject({ queued: 1, queuedBytes: 1, running: 2, poolSize: 2 });
    // In 5 ms two places are free, for a work of 10 ms.
    expect(stage.expectedWaitMs()).toBe(10);
    await clock.run(100);
    expect(events).toEqual([
      '0 begin 1',
      '0 begin 2',
      '10 begin 3',
      '10 served 1 10/10/10',
      '10 served 2 10/10/10',
      '20 served 3 20/10/10',
    ]);
    expect(stage.metrics()).toMatchObject({
      offered: 3,
      done: 3,
      queued: 0,
      running: 0,
      waiting: { p50Ms: 0, p90Ms: 10, p99Ms: 10 },
      service: { p50Ms: 10, p90Ms: 10, p99Ms: 10 },
    });
    await clock.run(20_000);
    expect(stage.metrics()).toMatchObject({ waiting: null, service: null });
  });

  test('refuses what it has no room for', () => {
    const { stage } = makeStage({ queue: { countMax: 1, bytesMax: 1000 } });
    // The first one goes right into the handler.
    expect(['1', '2', '3'].map((name) => stage.enqueue(workOf(name)))).toEqual(['queued', 'queued', 'full']);
    expect(stage.metrics()).toMatchObject({ offered: 3, refused: 1, queued: 1, running: 1 });
  });

  test('goes on after a handler that throws, at once or later', async () => {
    const { clock, stage, events } = makeStage();
    stage.enqueue(workOf('bad 1'));
    stage.enqueue(workOf('2'));
    await clock.run(100);
    expect(events).toEqual([
      '0 begin bad 1',
      '10 begin 2',
      '10 failed bad 1: it is bad',
      '20 served 2 20/10/10',
    ]);
    expect(stage.metrics()).toMatchObject({ done: 1, failed: 1, running: 0 });
    const thrower = makeStage({
      handle: () => {
        throw new Error('at once');
      },
    });
    thrower.stage.enqueue(workOf('1'));
    thrower.stage.enqueue(workOf('2'));
    await thrower.clock.run(1);
    expect(thrower.events).toEqual(['0 failed 1: at once', '0 failed 2: at once']);
  });

  test('handles works of one key together, and each pays its part', async () => {
    const { clock, stage, events } = makeStage({ batch: { most: 2 } });
    for (const name of ['1', '2', '3', '4']) stage.enqueue(workOf(name, { batchKey: 's' }));
    await clock.run(100);
    expect(events.filter((event) => event.includes('begin'))).toEqual([
      '0 begin 1',
      '10 begin 2+3',
      '30 begin 4',
    ]);
    expect(events).toContain('30 served 3 30/20/10');
  });

  test('drops what expires while it waits', async () => {
    const { clock, stage, events } = makeStage();
    stage.enqueue(workOf('1', { predictedMs: 100 }));
    stage.enqueue(workOf('2', { deadlineMs: 99 }));
    await clock.run(200);
    expect(events).toEqual(['0 begin 1', '100 dropped 2 expired', '100 served 1 100/100/100']);
    expect(stage.metrics().dropped).toEqual({ expired: 1, abandoned: 0, evicted: 0, closed: 0 });
  });
});

describe('long works', () => {
  /** When a short work begins that comes behind three long ones, in a pool of two. */
  async function shortBegins(longShare?: number): Promise<string | undefined> {
    const { clock, stage, events } = makeStage({
      pool: { least: 2, most: 2 },
      ...(longShare === undefined ? {} : { longShare }),
    });
    for (const name of ['1', '2', '3']) stage.enqueue(workOf(name, { isLong: true, predictedMs: 1000 }));
    await clock.run(5);
    stage.enqueue(workOf('short', { arrivedMs: 5 }));
    await clock.run(5000);
    expect(stage.metrics().done).toBe(4);
    return events.find((event) => event.endsWith('begin short'));
  }

  test('may not take the whole pool', async () => {
    expect(await shortBegins()).toBe('5 begin short');
  });

  test('without that a short work would wait for them', async () => {
    expect(await shortBegins(1)).toBe('1000 begin short');
  });
});

test('the expected wait is for places that are free soon, not for one that is taken for long', () => {
  const { stage } = makeStage({ pool: { least: 3, most: 3 } });
  expect(stage.expectedWaitMs()).toBe(0);
  stage.enqueue(workOf('1', { predictedMs: 10_000 }));
  stage.enqueue(workOf('2', { predictedMs: 100 }));
  expect(stage.expectedWaitMs()).toBe(0);
  stage.enqueue(workOf('3', { predictedMs: 60 }));
  expect(stage.expectedWaitMs()).toBe(30);
  stage.enqueue(workOf('4', { predictedMs: 10 }));
  expect(stage.expectedWaitMs()).toBe(40);
  stage.enqueue(workOf('5', { predictedMs: 20 }));
  expect(stage.expectedWaitMs()).toBe((30 + 50 + 10 + 20) / 2);
  stage.enqueue(workOf('6', { predictedMs: 10_000, isLong: true }));
  expect(stage.expectedWaitMs()).toBe((30 + 50 + 10 + 20) / 2);
});

describe('ageing', () => {
  /** When a work of 200 ms begins where more short ones come than can be handled. */
  async function longBegins(patience: number, patienceMaxMs: number): Promise<number | null> {
    const { clock, stage, events } = makeStage({
      queue: { countMax: 10_000, bytesMax: 10_000, patience, patienceMaxMs },
    });
    for (let atMs = 0; atMs < 20_000; atMs += 8)
      clock.after(atMs, () => {
        stage.enqueue(workOf('short', { arrivedMs: clock.nowMs() }));
        if (atMs === 800) stage.enqueue(workOf('long', { arrivedMs: 800, predictedMs: 200 }));
      });
    await clock.run(20_000);
    const begin = events.find((event) => event.endsWith('begin long'));
    return begin === undefined ? null : Number(begin.split(' ')[0]);
  }

  test('nothing starves: a long work begins soon after it is due', async () => {
    const beginMs = await longBegins(2, 10_000);
    expect(beginMs).toBeGreaterThan(1200);
    // The short ones that came by then are before it; they take a quarter more time than there is.
    expect(beginMs).toBeLessThan(1600);
  });

  test('planted bug: without ageing it never begins', async () => {
    expect(await longBegins(Infinity, Infinity)).toBeNull();
  });
});

describe('closing', () => {
  test('drains: what is queued is handled, nothing more is taken', async () => {
    const { clock, stage, events } = makeStage();
    for (const name of ['1', 'bad 2', '3']) stage.enqueue(workOf(name));
    let closedMs: number | null = null;
    void stage.close('drain').then(() => (closedMs = clock.nowMs()));
    expect(stage.enqueue(workOf('4'))).toBe('closed');
    await clock.run(29);
    expect(closedMs).toBeNull();
    await clock.run(100);
    expect(closedMs).toBe(30);
    expect(events.at(-1)).toBe('30 served 3 30/10/10');
    expect(stage.metrics()).toMatchObject({
      offered: 4,
      done: 2,
      failed: 1,
      refused: 1,
      queued: 0,
      running: 0,
    });
  });

  test('drops what is queued, and waits for what is in the handler', async () => {
    const { clock, stage, events } = makeStage();
    for (const name of ['1', '2', '3']) stage.enqueue(workOf(name));
    let closedMs: number | null = null;
    void stage.close('drop').then(() => (closedMs = clock.nowMs()));
    expect(events).toEqual(['0 begin 1', '0 dropped 2 closed', '0 dropped 3 closed']);
    await clock.run(100);
    expect(closedMs).toBe(10);
  });

  test('at once where there is nothing to do, and leaves no timer', async () => {
    const { stage, clock } = makeStage({ pool: { least: 1, most: 4 } });
    await stage.close('drain');
    expect(clock.timerCount).toBe(0);
  });
});

describe('the pool', () => {
  test('grows while works wait, as far as it may, and shrinks again; idle stages have no timers', async () => {
    const { clock, stage } = makeStage({ pool: { least: 1, most: 3 } });
    const sizes: number[] = [];
    for (let n = 0; n < 100; n++) stage.enqueue(workOf(String(n), { predictedMs: 180 }));
    for (let atMs = 1500; atMs <= 13_500; atMs += 2000) {
      await clock.run(atMs);
      sizes.push(stage.poolSize);
    }
    // 18 s of work: 2 s in one place, 2 s in two, the rest in three, done by 8 s.
    expect(sizes).toEqual([1, 2, 3, 3, 2, 1, 1]);
    expect(stage.metrics()).toMatchObject({ done: 100, poolSize: 1 });
    expect(clock.timerCount).toBe(0);
  });
});
