import {
  cellConfidence,
  CellForecast,
  type GroupEstimate,
  GroupEstimator,
  GroupIntervals,
  type MetGroup,
  type MissingGroups,
  missingGroups,
  type RowsAt,
  type TailRows,
} from '../estimator/index.ts';
import { openScan, type SampleScan } from '../executor/index.ts';
import {
  accessorValue,
  type AggregateQuery,
  type AggregateTotals,
  contains,
  evaluate,
  layoutMoments,
  type SampleDesign,
} from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import { type ChosenRows, chooseRows, type GroupRow, type GroupSlots, slotLookup } from './answer-rows.ts';
import type { Choice } from './choice.ts';
import { judgeChoice } from './judge-choice.ts';
import type { RunControl } from './run-control.ts';

/** Rows at most that tails are judged by. */
const tailRowsMax = 2 ** 19;

/** A group with its point values. */
export interface ReadGroup extends GroupSlots {
  readonly group: MetGroup;
}

/** What is known after so many rows. */
export interface Known {
  readonly estimator: GroupEstimator;
  readonly intervals: GroupIntervals;
  /** All groups that were met. */
  readonly groups: readonly MetGroup[];
  /** The groups that the answer shows, and those that it leaves out. */
  readonly chosen: ChosenRows<ReadGroup>;
}

/** A row of the answer with the estimates behind it. */
export interface EstimatedRow extends GroupRow {
  readonly group: MetGroup;
  readonly estimates: readonly GroupEstimate[];
}

/** The reading of a sample for a query: how far it has come, and what is known. Rows once read are kept. */
export class SampleReading {
  /** Rows (keys, where these were drawn) of the largest stratum that the predicate leaves in and a rank limit bounds: none needs to be higher. */
  readonly rankMax: number;
  /** Strata that the predicate leaves in and a rank limit bounds. */
  private readonly strata: number;
  /** The rank limit so far. */
  limit = 0;
  /** The deadline ended the reading. */
  stopped = false;
  /** What estimating and foretelling took so far. */
  estimateMs = 0;
  private lastEstimateMs = 0;
  private planned = 0;
  private completed = 0;
  /** Rows without which there is no answer: strata taken whole, for a part of one would bring its heavy tail back, and one more. */
  private readonly indispensableRows: number;

  private constructor(
    private readonly query: AggregateQuery,
    private readonly aggregateTotals: readonly AggregateTotals[],
    private readonly bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>,
    private readonly sample: Sample,
    private readonly design: SampleDesign,
    private readonly scan: SampleScan,
    private readonly control: RunControl,
  ) {
    const { runs, unitSizes } = sample;
    const bounded = unitSizes.filter(
      (_, stratum) => scan.included[stratum] === 1 && runs.takeAll[stratum] === 0,
    );
    this.rankMax = bounded.reduce((most, size) => Math.max(most, size), 0);
    this.strata = bounded.length;
    this.indispensableRows = this.rowsUnder(0) + 1;
  }

  /** @returns in words why kernels cannot compute the query as DuckDB would. @throws QueryError DAMAGED_SAMPLE */
  static async open(
    query: AggregateQuery,
    bounds: Pick<ResolvedBounds, 'confidence' | 'simultaneous'>,
    sample: Sample,
    design: SampleDesign,
    control: RunControl,
  ): Promise<SampleReading | string> {
    const unit = sample.keys === null ? 'row' : 'key';
    const { layout, aggregateTotals } = layoutMoments(query, design, unit);
    const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout });
    return 'refused' in scan
      ? scan.refused
      : new SampleReading(query, aggregateTotals, bounds, sample, design, scan, control);
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

  /** Rows of a stratum under a rank limit, or keys where these were drawn. */
  private unitsUnder(stratum: number, limit: number): number {
    const { keys, runs, unitSizes } = this.sample;
    if (this.readsAll) return unitSizes[stratum]!; // one entry a stratum
    return keys === null ? runs.rowsUnder(stratum, limit) : Math.min(limit, unitSizes[stratum]!);
  }

  /** Rows (keys, where these were drawn) of each stratum under a rank limit. */
  rowsAt(limit: number): RowsAt {
    return (stratum) => this.unitsUnder(stratum, limit);
  }

  /** The rank limit under which about so many rows are read. */
  limitFor(rows: number): number {
    const { keys } = this.sample;
    if (keys === null) return Math.ceil(rows / Math.max(1, this.strata));
    const place = keys.starts.findIndex((start) => start >= rows);
    return place < 0 ? this.rankMax : place;
  }

  /** Rows of all included strata under a rank limit. */
  rowsUnder(limit: number): number {
    const rowsAt = this.rowsAt(limit);
    const { keys } = this.sample;
    if (keys !== null) return this.scan.included[0] === 1 ? keys.starts[rowsAt(0)]! : 0; // one stratum, as many starts as keys
    return this.scan.included.reduce(
      (rows, isIn, stratum) => (isIn === 1 ? rows + rowsAt(stratum) : rows),
      0,
    );
  }

  /**
   * Reads on until every included stratum is read up to the rank limit, or the deadline comes.
   * @throws QueryError CANCELLED, DAMAGED_SAMPLE, LIMIT_EXCEEDED
   */
  async readTo(limit: number): Promise<Known> {
    this.limit = this.readsAll ? this.rankMax : Math.min(this.rankMax, limit);
    const target = this.sample.unitSizes.map((_, stratum) => this.unitsUnder(stratum, this.limit));
    const available = this.rowsUnder(this.rankMax);
    const { onProgress } = this.control.options;
    const finished = await this.scan.readTo(target, async ({ rowsRead, tasksDone, tasks }) => {
      if (tasksDone === 0) this.planned += tasks;
      await this.control.pause();
      onProgress?.({
        phase: 'execute',
        fraction: available === 0 ? null : rowsRead / available,
        rows: rowsRead,
      });
      const mayStop = rowsRead >= this.indispensableRows && !this.readsAll;
      if (mayStop && this.control.isReadingOver(this.lastEstimateMs)) return false;
      this.completed++;
      return true;
    });
    if (!finished) this.stopped = true;
    return this.estimating(() => this.meetGroups());
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

  /**
   * Values of rows enough to tell what tails are like: any first ranks are a random sample of each stratum. Those that are read
   * whole have no part in the error, however heavy their tails.
   */
  private tailRows(): TailRows {
    const { runs, unitSizes } = this.sample;
    let { limit } = this;
    while (limit > 1 && this.rowsUnder(limit) - this.rowsUnder(0) > tailRowsMax)
      limit = Math.floor(limit / 2);
    return this.scan.values(
      unitSizes.map((_, stratum) => (runs.takeAll[stratum] === 1 ? 0 : this.unitsUnder(stratum, limit))),
    );
  }

  /** What the estimates would be at other sizes. */
  forecasts(rows: readonly EstimatedRow[]): CellForecast[] {
    return rows.flatMap(({ group, estimates }) =>
      estimates.map((estimate) => new CellForecast(group, estimate)),
    );
  }

  /** Bounds on the groups that were not met. */
  missing({ estimator, groups }: Known): MissingGroups {
    return missingGroups(estimator.moments, groups.map(({ cells }) => cells), this.bounds.confidence); // prettier-ignore
  }

  private meetGroups(): Known {
    const { moments, key } = this.scan.collect();
    const { query, aggregateTotals, bounds } = this;
    const { confidence } = bounds;
    const estimator = new GroupEstimator({ query, aggregateTotals, moments, key, confidence });
    const groups = estimator.meet();
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
    return { estimator, intervals, groups, chosen: chooseRows(query, read) };
  }
}

/** The intervals of which HAVING or the order ask whether they are certified. */
function certifiedInChoice({ having, orderBy, accessors }: AggregateQuery): number[] {
  const places = new Set<number>();
  for (const expression of [
    ...(having === null ? [] : [having]),
    ...orderBy.map((order) => order.expression),
  ]) {
    contains(expression, (node) => {
      const accessor = node.kind === 'slot' && node.slot === 'accessor' ? accessors[node.index] : undefined;
      if (accessor?.name === 'certified') places.add(accessor.interval);
      return false;
    });
  }
  return [...places];
}
