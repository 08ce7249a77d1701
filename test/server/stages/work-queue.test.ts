import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Work, WorkQueue } from '../../../src/server/stages/index.ts';
import { ClientLines, type QueueEntry } from '../../../src/server/stages/client-lines.ts';
import type { QueueOptions } from '../../../src/server/stages/work-queue.ts';
import { SimulatedClock } from './support/simulated-clock.ts';
import { workOf } from './support/work.ts';

/** A queue, what it has dropped, and its works taken out one by one, or in batches. */
function makeQueue(options: Partial<QueueOptions> = {}): {
  readonly clock: SimulatedClock;
  readonly queue: WorkQueue<string>;
  readonly drops: string[];
  readonly take: (sizeMax?: number, longAllowed?: boolean) => string;
  readonly takeAll: () => string;
} {
  const clock = new SimulatedClock();
  const drops: string[] = [];
  const queue = new WorkQueue<string>(clock, { countMax: 100, bytesMax: 1000, ...options }, (work, reason) =>
    drops.push(`${work.payload} ${reason}`),
  );
  const take = (sizeMax = 1, longAllowed = true): string => names(queue.take({ sizeMax, longAllowed }));
  const takeAll = (): string => {
    const taken: string[] = [];
    for (let next = take(); next !== ''; next = take()) taken.push(next);
    return taken.join(' ');
  };
  return { clock, queue, drops, take, takeAll };
}

const names = (works: readonly Work<string>[]): string => works.map(({ payload }) => payload).join('+');

describe('threshold', () => {
  test('a queue takes so many works and no more', () => {
    const { queue, drops, takeAll } = makeQueue({ countMax: 2 });
    expect(['1', '2', '3'].map((name) => queue.offer(workOf(name)))).toEqual(['queued', 'queued', 'full']);
    expect(queue.count).toBe(2);
    expect(takeAll()).toBe('1 2');
    expect(drops).toEqual([]);
  });

  test('and so many bytes', () => {
    const { queue, take } = makeQueue({ bytesMax: 10 });
    expect(queue.offer(workOf('1', { bytes: 6 }))).toBe('queued');
    expect(queue.offer(workOf('2', { bytes: 5 }))).toBe('full');
    expect(queue.offer(workOf('3', { bytes: 4 }))).toBe('queued');
    expect(queue.bytes).toBe(10);
    take();
    expect([queue.bytes, queue.shortPredictedMs]).toEqual([4, 10]);
    expect(queue.offer(workOf('4', { bytes: 6 }))).toBe('queued');
  });
});

describe('filter', () => {
  test('works past their deadline or without a client are dropped when they come up', async () => {
    const { clock, queue, drops, takeAll } = makeQueue();
    let isGone = false;
    queue.offer(workOf('late', { deadlineMs: 50 }));
    queue.offer(workOf('left', { isAbandoned: () => isGone }));
    queue.offer(workOf('kept', { deadlineMs: 51 }));
    await clock.run(50);
    isGone = true;
    expect(drops).toEqual([]);
    expect(takeAll()).toBe('kept');
    expect(drops.sort()).toEqual(['late expired', 'left abandoned']);
    expect([queue.count, queue.bytes, queue.shortPredictedMs]).toEqual([0, 0, 0]);
  });

  test('they give their room to others where the queue is full', async () => {
    const { clock, queue, drops } = makeQueue({ countMax: 2 });
    queue.offer(workOf('first'));
    queue.offer(workOf('late', { deadlineMs: 50 }));
    await clock.run(50);
    expect(queue.offer(workOf('new'))).toBe('queued');
    expect(drops).toEqual(['late expired']);
  });

  test('mates of a batch are looked at too', async () => {
    const { clock, queue, drops, take } = makeQueue();
    for (const [name, deadlineMs] of [
      ['1', null],
      ['2', 50],
      ['3', null],
    ] as const)
      // prettier-ignore
      queue.offer(workOf(name, { batchKey: 's', deadlineMs, predictedMs: name === '1' ? 1 : 10 }));
    await clock.run(60);
    queue.offer(workOf('4', { batchKey: 's', arrivedMs: 60 }));
    expect(take(3)).toBe('1+3+4');
    expect(drops).toEqual(['2 expired']);
  });
});

describe('reorder', () => {
  test('the earliest deadline is first, then the cheapest', () => {
    const { queue, takeAll } = makeQueue();
    queue.offer(workOf('dear', { predictedMs: 30 }));
    queue.offer(workOf('cheap', { predictedMs: 20 }));
    queue.offer(workOf('urgent', { predictedMs: 20, deadlineMs: 35 }));
    queue.offer(workOf('more urgent', { predictedMs: 20, deadlineMs: 30 }));
    expect(takeAll()).toBe('more urgent urgent cheap dear');
  });

  test('a work that waits rises: none that comes after it is due is before it', () => {
    const { queue, takeAll } = makeQueue();
    queue.offer(workOf('long', { predictedMs: 100 }));
    queue.offer(workOf('at 170', { arrivedMs: 170 }));
    queue.offer(workOf('at 190', { arrivedMs: 190 }));
    expect(takeAll()).toBe('at 170 long at 190');
  });

  test('a very long work, or one with a far deadline, rises after ten seconds', () => {
    const { queue, takeAll } = makeQueue();
    queue.offer(workOf('hours', { predictedMs: 1e7, deadlineMs: 1e9 }));
    queue.offer(workOf('before', { arrivedMs: 9000 }));
    queue.offer(workOf('after', { arrivedMs: 10_000 }));
    expect(takeAll()).toBe('before hours after');
  });

  const works = fc.array(
    fc.record({
      arrivedMs: fc.integer({ min: 0, max: 100 }),
      predictedMs: fc.integer({ min: 1, max: 50 }),
      deadlineMs: fc.option(fc.integer({ min: 60, max: 300 })),
      isLong: fc.boolean(),
      isAbandoned: fc.boolean(),
    }),
    { maxLength: 40, size: 'max' },
  );

  test('works come out as a sort of the living has them, whatever leaves in between', () => {
    fc.assert(
      fc.property(works, (all) => {
        // The last one finds the queue full, so that all that are abandoned leave from wherever they are.
        const { queue, takeAll } = makeQueue({ countMax: Math.max(1, all.length) });
        const gone = new Set<number>();
        for (const [place, each] of all.entries())
          queue.offer(workOf(String(place), { ...each, isAbandoned: () => gone.has(place) }));
        for (const [place, { isAbandoned }] of all.entries()) if (isAbandoned) gone.add(place);
        queue.offer(workOf('last', { arrivedMs: 1e6 }));
        const due = ({ arrivedMs, predictedMs, deadlineMs }: (typeof all)[number]): number =>
          Math.min(arrivedMs + 2 * predictedMs, (deadlineMs ?? Infinity) - predictedMs);
        const living = all.map((work, place) => ({ work, place })).filter(({ place }) => !gone.has(place));
        const sorted = living.sort(
          (a, b) =>
            due(a.work) - due(b.work) ||
            (a.work.deadlineMs ?? 1e9) - (b.work.deadlineMs ?? 1e9) ||
            a.work.predictedMs - b.work.predictedMs ||
            a.place - b.place,
        );
        const hasRoomForLast = all.length === 0 || living.length < all.length;
        expect(takeAll()).toBe([...sorted.map(({ place }) => place), ...(hasRoomForLast ? ['last'] : [])].join(' ')); // prettier-ignore
        expect([queue.count, queue.bytes, queue.shortPredictedMs]).toEqual([0, 0, 0]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('aggregate', () => {
  test('a batch is the next work and others of its key, oldest first, up to a size', () => {
    const { queue, take } = makeQueue();
    queue.offer(workOf('1', { batchKey: 's' }));
    queue.offer(workOf('other', { batchKey: 't' }));
    queue.offer(workOf('2', { batchKey: 's', client: 'b' }));
    queue.offer(workOf('alone'));
    queue.offer(workOf('3', { batchKey: 's', predictedMs: 500 }));
    queue.offer(workOf('4', { batchKey: 's' }));
    expect([take(3), take(3), take(3), take(3), take(3)]).toEqual(['1+2+3', 'other', 'alone', '4', '']);
  });

  test('long works are not taken along by short ones', () => {
    const { queue, take } = makeQueue();
    queue.offer(workOf('1', { batchKey: 's' }));
    queue.offer(workOf('long', { batchKey: 's', isLong: true }));
    expect([take(2), take(2, false), take(2)]).toEqual(['1', '', 'long']);
  });
});

describe('fairness', () => {
  test('clients get turns by the work they have received, not by how much they ask', () => {
    const { queue, take } = makeQueue({ turnMs: 0 });
    for (let n = 1; n <= 4; n++) queue.offer(workOf(`a${n}`));
    queue.offer(workOf('b1', { client: 'b', predictedMs: 20 }));
    queue.offer(workOf('b2', { client: 'b', predictedMs: 20 }));
    // a1 (a: 10), b1 (b: 20), a2 (a: 20), a3 or b2 …
    expect([take(), take(), take(), take(), take(), take()]).toEqual(['a1', 'b1', 'a2', 'a3', 'b2', 'a4']);
  });

  test('what a work really took counts', () => {
    const { queue, take } = makeQueue({ turnMs: 0 });
    for (let n = 1; n <= 3; n++) queue.offer(workOf(`a${n}`));
    for (let n = 1; n <= 3; n++) queue.offer(workOf(`b${n}`, { client: 'b' }));
    expect([take(), take()]).toEqual(['a1', 'b1']);
    queue.charge('a', 15);
    expect([take(), take(), take()]).toEqual(['b2', 'b3', 'a2']);
  });

  test('who comes later is not owed what it did not ask for', () => {
    const { queue, take } = makeQueue({ turnMs: 0 });
    for (let n = 1; n <= 6; n++) queue.offer(workOf(`a${n}`));
    expect([take(), take(), take()]).toEqual(['a1', 'a2', 'a3']);
    for (let n = 1; n <= 3; n++) queue.offer(workOf(`b${n}`, { client: 'b' }));
    expect([take(), take(), take(), take(), take()]).toEqual(['b1', 'a4', 'b2', 'a5', 'b3']);
  });

  test('when nothing waited all begin anew, and corrections of what was before do not put anybody ahead', () => {
    const { queue, take, takeAll } = makeQueue({ turnMs: 0 });
    queue.offer(workOf('a1', { predictedMs: 100 }));
    take();
    for (let n = 2; n <= 4; n++) queue.offer(workOf(`a${n}`));
    for (let n = 1; n <= 3; n++) queue.offer(workOf(`b${n}`, { client: 'b' }));
    queue.charge('a', -90);
    expect(takeAll()).toBe('a2 b1 a3 b2 a4 b3');
  });

  test('of clients who come and go few are kept in mind', () => {
    const lines = new ClientLines<string>(0);
    const entry = (client: string): QueueEntry<string> => ({
      work: workOf('any', { client }),
      dueMs: 0,
      sequence: 0,
      place: -1,
    });
    lines.add(entry('stays'));
    for (let n = 0; n < 1000; n++) {
      const passing = entry(`client ${n}`);
      lines.add(passing);
      lines.charge(`client ${n}`, 10);
      lines.remove(passing);
    }
    const known = Array.from({ length: 1000 }, (_, n) => lines.lineOf(`client ${n}`));
    expect(known.filter((line) => line !== undefined).length).toBeLessThan(100);
    expect(lines.lineOf('stays')?.count).toBe(1);
  });

  test('within a turn, what is due first is first', () => {
    const { queue, takeAll } = makeQueue({ turnMs: 25 });
    for (let n = 1; n <= 4; n++) queue.offer(workOf(`a${n}`));
    queue.offer(workOf('b1', { client: 'b', arrivedMs: 5 }));
    expect(takeAll()).toBe('a1 a2 a3 b1 a4');
  });
});

describe('eviction', () => {
  test('who holds most gives way with its last work, to whoever holds less', () => {
    const { queue, drops, takeAll } = makeQueue({ countMax: 4 });
    queue.offer(workOf('a1'));
    queue.offer(workOf('a2', { predictedMs: 500 }));
    queue.offer(workOf('a3'));
    queue.offer(workOf('a4'));
    expect(queue.offer(workOf('b1', { client: 'b' }))).toBe('queued');
    expect(queue.offer(workOf('b2', { client: 'b' }))).toBe('queued');
    expect(queue.offer(workOf('b3', { client: 'b' }))).toBe('full');
    expect(queue.offer(workOf('a5'))).toBe('full');
    expect(drops).toEqual(['a2 evicted', 'a4 evicted']);
    expect(queue.offer(workOf('c1', { client: 'c' }))).toBe('queued');
    expect(drops).toEqual(['a2 evicted', 'a4 evicted', 'a3 evicted']);
    // c would hold two then, as b does.
    expect(queue.offer(workOf('c2', { client: 'c' }))).toBe('full');
    expect(takeAll()).toBe('a1 b1 b2 c1');
  });

  test('several go where bytes are short, but none where that would not do', () => {
    const { queue, drops } = makeQueue({ bytesMax: 10 });
    for (let n = 1; n <= 5; n++) queue.offer(workOf(`a${n}`, { bytes: 2 }));
    expect(queue.offer(workOf('b1', { client: 'b', bytes: 7 }))).toBe('full');
    expect(drops).toEqual([]);
    expect(queue.offer(workOf('b2', { client: 'b', bytes: 4 }))).toBe('queued');
    expect(drops).toEqual(['a5 evicted', 'a4 evicted']);
    expect(queue.bytes).toBe(10);
  });
});
