import {
  cellConfidence,
  GroupEstimator,
  GroupIntervals,
  type MissingGroups,
  missingGroups,
  type TailRows,
} from '../estimator/index.ts';
import {
  type CollectedSums,
  openScan,
  type Pauses,
  type Proceed,
  type SampleScan,
} from '../executor/index.ts';
import {
  accessorValue,
  type AggregateQuery,
  evaluate,
  layoutMoments,
  type LaidOut,
  type LearnedValues,
  nothingLearned,
  type SampleDesign,
} from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import { chooseRows, slotLookup } from './answer-rows.ts';
import type { Choice } from './choice.ts';
import { certifiedInChoice, judgeChoice } from './judge-choice.ts';
import type { EstimatedRow, Known, ReadGroup } from './known.ts';
import { RankLimits } from './rank-limits.ts';
import { type ListingForecast, listTails, RowLister } from './row-lister.ts';
import type { RunControl } from './run-control.ts';
import { type TailSubject, tailSubjects, type UnknownTails, unknownTails } from './tail-subjects.ts';
import { TailWitness } from './tail-witness.ts';

/** What was learned of subjects. @param measures of the layout that the subjects name places in */
export type LearnedOf = (subjects: readonly TailSubject[], measures: number) => LearnedValues;

/** The reading of a sample for a query: how far it has come, and what is known. Rows once read are kept. */
export class SampleReading {
  readonly limits: RankLimits;
  /** The rank limit so far. */
  limit = 0;
  /** The deadline ended the reading. */
  stopped = false;
  /** What estimating and foretelling took so far. */
  estimateMs = 0;
  /** Looks at what was read while the reading goes on; null: nobody asks for them. */
  looks: Pauses | null = null;
  private lastEstimateMs = 0;
  private readonly lister: RowLister;
  /** The whole sample as it was read to tell what the tails are like; null: it was not. */
  private witness: TailWitness | null = null;
  private planned = 0;
  private completed = 0;
  /** Rows without which there is no answer: strata taken whole, for a part of one would bring its heavy tail back, and one more. */
  private readonly indispensableRows: number;

  private constructor(
    private readonly query: AggregateQuery,
    private readonly laidOut: LaidOut,
    readonly bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>,
    private readonly seed: number,
    private readonly sample: Sample,
    private readonly design: SampleDesign,
    private readonly scan: SampleScan,
    readonly control: RunControl,
  ) {
    this.limits = new RankLimits(sample, scan.included, this.readsAll);
    this.indispensableRows = this.limits.rowsUnder(0) + 1;
    this.lister = new RowLister(query, laidOut.layout, this.limits, control.clock);
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
    const unit = sample.keys === null ? 'row' : 'key';
    const laidOut = layoutMoments(query, design, unit);
    const { layout, aggregateTotals } = laidOut;
    const learned = learnedOf(tailSubjects(query, layout, aggregateTotals), layout.measures.length);
    const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout, learned });
    return 'refused' in scan
      ? scan.refused
      : new SampleReading(query, laidOut, bounds, seed, sample, design, scan, control);
  }

  /** The sample holds every row of the strata that the predicate leaves in: read whole it leaves nothing open. */
  get isCensus(): boolean {
    if (this.design.kind === 'weights-in-strata') return false;
    const { unitSizes, unitPopulation } = this.sample;
    return this.scan.included.every(
      (isIn, stratum) => isIn === 0 || unitSizes[stratum]! >= unitPopulation[stratum]!,
    ); // one entry a stratum
  }

  /** All rows are read whatever is asked: of rows with weights of their own a part is no sample that the estimates know. */
  private get readsAll(): boolean {
    return this.design.weight !== null;
  }

  get rowsRead(): number {
    return this.scan.rowsRead;
  }

  get tasks(): { readonly planned: number; readonly completed: number } {
    return { planned: this.planned, completed: this.completed };
  }

  /**
   * Reads on until every included stratum is read up to the rank limit, or the deadline comes.
   * @throws QueryError CANCELLED, DAMAGED_SAMPLE, LIMIT_EXCEEDED
   */
  async readTo(limit: number): Promise<Known> {
    await this.scanTo(limit);
    return this.meet();
  }

  /** The same, without looking at what was read. */
  async scanTo(limit: number): Promise<void> {
    this.limit = this.readsAll ? this.limits.max : Math.min(this.limits.max, limit);
    const target = this.sample.unitSizes.map((_, stratum) => this.limits.unitsUnder(stratum, this.limit));
    const available = this.limits.rowsUnder(this.limits.max);
    const { onProgress } = this.control.options;
    const proceed: Proceed = async ({ rowsRead, tasksDone, tasks }) => {
      if (tasksDone === 0) this.planned += tasks;
      await this.control.pause();
      onProgress?.({
        phase: 'execute',
        fraction: available === 0 ? null : rowsRead / available,
        rows: rowsRead,
      });
      const mayStop = rowsRead >= this.indispensableRows && !this.readsAll;
      if (mayStop && this.control.isReadingOver(this.lastEstimateMs + this.lister.predictMs(rowsRead)))
        return false;
      this.completed++;
      return true;
    };
    if (!(await this.scan.readTo(target, proceed, this.looks))) this.stopped = true;
  }

  /** What is known of the rows so far. */
  meet(): Known {
    return this.estimating(() => this.meetGroups());
  }

  /** Pairs of a group and a stratum met so far. */
  get cellCount(): number {
    return this.scan.cellCount;
  }

  /** What listing values for quantiles would be like after so many rows. */
  foreseeListing(rows: number): ListingForecast {
    return this.lister.foresee(rows);
  }

  /** What is known of the rows so far at another confidence; the reading goes on as if nobody had looked. */
  lookAt(confidence: number): Known {
    return this.estimating(() => this.meetGroups(confidence, this.scan.peek()));
  }

  /** Does work that counts as estimating. */
  estimating<T>(work: () => T): T {
    const startMs = this.control.clock.monotonicMs();
    try {
      return work();
    } finally {
      this.estimateMs += this.control.clock.monotonicMs() - startMs;
    }
  }

  /** Makes the rows of the answer. */
  estimate(known: Known): EstimatedRow[] {
    const before = this.estimateMs;
    const rows = this.estimating(() => this.rowsOf(known));
    this.lastEstimateMs = this.estimateMs - before;
    return rows;
  }

  /** Makes them anew without the certification of numbers whose tails are too heavy. */
  confirm(known: Known): EstimatedRow[] {
    return this.estimating(() => {
      const groups = known.chosen.shown.map(({ group }) => group);
      known.intervals.confirm(groups, [...Array(this.query.shownIntervals).keys()]);
      return this.rowsOf(known);
    });
  }

  private rowsOf({ intervals, chosen: { shown } }: Known): EstimatedRow[] {
    const { shownIntervals, outputs } = this.query;
    return shown.map((row): EstimatedRow => {
      const estimates = Array.from({ length: shownIntervals }, (_, place) => intervals.at(row.group, place));
      return {
        ...row,
        estimates,
        outputs: outputs.map(({ expression, interval }) =>
          interval === null ? evaluate(expression, slotLookup(row)) : estimates[interval]!.estimate,
        ), // outputs have the first intervals
      };
    });
  }

  /** How sure the choice of rows is; see {@link judgeChoice}. */
  judge(known: Known, missing: MissingGroups): Choice | string | null {
    const remainingMs = this.control.remainingMs();
    return this.estimating(() => judgeChoice(this.query, { ...known, missing }, remainingMs));
  }

  private tailRows(): TailRows {
    const { scan, sample, limits } = this;
    const witness = this.hasWitness ? this.witness : null;
    return listTails(scan, sample, limits, witness === null ? this.limit : limits.max, witness);
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
    this.witness = await TailWitness.read(this.scan, this.sample.unitSizes, async () => {
      await this.control.pause();
      return !this.control.isReadingOver(this.lastEstimateMs + this.lister.predictMs(this.rowsRead));
    });
    return this.witness === null ? null : this.estimating(() => this.meetGroups());
  }

  /** What would have to be learned of the table to tell the tails of estimates that are not certified because of them. */
  unknownTails({ estimator: { moments } }: Known, rows: readonly EstimatedRow[]): UnknownTails {
    return unknownTails(
      this.query,
      moments,
      rows.map(({ estimates }) => estimates),
    );
  }

  /** Bounds on the groups that were not met. */
  missing({ estimator, groups, confidence }: Known): MissingGroups {
    return missingGroups(estimator.moments, groups.map(({ cells }) => cells), confidence); // prettier-ignore
  }

  private meetGroups(
    confidence: number = this.bounds.confidence,
    { moments, key }: CollectedSums = this.scan.collect(),
  ): Known {
    const { query, bounds, seed } = this;
    const { aggregateTotals } = this.laidOut;
    const witness = this.hasWitness ? this.witness?.to(this.scan.groupCodes) : undefined;
    const { estimator, groups } = this.lister.timed(this.rowsRead, () => {
      const listed = this.lister.list(this.scan, moments, this.limit);
      const request = { query, aggregateTotals, moments, listed, key, confidence, seed, witness };
      const made = new GroupEstimator(request);
      return { estimator: made, groups: made.meet() };
    });
    const cells = groups.length * query.intervals.length;
    const level = bounds.simultaneous ? cellConfidence(confidence, cells) : confidence;
    const intervals = new GroupIntervals(estimator, cells, level, () => this.tailRows());
    intervals.confirm(groups, certifiedInChoice(query));
    const read = groups.map((group): ReadGroup => ({
      keys: query.keys.map((_, index) => key(group.group, index)),
      aggregates: group.aggregates,
      accessor(index) {
        const { name, interval } = query.accessors[index]!; // slots name accessors
        return accessorValue(name, intervals.at(group, interval).estimate);
      },
      group,
    }));
    return { confidence, estimator, intervals, groups, chosen: chooseRows(query, read) };
  }
}
