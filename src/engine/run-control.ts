import { type Clock, type Pieces, QueryError } from '../common/index.ts';
import type { ScanThreads } from '../executor/index.ts';
import { EstimatePaces } from './estimate-paces.ts';
import { loopTurns } from './loop-turns.ts';
import type { RunOptions } from './run-options.ts';

/** How often long work lets other work of the process go on, milliseconds. */
const yieldEveryMs = 4;
/** What is kept of a deadline for what nobody foresees: a share of it, but no less and no more than so many milliseconds. */
const reserveShare = 0.05;
const reserveMinMs = 2;
const reserveMaxMs = 50;

/** What a cancelled statement ends with. */
export const cancelled = (): QueryError => new QueryError('CANCELLED', 'the statement was cancelled');

/** What a statement loaded of the columns of samples, and how long it waited for them. */
export interface Loads {
  readonly bytes: number;
  readonly tookMs: number;
}

/** To make one takes a quarter of a millisecond. */
const noPatience = AbortSignal.abort();

/** The limits of one statement's run: its deadline, its caller's patience. */
export class RunControl {
  readonly startedMs: number;
  /** An answer lies ready that takes so long to hand over: what is waited for beside it must come so much before the deadline. */
  handOverMs = 0;
  /** Until when the device of a sample is waited for, milliseconds from the start. */
  deviceEndMs: number;
  /** No other statement has been under way since it came: what it took is what it takes. */
  isUndisturbed: () => boolean = () => true;
  /** There is an answer already: what still goes on is to end. */
  isAnswered = false;
  private lastYieldMs: number;
  private loaded: Loads = { bytes: 0, tookMs: 0 };
  private loadedUntilMs = 0;

  constructor(
    readonly clock: Clock,
    readonly options: RunOptions,
    readonly withinMs: number | null,
    startedMs: number,
    readonly paces = new EstimatePaces(),
    /** What reads samples beside this thread; null: nothing does. */
    readonly threads: ScanThreads | null = null,
  ) {
    this.startedMs = startedMs;
    this.lastYieldMs = clock.monotonicMs();
    this.deviceEndMs = withinMs ?? Number.POSITIVE_INFINITY;
  }

  /** How long the statement had waited before it came to the engine. */
  get waitedMs(): number {
    return this.options.waitedMs ?? 0;
  }

  elapsedMs(): number {
    return this.clock.monotonicMs() - this.startedMs;
  }

  /** Of all samples so far. */
  get loads(): Loads {
    return this.loaded;
  }

  /** Waits for columns to be loaded. @param bytes that are read for it; 0: they are there */
  async loading<T>(bytes: number, load: Promise<T>): Promise<T> {
    if (bytes === 0) return await load;
    const startMs = this.elapsedMs();
    const loaded = await load;
    const endMs = this.elapsedMs();
    // Of loads that were begun together the time counts once.
    const tookMs = endMs - Math.max(startMs, this.loadedUntilMs);
    this.loadedUntilMs = endMs;
    this.loaded = { bytes: this.loaded.bytes + bytes, tookMs: this.loaded.tookMs + tookMs };
    return loaded;
  }

  /** Milliseconds until the deadline; infinite without one. */
  remainingMs(): number {
    return this.withinMs === null ? Number.POSITIVE_INFINITY : this.withinMs - this.elapsedMs();
  }

  /** What is kept of the deadline for what nobody foresees, milliseconds. */
  get reserveMs(): number {
    return Math.min(reserveMaxMs, Math.max(reserveMinMs, (this.withinMs ?? 0) * reserveShare));
  }

  /** Milliseconds until the deadline less the reserve: what is planned has to fit into them. */
  spareMs(): number {
    return this.remainingMs() - this.reserveMs;
  }

  /** Aborts when the caller gives up, or so much time is over: nobody waits for other threads any longer. @param ms infinite: whatever the time; 0 or less: at once */
  patience(ms: number): AbortSignal | null {
    const { signal } = this.options;
    if (ms === Number.POSITIVE_INFINITY) return signal ?? null;
    if (ms <= 0) return noPatience;
    const late = AbortSignal.timeout(Math.ceil(ms));
    return signal === undefined ? late : AbortSignal.any([signal, late]);
  }

  /** @throws QueryError CANCELLED where the caller has given up */
  throwIfCancelled(): void {
    if (this.isAnswered || this.options.signal?.aborted) throw cancelled();
  }

  /** Between two pieces of work: lets the process breathe, notices that the caller has given up. @throws QueryError CANCELLED */
  async pause(): Promise<void> {
    await this.pauseIfDue();
  }

  /** The same for who does not wait for nothing: null where no pause is due. @throws QueryError CANCELLED */
  pauseIfDue(): Promise<void> | null {
    if (this.isPauseDue) return this.giveWay();
    this.throwIfCancelled();
    return null;
  }

  private get isPauseDue(): boolean {
    return this.clock.monotonicMs() - this.lastYieldMs >= yieldEveryMs;
  }

  /** Does work with a {@link pause} behind each piece, which takes no turn where none is due. @throws QueryError CANCELLED */
  async inPieces<T>(work: Pieces<T>): Promise<T> {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      if (this.isPauseDue) await this.giveWay();
      else this.throwIfCancelled();
    }
  }

  /** Lets other work of the process go on: whoever has been waiting for what was just made gets it. @throws QueryError CANCELLED */
  async giveWay(): Promise<void> {
    await loopTurns.next();
    this.lastYieldMs = this.clock.monotonicMs();
    this.throwIfCancelled();
  }
}
