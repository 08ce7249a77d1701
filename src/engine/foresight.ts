import { keptWith, type Pieces, piecewise } from '../common/index.ts';
import {
  type ErrorTarget,
  type Forecasts,
  type Presumption,
  isHopeless,
  type RowsAt,
  sizeForTarget,
  type SizingResult,
} from '../estimator/index.ts';
import { type AggregateQuery, type BoundExpression, childrenOf } from '../plan/index.ts';
import { describeKeys } from './describe.ts';
import { type EstimatedRows, groupsOf } from './known.ts';
import type { SampleReading } from './sample-reading.ts';
import type { SampleWork } from './sample-costs.ts';
import { tailRowsMax } from './time-plan.ts';

/** Listing values for so many milliseconds is as much work as estimating a cell, and so is a look at the tails of so many rows. */
const listingMsPerCell = 0.05;
const tailRowsPerCell = 1000;
/** Cells whose errors are foretold without a pause. */
const cellsAtOnce = 1024;

/** What reading up to some rank limit should bring. */
export interface Expectation {
  /** Rows to read in all. */
  readonly rows: number;
  /** Largest relative half-width to expect then; null where no value has one. */
  readonly relativeError: number | null;
  /** The group that needs most, for the reason. */
  readonly driver: string | null;
  readonly work: SampleWork;
}

/** Strata are read in proportion to their size where that takes less than this share of the rows. */
const proportionGain = 0.8;
/** By what a reading grows that has enough rows for matches of the table's kind, where its own are another. */
const stepGrowth = 2;

/** The size that a target takes. */
export interface Sizing extends SizingResult {
  /** Not even good luck would bring all cells within the target: reading on to find out is not worth it. */
  readonly hopeless: boolean;
  /** No more than a step towards a size that is not known yet. */
  readonly isStep: boolean;
  /** The whole sample would be read too, to tell what tails are like. */
  readonly byWitness: boolean;
}

/** What rows and cells of a query take. */
interface Efforts {
  /** Nodes of expressions that are worked out for each row, and one for the row. */
  readonly nodes: number;
  readonly intervals: number;
  /** Values are added up, whose tails are looked at before estimates are certified; counts have none. */
  readonly looksAtTails: boolean;
}

const effortsOf = keptWith(({ filter, keys, aggregates, intervals }: AggregateQuery): Efforts => ({
  nodes: 1 + [...filter, ...keys, ...aggregates].reduce((sum, each) => sum + countNodes(each), 0),
  intervals: Math.max(1, intervals.length),
  looksAtTails: aggregates.some((each) => each.arguments.length > 0),
}));

/** What a reading would be like at other sizes, by the rows that it has read. */
export class Foresight {
  private readonly efforts: Efforts;
  /** It is decided in which proportions strata are read. */
  private isAllocated = false;
  private foretold: { rows: EstimatedRows; cells: Forecasts | null } | null = null;

  constructor(
    private readonly reading: SampleReading,
    query: AggregateQuery,
  ) {
    this.efforts = effortsOf(query);
  }

  /** What reading on takes: strata are read in proportion to their size from here on, where that takes fewer rows. */
  size(rows: EstimatedRows, target: ErrorTarget): Promise<Sizing> {
    return this.reading.estimates.estimating(this.findSize(rows, target));
  }

  private *findSize(rows: EstimatedRows, target: ErrorTarget): Pieces<Sizing> {
    const alike = yield* this.sizeAsRead(rows, target);
    const { limit, limits, stratumGroups } = this.reading;
    const { rankLimit, isStep, byWitness } = alike;
    if (this.isAllocated || rankLimit === null || rankLimit <= limit || isStep || byWitness) return alike;
    this.isAllocated = true;
    if (!limits.canBeInProportion(stratumGroups)) return alike;
    const rowsAlike = limits.rowsUnder(rankLimit);
    limits.readInProportion(stratumGroups, limit);
    const inProportion = yield* this.sizeAsRead(rows, target);
    const isPlain = inProportion.rankLimit !== null && !inProportion.isStep && !inProportion.byWitness;
    if (isPlain && limits.rowsUnder(inProportion.rankLimit) < proportionGain * rowsAlike) return inProportion;
    limits.readAlike();
    return alike;
  }

  /**
   * What reading on takes by what is known of tails; else, where a witness is to be called, for as few rows as it can vouch for.
   */
  private *sizeAsRead(rows: EstimatedRows, target: ErrorTarget): Pieces<Sizing> {
    const { reading } = this;
    const sized = yield* this.sizeStepwise(rows, target);
    const isVouchedFor = ({ rankLimit }: SizingResult): boolean =>
      rankLimit !== null && reading.limits.isWitnessed(rankLimit);
    if (reading.hasWitness && !isVouchedFor(sized))
      return { ...sized, rankLimit: null, hopeless: true, byWitness: true };
    if (sized.rankLimit !== null || !reading.canCallWitness) return sized;
    const light = yield* this.sizeBy(rows, target, { lightTails: true });
    return isVouchedFor(light) ? { ...sizingOf(light), byWitness: true } : sized;
  }

  /**
   * Few matches may look like another kind than their column by chance, and another kind asks for many times the rows. So first rows
   * enough for typical matches are read; where these are not typical either, twice as many, again and again.
   */
  private *sizeStepwise(rows: EstimatedRows, target: ErrorTarget): Pieces<Sizing> {
    const { limit, limits } = this.reading;
    const step = stepGrowth * limit;
    const typical = yield* this.sizeBy(rows, target, { typicalMatches: true });
    // Others take no fewer rows.
    if (typical.rankLimit !== null && typical.rankLimit > step) return sizingOf(typical);
    const seen = yield* this.sizeBy(rows, target, {});
    if (seen.rankLimit !== null && seen.rankLimit <= step) return sizingOf(seen);
    if (typical.rankLimit !== null && typical.rankLimit > limit) return sizingOf(typical);
    const hopeless = seen.rankLimit === null && (yield* this.isHopeless(rows, target));
    if (hopeless || typical.rankLimit === null) return { ...sizingOf(seen), hopeless };
    return { ...sizingOf(seen), rankLimit: Math.min(step, limits.max), isStep: true };
  }

  private *sizeBy(rows: EstimatedRows, target: ErrorTarget, presumption: Presumption): Pieces<SizingResult> {
    const { limits } = this.reading;
    const rowsAt = (limit: number): RowsAt => limits.rowsAt(limit);
    const cells = yield* this.forecasts(rows);
    return cells === null
      ? { rankLimit: 0, driver: null }
      : yield* sizeForTarget(cells, target, limits.max, rowsAt, presumption);
  }

  private *isHopeless(rows: EstimatedRows, target: ErrorTarget): Pieces<boolean> {
    const { limits } = this.reading;
    const cells = yield* this.forecasts(rows);
    return cells !== null && (yield* isHopeless(cells, target, limits.rowsAt(limits.max)));
  }

  /** Largest relative half-width to expect under a rank limit; null where no value has one. */
  worstError(rows: EstimatedRows, limit: number): Promise<number | null> {
    return this.reading.estimates.estimating(this.findWorst(rows, limit));
  }

  private *findWorst(rows: EstimatedRows, limit: number): Pieces<number | null> {
    const rowsAt = this.reading.limits.rowsAt(limit);
    const cells = yield* this.forecasts(rows);
    let worst: number | null = null;
    const look = (from: number, to: number): void => {
      worst = cells!.worstError(from, to, rowsAt, worst);
    };
    yield* piecewise(cells?.count ?? 0, look, cellsAtOnce);
    return worst;
  }

  /** @param driver the group that sets the limit; null: none does */
  async expect(rows: EstimatedRows, limit: number, driver: SizingResult['driver']): Promise<Expectation> {
    const { limits } = this.reading;
    return {
      rows: limits.rowsUnder(Math.min(limit, limits.max)),
      relativeError: await this.worstError(rows, limit),
      driver: groupOf(rows, driver),
      work: this.workAt(limit),
    };
  }

  /** The work of an answer from all rows under a rank limit, where it has no more groups than were met so far. */
  workAt(limit: number): SampleWork {
    const { limits } = this.reading;
    return this.workOf(limits.rowsUnder(Math.min(limit, limits.max)));
  }

  /** The work of an answer from the rows so far; none of a sample that was not read. */
  get workDone(): SampleWork {
    const { reading } = this;
    const { rowsRead } = reading;
    return rowsRead === 0 ? { load: reading.bytesLoadedAt(0), read: 0, estimate: 0 } : this.workOf(rowsRead);
  }

  /** What the estimates would be at other sizes, null where there are none; of the same rows it is asked several times. */
  private *forecasts(rows: EstimatedRows): Pieces<Forecasts | null> {
    if (this.foretold?.rows === rows) return this.foretold.cells;
    const reader = rows.at(0)?.reader; // they are read alike
    const cells =
      reader === undefined
        ? null
        : yield* reader.intervals.forecasts(yield* groupsOf(rows), reader.query.shownIntervals);
    this.foretold = { rows, cells };
    return cells;
  }

  private workOf(rows: number): SampleWork {
    const { reading, efforts } = this;
    const listing = reading.foreseeListing(rows).ms / listingMsPerCell;
    const tails = efforts.looksAtTails ? Math.min(rows, tailRowsMax) / tailRowsPerCell : 0;
    return {
      load: reading.bytesLoadedAt(rows),
      read: rows * efforts.nodes,
      estimate: reading.cellCount * efforts.intervals + listing + tails,
    };
  }
}

function countNodes(expression: BoundExpression): number {
  return childrenOf(expression).reduce((sum, child) => sum + countNodes(child), 1);
}

/** The group that sets a size, for the reason; null where there are no keys, or no other groups. */
export function groupOf(rows: EstimatedRows, driver: SizingResult['driver']): string | null {
  if (driver === null || rows.length < 2) return null;
  const { keys } = rows.at(driver)!; // a place of the rows
  return keys.length === 0 ? null : describeKeys(keys);
}

const sizingOf = ({ rankLimit, driver }: SizingResult): Sizing => ({
  rankLimit,
  driver,
  hopeless: false,
  isStep: false,
  byWitness: false,
});
