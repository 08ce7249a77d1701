import {
  CellForecast,
  confirmTails,
  type GroupEstimate,
  GroupEstimator,
  type MetGroup,
  type MissingGroups,
  missingGroups,
  type RowsAt,
  type TailRows,
} from '../estimator/index.ts';
import { openScan, type SampleScan } from '../executor/index.ts';
import {
  type AggregateQuery,
  type AggregateTotals,
  evaluate,
  layoutMoments,
  type SampleDesign,
} from '../plan/index.ts';
import type { Sample } from '../samples/index.ts';
import { finishRows, type GroupRow, slotLookup } from './answer-rows.ts';
import type { RunControl } from './run-control.ts';

/** Rows at most that tails are judged by. */
const tailRowsMax = 2 ** 18;

/** A group that the answer shows, by its point values. */
interface ShownGroup extends Pick<GroupRow, 'keys' | 'aggregates'> {
  readonly group: MetGroup;
}

/** What is known after so many rows. */
export interface Known {
  readonly estimator: GroupEstimator;
  /** All groups that were met. */
  readonly groups: readonly MetGroup[];
  /** Groups after HAVING, ORDER BY and LIMIT. */
  readonly shown: readonly ShownGroup[];
}

/** A row of the answer with the estimates behind it. */
export interface EstimatedRow extends GroupRow {
  readonly group: MetGroup;
  readonly estimates: readonly GroupEstimate[];
}

/** The reading of a sample for a query: how far it has come, and what is known. Rows once read are kept. */
export class SampleReading {
  /** Rows of the largest stratum that the predicate leaves in and a rank limit bounds: none needs to be higher. */
  readonly rankMax: number;
  /** Strata that the predicate leaves in and a rank limit bounds. */
  readonly strata: number;
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
    private readonly confidence: number,
    private readonly sample: Sample,
    private readonly design: SampleDesign,
    private readonly scan: SampleScan,
    private readonly control: RunControl,
  ) {
    const { runs } = sample;
    const bounded = runs.sizes.filter(
      (_, stratum) => scan.included[stratum] === 1 && runs.takeAll[stratum] === 0,
    );
    this.rankMax = bounded.reduce((most, size) => Math.max(most, size), 0);
    this.strata = bounded.length;
    this.indispensableRows = this.rowsUnder(0) + 1;
  }

  /** @returns in words why kernels cannot compute the query as DuckDB would. @throws QueryError DAMAGED_SAMPLE */
  static async open(
    query: AggregateQuery,
    confidence: number,
    sample: Sample,
    design: SampleDesign,
    control: RunControl,
  ): Promise<SampleReading | string> {
    const { layout, aggregateTotals } = layoutMoments(query, design);
    const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout });
    return 'refused' in scan
      ? scan.refused
      : new SampleReading(query, aggregateTotals, confidence, sample, design, scan, control);
  }

  /** The sample holds every row of the strata that the predicate leaves in: read whole it leaves nothing open. */
  get isCensus(): boolean {
    if (this.design.kind === 'weights-in-strata') return false;
    const { population, sampled } = this.sample.strata;
    return this.scan.included.every(
      (isIn, stratum) => isIn === 0 || sampled[stratum]! >= population[stratum]!,
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

  /** Rows of each stratum under a rank limit. */
  rowsAt(limit: number): RowsAt {
    const { runs } = this.sample;
    return (stratum) => (this.readsAll ? runs.sizes[stratum]! : runs.rowsUnder(stratum, limit)); // one entry a stratum
  }

  /** Rows of all included strata under a rank limit. */
  rowsUnder(limit: number): number {
    const rowsAt = this.rowsAt(limit);
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
    const rowsAt = this.rowsAt(this.limit);
    const target = this.sample.runs.sizes.map((_, stratum) => rowsAt(stratum));
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
  estimate({ estimator, shown }: Known): EstimatedRow[] {
    const before = this.estimateMs;
    const rows = this.estimating(() =>
      shown.map(({ keys, aggregates, group }): EstimatedRow => {
        const estimates = estimator.estimate(group);
        return {
          keys,
          aggregates,
          group,
          estimates,
          outputs: this.outputsOf({ keys, aggregates }, estimates),
        };
      }),
    );
    this.lastEstimateMs = this.estimateMs - before;
    return rows;
  }

  /** Takes back the certification of rows whose tails are too heavy. */
  confirm({ estimator: { moments } }: Known, rows: readonly EstimatedRow[]): EstimatedRow[] {
    const confirmed = this.estimating(() => confirmTails(moments, rows, () => this.tailRows()));
    return rows.map((row, place) => {
      const estimates = confirmed[place]!; // one a row
      return { ...row, estimates, outputs: this.outputsOf(row, estimates) };
    });
  }

  /**
   * Values of rows enough to tell what tails are like: any first ranks are a random sample of each stratum. Those that are read
   * whole have no part in the error, however heavy their tails.
   */
  private tailRows(): TailRows {
    const { runs } = this.sample;
    let { limit } = this;
    while (limit > 1 && this.rowsUnder(limit) - this.rowsUnder(0) > tailRowsMax)
      limit = Math.floor(limit / 2);
    return this.scan.values(
      runs.sizes.map((_, stratum) => (runs.takeAll[stratum] === 1 ? 0 : runs.rowsUnder(stratum, limit))),
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
    return missingGroups(estimator.moments, groups.map(({ cells }) => cells), this.confidence); // prettier-ignore
  }

  private meetGroups(): Known {
    const { moments, key } = this.scan.collect();
    const { query, aggregateTotals, confidence } = this;
    const estimator = new GroupEstimator({ query, aggregateTotals, moments, key, confidence });
    const groups = estimator.meet();
    const unordered = groups.map((group): ShownGroup => {
      const keys = query.keys.map((_, index) => key(group.group, index));
      return { keys, aggregates: group.aggregates, group };
    });
    return { estimator, groups, shown: finishRows(query, unordered) };
  }

  /** The row's cells: labels from the keys, estimates in the order of the other outputs. */
  private outputsOf(
    slots: Pick<GroupRow, 'keys' | 'aggregates'>,
    estimates: readonly GroupEstimate[],
  ): GroupRow['outputs'] {
    let next = 0;
    return this.query.outputs.map(
      ({ expression, isKey }) =>
        isKey ? evaluate(expression, slotLookup(slots)) : estimates[next++]!.estimate, // one estimate an output that is no key
    );
  }
}
