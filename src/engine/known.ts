import type { GroupEstimate, GroupEstimator, GroupIntervals, MetGroup } from '../estimator/index.ts';
import type { ChosenRows, GroupSlots } from './answer-rows.ts';

/** A group with its point values. */
export interface ReadGroup extends GroupSlots {
  readonly group: MetGroup;
}

/** What is known after so many rows. */
export interface Known {
  /** Of each interval, or of all at once. */
  readonly confidence: number;
  readonly estimator: GroupEstimator;
  readonly intervals: GroupIntervals;
  /** All groups that were met. */
  readonly groups: readonly MetGroup[];
  /** The groups that the answer shows, and those that it leaves out. */
  readonly chosen: ChosenRows<ReadGroup>;
  /** Pairs of stratum and group that a group has on average. */
  readonly cellsAGroup: number;
}

/** A row of the answer with the estimates behind it. */
export interface EstimatedRow extends GroupSlots {
  readonly group: MetGroup;
  readonly estimates: readonly GroupEstimate[];
}
