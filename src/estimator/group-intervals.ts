import { type List, type Pieces, piecewise } from '../common/index.ts';
import type { Estimate, ReasonCode } from '../plan/index.ts';
import type { GroupEstimator } from './estimate-groups.ts';
import type { GroupEstimate } from './estimate-output.ts';
import { groupAt, type MetGroup } from './met-group.ts';
import { Forecasts } from './forecasts.ts';
import { type ErrorTarget, foreseenOf, meetsTarget } from './sizing.ts';
import type { SuspectRows } from './suspect-rows.ts';
import { confirmTails, isSuspect, type TailRows, withoutLook } from './hill.ts';
import type { EstimateColumns } from './estimate-columns.ts';
import { ShownEstimates } from './shown-estimates.ts';

/** Whether there was no time for the estimate's interval. */
const isOutOfTime = ({ low, high, reasons }: Estimate): boolean =>
  low === null && high === null && reasons.includes('OUT_OF_TIME');

/** Groups that are looked at without a pause: whoever confirms them finds their intervals made. */
const groupsAtOnce = 1024;

/** An estimate whose tail is to be looked at. */
interface OpenTail {
  readonly group: MetGroup;
  readonly place: number;
  readonly estimates: readonly [GroupEstimate];
}

/** A row of an answer, and the group that it shows. */
export interface GroupRow {
  readonly group: MetGroup;
}

/** Whether groups are all that there are, in their order. */
function isEach(groups: Int32Array, count: number): boolean {
  for (let at = 0; at < groups.length; at++) if (groups[at] !== at) return false;
  return groups.length === count;
}

/** The intervals of groups, each made when it is first asked for: most answers show few of the groups that were met. */
export class GroupIntervals {
  /** By place: those made from totals; undefined: none was made, or they are made from listed values. */
  private readonly columns: (EstimateColumns | undefined)[] = [];
  /** By group and place, see {@link indexOf}: those made from listed values. */
  private readonly listed: (GroupEstimate | undefined)[] = [];
  /** Those whose tails were looked at. */
  private readonly confirmed: Uint8Array;
  private tails: { readonly rows: TailRows; readonly strata: Uint8Array } | null = null;
  private isOutOfTime = false;
  /** How many estimates were replaced by others: what was looked up before is no longer said. */
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
    this.confirmed = new Uint8Array(estimator.moments.groupCount * estimator.intervalCount);
  }

  /** The estimate of the query's interval at a place, with what sizing needs of it. */
  at(group: MetGroup, place: number): GroupEstimate {
    this.makeAt(group, place);
    return this.mayTakeLong(place)
      ? this.listed[this.indexOf(group, place)]!
      : this.columnsOf(place).at(group.group); // it is made
  }

  /** The same alone. */
  estimateAt(group: MetGroup, place: number): Estimate {
    if (this.mayTakeLong(place)) return this.at(group, place).estimate;
    this.makeAt(group, place);
    return this.columnsOf(place).shown.at(group.group);
  }

  /** What some of the groups that were met show of the query's interval at a place. @param groups their places in the moments */
  *shown(met: List<GroupRow>, groups: Int32Array, place: number): Pieces<ShownEstimates> {
    const columns = this.mayTakeLong(place) ? null : this.columnsOf(place);
    const make = (from: number, to: number): void => {
      for (let at = from; at < to; at++)
        if (columns?.isMade(groups[at]!) !== true) this.makeAt(met.at(at)!.group, place); // at < length
    };
    if (columns?.shown.isFull !== true) yield* piecewise(met.length, make, groupsAtOnce);
    if (columns !== null && isEach(groups, columns.shown.length)) return columns.share();
    const own = new ShownEstimates(met.length, this.confidence);
    const put = (from: number, to: number): void => {
      for (let at = from; at < to; at++)
        if (columns === null)
          own.put(at, this.at(met.at(at)!.group, place).estimate); // at < length
        else own.copy(at, columns.shown, groups[at]!);
    };
    yield* piecewise(met.length, put, groupsAtOnce);
    return own;
  }

  /** Whether it keeps a target. @param forgiven a reason that is no obstacle */
  meetsTarget(group: MetGroup, place: number, target: ErrorTarget, forgiven: ReasonCode | null): boolean {
    if (this.mayTakeLong(place)) return meetsTarget(this.at(group, place).estimate, target, forgiven);
    this.makeAt(group, place);
    return this.columnsOf(place).shown.meetsTarget(group.group, target, forgiven);
  }

  /** The first of the query's intervals, so many, of groups as they would be at other sizes, but for those for which there was no time. */
  *forecasts(groups: List<MetGroup>, places: number): Pieces<Forecasts> {
    const forecasts = new Forecasts(groups.length * places, this.confidence);
    const add = (from: number, to: number): void => {
      for (let at = from; at < to; at++) {
        const group = groups.at(at)!; // at < length
        for (let place = 0; place < places; place++) this.foresee(at, group, place, forecasts);
      }
    };
    yield* piecewise(groups.length, add, groupsAtOnce);
    return forecasts;
  }

  /** Adds the interval to forecasts, unless there was no time for it. */
  private foresee(row: number, group: MetGroup, place: number, forecasts: Forecasts): void {
    if (this.mayTakeLong(place)) {
      const own = this.at(group, place);
      if (!isOutOfTime(own.estimate)) forecasts.add(row, foreseenOf(own));
      return;
    }
    const columns = this.columnsOf(place);
    if (!columns.isMade(group.group)) this.makeAt(group, place);
    if (!columns.shown.isOutOfTime(group.group)) forecasts.addFrom(row, columns, group);
  }

  /** Makes the interval at a place, unless it was made. */
  makeAt(group: MetGroup, place: number): void {
    if (this.isMade(group, place)) return;
    const { estimator, confidence } = this;
    if (this.isOutOfTime) this.confirmed[this.indexOf(group, place)] = 1;
    const own = this.isOutOfTime
      ? estimator.valueAt(group, place, confidence)
      : estimator.estimateAt(group, place, confidence);
    this.put(group, place, this.widened(group, place, own));
  }

  /**
   * Makes the intervals of groups [from, to) of a list, unless they were made.
   * @param places of intervals none of which takes long
   * @returns how many were made
   */
  makeSome(groups: List<MetGroup>, from: number, to: number, places: readonly number[]): number {
    const { estimator, columns, confidence } = this;
    if (this.areMade(groups, from, to, places)) return 0;
    if (!this.isOutOfTime && this.suspect === null) {
      for (const place of places) this.columnsOf(place);
      return estimator.putSome(groups, from, to, places, columns, confidence);
    }
    let made = 0;
    for (let at = from; at < to; at++) {
      const group = groups.at(at)!; // at < length
      for (const place of places) {
        if (this.isMade(group, place)) continue;
        this.makeAt(group, place);
        made++;
      }
    }
    return made;
  }

  private widened(group: MetGroup, place: number, own: GroupEstimate): GroupEstimate {
    return this.suspect === null ? own : this.suspect.widen(group, place, own, this.confidence);
  }

  private put(group: MetGroup, place: number, own: GroupEstimate): void {
    if (this.mayTakeLong(place)) this.listed[this.indexOf(group, place)] = own;
    else this.columnsOf(place).put(group.group, own);
  }

  private columnsOf(place: number): EstimateColumns {
    return (this.columns[place] ??= this.estimator.columnsFor(place, this.confidence));
  }

  /** Whether the interval of the query at a place was made. */
  isMade(group: MetGroup, place: number): boolean {
    return this.mayTakeLong(place)
      ? this.listed[this.indexOf(group, place)] !== undefined
      : this.columns[place]?.isMade(group.group) === true;
  }

  /** @param places of intervals none of which takes long */
  private areMade(groups: List<MetGroup>, from: number, to: number, places: readonly number[]): boolean {
    for (let at = from; at < to; at++) {
      const group = groupAt(groups, at);
      for (const place of places) if (this.columns[place]?.isMade(group) !== true) return false;
    }
    return true;
  }

  /** Whether the interval at a place may take long. */
  mayTakeLong(place: number): boolean {
    return this.estimator.mayTakeLong(place);
  }

  /** Makes the interval at a place, unless it was made, piece by piece. */
  *make(group: MetGroup, place: number): Pieces<void> {
    if (this.isMade(group, place) || this.isOutOfTime) return;
    const own = yield* this.estimator.estimateInPieces(group, place, this.confidence);
    if (!this.isMade(group, place)) this.put(group, place, this.widened(group, place, own));
  }

  /** No time is left: what is not made yet gets no interval, and no tail is looked at any more. */
  giveUp(): void {
    this.isOutOfTime = true;
  }

  /** Takes back the certification of those whose tails are too heavy, and where no time is left of those that must be looked at. */
  *confirm(groups: List<MetGroup>, places: readonly number[]): Pieces<void> {
    if (places.length === 0) return;
    const open: OpenTail[] = [];
    const look = (from: number, to: number): void => {
      for (let at = from; at < to; at++) {
        const group = groupAt(groups, at);
        for (const place of places) {
          const index = this.indexAt(group, place);
          if (this.confirmed[index] === 1) continue;
          if (this.isSound(group, place)) this.confirmed[index] = 1;
          else this.lookAt(groups.at(at)!, place, open); // at < length
        }
      }
    };
    yield* piecewise(groups.length, look, groupsAtOnce);
    const confirmed = yield* confirmTails(this.estimator.moments, open, (strata) => this.tailRowsOf(strata));
    const keep = (from: number, to: number): void => {
      for (let at = from; at < to; at++) this.keep(open[at]!, confirmed[at]![0]!); // one estimate each
    };
    yield* piecewise(open.length, keep, groupsAtOnce);
  }

  /** Whether an estimate was made, and its tail need not be looked at: most are, and no object is made for their groups. */
  private isSound(group: number, place: number): boolean {
    const columns = this.columns[place];
    return !this.isOutOfTime && columns?.isMade(group) === true && !columns.isSuspect(group);
  }

  /** Finds out whether the tail of an estimate that is not confirmed is to be looked at; where no time is left nothing is certified that takes a look. */
  private lookAt(group: MetGroup, place: number, open: OpenTail[]): void {
    if (this.isOutOfTime) {
      this.withdraw(group, place);
      return;
    }
    this.makeAt(group, place);
    if (this.isSuspectAt(group, place)) open.push({ group, place, estimates: [this.at(group, place)] });
    else this.confirmed[this.indexOf(group, place)] = 1;
  }

  private isSuspectAt(group: MetGroup, place: number): boolean {
    return this.mayTakeLong(place)
      ? isSuspect(this.at(group, place))
      : this.columnsOf(place).isSuspect(group.group);
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
    this.makeAt(group, place);
    if (this.confirmed[this.indexOf(group, place)] === 1) return;
    const own = this.at(group, place);
    this.keep({ group, place, estimates: [own] }, withoutLook(own));
  }

  private keep({ group, place, estimates: [own] }: OpenTail, kept: GroupEstimate): void {
    if (kept !== own) {
      this.replaced++;
      this.put(group, place, kept);
    }
    this.confirmed[this.indexOf(group, place)] = 1;
  }

  private indexOf({ group }: MetGroup, place: number): number {
    return this.indexAt(group, place);
  }

  private indexAt(group: number, place: number): number {
    return group * this.estimator.intervalCount + place;
  }
}
