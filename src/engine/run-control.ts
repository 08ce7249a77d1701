import { type Clock, QueryError } from '../common/index.ts';
import type { QueryOptions } from './contract.ts';

/** How often long work lets other work of the process go on, milliseconds. */
const yieldEveryMs = 8;
/** Share of a deadline that is kept for making the answer of what was read. */
const reserveShare = 0.05;
const reserveMinMs = 2;

/** The limits of one statement's run: its deadline, its caller's patience. */
export class RunControl {
  readonly startedMs: number;
  private lastYieldMs: number;

  constructor(
    readonly clock: Clock,
    readonly options: QueryOptions,
    readonly withinMs: number | null,
    startedMs: number,
  ) {
    this.startedMs = startedMs;
    this.lastYieldMs = clock.monotonicMs();
  }

  elapsedMs(): number {
    return this.clock.monotonicMs() - this.startedMs;
  }

  /** Milliseconds until the deadline; infinite without one. */
  remainingMs(): number {
    return this.withinMs === null ? Number.POSITIVE_INFINITY : this.withinMs - this.elapsedMs();
  }

  /** Time to stop reading so that the answer is made before the deadline. @param estimateMs what making it took last */
  isReadingOver(estimateMs: number): boolean {
    if (this.withinMs === null) return false;
    return this.remainingMs() <= Math.max(reserveMinMs, this.withinMs * reserveShare, 2 * estimateMs);
  }

  /** @throws QueryError CANCELLED where the caller has given up */
  throwIfCancelled(): void {
    if (this.options.signal?.aborted) throw new QueryError('CANCELLED', 'the statement was cancelled');
  }

  /** Between two pieces of work: lets the process breathe, notices that the caller has given up. @throws QueryError CANCELLED */
  async pause(): Promise<void> {
    if (this.clock.monotonicMs() - this.lastYieldMs >= yieldEveryMs) await this.giveWay();
    else this.throwIfCancelled();
  }

  /** Lets other work of the process go on: whoever has been waiting for what was just made gets it. @throws QueryError CANCELLED */
  async giveWay(): Promise<void> {
    await new Promise((resume) => setImmediate(resume));
    this.lastYieldMs = this.clock.monotonicMs();
    this.throwIfCancelled();
  }
}
