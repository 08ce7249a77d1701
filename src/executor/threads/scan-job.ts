import { QueryError } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import type { FromThread } from './messages.ts';
import type { Share, ShareSums } from './share.ts';
import type { LossCause } from './task-faults.ts';

/** How often a task is tried. */
const triesMax = 2;

/** What became of a share: its sums; why it is lost; or that nobody was there to read it. */
export type ShareOutcome = ShareSums | LossCause | 'unread';

/** A share on its way. */
interface ShareState {
  readonly id: number;
  readonly tasks: Share;
  readonly tries: number;
  /** null: it is not known yet. */
  outcome: ShareOutcome | null;
}

/** Gets what became of shares, in the order of their tasks. */
export type TakeShare = (tasks: Share, outcome: ShareOutcome) => void;

/**
 * One scan's shares: handed out to threads, and their sums taken back in order. What was taken back is always a prefix of the tasks,
 * whichever thread was faster. What a thread does not finish is tried once more, each task by itself.
 */
export class ScanJob {
  /** See {@link ToThread}: shared with the threads. */
  readonly stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  /** Shares that have not been taken, in order. */
  private shares: ShareState[] = [];
  /** Those of them that nobody reads, first come first. */
  private open: ShareState[] = [];
  private readonly reading = new Map<number, ShareState>();
  private nextId = 1;
  private isAbandoned = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  /**
   * @param take gets what became of each share
   * @param changed called when there is something to hand out
   */
  constructor(
    readonly id: number,
    readonly program: ScanProgram,
    private readonly take: TakeShare,
    private readonly changed: () => void,
  ) {}

  /** Adds a share behind those before. */
  add(tasks: Share): void {
    const share = this.newShare(tasks, 0);
    this.shares.push(share);
    this.open.push(share);
    this.changed();
  }

  get hasOpenShares(): boolean {
    return this.open.length > 0;
  }

  /** The next share to read; whoever takes it answers, or loses it. */
  handOut(): Readonly<ShareState> {
    const share = this.open.shift()!; // called where there are open shares
    this.reading.set(share.id, share);
    return share;
  }

  /** A thread's answer. */
  answer({ share: id, outcome }: FromThread): void {
    if (outcome.kind === 'failed' && outcome.code !== null)
      this.fail(new QueryError(outcome.code, outcome.message, { hint: outcome.hint ?? undefined }));
    else if (outcome.kind === 'failed') this.lose(id, 'failed');
    else if (outcome.kind === 'sums') this.end(id, outcome.sums);
  }

  /** A share was not read. @param cause what it is lost by if it was tried often enough */
  lose(id: number, cause: LossCause | 'unread'): void {
    const share = this.reading.get(id);
    if (share === undefined || this.isAbandoned) return;
    const tries = share.tries + 1;
    if (share.tasks.length === 1 && tries >= triesMax) {
      this.end(id, cause);
      return;
    }
    this.reading.delete(id);
    const singles = share.tasks.map((task) => this.newShare([task], tries));
    this.shares.splice(this.shares.indexOf(share), 1, ...singles);
    this.open.unshift(...singles);
    this.changed();
  }

  /** A share comes back untried. */
  giveBack(id: number): void {
    const share = this.reading.get(id);
    if (share === undefined || this.isAbandoned) return;
    this.reading.delete(id);
    this.open.unshift(share);
    this.changed();
  }

  /** No thread will read what is still open. */
  leaveOpen(): void {
    for (const share of this.open.splice(0)) share.outcome = 'unread';
    this.takeInOrder();
  }

  /** Nobody waits for what has not been taken yet: all reading stops soon, and nothing is taken any more. */
  abandon(): void {
    this.isAbandoned = true;
    Atomics.store(this.stopFlag, 0, 1);
    this.open = [];
    this.wake?.();
  }

  /** Ends the job with an error. */
  fail(error: Error): void {
    this.failure ??= error;
    this.abandon();
  }

  /**
   * Waits until all shares have been taken, or the job is abandoned.
   * @throws whatever a share ended with
   */
  async settle(): Promise<void> {
    while (this.shares.length > 0 && !this.isAbandoned) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.failure !== null) throw this.failure;
  }

  private newShare(tasks: Share, tries: number): ShareState {
    return { id: this.nextId++, tasks, tries, outcome: null };
  }

  private end(id: number, outcome: ShareOutcome): void {
    const share = this.reading.get(id);
    if (share === undefined) return;
    this.reading.delete(id);
    share.outcome = outcome;
    this.takeInOrder();
  }

  private takeInOrder(): void {
    if (this.isAbandoned) return;
    try {
      for (let share = this.shares[0]; share !== undefined; share = this.shares[0]) {
        if (share.outcome === null) break;
        this.shares.shift();
        this.take(share.tasks, share.outcome);
      }
    } catch (error) {
      this.fail(error as Error); // nothing but errors is thrown here
    }
    this.wake?.();
  }
}
