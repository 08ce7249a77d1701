import type { Foresight } from './foresight.ts';
import type { SampleWork } from './sample-costs.ts';

/** Whether something else answers before the rest of the work is done. */
export type IsOutbid = (all: SampleWork, done: SampleWork) => boolean;

/** Asks before each step whether it is worth it. */
export class Bidding {
  /** It was not. */
  isOver = false;

  constructor(
    private readonly foresight: Foresight,
    private readonly isOutbid: IsOutbid | null,
  ) {}

  mayGoOn(limit: number): boolean {
    const { foresight, isOutbid } = this;
    this.isOver ||= isOutbid?.(foresight.workAt(limit), foresight.workDone) === true;
    return !this.isOver;
  }
}
