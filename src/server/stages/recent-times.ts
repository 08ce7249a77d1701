/** Percentiles of times, milliseconds; null: nothing was seen lately. */
export interface Percentiles {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

/** Most times that are kept. */
const timesMax = 1024;

/** Times of the last seconds. */
export class RecentTimes {
  private readonly times: { readonly atMs: number; readonly ms: number }[] = [];
  private next = 0;

  /** @param windowMs for how long a time counts */
  constructor(private readonly windowMs: number) {}

  add(atMs: number, ms: number): void {
    this.times[this.next] = { atMs, ms };
    this.next = (this.next + 1) % timesMax;
  }

  percentiles(nowMs: number): Percentiles | null {
    const recent = this.times.filter(({ atMs }) => atMs > nowMs - this.windowMs).map(({ ms }) => ms);
    if (recent.length === 0) return null;
    const sorted = recent.sort((a, b) => a - b);
    const [p50Ms, p90Ms, p99Ms] = [0.5, 0.9, 0.99].map((share) => percentile(sorted, share));
    return { p50Ms: p50Ms!, p90Ms: p90Ms!, p99Ms: p99Ms! }; // one each
  }
}

/** The least value that so large a share of all does not exceed. @param sorted ascending, one at least */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!; // in range
}
