import { ClientShares } from './client-shares.ts';
import { LoadForecast, type LoadRequest } from './load-forecast.ts';
import { ownRate, RateLimit, type RateOptions } from './rate-limit.ts';
import { percentile } from './recent-times.ts';
import type { StageClock } from './work.ts';

/** A request that is not let in. */
export interface Refusal {
  readonly admitted: false;
  readonly retryAfterMs: number;
}

/** Whether a request is let in. */
export type Admission = { readonly admitted: true } | Refusal;

/** What is before a work that comes: the stage that does the work. */
export interface Backlog {
  readonly queued: number;
  readonly poolSize: number;
  /** As predicted, where nothing is degraded. */
  expectedWaitMs(): number;
}

export interface AdmissionOptions {
  readonly clock: StageClock;
  /** Nine in ten answers are to come within it, milliseconds. */
  readonly targetMs: number;
  /** Made before the stage may exist: it is asked when somebody asks. */
  readonly backlog: () => Backlog;
  /** Of the rows that a degradable work reads at least. Default 1/16. */
  readonly leastShare?: number;
  /** Longest time between observations, milliseconds. Default 250. */
  readonly sampleMs?: number;
  /** Predicted wait, by the target, from which works are degraded. Infinity: measured times alone decide. Default 0.3. */
  readonly degradeAt?: number;
  /** … and from which requests are refused. Default 0.5. */
  readonly refuseAt?: number;
  readonly rate?: RateOptions;
}

/** A request that was answered. */
export interface Served extends LoadRequest {
  readonly responseMs: number;
  /** Time of one place in the pool. */
  readonly costMs: number;
  /** What `share` was when it began. */
  readonly share: number;
}

/** What admission is at. */
export interface AdmissionMetrics {
  readonly p90Ms: number | null;
  /** How often the share was halved. */
  readonly level: number;
  readonly share: number;
  /** Requests a second; Infinity: no limit. */
  readonly rate: number;
  readonly admitted: number;
  readonly refused: number;
  readonly expectedWaitMs: number;
}

/** Requests after which the response times are looked at. */
const sampleCount = 100;
/** What is kept of the 90th percentile at an observation. */
const p90Kept = 0.7;
/** Below and above these shares of the target, more is let in and less. */
const [quickShare, slowShare] = [0.9, 1.2];
/** In which half of the most that was served a second is forgotten. */
const throughputHalfLifeMs = 5000;
/** How busy the pool may be foreseen to be, for works to be degraded less. */
const roomShare = 1;
/** Of the work must be degradable at least, for degrading to be of use. */
const degradableMin = 0.05;
/** A client that has more than its share is refused so far on the way from degrading to refusing others. */
const greedyShare = 0.5;

/**
 * Keeps the 90th percentile of response times at a target: first by degrading, and where that is at its most, or of no use, by letting in
 * less. On the way back more is let in first. Requests that would wait for too long behind others are not let in at all.
 * @see Welsh, Culler, "Adaptive Overload Control for Busy Internet Servers", USITS 2003
 */
export class AdmissionController {
  private readonly shares: readonly number[];
  private readonly forecast: LoadForecast;
  private readonly limit: RateLimit;
  private readonly clients = new ClientShares();
  private readonly settings: Required<AdmissionOptions>;
  private level = 0;
  private responses: number[] = [];
  private p90Ms: number | null = null;
  /** The most that was served in a second lately. */
  private throughput = 0;
  private observedMs: number;
  private readonly totals = { admitted: 0, refused: 0 };

  constructor(options: AdmissionOptions) {
    this.settings = {
      leastShare: 1 / 16,
      sampleMs: 250,
      degradeAt: 0.3,
      refuseAt: 0.5,
      rate: ownRate,
      ...options,
    };
    const levels = Math.max(0, Math.round(-Math.log2(this.settings.leastShare)));
    this.shares = Array.from({ length: levels + 1 }, (_, level) => 2 ** -level);
    this.forecast = new LoadForecast(this.shares);
    this.observedMs = options.clock.nowMs();
    this.limit = new RateLimit(this.settings.rate, this.observedMs);
  }

  /** Of the rows that degradable works are to read. To be asked when a work begins, not when it is let in: so it helps at once. */
  get share(): number {
    this.observeIfDue();
    return this.shares[this.level]!; // a level
  }

  /**
   * Refuses a request before it is known which it is, where every one of that client is refused.
   * @param request what most are like
   * @returns null: it may go on to where it is looked at
   */
  refuseUnseen(request: LoadRequest): Refusal | null {
    const excessMs = this.excessMs(this.clients.hasMore(request.client));
    // Where less can be read it is to be known what is asked.
    if (excessMs <= 0 || this.canDegrade()) return null;
    this.observeIfDue();
    this.forecast.ask(request);
    return this.refuse(excessMs);
  }

  admit(request: LoadRequest): Admission {
    this.observeIfDue();
    this.forecast.ask(request);
    const { clock, targetMs, degradeAt } = this.settings;
    while (this.expectedWaitMs() > degradeAt * targetMs && this.canDegrade()) this.level++;
    const isGreedy = this.clients.hasMore(request.client);
    const excessMs = this.excessMs(isGreedy);
    const waitMs = excessMs > 0 ? excessMs : this.limit.request(clock.nowMs(), isGreedy);
    if (waitMs > 0) return this.refuse(waitMs);
    this.totals.admitted++;
    this.clients.add(request.client);
    return { admitted: true };
  }

  /** A request that was let in has been answered. */
  served(served: Served): void {
    this.forecast.served(served, served.costMs, served.share);
    this.responses.push(served.responseMs);
    this.observeIfDue();
  }

  metrics(): AdmissionMetrics {
    const { p90Ms, level, shares, limit, totals } = this;
    return {
      p90Ms,
      level,
      share: shares[level]!, // a level
      rate: limit.rate,
      ...totals,
      expectedWaitMs: this.expectedWaitMs(),
    };
  }

  /** How long a work that comes now would wait, if it came last. */
  private expectedWaitMs(): number {
    return this.settings.backlog().expectedWaitMs() * this.forecast.costRatio(this.level);
  }

  /** By how much a work that comes now would wait for longer than it may. */
  private excessMs(isGreedy: boolean): number {
    const { targetMs, degradeAt, refuseAt } = this.settings;
    const limitShare = isGreedy ? degradeAt + greedyShare * (refuseAt - degradeAt) : refuseAt;
    return this.expectedWaitMs() - limitShare * targetMs;
  }

  private refuse(waitMs: number): Refusal {
    this.totals.refused++;
    return { admitted: false, retryAfterMs: Math.max(Math.ceil(waitMs), this.settings.sampleMs) };
  }

  private canDegrade(): boolean {
    return this.level + 1 < this.shares.length && this.forecast.degradableShare() >= degradableMin;
  }

  private observeIfDue(): void {
    const elapsedMs = this.settings.clock.nowMs() - this.observedMs;
    if (elapsedMs <= 0 || (elapsedMs < this.settings.sampleMs && this.responses.length < sampleCount)) return;
    this.observedMs += elapsedMs;
    const served = this.responses.sort((a, b) => a - b);
    this.responses = [];
    this.forecast.observe(elapsedMs);
    this.clients.age();
    if (served.length > 0) {
      const p90Ms = percentile(served, 0.9);
      this.p90Ms = this.p90Ms === null ? p90Ms : p90Kept * this.p90Ms + (1 - p90Kept) * p90Ms;
    } else if (this.settings.backlog().queued === 0) this.p90Ms = null;
    const kept = 0.5 ** (elapsedMs / throughputHalfLifeMs);
    this.throughput = Math.max(this.throughput * kept, (served.length * 1000) / elapsedMs);
    this.adjust(this.throughput);
  }

  private adjust(servedPerSecond: number): void {
    const { backlog, clock, targetMs } = this.settings;
    // Where nothing waits, answers are slow because works are long: to admit fewer would help nobody.
    const load = backlog().queued === 0 ? 0 : (this.p90Ms ?? 0) / targetMs;
    if (load > 1 && this.canDegrade()) this.level++;
    else if (load > slowShare) this.limit.cut(clock.nowMs(), servedPerSecond);
    else if (load < quickShare) {
      if (this.limit.rate < Infinity) this.limit.grow(clock.nowMs());
      else this.restore();
    }
  }

  /** Degrades as little as what is asked for allows. */
  private restore(): void {
    const { backlog, degradeAt, targetMs } = this.settings;
    if (this.expectedWaitMs() > degradeAt * targetMs) return;
    const roomPlaces = roomShare * backlog().poolSize;
    while (this.level > 0 && this.forecast.busyPlaces(this.level - 1) <= roomPlaces) this.level--;
  }
}
