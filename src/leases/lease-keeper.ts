import type { Clock } from '../common/index.ts';
import { lostLease } from './fence.ts';
import { HeldLease } from './held-lease.ts';
import type { Keep, LeaseEntry, LeaseStore } from './lease-store.ts';
import type { Timers } from './timers.ts';

/** How long a lease is good for without being renewed, milliseconds. @see docs/operations.md, "The term" */
const leaseTermMs = 30_000;

/** How often a lease is renewed in its term: two renewals may fail before it is lost. */
export const renewalsPerTerm = 3;

/** Most leases in a transaction: longer ones would keep other processes, and this one, waiting. */
const renewalBatchMax = 1000;

/** Share of the term after which a renewal that failed, or a lease that somebody has, is tried again. */
const retryShare = 1 / 60;

export interface LeaseKeeperOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly termMs?: number;
  /** Called after each round of renewals. */
  readonly onBeat?: () => Promise<void>;
}

/** Holds the leases of a process: renews them all in time, in batches, and tells the holder of one that is lost. */
export class LeaseKeeper {
  readonly termMs: number;
  private readonly held = new Map<number, HeldLease>();
  private callOff: (() => void) | null = null;
  private beating: Promise<boolean> = Promise.resolve(true);
  private closed = false;

  constructor(
    readonly store: LeaseStore,
    private readonly options: LeaseKeeperOptions,
  ) {
    this.termMs = options.termMs ?? leaseTermMs;
  }

  /**
   * Tries to get a lease.
   * @param check is run first in the same transaction; where it throws, nothing is granted
   * @param keep see {@link Keep}
   * @returns the lease; or who has it
   * @throws QueryError STORAGE; whatever `check` does
   */
  async hold(name: string, check?: () => void, keep?: Keep): Promise<HeldLease | LeaseEntry> {
    const [outcome] = await this.acquire([name], check, keep);
    return outcome!; // one a name
  }

  /** Tries to get many leases, in batches. @returns for each name the lease, or who has it @throws QueryError STORAGE */
  async holdAll(names: readonly string[]): Promise<(HeldLease | LeaseEntry)[]> {
    const outcomes: (HeldLease | LeaseEntry)[] = [];
    for (let start = 0; start < names.length; start += renewalBatchMax) {
      outcomes.push(...(await this.acquire(names.slice(start, start + renewalBatchMax))));
      await this.options.timers.pause(0);
    }
    return outcomes;
  }

  /**
   * Waits for a lease: tries again and again until it is granted. So a leader's deputies wait.
   * @param isPointless is asked before every try; true: stop waiting
   * @returns the lease; null: it became pointless
   * @throws QueryError STORAGE; the signal's reason where it aborts
   */
  async waitFor(
    name: string,
    signal?: AbortSignal,
    isPointless: () => boolean = () => false,
  ): Promise<HeldLease | null> {
    for (;;) {
      if (isPointless()) return null;
      signal?.throwIfAborted();
      const outcome = await this.hold(name);
      if (outcome instanceof HeldLease) return outcome;
      await this.options.timers.pause(this.termMs * retryShare, signal);
    }
  }

  /** Renews all leases now. @returns false where some could not be, for now */
  async renewAll(): Promise<boolean> {
    const { beating } = this;
    this.beating = beating.then(() => this.renewRound());
    return await this.beating;
  }

  /** Gives back all leases and renews no more. @throws QueryError STORAGE */
  async close(): Promise<void> {
    this.closed = true;
    this.callOff?.();
    await this.beating;
    const tokens = [...this.held.keys()];
    this.held.clear();
    for (let start = 0; start < tokens.length; start += renewalBatchMax)
      await this.store.release(tokens.slice(start, start + renewalBatchMax));
  }

  private async acquire(
    names: readonly string[],
    check?: () => void,
    keep?: Keep,
  ): Promise<(HeldLease | LeaseEntry)[]> {
    const attempts = await this.store.acquire(names, this.termMs, check, keep);
    const outcomes = attempts.map((attempt) => {
      if (attempt.kind === 'refused') return attempt.held;
      const lease = new HeldLease(attempt.lease, this.options.clock, (each) => this.release(each));
      this.held.set(lease.token, lease);
      return lease;
    });
    if (this.held.size > 0 && this.callOff === null) this.schedule(this.termMs / renewalsPerTerm);
    return outcomes;
  }

  private async release(lease: HeldLease): Promise<void> {
    if (this.held.delete(lease.token)) await this.store.release([lease.token]);
  }

  private schedule(delayMs: number): void {
    if (this.closed) return;
    this.callOff = this.options.timers.after(delayMs, () => {
      const startedMs = this.options.clock.monotonicMs();
      void this.renewAll().then((done) => {
        this.callOff = null;
        if (this.held.size === 0 && !this.store.hasDebts) return;
        const spentMs = this.options.clock.monotonicMs() - startedMs;
        const pauseMs = this.termMs * (done ? 1 / renewalsPerTerm : retryShare);
        this.schedule(Math.max(0, pauseMs - spentMs));
      });
    });
  }

  private async renewRound(): Promise<boolean> {
    let done = true;
    const leases = [...this.held.values()];
    for (let start = 0; start < leases.length && !this.closed; start += renewalBatchMax) {
      done = (await this.renewBatch(leases.slice(start, start + renewalBatchMax))) && done;
      if (leases.length > renewalBatchMax) await this.options.timers.pause(0);
    }
    if (this.store.hasDebts) await this.store.release([]).catch(() => undefined); // tried again in the next round
    // What is done beside renewals is reported where it matters; it must not end them.
    await this.options.onBeat?.().catch(() => undefined);
    return done;
  }

  private async renewBatch(batch: readonly HeldLease[]): Promise<boolean> {
    try {
      const renewed = await this.store.renew(batch.map(({ grant }) => grant));
      for (const [place, lease] of batch.entries()) {
        const grant = renewed[place]!; // one a lease; null is one too
        if (grant === null) this.lose(lease);
        else lease.renewed(grant);
      }
      return true;
    } catch (error) {
      // A file that is locked or a device in trouble: tried again while the term lasts.
      for (const lease of batch) if (!lease.isValid()) this.lose(lease, error);
      return false;
    }
  }

  /** Tells the holder, unless the lease was released meanwhile. */
  private lose(lease: HeldLease, cause?: unknown): void {
    if (this.held.delete(lease.token)) lease.lost(lostLease(lease.name, cause));
  }
}
