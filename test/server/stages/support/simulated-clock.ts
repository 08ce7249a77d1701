import type { StageClock } from '../../../../src/server/stages/index.ts';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly work: () => void;
  isOff: boolean;
}

/** Time that goes on when it is told to: events happen in order, and what hangs on a promise happens before the next event. */
export class SimulatedClock implements StageClock {
  private timeMs = 0;
  private sequence = 0;
  /** A binary heap by time, then by when they were set. */
  private readonly timers: Timer[] = [];

  nowMs(): number {
    return this.timeMs;
  }

  after(delayMs: number, work: () => void): () => void {
    const timer = { atMs: this.timeMs + Math.max(0, delayMs), sequence: this.sequence++, work, isOff: false };
    this.push(timer);
    return () => {
      timer.isOff = true;
    };
  }

  /** How many are set. */
  get timerCount(): number {
    return this.timers.filter(({ isOff }) => !isOff).length;
  }

  /** Resolves after so long. */
  async pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => this.after(delayMs, resolve));
  }

  /** Lets time go on. */
  async run(untilMs: number): Promise<void> {
    await settle();
    for (let next = this.timers[0]; next !== undefined && next.atMs <= untilMs; next = this.timers[0]) {
      this.pop();
      if (next.isOff) continue;
      this.timeMs = next.atMs;
      next.work();
      await settle();
    }
    this.timeMs = Math.max(this.timeMs, untilMs);
  }

  private push(timer: Timer): void {
    let place = this.timers.length;
    this.timers.push(timer);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(timer, this.timers[parent]!)) break;
      this.timers[place] = this.timers[parent]!;
      place = parent;
    }
    this.timers[place] = timer;
  }

  private pop(): void {
    const last = this.timers.pop()!; // there was a next one
    if (this.timers.length === 0) return;
    let place = 0;
    for (;;) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const child =
        right < this.timers.length && isBefore(this.timers[right]!, this.timers[left]!) ? right : left;
      if (child >= this.timers.length || !isBefore(this.timers[child]!, last)) break;
      this.timers[place] = this.timers[child]!;
      place = child;
    }
    this.timers[place] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

/** Lets what hangs on promises happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
