import { QueryError } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import type { FromThread } from './messages.ts';
import type { Share, ShareSums } from './share.ts';

/** How often a share is tried. */
const triesMax = 2;

/** A share on its way. */
interface ShareState {
  readonly tasks: Share;
  tries: number;
  /** null: it is not known yet; 'lost': no thread could read it. */
  sums: ShareSums | 'lost' | null;
}

/** Gets the sums of shares in their order; null where no thread could read the share. */
export type TakeSums = (share: number, sums: ShareSums | null) => void;

/**
 * One scan's shares: handed out to threads, and their sums taken back in order. What was taken back is always a prefix of the shares,
 * whichever thread was faster.
 */
export class ScanJob {
  /** See {@link ToThread}: shared with the threads. */
  readonly stopFlag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  private readonly shares: ShareState[] = [];
  /** Shares that nobody reads, first come first. */
  private readonly open: number[] = [];
  private taken = 0;
  private isAbandoned = false;
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  /**
   * @param take gets the sums of each share, in the order of shares
   * @param changed called when there is something to hand out
   */
  constructor(
    readonly id: number,
    readonly program: ScanProgram,
    private readonly take: TakeSums,
    private readonly changed: () => void,
  ) {}

  /** Adds a share behind those before. */
  add(tasks: Share): void {
    this.open.push(this.shares.push({ tasks, tries: 0, sums: null }) - 1);
    this.changed();
  }

  get hasOpenShares(): boolean {
    return this.open.length > 0;
  }

  /** The next share to read; whoever takes it answers, or loses it. */
  handOut(): { readonly share: number; readonly tasks: Share } {
    const share = this.open.shift()!; // called where there are open shares
    const state = this.shares[share]!;
    state.tries++;
    return { share, tasks: state.tasks };
  }

  /** A thread's answer. */
  answer({ share, outcome }: FromThread): void {
    if (outcome.kind === 'sums') {
      this.shares[share]!.sums = outcome.sums; // a share that was handed out
      this.takeInOrder();
    } else if (outcome.kind === 'failed') this.fail(errorOf(outcome));
    this.wake?.();
  }

  /** The thread that read a share is gone. */
  lose(share: number): void {
    if (this.shares[share]!.tries < triesMax) {
      this.open.unshift(share);
      this.changed();
    } else this.giveUp(share);
    this.wake?.();
  }

  /** No thread will read what is still open. */
  loseOpen(): void {
    for (const share of this.open.splice(0)) this.giveUp(share);
    this.wake?.();
  }

  private giveUp(share: number): void {
    this.shares[share]!.sums = 'lost'; // a share of this job
    this.takeInOrder();
  }

  /** Nobody waits for what has not been taken yet: all reading stops soon, and nothing is taken any more. */
  abandon(): void {
    this.isAbandoned = true;
    Atomics.store(this.stopFlag, 0, 1);
    this.open.length = 0;
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
    while (this.taken < this.shares.length && !this.isAbandoned) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.failure !== null) throw this.failure;
  }

  private takeInOrder(): void {
    if (this.isAbandoned) return;
    try {
      for (let next = this.shares[this.taken]; next !== undefined; next = this.shares[++this.taken]) {
        if (next.sums === null) return;
        this.take(this.taken, next.sums === 'lost' ? null : next.sums);
        next.sums = null;
      }
    } catch (error) {
      this.fail(error as Error); // nothing but errors is thrown here
    }
  }
}

function errorOf({ code, message, hint }: Extract<FromThread['outcome'], { kind: 'failed' }>): Error {
  if (code === null) return new Error(`a thread that read the sample failed: ${message}`);
  return new QueryError(code, message, { hint: hint ?? undefined });
}
