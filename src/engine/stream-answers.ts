import type { QueryResult } from './contract.ts';

/** Takes an interim answer. */
export type Refine = (interim: QueryResult) => void;

/** Runs a statement until its final answer, or until the signal ends it. */
type Run = (signal: AbortSignal, refine: Refine) => Promise<QueryResult>;

/** A statement that runs, and the latest of its interim answers that nobody has read. */
class RunningStatement {
  private isRunning = true;
  private unread: QueryResult | null = null;
  private wake: () => void = () => undefined;
  private readonly leaving = new AbortController();
  /** Its end, whatever it is. */
  private readonly ended: Promise<void>;
  readonly final: Promise<QueryResult>;

  constructor(signal: AbortSignal | undefined, run: Run) {
    const { signal: left } = this.leaving;
    this.final = run(signal === undefined ? left : AbortSignal.any([signal, left]), (interim) => {
      this.unread = interim;
      this.wake();
    });
    const end = (): void => {
      this.isRunning = false;
    };
    this.ended = this.final.then(end, end); // whoever waits for the final answer is told what went wrong
  }

  /** The next interim answer, which may have been made already; null where the final one has come. */
  async next(): Promise<QueryResult | null> {
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    if (this.isRunning && this.unread === null) await Promise.race([woken, this.ended]);
    if (!this.isRunning) return null;
    const { unread } = this;
    this.unread = null;
    return unread;
  }

  /** Cancels it where it still runs. What it does behind its answer goes on. */
  async leave(): Promise<void> {
    if (this.isRunning) this.leaving.abort();
    await this.ended;
  }
}

/**
 * A statement's answers as a sequence. It runs from the first `next()` on and waits for no reader; of interim answers that nobody has
 * read the latest is kept, until the final one takes its place. Leaving the sequence early cancels the statement and waits until it
 * has ended.
 * @param signal of the caller, which cancels it too
 */
export async function* streamAnswers(
  signal: AbortSignal | undefined,
  run: Run,
): AsyncGenerator<QueryResult, void, undefined> {
  const statement = new RunningStatement(signal, run);
  try {
    for (let interim = await statement.next(); interim !== null; interim = await statement.next())
      yield interim;
    yield await statement.final;
  } finally {
    await statement.leave();
  }
}
