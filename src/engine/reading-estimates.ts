import type { List, Pieces } from '../common/index.ts';
import {
  cellConfidence,
  GroupEstimator,
  GroupIntervals,
  SuspectRows,
  type MetGroup,
  type MissingGroups,
  type TailRows,
} from '../estimator/index.ts';
import type { CollectedSums, SampleScan } from '../executor/index.ts';
import type { AggregateQuery, LaidOut, Moments } from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import { chooseRows, type RowList } from './answer-rows.ts';
import type { Choice } from './choice.ts';
import { certifiedInChoice, intervalsInChoice, judgeChoice } from './judge-choice.ts';
import { type EstimatedRows, GroupRows, groupsOf, type Known, type ReadGroup } from './known.ts';
import { makeIntervals } from './make-intervals.ts';
import type { RankLimits } from './rank-limits.ts';
import { matchesWithin, ranksOfTails, type RowLister } from './row-lister.ts';
import type { RunControl } from './run-control.ts';
import { neediestOf } from './support-and-target.ts';
import type { TailWitness } from './tail-witness.ts';
import type { TimePlan } from './time-plan.ts';

/** So many rows are not all made only to find that one of them misses its bound. */
const manyRows = 2048;

/** What estimates are made for, and of. */
export interface EstimatedReading {
  readonly query: AggregateQuery;
  readonly laidOut: LaidOut;
  readonly bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>;
  /** What resampling repeats from. */
  readonly seed: number;
  readonly sample: Sample;
  readonly scan: SampleScan;
  readonly limits: RankLimits;
  readonly lister: RowLister;
}

/** How far the sample was read. */
export interface ReadSoFar {
  /** The rank limit. */
  readonly limit: number;
  /** All of the sample, where it is read to tell what tails are like. */
  readonly witness: TailWitness | null;
}

/** Rows, and what they are of. */
interface LookedUpRows {
  readonly intervals: GroupIntervals;
  /** See {@link GroupIntervals.replaced} */
  readonly replaced: number;
  readonly shown: List<ReadGroup>;
  readonly rows: EstimatedRows;
}

/** Makes estimates of what was read of a sample, as far as a deadline leaves time for them, and gives way between them. */
export class ReadingEstimates {
  /** What it took so far, milliseconds. */
  tookMs = 0;
  /** There was no time for some. */
  ranOut = false;
  private tailRowsAsked = 0;
  /** The rows that were looked up last. */
  private lastRows: LookedUpRows | null = null;

  constructor(
    private readonly reading: EstimatedReading,
    private readonly control: RunControl,
    private readonly time: TimePlan,
    private readonly soFar: () => ReadSoFar,
  ) {}

  /** Does work that counts as estimating, and gives way between its pieces. @throws QueryError CANCELLED */
  async estimating<T>(work: Pieces<T>): Promise<T> {
    const startMs = this.control.clock.monotonicMs();
    try {
      return await this.control.inPieces(work);
    } finally {
      this.tookMs += this.control.clock.monotonicMs() - startMs;
    }
  }

  /** Makes the rows of the answer, or so many of all, as far as the deadline allows. @throws QueryError CANCELLED */
  async estimate(known: Known, rowsMax = Number.POSITIVE_INFINITY): Promise<EstimatedRows> {
    const shown = evenly(known.chosen.shown, rowsMax);
    await this.make(known.intervals, await this.estimating(groupsOf(shown)), this.shownPlaces);
    return this.rowsOf(known, shown);
  }

  /**
   * Makes those rows that are the likeliest to miss a bound, where there are very many: if one of them does the answer does, and by how
   * much it misses tells how far to read on.
   * @returns null where there are few, and all may as well be made
   * @throws QueryError CANCELLED
   */
  async estimateNeediest(known: Known): Promise<EstimatedRows | null> {
    if (known.chosen.shown.length < manyRows) return null;
    const rows = await this.estimating(neediestOf(known));
    await this.make(known.intervals, await this.estimating(groupsOf(rows)), this.shownPlaces);
    return rows;
  }

  /**
   * Makes them anew without the certification of numbers whose tails are too heavy.
   * @param untilMs how far into the statement intervals may be made, whatever time there is
   * @throws QueryError CANCELLED
   */
  async confirm(known: Known, untilMs = Number.POSITIVE_INFINITY): Promise<EstimatedRows> {
    const { shown } = known.chosen;
    const groups = await this.estimating(groupsOf(shown));
    await this.make(known.intervals, groups, this.shownPlaces, untilMs);
    await this.estimating(this.confirmTails(known.intervals, groups, this.shownPlaces));
    return this.rowsOf(known, shown);
  }

  private get shownPlaces(): number[] {
    return [...Array(this.reading.query.shownIntervals).keys()];
  }

  /** Makes intervals; what cannot be made in time stays without. */
  private async make(
    intervals: GroupIntervals,
    groups: List<MetGroup>,
    places: readonly number[],
    untilMs = Number.POSITIVE_INFINITY,
  ): Promise<void> {
    const { control, time } = this;
    const { lister, scan } = this.reading;
    const { rowsRead } = scan;
    const startMs = control.elapsedMs();
    const lastMs = time.finishMs(rowsRead, groups.length);
    const isDone = await makeIntervals(intervals, groups, places, control, lastMs, untilMs);
    if (!isDone && control.spareMs() <= lastMs) this.ranOut = true;
    const tookMs = control.elapsedMs() - startMs;
    control.paces.ordering.learn(lister.listedRows(rowsRead), tookMs);
    this.tookMs += tookMs;
  }

  private *confirmTails(
    intervals: GroupIntervals,
    groups: List<MetGroup>,
    places: readonly number[],
  ): Pieces<void> {
    if (places.length === 0) return;
    const { paces, clock } = this.control;
    if (this.time.tailRows(this.reading.scan.rowsRead) === 0) intervals.giveUp();
    const startMs = clock.monotonicMs();
    this.tailRowsAsked = 0;
    yield* intervals.confirm(groups, places);
    if (this.tailRowsAsked > 0) paces.tails.learn(this.tailRowsAsked, clock.monotonicMs() - startMs);
  }

  /** The very list of before where nothing has changed since: who keeps what it made of rows knows by it that they say the same. */
  private rowsOf({ intervals }: Known, shown: RowList<ReadGroup>): EstimatedRows {
    const last = this.lastRows;
    if (last?.intervals === intervals && last.replaced === intervals.replaced && last.shown === shown)
      return last.rows;
    const rows = shown.slice();
    this.lastRows = { intervals, replaced: intervals.replaced, shown, rows };
    return rows;
  }

  /** How sure the choice of rows is; see {@link judgeChoice}. */
  judge(known: Known, missing: MissingGroups): Promise<Choice | string | null> {
    const spareMs = this.control.spareMs();
    return this.estimating(judgeChoice(this.reading.query, { missing, ...known }, spareMs));
  }

  private tailRows(strata: Uint8Array, moments: Moments): Pieces<TailRows> {
    const { scan, sample, limits } = this.reading;
    const { witness, limit: own } = this.soFar();
    const limit = witness === null ? own : limits.max;
    const ranks = ranksOfTails(sample, limits, limit, strata, this.time.tailRows(scan.rowsRead));
    this.tailRowsAsked += ranks.reduce((sum, rows) => sum + rows, 0);
    return witness === null
      ? scan.values(ranks, scan.groupCodes, matchesWithin(moments, ranks))
      : witness.rows(ranks, scan.groupCodes);
  }

  /**
   * The groups that were met, and which of them the answer shows.
   * @param confidence of the intervals, or of all at once
   * @param collect gives the sums
   * @throws QueryError CANCELLED, LIMIT_EXCEEDED
   */
  async meetGroups(confidence: number, collect: () => Pieces<CollectedSums>): Promise<Known> {
    const { query, bounds, seed, scan, lister, laidOut } = this.reading;
    const { aggregateTotals } = laidOut;
    const { control } = this;
    const { limit, witness: called } = this.soFar();
    const startMs = control.elapsedMs();
    const collected = await control.inPieces(collect());
    const { moments, key, keyColumns } = collected;
    const witness = called?.to(scan.groupCodes);
    const { estimator, groups, suspect } = await lister.timed(scan.rowsRead, async () => {
      const listed = await control.inPieces(lister.list(scan, moments, limit));
      const request = { query, aggregateTotals, moments, key, listed, confidence, seed, witness };
      const made = new GroupEstimator(request);
      const lost = collected.suspect === null ? null : new SuspectRows(request, collected.suspect);
      return { estimator: made, groups: await control.inPieces(made.meetInPieces()), suspect: lost };
    });
    this.tookMs += control.elapsedMs() - startMs;
    if (lister.listedRows(1) === 0)
      control.paces.meeting.learn(moments.cellCount, control.elapsedMs() - startMs);
    const cells = groups.length * query.intervals.length;
    const level = bounds.simultaneous ? cellConfidence(confidence, cells) : confidence;
    const intervals = new GroupIntervals(
      estimator,
      cells,
      level,
      (strata) => this.tailRows(strata, moments),
      suspect,
    );
    await this.make(intervals, groups, intervalsInChoice(query));
    const reader = { query, intervals, key, keyColumns };
    const chosen = await this.estimating(this.choose(new GroupRows(reader, groups)));
    const cellsAGroup = moments.cellCount / Math.max(1, groups.length);
    return { confidence, estimator, intervals, groups, chosen, cellsAGroup };
  }

  /** Chooses the groups that the answer shows. */
  private *choose(rows: GroupRows): Pieces<Known['chosen']> {
    const { query } = this.reading;
    yield* this.confirmTails(rows.reader.intervals, rows.groups, certifiedInChoice(query));
    return yield* chooseRows(query, rows);
  }
}

/** So many of a list's entries at most, as far from each other as can be. */
function evenly<T>(list: RowList<T>, most: number): RowList<T> {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, place) => list.at(Math.floor((place * list.length) / most))!); // places of the list
}
