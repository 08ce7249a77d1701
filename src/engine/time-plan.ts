import type { AggregateQuery } from '../plan/index.ts';
import { intervalsInChoice } from './judge-choice.ts';
import type { RowLister } from './row-lister.ts';
import type { RunControl } from './run-control.ts';

/** Rows at most that tails are judged by, and how many are enough where time is short. */
export const tailRowsMax = 2 ** 19;
const tailRowsMin = 2 ** 16;
/** Share of a deadline at most that is kept from reading for making intervals, and that of the rest which a look at tails may take. */
const makingShareMax = 0.7;
const tailsShare = 0.25;
/** Share of what is left of a deadline that a probe's estimates may take, and groups by which it judges at least. */
const appraisalShare = 0.03;
const groupsAppraisedMin = 8;
/** So many groups tell which of samples is the better one. */
const groupsAppraisedMax = 256;
/** By how much estimating may take longer than it should. */
const estimateMargin = 1.3;

/** Shares out the time of a deadline between the reading of a sample and what comes behind it. Without a deadline all is allowed. */
export class TimePlan {
  private readonly chosenBy: number;

  constructor(
    private readonly query: AggregateQuery,
    private readonly control: RunControl,
    private readonly lister: RowLister,
  ) {
    this.chosenBy = intervalsInChoice(query).length;
  }

  /**
   * Time left for reading: the answer of what was read has its part. Intervals are made one by one, and may stay unmade in the end: they
   * do not take all of the time.
   * @param cells pairs of stratum and group that were met
   * @param cellsAGroup how many a group has of them
   */
  readingMs(rowsRead: number, cells: number, cellsAGroup: number): number {
    const { query, control, lister, chosenBy } = this;
    const { withinMs, paces } = control;
    if (withinMs === null) return Number.POSITIVE_INFINITY;
    const groups = query.keys.length === 0 ? 1 : Math.max(cells / cellsAGroup, 1);
    const shown = query.limit === null ? groups : Math.min(groups, query.limit);
    const listedRows = lister.listedRows(rowsRead);
    const intervals = listedRows > 0 ? 0 : shown * query.shownIntervals + groups * chosenBy;
    const makingMs = Math.min(estimateMargin * paces.making.predictMs(intervals), withinMs * makingShareMax);
    const restMs =
      lister.predictMs(rowsRead) +
      paces.meeting.predictMs(cells) +
      paces.ordering.predictMs(listedRows) +
      paces.finishMs({ tailRows: Math.min(rowsRead, tailRowsMin), values: shown * query.outputs.length });
    return control.spareMs() - makingMs - estimateMargin * restMs;
  }

  /** What is left to do when so many groups have their intervals, milliseconds. */
  finishMs(rowsRead: number, groups: number): number {
    const work = { tailRows: Math.min(rowsRead, tailRowsMin), values: groups * this.query.outputs.length };
    return this.control.withinMs === null ? 0 : this.control.paces.finishMs(work);
  }

  /** Groups at most by whose estimates a probe judges. */
  groupsAppraised(): number {
    const { control, query } = this;
    const within = control.paces.making.unitsWithin(control.spareMs() * appraisalShare);
    const fitting = Math.floor(within / Math.max(1, query.shownIntervals));
    return Math.min(groupsAppraisedMax, Math.max(groupsAppraisedMin, fitting));
  }

  /** Rows at most that tails are judged by; 0 where there is no time even for a few. */
  tailRows(rowsRead: number): number {
    const { control } = this;
    const fitting = control.paces.tails.unitsWithin(control.spareMs());
    if (fitting < Math.min(rowsRead, tailRowsMin)) return 0;
    return Math.min(tailRowsMax, Math.max(tailRowsMin, fitting * tailsShare));
  }
}
