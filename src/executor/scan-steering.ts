/*
 * What whoever reads a sample is told on the way: how far it may go, when somebody looks, how long threads are waited for.
 */
/** Progress of a scan. */
export interface ScanProgress {
  /** Rows read so far, in this and earlier reads. */
  readonly rowsRead: number;
}

/**
 * Asked whether to go on. It names the rows that may be read before it is asked again, of this task and of those behind it: whole
 * pieces of runs are, so that they may be a few more. It is asked before each task where other threads may be worth it. True: all of
 * the task. False or 0 stops the scan there, and what was read so far stands.
 */
export type Proceed = (progress: ScanProgress) => boolean | number | Promise<boolean | number>;

/** Places in a scan, inside its tasks too, where what was read so far is looked at. */
export interface Pauses {
  /** Rows to read, in this and earlier reads, before the next pause. */
  readonly nextRows: number;
  /** Called when so many rows or a few more have been read, and others are still to be. It has `nextRows` grow. */
  pause(): Promise<void>;
}

/**
 * For how long threads are waited for: gives a signal that ends the waiting; one that is over has this thread read; `beside` has it read
 * too, and wait for what is left no longer than it would read. Asked whenever it begins.
 */
export type Patience = () => AbortSignal | 'beside' | null;

/** Rows that may be read without asking again, and before the next look. */
export function rowsAllowed(may: true | number, rowsRead: number, pauses: Pauses | null): number {
  const allowed = may === true ? Number.POSITIVE_INFINITY : may;
  return pauses === null ? allowed : Math.min(allowed, pauses.nextRows - rowsRead);
}
