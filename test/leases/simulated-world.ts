import type { Clock } from '../../src/common/index.ts';
import type { Timers } from '../../src/leases/index.ts';

interface Event {
  readonly atMs: number;
  readonly owner: SimulatedProcess;
  /** Which life of the process it belongs to: a crash forgets it. */
  readonly life: number;
  readonly work: () => void;
}

/** Lets what was just begun go on as far as it can without time passing. */
const settle = (): Promise<void> => new Promise((resume) => setImmediate(resume));

/** Time, and what is to happen when. */
export class SimulatedWorld {
  nowMs = 0;
  private events: Event[] = [];

  /** @param afterEach is called when something has happened */
  constructor(private readonly afterEach: () => void) {}

  add(event: Event): () => void {
    this.events.push(event);
    return () => {
      this.events = this.events.filter((each) => each !== event);
    };
  }

  /** Lets time pass and whatever is due happen, in order; a stalled process catches up when it goes on. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const due = this.events
        .map((event) => ({ event, atMs: Math.max(event.atMs, event.owner.timersFromMs) }))
        .filter(({ atMs }) => atMs <= untilMs)
        .sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.nowMs = Math.max(this.nowMs, due.atMs);
      this.events = this.events.filter((each) => each !== due.event);
      if (due.event.life === due.event.owner.life) due.event.work();
      await settle();
      this.afterEach();
    }
    this.nowMs = untilMs;
  }
}

/** What a process sees of time: clocks of its own, timers that stand still while it does. */
export class SimulatedProcess {
  stalledUntilMs = 0;
  life = 0;
  /** Added to the wall clock. */
  wallOffsetMs = 0;
  /** How far it was ahead at most. */
  wallAheadMs = 0;
  private suspendedMs = 0;

  /**
   * @param slew by how much of it the wall clock runs fast
   * @param suspends the monotonic clock stands still while the process does, as in a machine that sleeps
   */
  constructor(
    private readonly world: SimulatedWorld,
    readonly name: string,
    private readonly slew: number,
    private readonly suspends: boolean,
  ) {}

  /** Timers that fell due while it was stopped find it busy with other things at first. */
  get timersFromMs(): number {
    return this.stalledUntilMs + 1000;
  }

  get isStalled(): boolean {
    return this.stalledUntilMs > this.world.nowMs;
  }

  stepWallClock(byMs: number): void {
    this.wallOffsetMs += byMs;
    this.wallAheadMs = Math.max(this.wallAheadMs, this.wallOffsetMs);
  }

  stall(ms: number): void {
    if (this.suspends) this.suspendedMs += ms;
    this.stalledUntilMs = this.world.nowMs + ms;
  }

  readonly clock: Clock = {
    nowMs: () => 1e12 + this.world.nowMs * (1 + this.slew) + this.wallOffsetMs,
    monotonicMs: () => 500 + this.world.nowMs - this.suspendedMs,
  };

  readonly timers: Timers = {
    after: (delayMs, work) =>
      this.world.add({ atMs: this.world.nowMs + delayMs, owner: this, life: this.life, work }),
    pause: (delayMs) =>
      new Promise((resume) => {
        this.timers.after(delayMs, resume);
      }),
  };
}
