import type { SampleEntry } from '../catalog/index.ts';
import { type ErrorTarget, pilotSupportMin } from '../estimator/index.ts';
import type { AggregateQuery, ReasonCode } from '../plan/index.ts';
import type { ResolvedBounds } from '../planner/index.ts';
import type { Sample } from '../samples/index.ts';
import { Bidding, type IsOutbid } from './bidding.ts';
import { type Expectation, Foresight, groupOf } from './foresight.ts';
import type { EstimatedRows, Known } from './known.ts';
import { type Levels, Looks, looksAtMost } from './looks.ts';
import { nextLimit, triesMax } from './next-limit.ts';
import type { ListingForecast } from './row-lister.ts';
import type { RunControl } from './run-control.ts';
import type { SampleAnswer } from './sample-answer.ts';
import { rouseReaders } from './reading-watch.ts';
import { SampleReading } from './sample-reading.ts';
import { designOf } from './sampled-tables.ts';
import type { SampleWork } from './sample-costs.ts';
import { isMet, leastSupport } from './support-and-target.ts';
import type { LearnedOf } from './tail-subjects.ts';

/** Rows that a pilot reads first, over all strata. */
const pilotRows = 4096;
/** By what a pilot grows at least and at most until it has enough matches: more at once where it met few. */
const pilotGrowthMin = 2;
const pilotGrowthMax = 16;

/** What a few rows of a sample let expect of it. */
export interface Appraisal {
  /** Rows that the error bound takes, all of them where there is none; infinite where the sample is too small for it. */
  readonly rowsNeeded: number;
  /** Largest relative half-width if all were read; infinite where nothing matched. */
  readonly relativeError: number;
}

/** What reading on would bring. */
export interface Forecast extends Expectation {
  /** The whole sample would not keep the bound, by far. */
  readonly tooSmall: boolean;
  /** Names of outputs whose tails are not known well enough to certify them. */
  readonly unknownTails: readonly string[];
  /** The whole sample would be read too, to tell what tails are like. */
  readonly byWitness: boolean;
  readonly listing: ListingForecast;
}

/** What is known, and the rows of the answer by it. */
interface Judged {
  readonly known: Known;
  readonly rows: EstimatedRows;
}

/** A query over one sample, which reads as much of it as its bounds ask for. */
export class SampleQuery {
  private readonly target: ErrorTarget | null;
  private readonly foresight: Foresight;
  /** What was expected of the answer when its size was last set; null: it was not. */
  private expected: Expectation | null = null;
  /** The group that the size was last found by; null: there are no groups, or the pilot was enough. */
  private driver: string | null = null;
  /** What {@link isMet} has found last: the same rows say the same. */
  private kept: { rows: EstimatedRows | null; forgiven: ReasonCode | null; isMet: boolean } = {
    rows: null,
    forgiven: null,
    isMet: false,
  };

  private constructor(
    readonly entry: SampleEntry,
    private readonly reading: SampleReading,
    query: AggregateQuery,
    bounds: ResolvedBounds,
    /** Rows that the sample counts for where its strata have nothing to do with the query. */
    readonly effectiveRows: number,
  ) {
    this.target = bounds.error;
    this.foresight = new Foresight(reading, query);
  }

  /** @returns in words why kernels cannot compute the query as DuckDB would. @throws QueryError DAMAGED_SAMPLE */
  static async open(
    query: AggregateQuery,
    bounds: ResolvedBounds,
    entry: SampleEntry,
    sample: Sample,
    control: RunControl,
    learnedOf: LearnedOf,
  ): Promise<SampleQuery | string> {
    rouseReaders(query, control);
    const design = designOf(entry, query);
    const reading = await SampleReading.open(query, bounds, sample, design, control, learnedOf, entry.seed);
    return typeof reading === 'string'
      ? reading
      : new SampleQuery(entry, reading, query, bounds, sample.strata.effectiveRows);
  }

  /** What was done so far. */
  get workDone(): SampleWork {
    return this.foresight.workDone;
  }

  /** What estimating took so far, milliseconds. */
  get estimateMs(): number {
    return this.reading.estimateMs;
  }

  /** Looks at most on the way through all of the sample. */
  get looksMax(): number {
    return looksAtMost(this.reading, this.firstLimit());
  }

  /**
   * Has what was read so far looked at while {@link run} reads on; what it returns in the end does not depend on it.
   * @param othersPlanned looks that other samples may have behind this one's
   */
  watch(levels: Levels, othersPlanned: number, show: (answer: SampleAnswer) => Promise<void>): void {
    const { reading } = this;
    reading.looks = new Looks(reading, this.firstLimit(), levels, othersPlanned, (known, untilMs) =>
      this.answer(known, untilMs).then(show),
    );
  }

  /** Reads a few rows. @returns groups met that the answer would show @throws QueryError CANCELLED */
  async probe(): Promise<number> {
    const { chosen } = await this.reading.readTo(this.firstLimit());
    return chosen.shown.length;
  }

  /** Judges the sample by what a probe has read. @throws QueryError CANCELLED */
  async appraise(): Promise<Appraisal> {
    const { reading, target } = this;
    const known = await reading.readTo(this.firstLimit());
    const rows = await reading.estimates.estimate(known, reading.groupsAppraised);
    const unknown = rows.length === 0 && !reading.isCensus;
    const limit = target === null ? reading.limits.max : (await this.foresight.size(rows, target)).rankLimit;
    return {
      rowsNeeded: limit === null || unknown ? Number.POSITIVE_INFINITY : reading.limits.rowsUnder(limit),
      relativeError:
        (await this.foresight.worstError(rows, reading.limits.max)) ??
        (reading.isCensus ? 0 : Number.POSITIVE_INFINITY),
    };
  }

  /**
   * Reads what the bounds ask for: up to the deadline, until the error bound is kept, else all.
   * @param isOutbid asked when it is known how much there is to do; null: nothing else can answer
   * @returns 'outbid' where it said so
   * @throws QueryError CANCELLED
   */
  async run(isOutbid: IsOutbid | null = null): Promise<SampleAnswer | 'outbid'> {
    const { target, reading, foresight } = this;
    if (target === null) return await this.runToEnd();
    const bidding = new Bidding(foresight, isOutbid);
    const known = await this.pilot(bidding);
    if (bidding.isOver) return 'outbid';
    let judged = await this.judge(known, target, false);
    for (let tries = 0; !(await this.isMet(judged.rows)) && !reading.endIfOver() && tries < triesMax;) {
      await reading.looks?.pause();
      const sized = await foresight.size(judged.rows, target);
      this.driver = groupOf(judged.rows, sized.driver);
      if (sized.hopeless || reading.limit >= reading.limits.max) break;
      const { aim, limit, isTry } = nextLimit(sized, reading, tries);
      if (isTry) tries++;
      this.expected = await foresight.expect(judged.rows, limit, sized.driver);
      if (!bidding.mayGoOn(aim)) return 'outbid';
      judged = await this.judge(await reading.readTo(limit), target, isTry);
    }
    this.expected ??= await foresight.expect(judged.rows, reading.limit, null);
    return await this.answer(judged.known);
  }

  /** Reads all that the deadline and the load of the server allow, whatever the error bound says. @throws QueryError CANCELLED */
  async runToEnd(): Promise<SampleAnswer> {
    const { reading } = this;
    await reading.looks?.pause();
    const known = await reading.readTo(this.lastLimit());
    return await this.answer(known);
  }

  /** The rank limit that is enough where no error bound is asked for: one is never loosened by a share of the rows. */
  private lastLimit(): number {
    const { limits, control } = this.reading;
    const { rowsShare = 1 } = control.options;
    return this.target === null ? Math.max(this.firstLimit(), limits.limitOfShare(rowsShare)) : limits.max;
  }

  /**
   * Tails are looked at where nothing else is in the way of keeping the target; where they are not known, with a witness.
   * @param isEnough so many rows are expected to keep it
   */
  private async judge(known: Known, target: ErrorTarget, isEnough: boolean): Promise<Judged> {
    const { reading } = this;
    const neediest = isEnough ? null : await reading.estimates.estimateNeediest(known);
    if (neediest !== null && !(await this.isMet(neediest, 'UNKNOWN_TAIL'))) return { known, rows: neediest };
    const rows = await reading.estimates.estimate(known);
    if (await this.isMet(rows)) return { known, rows: await reading.estimates.confirm(known) };
    if (reading.endIfOver()) return { known, rows };
    const isTailAlone = await this.isMet(rows, 'UNKNOWN_TAIL');
    const witnessed =
      isTailAlone && (await this.foresight.size(rows, target)).byWitness ? await reading.callWitness() : null;
    return witnessed === null
      ? { known, rows }
      : { known: witnessed, rows: await reading.estimates.confirm(witnessed) };
  }

  /** Reads a pilot and foretells the rest. @param isOutbid see {@link run} @throws QueryError CANCELLED */
  async forecast(isOutbid: IsOutbid | null = null): Promise<Forecast | 'outbid'> {
    const { target, reading, foresight } = this;
    const bidding = new Bidding(foresight, isOutbid);
    const known = await this.pilot(bidding);
    const rows = await reading.estimates.estimate(known);
    const sized =
      target === null
        ? { rankLimit: reading.limits.max, hopeless: false, driver: null, byWitness: false }
        : await foresight.size(rows, target);
    const limit = Math.max(reading.limit, sized.rankLimit ?? reading.limits.max);
    if (bidding.isOver || (!sized.hopeless && limit > reading.limit && !bidding.mayGoOn(limit)))
      return 'outbid';
    const expected = await foresight.expect(rows, limit, sized.driver);
    return {
      ...expected,
      tooSmall: sized.hopeless,
      unknownTails: reading.unknownTails(known, rows).outputs,
      byWitness: sized.byWitness,
      listing: reading.foreseeListing(expected.rows),
    };
  }

  /** Whether rows keep the error bound, if there is one. */
  private async isMet(rows: EstimatedRows, forgiven: ReasonCode | null = null): Promise<boolean> {
    const { target, reading, kept } = this;
    if (target === null) return true;
    if (kept.rows === rows && kept.forgiven === forgiven) return kept.isMet;
    const met = await reading.control.inPieces(isMet(rows, target, forgiven));
    this.kept = { rows, forgiven, isMet: met };
    return met;
  }

  private firstLimit(): number {
    const { reading } = this;
    return Math.min(reading.limits.max, Math.max(16, reading.limits.limitFor(pilotRows)));
  }

  /** Reads on until every group that the answer shows has enough matches, the sample ends, or something else answers sooner. */
  private async pilot(bidding: Bidding): Promise<Known> {
    const { reading } = this;
    let known = await reading.readTo(Math.max(reading.limit, this.firstLimit()));
    for (;;) {
      if (reading.limit >= reading.limits.max || reading.endIfOver()) return known;
      const support = await reading.control.inPieces(leastSupport(known, pilotSupportMin / pilotGrowthMax));
      if (support >= pilotSupportMin) return known;
      const growth = Math.min(pilotGrowthMax, Math.max(pilotGrowthMin, pilotSupportMin / support));
      const limit = Math.ceil(reading.limit * growth);
      if (!bidding.mayGoOn(limit)) return known;
      known = await reading.readTo(limit);
    }
  }

  /** @param untilMs how far into the statement intervals may be made, whatever time there is */
  private async answer(known: Known, untilMs?: number): Promise<SampleAnswer> {
    const { reading, entry, foresight, expected, driver } = this;
    const rows = await reading.estimates.confirm(known, untilMs);
    const missing = await reading.estimates.estimating(reading.missing(known));
    const errorMet = await this.isMet(rows);
    const foreseen = errorMet || reading.isOver ? null : await foresight.worstError(rows, reading.limits.max);
    const leastError = errorMet ? 0 : (foreseen ?? Number.POSITIVE_INFINITY);
    const { rowsRead, tasks, stopped, witnessRows } = reading;
    return {
      entry,
      confidence: known.confidence,
      rows,
      missing,
      judge: () => reading.estimates.judge(known, missing),
      cells: known.intervals.cells,
      rowsRead,
      tasks,
      errorMet,
      leastError,
      degraded:
        this.lastLimit() < reading.limits.max ? { rowsShare: reading.control.options.rowsShare! } : null, // the share is why
      stopped,
      driver,
      unknownTails: () => reading.unknownTails(known, rows),
      witnessRows,
      work: this.workDone,
      expected,
    };
  }
}
