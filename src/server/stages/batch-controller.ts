export interface BatchOptions {
  /** Most works of a batch; there it starts. */
  readonly most: number;
  /** How long throughput is measured for, milliseconds. Default 1 s. */
  readonly sampleMs?: number;
}

/** By how much a size changes in a step. */
const stepFactor = 1.2;
/** Shares of the best throughput: below the first batches are too small, from the second on they are large enough. */
const [fallenShare, regainedShare] = [0.9, 0.98];

/**
 * How many works a batch may have: the fewest with which throughput stays near the best, since large batches make works wait.
 * @see Welsh, Culler, Brewer, SOSP 2001
 */
export class BatchController {
  private exactSize: number;
  private isGrowing = false;
  private bestPerSecond = 0;
  private sinceMs: number;
  private works = 0;
  private isBacklogged = true;
  private readonly options: Required<BatchOptions>;

  /** @throws RangeError where a batch could hold nothing */
  constructor(options: BatchOptions, nowMs: number) {
    this.options = { sampleMs: 1000, ...options };
    if (!(options.most >= 1)) throw new RangeError(`batches of at most ${options.most} works`);
    this.exactSize = options.most;
    this.sinceMs = nowMs;
  }

  get size(): number {
    return Math.round(this.exactSize);
  }

  /**
   * A batch was handled.
   * @param isBacklogged whether works wait still. Where none do, throughput is that of those who ask, and says nothing of batches
   */
  handled(nowMs: number, works: number, isBacklogged: boolean): void {
    this.works += works;
    this.isBacklogged &&= isBacklogged;
    const elapsedMs = nowMs - this.sinceMs;
    if (elapsedMs < this.options.sampleMs) return;
    if (this.isBacklogged) this.adjust((this.works * 1000) / elapsedMs);
    this.sinceMs = nowMs;
    this.works = 0;
    this.isBacklogged = true;
  }

  private adjust(worksPerSecond: number): void {
    // With the largest batches throughput is as good as it gets: a better one was that of cheaper works.
    const isLargest = this.size === this.options.most;
    this.bestPerSecond = isLargest ? worksPerSecond : Math.max(this.bestPerSecond, worksPerSecond);
    const share = worksPerSecond / this.bestPerSecond;
    if (share <= fallenShare) this.isGrowing = true;
    else if (share >= regainedShare) this.isGrowing = false;
    const size = this.isGrowing ? this.exactSize * stepFactor : this.exactSize / stepFactor;
    this.exactSize = Math.min(this.options.most, Math.max(1, size));
  }
}
