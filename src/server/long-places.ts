import { availableParallelism } from 'node:os';
import { Overloaded } from './overloaded.ts';
import type { Stage, StageClock } from './stages/index.ts';

/** As many long statements are at work at once as half of the cores. */
export const longMax = Math.max(1, Math.floor(availableParallelism() / 2));
/** They are refused where they would wait for so many times the target. */
const waitTimes = 4;
/**
 * Where there is too much to do, the place of a long statement rests behind it for so many times what it took: one costs as much as fifty
 * others.
 */
const restTimes = 2;
/** How often it is looked whether there still is, milliseconds. */
const restLookMs = 50;

export interface LongPlacesOptions {
  readonly clock: StageClock;
  readonly targetMs: number;
  /** The stage that has the places. Made before it may exist: it is asked when somebody asks. */
  readonly stage: () => Pick<Stage<unknown>, 'queued' | 'expectedWaitMs'>;
  /** Whether there is too much to do. */
  readonly isBusy: () => boolean;
}

/** The places of statements that take longer than the target by themselves. They run beside the others. */
export class LongPlaces {
  /** Those at work, which take their part of the cores from the others. */
  private working = 0;

  constructor(private readonly options: LongPlacesOptions) {}

  get atWork(): number {
    return this.working;
  }

  isLong(predictedMs: number): boolean {
    return predictedMs > this.options.targetMs;
  }

  /**
   * Lets one in.
   * @throws Overloaded where it would wait too long: where there is too much to do nobody knows when a place is free that is taken
   */
  admit(): void {
    const { stage, targetMs, isBusy } = this.options;
    const waitMs = stage().expectedWaitMs();
    if (waitMs > 0 && isBusy()) throw new Overloaded((1 + restTimes) * waitMs);
    if (waitMs > waitTimes * targetMs) throw new Overloaded(waitMs);
  }

  /** Does the work of one that has a place, and keeps the place for as long as it is to rest: not where somebody waits for it. */
  async take(work: () => Promise<void>): Promise<void> {
    const { clock, stage, isBusy } = this.options;
    const beganMs = clock.nowMs();
    this.working++;
    try {
      await work();
    } finally {
      this.working--;
      const endMs = clock.nowMs() + restTimes * (clock.nowMs() - beganMs);
      while (isBusy() && stage().queued === 0 && clock.nowMs() < endMs)
        await new Promise<void>((resume) => clock.after(restLookMs, resume));
    }
  }
}
