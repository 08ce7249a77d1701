import { type List, withPauses } from '../common/index.ts';
import type { GroupIntervals, MetGroup } from '../estimator/index.ts';
import type { RunControl } from './run-control.ts';

/** Intervals that are made before others may go on: at first, and at most where they do not take long; and milliseconds. */
const intervalsAtOnce = 8;
const intervalsAtMost = 256;
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
  groups: List<MetGroup>,
  places: readonly number[],
  control: RunControl,
  lastMs: number,
  untilMs: number,
): Promise<boolean> {
  if (places.length === 0) return true;
  const startedMs = control.elapsedMs();
  /** Whether more may be made, behind so many. */
  const mayGoOn = async (made: number): Promise<boolean> => {
    const pause = control.pauseIfDue();
    if (pause !== null) await pause;
    return made === 0 || (control.spareMs() > lastMs && control.elapsedMs() < untilMs);
  };
  const making = places.some((place) => intervals.mayTakeLong(place)) ? makeOneByOne : makeTogether;
  const made = await making(intervals, groups, places, control, mayGoOn);
  if (made === null) intervals.giveUp();
  else control.paces.making.learn(made, control.elapsedMs() - startedMs);
  return made !== null;
}

type MayGoOn = (made: number) => Promise<boolean>;

/** @returns how many were made; null: not all could be */
async function makeTogether(
  intervals: GroupIntervals,
  groups: List<MetGroup>,
  places: readonly number[],
  _: RunControl,
  mayGoOn: MayGoOn,
): Promise<number | null> {
  let [made, atOnce] = [0, intervalsAtOnce];
  for (
    let from = 0, to = 0;
    from < groups.length;
    from = to, atOnce = Math.min(intervalsAtMost, 2 * atOnce)
  ) {
    if (!(await mayGoOn(made))) return null;
    to = Math.min(groups.length, from + Math.max(1, Math.floor(atOnce / places.length)));
    made += intervals.makeSome(groups, from, to, places);
  }
  return made;
}

/** The same of intervals some of which may take long. */
async function makeOneByOne(
  intervals: GroupIntervals,
  groups: List<MetGroup>,
  places: readonly number[],
  control: RunControl,
  mayGoOn: MayGoOn,
): Promise<number | null> {
  const giveWay = (): Promise<void> => control.pause();
  let [made, lookedMs] = [0, control.elapsedMs()];
  for (let at = 0; at < groups.length; at++) {
    const group = groups.at(at)!; // at < length
    for (const place of places) {
      if (intervals.isMade(group, place)) continue;
      const mayTakeLong = intervals.mayTakeLong(place);
      if (made % intervalsAtOnce === 0 || (mayTakeLong && control.elapsedMs() - lookedMs > atOnceMs)) {
        if (!(await mayGoOn(made))) return null;
        lookedMs = control.elapsedMs();
      }
      if (mayTakeLong) await withPauses(intervals.make(group, place), giveWay);
      else intervals.makeAt(group, place);
      made++;
    }
  }
  return made;
}
