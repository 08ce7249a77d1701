import { withPauses } from '../common/index.ts';
import type { GroupIntervals, MetGroup } from '../estimator/index.ts';
import type { RunControl } from './run-control.ts';

/** Intervals at most that are made before others may go on, and milliseconds. */
const intervalsAtOnce = 8;
const atOnceMs = 2;

/**
 * Makes the intervals of groups, giving way now and then, until no time is left: then the others stay without. A few are made in any case.
 * @param lastMs of the time that planning may count on, what is wanted behind them
 * @param untilMs how far into the statement they may be made; infinite: as far as there is time
 * @returns false where not all were made
 * @throws QueryError CANCELLED
 */
export async function makeIntervals(
  intervals: GroupIntervals,
  groups: readonly MetGroup[],
  places: readonly number[],
  control: RunControl,
  lastMs: number,
  untilMs: number,
): Promise<boolean> {
  const giveWay = (): Promise<void> => control.pause();
  const startedMs = control.elapsedMs();
  let [made, lookedMs] = [0, startedMs];
  if (places.length === 0) return true;
  for (const group of groups) {
    for (const place of places) {
      if (intervals.isMade(group, place)) continue;
      const mayTakeLong = intervals.mayTakeLong(place);
      if (made % intervalsAtOnce === 0 || (mayTakeLong && control.elapsedMs() - lookedMs > atOnceMs)) {
        const pause = control.pauseIfDue();
        if (pause !== null) await pause;
        lookedMs = control.elapsedMs();
        if (made > 0 && (control.spareMs() <= lastMs || lookedMs >= untilMs)) {
          intervals.giveUp();
          return false;
        }
      }
      if (mayTakeLong) await withPauses(intervals.make(group, place), giveWay);
      else intervals.makeAt(group, place);
      made++;
    }
  }
  control.paces.making.learn(made, control.elapsedMs() - startedMs);
  return true;
}
