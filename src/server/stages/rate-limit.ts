export interface RateOptions {
  /** What a rate is divided by where answers are too slow. */
  readonly cutFactor: number;
  /** What it is multiplied by where they are quick again, … */
  readonly growFactor: number;
  /** … and what is added then, requests a second. */
  readonly growBy: number;
  /** For how long an unused limit stays, in observations. */
  readonly idleObservations: number;
  /** Share of what was served a second lately that a rate is never cut below: what is slow may have come in before. */
  readonly leastShare: number;
}

/** What SEDA's controller does. @see Welsh, Culler, "Adaptive Overload Control for Busy Internet Servers", USITS 2003. */
export const publishedRate: RateOptions = {
  cutFactor: 2,
  growFactor: 1,
  growBy: 0.5,
  idleObservations: Infinity,
  leastShare: 0,
};

/** What the simulation made of it. @see docs/operations.md, "The server under load" */
export const ownRate: RateOptions = {
  cutFactor: 1.2,
  growFactor: 1.1,
  growBy: 0.5,
  idleObservations: 2,
  leastShare: 0.5,
};

/** For how long an unused allowance adds up, seconds. */
const burstSeconds = 0.25;

/** A token bucket whose rate follows what is observed. Without a limit until something was too slow. */
export class RateLimit {
  private perSecond = Infinity;
  private tokens = 0;
  private filledMs: number;
  private idle = 0;
  private wasShort = false;

  constructor(
    private readonly options: RateOptions,
    nowMs: number,
  ) {
    this.filledMs = nowMs;
  }

  /** Requests a second; Infinity: no limit. */
  get rate(): number {
    return this.perSecond;
  }

  /** @param isReserved half of the bucket is kept for others @returns how long until it would be granted, milliseconds; 0: it is */
  request(nowMs: number, isReserved: boolean): number {
    if (this.perSecond === Infinity) return 0;
    this.fill(nowMs);
    const needed = isReserved ? 1 + (this.depth() - 1) / 2 : 1;
    if (this.tokens >= needed) {
      this.tokens--;
      return 0;
    }
    this.wasShort = true;
    return ((needed - this.tokens) * 1000) / this.perSecond;
  }

  /** @param servedPerSecond lately; where there was no limit, it is begun with that */
  cut(nowMs: number, servedPerSecond: number): void {
    this.fill(nowMs);
    const from = this.perSecond === Infinity ? servedPerSecond : this.perSecond;
    const { cutFactor, leastShare } = this.options;
    this.perSecond = Math.max(1, leastShare * servedPerSecond, from / cutFactor);
    this.tokens = Math.min(this.tokens, this.depth());
    this.idle = 0;
  }

  /** Lets more in; a limit that nobody met for a while goes. */
  grow(nowMs: number): void {
    this.fill(nowMs);
    this.idle = this.wasShort ? 0 : this.idle + 1;
    this.wasShort = false;
    const { growFactor, growBy, idleObservations } = this.options;
    this.perSecond = this.idle >= idleObservations ? Infinity : this.perSecond * growFactor + growBy;
  }

  private fill(nowMs: number): void {
    if (this.perSecond < Infinity)
      this.tokens = Math.min(this.depth(), this.tokens + ((nowMs - this.filledMs) * this.perSecond) / 1000);
    this.filledMs = nowMs;
  }

  private depth(): number {
    return Math.max(1, this.perSecond * burstSeconds);
  }
}
