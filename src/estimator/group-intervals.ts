import { type Pieces, piecewise } from '../common/index.ts';
import type { Estimate } from '../plan/index.ts';
import type { GroupEstimator } from './estimate-groups.ts';
import type { GroupEstimate, MetGroup } from './estimate-output.ts';
import type { SuspectRows } from './suspect-rows.ts';
import { confirmTails, isSuspect, type TailRows, withoutLook } from './hill.ts';

/** Whether there was no time for the estimate's interval. */
export const isOutOfTime = ({ low, high, reasons }: Estimate): boolean =>
  low === null && high === null && reasons.includes('OUT_OF_TIME');

/** Groups that are looked at without a pause: whoever confirms them finds their intervals made. */
const groupsAtOnce = 1024;

/** An estimate whose tail is to be looked at. */
interface OpenTail {
  readonly group: MetGroup;
  readonly place: number;
  readonly estimates: readonly [GroupEstimate];
}

/** The intervals of groups, each made when it is first asked for: most answers show few of the groups that were met. */
export class GroupIntervals {
  /** By group and place, see {@link indexOf}. */
  private readonly made: (GroupEstimate | undefined)[];
  /** Those whose tails were looked at. */
  private readonly confirmed: Uint8Array;
  private tails: { readonly rows: TailRows; readonly strata: Uint8Array } | null = null;
  private isOutOfTime = false;
  /** How many estimates were replaced by others: rows made before show what is no longer said. */
  replaced = 0;

  /**
   * @param cells how many there may be
   * @param confidence the level of each, in (0, 1)
   * @param readRows gives the values of matching rows that tails are judged by, of the strata that are marked
   * @param suspect rows that every interval is to allow for
   */
  constructor(
    private readonly estimator: GroupEstimator,
    readonly cells: number,
    private readonly confidence: number,
    private readonly readRows: (strata: Uint8Array) => Pieces<TailRows>,
    private readonly suspect: SuspectRows | null = null,
  ) {
    const most = estimator.moments.groupCount * estimator.intervalCount;
    this.made = Array<GroupEstimate | undefined>(most);
    this.confirmed = new Uint8Array(most);
  }

  /** The estimate of the query's interval at a place. */
  at(group: MetGroup, place: number): GroupEstimate {
    const { estimator, confidence } = this;
    const index = this.indexOf(group, place);
    const made = this.made[index];
    if (made !== undefined) return made;
    if (this.isOutOfTime) this.confirmed[index] = 1;
    const own = this.isOutOfTime
      ? estimator.valueAt(group, place, confidence)
      : estimator.estimateAt(group, place, confidence);
    return (this.made[index] = this.widened(group, place, own));
  }

  private widened(group: MetGroup, place: number, own: GroupEstimate): GroupEstimate {
    return this.suspect === null ? own : this.suspect.widen(group, place, own, this.confidence);
  }

  /** Whether the interval of the query at a place was made. */
  isMade(group: MetGroup, place: number): boolean {
    return this.made[this.indexOf(group, place)] !== undefined;
  }

  /** Whether the interval at a place may take long. */
  mayTakeLong(place: number): boolean {
    return this.estimator.mayTakeLong(place);
  }

  /** Makes the interval at a place, unless it was made, piece by piece. */
  *make(group: MetGroup, place: number): Pieces<void> {
    if (this.isMade(group, place) || this.isOutOfTime) return;
    const own = yield* this.estimator.estimateInPieces(group, place, this.confidence);
    this.made[this.indexOf(group, place)] ??= this.widened(group, place, own);
  }

  /** No time is left: what is not made yet gets no interval, and no tail is looked at any more. */
  giveUp(): void {
    this.isOutOfTime = true;
  }

  /** Takes back the certification of those whose tails are too heavy, and where no time is left of those that must be looked at. */
  *confirm(groups: readonly MetGroup[], places: readonly number[]): Pieces<void> {
    if (places.length === 0) return;
    const open: OpenTail[] = [];
    const look = (from: number, to: number): void => {
      for (let at = from; at < to; at++) for (const place of places) this.lookAt(groups[at]!, place, open); // at < length
    };
    yield* piecewise(groups.length, look, groupsAtOnce);
    const confirmed = yield* confirmTails(this.estimator.moments, open, (strata) => this.tailRowsOf(strata));
    const keep = (from: number, to: number): void => {
      for (let at = from; at < to; at++) this.keep(open[at]!.group, open[at]!.place, confirmed[at]![0]!); // one estimate each
    };
    yield* piecewise(open.length, keep, groupsAtOnce);
  }

  /** Finds out whether the tail of an estimate is to be looked at; where no time is left nothing is certified that takes a look. */
  private lookAt(group: MetGroup, place: number, open: OpenTail[]): void {
    const index = this.indexOf(group, place);
    if (this.isOutOfTime) {
      this.withdraw(group, place);
      return;
    }
    if (this.confirmed[index] === 1) return;
    const own = this.at(group, place);
    if (isSuspect(own)) open.push({ group, place, estimates: [own] });
    else this.confirmed[index] = 1;
  }

  /** Read once, unless others are asked for than before. */
  private *tailRowsOf(strata: Uint8Array): Pieces<TailRows> {
    const before = this.tails?.strata;
    if (this.tails !== null && strata.every((isAsked, stratum) => isAsked <= before![stratum]!))
      return this.tails.rows; // one entry a stratum
    const all = before === undefined ? strata : strata.map((isAsked, stratum) => isAsked | before[stratum]!);
    const rows = yield* this.readRows(all);
    this.tails = { rows, strata: all };
    return rows;
  }

  private withdraw(group: MetGroup, place: number): void {
    const own = this.at(group, place);
    if (this.confirmed[this.indexOf(group, place)] === 0) this.keep(group, place, withoutLook(own));
  }

  private keep(group: MetGroup, place: number, own: GroupEstimate): void {
    const index = this.indexOf(group, place);
    if (this.made[index] !== own) this.replaced++;
    this.made[index] = own;
    this.confirmed[index] = 1;
  }

  private indexOf({ group }: MetGroup, place: number): number {
    return group * this.estimator.intervalCount + place;
  }
}
