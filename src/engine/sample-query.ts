import type { SampleEntry } from '../catalog/index.ts';
import {
  CellForecast,
  type ErrorTarget,
  type EstimatedGroup,
  estimateGroups,
  type MissingGroups,
  meetsTarget,
  missingGroups,
  pilotSupportMin,
  type RowsAt,
  sizeForTarget,
  type SizingResult,
} from '../estimator/index.ts';
import { openScan, type SampleScan } from '../executor/index.ts';
import {
  type AggregateQuery,
  type AggregateTotals,
  evaluate,
  layoutMoments,
  type Moments,
  type Scalar,
} from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import { finishRows, type GroupRow, slotLookup } from './answer-rows.ts';
import type { RunControl } from './run-control.ts';

/** Rows that a pilot reads first, over all strata; then twice as many, until it knows enough. */
const pilotRows = 4096;
/** Times that a size is corrected after it fell short, and by how much at least. */
const escalationsMax = 3;
const escalationMin = 1.25;

/** A row of the answer with the estimates behind it. */
export interface EstimatedRow extends GroupRow {
  readonly group: EstimatedGroup;
}

/** What a sample says with the rows that were read. */
export interface SampleAnswer {
  readonly entry: SampleEntry;
  /** Groups after HAVING, ORDER BY and LIMIT. */
  readonly rows: readonly EstimatedRow[];
  readonly missing: MissingGroups;
  readonly rowsRead: number;
  readonly tasks: { readonly planned: number; readonly completed: number };
  /** All shown estimates keep the error bound; true where there is none. */
  readonly errorMet: boolean;
  /** The deadline stopped the reading. */
  readonly stopped: boolean;
  readonly estimateMs: number;
}

/** What reading on would bring. */
export interface Forecast {
  /** Rows to read in all; null: the whole sample would not keep the bound. */
  readonly rows: number | null;
  /** Largest relative half-width to expect then (of the whole sample where `rows` is null); null where no value has one. */
  readonly relativeError: number | null;
  /** The group that needs most, for the reason. */
  readonly driver: string | null;
}

/** What is known at one moment of a scan. */
interface Known {
  readonly moments: Moments;
  readonly groups: readonly EstimatedGroup[];
  readonly rows: readonly EstimatedRow[];
}

/** A query over one sample, which reads as much of it as its bounds ask for. Rows once read are kept. */
export class SampleQuery {
  private readonly rankMax: number;
  private limit = 0;
  private known: Known | null = null;
  private estimateMs = 0;
  private planned = 0;
  private completed = 0;
  private stopped = false;

  private constructor(
    private readonly query: AggregateQuery,
    private readonly aggregateTotals: readonly AggregateTotals[],
    private readonly bounds: ResolvedBounds,
    readonly entry: SampleEntry,
    private readonly sample: Sample,
    private readonly scan: SampleScan,
    private readonly control: RunControl,
  ) {
    this.rankMax = sample.runs.sizes.reduce(
      (most, size, stratum) => (scan.included[stratum] === 1 ? Math.max(most, size) : most),
      0,
    );
  }

  /** @returns in words why kernels cannot compute the query as DuckDB would. @throws QueryError DAMAGED_SAMPLE */
  static async open(
    query: AggregateQuery,
    bounds: ResolvedBounds,
    entry: SampleEntry,
    sample: Sample,
    control: RunControl,
  ): Promise<SampleQuery | string> {
    const { layout, aggregateTotals } = layoutMoments(query);
    const scan = await openScan(sample, { filter: query.filter, keys: query.keys, layout });
    return 'refused' in scan
      ? scan.refused
      : new SampleQuery(query, aggregateTotals, bounds, entry, sample, scan, control);
  }

  /** Share of the rows read that match, after a first few. */
  async probe(): Promise<number> {
    const { moments } = await this.readTo(this.firstLimit());
    const stride = moments.layout.monomials.length;
    let matched = 0;
    for (let cell = 0; cell < moments.cellCount; cell++) matched += moments.sums[cell * stride]!; // slot 0 counts the matching rows
    return this.scan.rowsRead === 0 ? 0 : matched / this.scan.rowsRead;
  }

  /** Reads what the bounds ask for: up to the deadline, until the error bound is kept, else all. @throws QueryError CANCELLED */
  async run(): Promise<SampleAnswer> {
    const { error, confidence } = this.bounds;
    if (error === null) return await this.runToEnd();
    const target = { ...error, confidence };
    let known = await this.pilot();
    for (let tries = 0; !this.isMet(known, target) && !this.stopped && tries <= escalationsMax; tries++) {
      const { rankLimit } = this.size(known, target);
      if (rankLimit === null || this.limit >= this.rankMax) break;
      const least = tries === 0 ? this.limit + 1 : Math.ceil(this.limit * escalationMin);
      known = await this.readTo(Math.max(rankLimit, least));
    }
    return this.answer(known, this.isMet(known, target));
  }

  /** Reads all that the deadline allows, whatever the error bound says. */
  async runToEnd(): Promise<SampleAnswer> {
    const known = await this.readTo(this.rankMax);
    const { error, confidence } = this.bounds;
    return this.answer(known, error === null || this.isMet(known, { ...error, confidence }));
  }

  /** Reads a pilot and foretells the rest. */
  async forecast(): Promise<Forecast> {
    const known = await this.pilot();
    const { error, confidence } = this.bounds;
    const sized =
      error === null ? { rankLimit: this.rankMax, driver: null } : this.size(known, { ...error, confidence });
    const limit = Math.max(this.limit, sized.rankLimit ?? this.rankMax);
    const errors = this.forecasts(known).map((cell) => cell.relativeErrorAt(this.rowsAt(limit)));
    const worst = errors.filter((each) => each !== null).reduce((a, b) => Math.max(a, b), 0);
    return {
      rows: sized.rankLimit === null ? null : this.rowsUnder(limit),
      relativeError: errors.every((each) => each === null) ? null : worst,
      driver: sized.driver === null ? null : this.describe(sized.driver.group, known),
    };
  }

  /** Rows of the sample that the predicate may match: those of included strata. */
  get rowsAvailable(): number {
    return this.rowsUnder(this.rankMax);
  }

  private firstLimit(): number {
    const strata = this.scan.included.reduce((count, isIn) => count + isIn, 0);
    return Math.min(this.rankMax, Math.max(16, Math.ceil(pilotRows / Math.max(1, strata))));
  }

  /** Doubles until every group that the answer shows has enough matches, or the sample ends. */
  private async pilot(): Promise<Known> {
    let known =
      this.known !== null && this.limit >= this.firstLimit()
        ? this.known
        : await this.readTo(this.firstLimit());
    const enough = ({ rows }: Known): boolean =>
      rows.length > 0 &&
      rows.every(({ group }) =>
        group.estimates.every(({ estimate }) => estimate.exact || estimate.support >= pilotSupportMin),
      );
    while (!enough(known) && this.limit < this.rankMax && !this.stopped)
      known = await this.readTo(this.limit * 2);
    return known;
  }

  private size({ moments, rows }: Known, target: ErrorTarget): SizingResult {
    const forecasts = this.forecasts({ moments, rows });
    return sizeForTarget(forecasts, target, this.rankMax, (limit) => this.rowsAt(limit));
  }

  private forecasts({ moments, rows }: Pick<Known, 'moments' | 'rows'>): CellForecast[] {
    return rows.flatMap(({ group }) =>
      group.estimates.map((estimate) => new CellForecast(moments, group, estimate)),
    );
  }

  private rowsAt(limit: number): RowsAt {
    const { sizes } = this.sample.runs;
    return (stratum) => Math.min(limit, sizes[stratum]!); // one entry a stratum
  }

  private rowsUnder(limit: number): number {
    const rowsAt = this.rowsAt(limit);
    return this.scan.included.reduce(
      (rows, isIn, stratum) => (isIn === 1 ? rows + rowsAt(stratum) : rows),
      0,
    );
  }

  private isMet({ rows }: Known, target: ErrorTarget): boolean {
    return (
      rows.length > 0 &&
      rows.every(({ group }) => group.estimates.every((estimate) => meetsTarget(estimate, target)))
    );
  }

  private async readTo(limit: number): Promise<Known> {
    this.limit = Math.min(this.rankMax, limit);
    const target = this.sample.runs.sizes.map((size) => Math.min(size, this.limit));
    const { onProgress } = this.control.options;
    const finished = await this.scan.readTo(target, async ({ rowsRead, tasksDone, tasks }) => {
      if (tasksDone === 0) this.planned += tasks;
      await this.control.pause();
      onProgress?.({
        phase: 'execute',
        fraction: this.rowsAvailable === 0 ? null : rowsRead / this.rowsAvailable,
        rows: rowsRead,
      });
      // Something is always read: without a first band there is no answer at all.
      if (this.completed > 0 && this.control.isReadingOver(this.estimateMs)) return false;
      this.completed++;
      return true;
    });
    if (!finished) this.stopped = true;
    this.known = this.estimate();
    return this.known;
  }

  private estimate(): Known {
    const startMs = this.control.clock.monotonicMs();
    const { moments, key } = this.scan.collect();
    const { query, aggregateTotals } = this;
    const groups = estimateGroups({
      query,
      aggregateTotals,
      moments,
      key,
      confidence: this.bounds.confidence,
    });
    const unordered = groups.map((group): EstimatedRow => {
      const keys = query.keys.map((_, index) => key(group.group, index));
      const slots = { keys, aggregates: group.aggregates };
      return { ...slots, group, outputs: this.outputsOf(slots, group) };
    });
    const rows = finishRows(query, unordered);
    this.estimateMs = this.control.clock.monotonicMs() - startMs;
    return { moments, groups, rows };
  }

  /** The row's cells: labels from the keys, estimates in the order of the other outputs. */
  private outputsOf(
    slots: Pick<GroupRow, 'keys' | 'aggregates'>,
    group: EstimatedGroup,
  ): GroupRow['outputs'] {
    let next = 0;
    return this.query.outputs.map(
      ({ expression, isKey }) =>
        isKey ? evaluate(expression, slotLookup(slots)) : group.estimates[next++]!.estimate, // one estimate an output that is no key
    );
  }

  private describe(group: EstimatedGroup, { rows }: Known): string | null {
    const row = rows.find((each) => each.group === group);
    if (row === undefined || row.keys.length === 0) return null;
    return row.keys.map((key: Scalar) => (key === null ? 'NULL' : String(key as string | number))).join(', ');
  }

  private answer(known: Known, errorMet: boolean): SampleAnswer {
    return {
      entry: this.entry,
      rows: known.rows,
      missing: missingGroups(
        known.moments,
        known.groups.map(({ cells }) => cells),
        this.bounds.confidence,
      ),
      rowsRead: this.scan.rowsRead,
      tasks: { planned: this.planned, completed: this.completed },
      errorMet,
      stopped: this.stopped,
      estimateMs: this.estimateMs,
    };
  }
}
