import { itemsOf, type Pieces } from '../common/index.ts';
import { type MissingGroups, missingGroups } from '../estimator/index.ts';
import { openScan, type Patience, type Pauses, type Proceed, type SampleScan } from '../executor/index.ts';
import { type AggregateQuery, type LaidOut, nothingLearned, type SampleDesign } from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import type { EstimatedRows, Known } from './known.ts';
import { layoutFor } from './known-layouts.ts';
import { holdsAllOf, RankLimits } from './rank-limits.ts';
import { ReadingEstimates } from './reading-estimates.ts';
import { lastPaceOf, ReadingWatch } from './reading-watch.ts';
import { type ListingForecast, RowLister } from './row-lister.ts';
import type { AnswerSummary } from './contract.ts';
import type { RunControl } from './run-control.ts';
import { type LearnedOf, type UnknownTails, unknownTails } from './tail-subjects.ts';
import { TailWitness } from './tail-witness.ts';
import { TimePlan } from './time-plan.ts';
import { LateSample } from './wait-at-most.ts';

/** Share of the time left for reading that threads are waited for: the rest is for reading on here, and for signals that come late. */
const patienceShare = 0.8;

/** The reading of a sample for a query: how far it has come, and what is known. Rows once read are kept. */
export class SampleReading {
  readonly limits: RankLimits;
  /** The rank limit so far. */
  limit = 0;
  /** Looks at what was read while the reading goes on; null: nobody asks for them. */
  looks: Pauses | null = null;
  readonly estimates: ReadingEstimates;
  private readonly lister: RowLister;
  private readonly watch: ReadingWatch;
  private readonly time: TimePlan;
  /** What is known of the rows so far; null: rows were read since. */
  private latest: Known | null = null;
  /** The whole sample as it was read to tell what the tails are like; null: it was not. */
  private witness: TailWitness | null = null;
  private isEnded = false;
  /** null: nobody has asked yet. */
  private indispensableRows: number | null = null;

  private constructor(
    private readonly query: AggregateQuery,
    laidOut: LaidOut,
    readonly bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>,
    seed: number,
    private readonly sample: Sample,
    private readonly design: SampleDesign,
    private readonly scan: SampleScan,
    readonly control: RunControl,
  ) {
    this.limits = new RankLimits(sample, scan.included, this.readsAll);
    this.lister = new RowLister(query, laidOut.layout, this.limits, control.clock);
    this.watch = new ReadingWatch(control, lastPaceOf(query));
    this.time = new TimePlan(query, control, this.lister);
    const { limits, lister } = this;
    const reading = { query, laidOut, bounds, seed, sample, scan, limits, lister };
    this.estimates = new ReadingEstimates(reading, control, this.time, () => ({
      limit: this.limit,
      witness: this.hasWitness ? this.witness : null,
    }));
  }

  /**
   * @param seed what resampling repeats from
   * @returns in words why kernels cannot compute the query as DuckDB would
   * @throws QueryError DAMAGED_SAMPLE
   */
  static async open(
    query: AggregateQuery,
    bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>,
    sample: Sample,
    design: SampleDesign,
    control: RunControl,
    learnedOf: LearnedOf = () => nothingLearned,
    seed = 0,
  ): Promise<SampleReading | string> {
    const laidOut = layoutFor(query, design, sample.keys === null ? 'row' : 'key');
    const { layout, subjects } = laidOut;
    const learned = learnedOf(subjects, layout.measures.length);
    const request = { filter: query.filter, keys: query.keys, layout, learned };
    const scan = await openScan(sample, request, control.threads);
    return 'refused' in scan
      ? scan.refused
      : new SampleReading(query, laidOut, bounds, seed, sample, design, scan, control);
  }

  /** The sample holds every row of the strata that the predicate leaves in: read whole it leaves nothing open. */
  get isCensus(): boolean {
    return this.design.kind !== 'weights-in-strata' && holdsAllOf(this.sample, this.scan.included);
  }

  /** All rows are read whatever is asked: of rows with weights of their own a part is no sample that the estimates know. */
  private get readsAll(): boolean {
    return this.design.weight !== null;
  }

  /** Rows without which nothing can be answered, whatever the time. */
  private get neededRows(): number {
    return (this.indispensableRows ??= this.limits.indispensableRows());
  }

  get rowsRead(): number {
    return this.scan.rowsRead;
  }

  /** Tasks that were planned, those of them that were read, and those that were lost; a deadline leaves some that are neither. */
  get tasks(): AnswerSummary['tasks'] {
    const { tasksPlanned: planned, tasksDone, lost } = this.scan;
    return { planned, completed: tasksDone - lost.tasks, discarded: lost.tasks };
  }

  /**
   * Reads on until every included stratum is read up to the rank limit, or the deadline comes.
   * @throws QueryError CANCELLED, DAMAGED_SAMPLE, LIMIT_EXCEEDED
   */
  async readTo(limit: number): Promise<Known> {
    this.limit = this.readsAll ? this.limits.max : Math.min(this.limits.max, limit);
    const target = this.limits.unitsAt(this.limit);
    const available = this.limits.rowsUnder(this.limits.max);
    const wanted = this.limits.rowsUnder(this.limit);
    const before = this.rowsRead;
    this.watch.isWhole = before === 0 && wanted === available;
    const proceed: Proceed = ({ rowsRead }) => {
      this.control.options.onProgress?.({
        phase: 'execute',
        fraction: available === 0 ? null : rowsRead / available,
        rows: rowsRead,
      });
      return this.mayRead(rowsRead, this.neededRows, wanted);
    };
    const isRead = await this.untilLate(this.scan.readTo(target, proceed, this.looks, this.patience), false);
    this.control.throwIfCancelled();
    this.watch.end(this.rowsRead);
    if (!isRead) this.isEnded = true;
    // What stopped before it read anything has nothing new to tell.
    if (this.rowsRead > before || this.latest === null) this.latest = await this.meetGroups();
    return this.latest;
  }

  /** For how long threads are waited for: not at all where it is not worth it. */
  private readonly patience: Patience = () =>
    this.watch.patience(() => patienceShare * this.readingMs(this.rowsRead));

  /** What was read so far can be answered from. */
  private get canAnswer(): boolean {
    return this.latest !== null || this.rowsRead >= this.neededRows;
  }

  /** A device that does not answer in time ends the reading as the deadline does, where there is something to answer from. */
  private async untilLate<T>(reading: Promise<T>, late: T): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      if (error instanceof LateSample && this.canAnswer) return late;
      throw error;
    }
  }

  /** For each stratum what tells which others have rows of the same groups. */
  get stratumGroups(): Float64Array {
    return this.scan.stratumGroups;
  }

  /** Pairs of stratum and group met so far. */
  get cellCount(): number {
    return this.scan.cellCount;
  }

  /**
   * How many rows may be read before the next look at the clock; 0: what was read has to do.
   * @param needed rows that are read whatever the time
   * @param wanted rows that are read in all where there is time
   */
  private mayRead(rowsRead: number, needed: number, wanted: number): number | Promise<number> {
    const { control, watch } = this;
    watch.end(rowsRead);
    const begin = (): number => {
      // What was read answers now: the device is waited for as long as there is time to read.
      if (this.canAnswer) control.deviceEndMs = control.elapsedMs() + this.readingMs(this.rowsRead);
      return watch.begin(
        rowsRead,
        this.readingMs(rowsRead),
        Math.max(0, needed - rowsRead),
        wanted - rowsRead,
      );
    };
    const pause = control.pauseIfDue();
    return pause === null ? begin() : pause.then(begin);
  }

  private readingMs(rowsRead: number): number {
    return this.time.readingMs(rowsRead, this.scan.cellCount, this.latest?.cellsAGroup ?? 1);
  }

  /** What estimating and foretelling took so far. */
  get estimateMs(): number {
    return this.estimates.tookMs;
  }

  /** The deadline ended the reading, or the making of estimates. */
  get stopped(): boolean {
    return this.isEnded || this.estimates.ranOut;
  }

  /** No time is left for another round of reading and estimating. */
  get isOver(): boolean {
    return this.stopped || this.readingMs(this.rowsRead) <= 0;
  }

  /** Ends the reading where no time is left for another round. @returns whether it has ended */
  endIfOver(): boolean {
    this.isEnded ||= this.isOver;
    return this.isEnded;
  }

  /** Bytes of columns that the statement loads where so many rows are read, those that it has loaded included. */
  bytesLoadedAt(rows: number): number {
    return this.control.loads.bytes + this.scan.bytesToLoad(rows);
  }

  /** What listing values for quantiles would be like after so many rows. */
  foreseeListing(rows: number): ListingForecast {
    return this.lister.foresee(rows);
  }

  /**
   * Fewest matching rows so far of a group that has at least so many: no estimate of it can have more behind it.
   * @returns null where that says nothing of the groups that are shown
   */
  leastMatched(atLeast: number): number | null {
    const { having, limit, offset } = this.query;
    return having === null && limit === null && offset === 0 ? this.scan.leastMatched(atLeast) : null;
  }

  /** What is known of the rows so far at another confidence; the reading goes on as if nobody had looked. */
  lookAt(confidence: number): Promise<Known> {
    return this.estimates.meetGroups(confidence, () => this.scan.peek());
  }

  /** Rows of the sample that were read only to tell what tails are like. */
  get witnessRows(): number {
    return this.hasWitness ? this.limits.rowsUnder(this.limits.max) : 0;
  }

  /** The whole sample was read, and is a witness for the rows read so far. */
  get hasWitness(): boolean {
    return this.witness !== null && this.limits.isWitnessed(this.limit);
  }

  get canCallWitness(): boolean {
    return this.witness === null && !this.stopped && this.limits.isWitnessed(this.limit);
  }

  /**
   * Reads the whole sample to tell what the tails of estimates are like, which stay those of the rows read before.
   * @returns null where the deadline comes first
   * @throws QueryError CANCELLED, DAMAGED_SAMPLE, LIMIT_EXCEEDED
   */
  async callWitness(): Promise<Known | null> {
    const all = this.limits.rowsUnder(this.limits.max);
    this.watch.isWhole = true;
    const proceed: Proceed = ({ rowsRead }) => this.mayRead(rowsRead, 0, all);
    const read = TailWitness.read(this.scan, this.sample.unitSizes, proceed, this.patience, () =>
      this.control.pause(),
    );
    this.witness = await this.untilLate(read, null);
    this.watch.end(all);
    if (this.witness === null) return null;
    this.latest = await this.meetGroups();
    return this.latest;
  }

  /** Groups at most by whose estimates a probe judges. */
  get groupsAppraised(): number {
    return this.time.groupsAppraised();
  }

  private meetGroups(): Promise<Known> {
    return this.estimates.meetGroups(this.bounds.confidence, () => this.scan.collect());
  }

  /** What would have to be learned of the table to tell the tails of estimates that are not certified because of them. */
  unknownTails({ estimator: { moments } }: Known, rows: EstimatedRows): UnknownTails {
    return unknownTails(
      this.query,
      moments,
      itemsOf(rows).map(({ estimates }) => estimates),
    );
  }

  /** Bounds on the groups that were not met. */
  *missing({ estimator, confidence }: Known): Pieces<MissingGroups> {
    const { moments } = estimator;
    const missing = yield* missingGroups(moments, confidence);
    // Rows that were lost, maybe because of their values, may all be of groups that were not met.
    const lost = moments.groupsByStratum ? 0 : this.scan.suspectRows;
    return { groupRowsMax: missing.groupRowsMax + lost, rowsMax: missing.rowsMax + lost };
  }
}
