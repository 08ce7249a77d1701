/** Time and timers, injected: tests simulate them. */
export interface StageClock {
  /** Monotonic, milliseconds from an arbitrary origin. */
  nowMs(): number;
  /** Does the work after so many milliseconds. @returns calls it off */
  after(delayMs: number, work: () => void): () => void;
}

/** Something to be done for a client: what queues hold. Times are of the stage's clock. */
export interface Work<T> {
  readonly payload: T;
  /** Who asks: queues and admission are fair between these. */
  readonly client: string;
  /** What it takes of memory while it waits. */
  readonly bytes: number;
  readonly arrivedMs: number;
  /** After it nobody wants the outcome any more; null: never. */
  readonly deadlineMs: number | null;
  /** What handling it should take, milliseconds of a place in the pool, where nothing is degraded. */
  readonly predictedMs: number;
  /** Works of one key may be handled together; null: alone. */
  readonly batchKey: string | null;
  /** Long works may not take the whole pool. */
  readonly isLong?: boolean;
  /** True: its client has left. */
  isAbandoned(): boolean;
}

/** Why a work that was queued is not handled. */
export type DropReason = 'expired' | 'abandoned' | 'evicted' | 'closed';

/** Is told of each work that was queued and will not be handled, once. It may not offer to the queue that tells it. */
export type OnDrop<T> = (work: Work<T>, reason: DropReason) => void;
