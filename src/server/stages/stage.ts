import { BatchController, type BatchOptions } from './batch-controller.ts';
import { PoolController, type PoolOptions } from './pool-controller.ts';
import { type Percentiles, RecentTimes } from './recent-times.ts';
import type { DropReason, OnDrop, StageClock, Work } from './work.ts';
import { type QueueOptions, WorkQueue } from './work-queue.ts';

/** What handling a work took, milliseconds. */
export interface ServiceTimes {
  /** From arrival to the end. */
  readonly responseMs: number;
  /** Of the batch. */
  readonly serviceMs: number;
  /** Its part of the batch's time. */
  readonly costMs: number;
}

export interface StageOptions<T> {
  readonly name: string;
  readonly clock: StageClock;
  readonly queue: QueueOptions;
  readonly pool: PoolOptions;
  /** Left out: each work is handled alone. */
  readonly batch?: BatchOptions;
  /** Share of the pool that long works may take, one place at least. Default 0.5. */
  readonly longShare?: number;
  /** Handles works of one batch key, or one work. Where it fails, all of them have failed. */
  readonly handle: (batch: readonly Work<T>[]) => Promise<void>;
  readonly onServed?: (work: Work<T>, times: ServiceTimes) => void;
  readonly onFailed: (work: Work<T>, error: unknown) => void;
  readonly onDropped: OnDrop<T>;
}

/** What a stage is at. */
export interface StageMetrics {
  readonly name: string;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Batches in the handler. */
  readonly running: number;
  readonly runningWorks: number;
  readonly poolSize: number;
  readonly batchSize: number;
  /** Works since the stage began. All that were offered are done, failed, dropped, refused, queued or running. */
  readonly offered: number;
  readonly done: number;
  readonly failed: number;
  readonly refused: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** From queueing to the handler, of the last seconds. */
  readonly waiting: Percentiles | null;
  /** In the handler, of the last seconds. */
  readonly service: Percentiles | null;
}

interface Running {
  readonly predictedMs: number;
  readonly works: number;
  readonly isLong: boolean;
}

/** How often a stage with something to do looks at its pool when nothing happens, milliseconds. */
const beatMs = 1000;
/** For how long times count in the percentiles, milliseconds. */
const recentMs = 10_000;

/** A queue, a handler, a pool of as many batches as may be in the handler at once, and controllers for both. */
export class Stage<T> {
  readonly name: string;
  private readonly queue: WorkQueue<T>;
  private readonly pool: PoolController;
  private readonly batches: BatchController | null;
  private readonly running = new Set<Running>();
  private readonly queuedMs = new WeakMap<Work<T>, number>();
  private readonly waiting = new RecentTimes(recentMs);
  private readonly service = new RecentTimes(recentMs);
  private readonly totals = { offered: 0, done: 0, failed: 0, refused: 0 };
  private readonly dropped = { expired: 0, abandoned: 0, evicted: 0, closed: 0 };
  private callOffBeat: (() => void) | null = null;
  private isClosed = false;
  private whenEmpty: (() => void)[] = [];

  constructor(private readonly options: StageOptions<T>) {
    const { clock } = options;
    this.name = options.name;
    this.pool = new PoolController(options.pool, clock.nowMs());
    this.batches = options.batch === undefined ? null : new BatchController(options.batch, clock.nowMs());
    this.queue = new WorkQueue(clock, options.queue, (work, reason) => {
      this.dropped[reason]++;
      options.onDropped(work, reason);
    });
  }

  /**
   * Offers a work. Of one that is queued, and of no other, it is told what becomes of it: it is served, failed or dropped; it may be
   * before this returns.
   */
  enqueue(work: Work<T>): 'queued' | 'full' | 'closed' {
    this.totals.offered++;
    const outcome = this.isClosed ? 'closed' : this.queue.offer(work);
    if (outcome === 'queued') {
      this.queuedMs.set(work, this.options.clock.nowMs());
      this.dispatch();
    } else this.totals.refused++;
    return outcome;
  }

  /** How long a work that is not long would wait if it came now, and last, where predictions hold and nothing is degraded, milliseconds. */
  expectedWaitMs(): number {
    // Of what runs, half is over on average.
    const endsMs = [...this.running].map(({ predictedMs }) => predictedMs / 2);
    while (endsMs.length < this.pool.size) endsMs.push(0);
    return timeWhenDone(endsMs, this.queue.shortPredictedMs);
  }

  get queued(): number {
    return this.queue.count;
  }

  get poolSize(): number {
    return this.pool.size;
  }

  metrics(): StageMetrics {
    const nowMs = this.options.clock.nowMs();
    return {
      name: this.name,
      queued: this.queue.count,
      queuedBytes: this.queue.bytes,
      running: this.running.size,
      runningWorks: [...this.running].reduce((sum, { works }) => sum + works, 0),
      poolSize: this.pool.size,
      batchSize: this.batches?.size ?? 1,
      ...this.totals,
      dropped: { ...this.dropped },
      waiting: this.waiting.percentiles(nowMs),
      service: this.service.percentiles(nowMs),
    };
  }

  /**
   * Takes nothing more. @returns when all that was queued has been handled, or, where it is dropped, what was in the handler
   * @param queued what becomes of what waits
   */
  async close(queued: 'drain' | 'drop'): Promise<void> {
    this.isClosed = true;
    if (queued === 'drop') this.queue.clear();
    this.dispatch();
    if (this.isEmpty()) return;
    await new Promise<void>((resolve) => this.whenEmpty.push(resolve));
  }

  private isEmpty(): boolean {
    return this.queue.count === 0 && this.running.size === 0;
  }

  /** Starts what may start. */
  private dispatch(): void {
    const { clock } = this.options;
    this.pool.observe(clock.nowMs(), this.queue.count, this.running.size);
    while (this.running.size < this.pool.size) {
      const batch = this.queue.take({
        sizeMax: this.batches?.size ?? 1,
        longAllowed: this.longRunning() < this.longMax(),
      });
      if (batch.length === 0) break;
      void this.run(batch);
    }
    this.pool.observe(clock.nowMs(), this.queue.count, this.running.size);
    if (this.isEmpty()) for (const resolve of this.whenEmpty.splice(0)) resolve();
    this.beat();
  }

  private longRunning(): number {
    let count = 0;
    for (const { isLong } of this.running) if (isLong) count++;
    return count;
  }

  private longMax(): number {
    return Math.max(1, Math.floor(this.pool.size * (this.options.longShare ?? 0.5)));
  }

  private async run(batch: readonly Work<T>[]): Promise<void> {
    const { clock, handle, onFailed, onServed } = this.options;
    const startedMs = clock.nowMs();
    const running: Running = {
      predictedMs: batch.reduce((sum, { predictedMs }) => sum + predictedMs, 0),
      works: batch.length,
      isLong: batch[0]!.isLong ?? false, // a batch has one at least; all are as long
    };
    this.running.add(running);
    for (const work of batch) this.waiting.add(startedMs, startedMs - this.queuedMs.get(work)!); // it was queued
    let failure: { readonly error: unknown } | null = null;
    try {
      await handle(batch);
    } catch (error) {
      failure = { error };
    }
    const nowMs = clock.nowMs();
    const serviceMs = nowMs - startedMs;
    const costMs = serviceMs / batch.length;
    this.running.delete(running);
    for (const work of batch) {
      this.service.add(nowMs, serviceMs);
      this.queue.charge(work.client, costMs - work.predictedMs);
    }
    this.totals[failure === null ? 'done' : 'failed'] += batch.length;
    this.batches?.handled(nowMs, batch.length, this.queue.count > 0);
    this.dispatch();
    for (const work of batch)
      if (failure === null) onServed?.(work, { responseMs: nowMs - work.arrivedMs, serviceMs, costMs });
      else onFailed(work, failure.error);
  }

  /** While there is something to do or to give up, the pool is looked at now and then; an idle stage has no timer. */
  private beat(): void {
    if (this.callOffBeat !== null || (this.isEmpty() && this.pool.size === this.options.pool.least)) return;
    this.callOffBeat = this.options.clock.after(beatMs, () => {
      this.callOffBeat = null;
      this.dispatch();
    });
  }
}

/** When places that are free at some times would have done so much work. One that is taken for long is not waited for. */
function timeWhenDone(freeAtMs: number[], workMs: number): number {
  freeAtMs.sort((a, b) => a - b);
  let [doneMs, sumMs] = [Infinity, workMs];
  for (const [place, atMs] of freeAtMs.entries()) {
    if (atMs >= doneMs) break;
    sumMs += atMs;
    doneMs = sumMs / (place + 1);
  }
  return doneMs;
}
