export interface PoolOptions {
  readonly least: number;
  readonly most: number;
  /** How often the queue is looked at, milliseconds. Default 2 s. */
  readonly sampleMs?: number;
  /** A place that was idle for so long goes, milliseconds. Default 1 s. */
  readonly idleMs?: number;
  /** The queue is long where so many works wait for each place. Default 1. */
  readonly longQueue?: number;
}

/**
 * How many batches may be in the handler at once: one more at each look at a long queue, one less whenever a place was idle.
 * @see Welsh, Culler, Brewer, "SEDA: An Architecture for Well-Conditioned, Scalable Internet Services", SOSP 2001
 */
export class PoolController {
  private places: number;
  private sampledMs: number;
  /** Since when places have been idle; null: all are taken. */
  private idleSinceMs: number | null;
  private readonly options: Required<PoolOptions>;

  /** @throws RangeError where it could hold nothing */
  constructor(options: PoolOptions, nowMs: number) {
    this.options = { sampleMs: 2000, idleMs: 1000, longQueue: 1, ...options };
    if (!(options.least >= 1 && options.most >= options.least))
      throw new RangeError(`a pool of ${options.least} to ${options.most} places`);
    this.places = options.least;
    this.sampledMs = nowMs;
    this.idleSinceMs = nowMs;
  }

  get size(): number {
    return this.places;
  }

  /** To be called whenever something begins or ends, and now and then. @param running batches in the handler */
  observe(nowMs: number, queued: number, running: number): void {
    const { least, most, sampleMs, idleMs, longQueue } = this.options;
    if (running >= this.places) this.idleSinceMs = null;
    else this.idleSinceMs ??= nowMs;
    if (this.idleSinceMs !== null && nowMs - this.idleSinceMs >= idleMs) {
      this.places = Math.max(least, this.places - 1);
      this.idleSinceMs = nowMs;
    }
    if (nowMs - this.sampledMs < sampleMs) return;
    this.sampledMs = nowMs;
    if (queued >= longQueue * this.places) this.places = Math.min(most, this.places + 1);
  }
}
