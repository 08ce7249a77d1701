/**
 * Lets so many calls through at once; the others wait in order. DuckDB's calls occupy threads of libuv's pool: with more than two
 * at once the pool is full and every file operation of the process waits behind them.
 */
export class CallGate {
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(
    /** How many calls go through at once. */
    readonly calls: number,
  ) {
    this.free = calls;
  }

  /**
   * Resolves when it is the caller's turn, with a function that ends the turn.
   * @throws the signal's reason where it is aborted first
   */
  async enter(signal: AbortSignal | undefined): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.queue(signal);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    };
  }

  private queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        const place = this.waiting.indexOf(turn);
        if (place >= 0) this.waiting.splice(place, 1);
        reject(signal?.reason as Error); // fired by this signal
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.waiting.push(turn);
    });
  }
}
