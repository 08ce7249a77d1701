import type { Writable } from '../common/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import { valuesAtOnce } from './chebyshev.ts';
import type { ContributionTable } from './contribution-table.ts';
import { varianceAt } from './design-error.ts';
import type { EstimateColumns } from './estimate-columns.ts';
import type { MetGroup } from './met-group.ts';
import { chiSquareQuantilesAt, tQuantilesAt } from './quantiles.ts';
import type { ErrorTarget, ForeseenEstimate, Presumption, RowsAt } from './sizing.ts';
import { emptyEvidence, isCertifiedBy, isSpreadWider, type TailEvidence } from './tails.ts';

/** Level of the one-sided limits that the size is computed from: a pilot's variance is too small half of the time. */
const limitLevel = 0.8;
/** The value's lower limit is not taken below this share of it. */
const valueShareMin = 0.2;
/** How much more matches and less skewness than certification asks for, so that chance does not fall short of it. */
const certainMargin = 1.3;
/** Cells that are looked at together at first behind one that missed: the next may miss too. */
const cellsBehindMiss = 8;

/** How far a forecast from so many matches may be off, as a factor: wide, for skewed columns make variances uncertain. */
const doubtOf = (support: number): number => 1 + 4 / Math.sqrt(support);

/** The numbers of a cell, by their places. */
const VALUE = 0;
const STD_ERROR = 1;
const SUPPORT = 2;
const DF = 3;
const CERTAINTY = 4;
const TAIL = 5;
const NUMBERS = TAIL + 5;

/** What there is of it, as bits. */
const IS_EXACT = 1;
const HAS_VALUE = 2;
const HAS_TAIL = 4;
const HAS_CERTAINTY = 8;
const IS_SINGLETON = 16;

/** What is foreseen of the cells that are looked at: filled anew for each lot of them. */
const growths = new Float64Array(valuesAtOnce);
const variances = new Float64Array(valuesAtOnce);
const ts = new Float64Array(valuesAtOnce);
const evidence = emptyEvidence();

/** Cells of the answer with what their precision would be at other sizes: as numbers in columns, for there may be a hundred thousand. */
export class Forecasts {
  count = 0;
  private readonly groups: MetGroup[] = [];
  private readonly numbers: Float64Array;
  private readonly state: Uint8Array;
  /** What the strata contribute to each: cells [from, to) of a table. */
  private readonly tables: ContributionTable[] = [];
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  /** The upper limit of each variance by its estimate, and the lower one of the value's magnitude; null until they are asked for. */
  private limits: { readonly doubt: Float64Array; readonly lowered: Float64Array } | null = null;

  /**
   * @param room for so many cells
   * @param confidence the level of each
   */
  constructor(
    room: number,
    private readonly confidence: number,
  ) {
    this.numbers = new Float64Array(room * NUMBERS);
    this.state = new Uint8Array(room);
    this.from = new Int32Array(room);
    this.to = new Int32Array(room);
  }

  /** Adds a cell. */
  add(group: MetGroup, estimate: ForeseenEstimate): void {
    const { value, stdError, support, exact, reasons, contributions, df, tail, certainty } = estimate;
    const { table, from, to } = contributions;
    this.put(group, value, stdError, support, exact, reasons, table, from, to, df, tail, certainty);
  }

  /** Adds the cell of an estimate that lies in columns. */
  addFrom(columns: EstimateColumns, group: MetGroup): void {
    const { shown } = columns;
    const at = group.group;
    const [table, tail] = [columns.tableAt(at), columns.putTail(at, evidence)];
    const [from, to] = table.length === 0 ? [0, 0] : [group.cells.from, group.cells.to];
    this.put(group, shown.valueAt(at), shown.stdErrorAt(at), shown.supportAt(at), shown.isExact(at), shown.reasonsAt(at), table, from, to, columns.dfAt(at), tail, null); // prettier-ignore
  }

  private put(
    group: MetGroup,
    value: number | null,
    stdError: number | null,
    support: number,
    exact: boolean,
    reasons: readonly ReasonCode[],
    table: ContributionTable,
    from: number,
    to: number,
    df: number,
    tail: TailEvidence | null,
    certainty: number | null,
  ): void {
    const { numbers } = this;
    const cell = this.count++;
    const at = cell * NUMBERS;
    let state = exact ? IS_EXACT : 0;
    if (value !== null) state |= HAS_VALUE;
    if (reasons.length > 0 && reasons.includes('SINGLETON_STRATUM')) state |= IS_SINGLETON;
    numbers[at + VALUE] = value ?? 0;
    numbers[at + STD_ERROR] = stdError ?? 0;
    numbers[at + SUPPORT] = support;
    numbers[at + DF] = df;
    if (certainty !== null) {
      state |= HAS_CERTAINTY;
      numbers[at + CERTAINTY] = certainty;
    }
    if (tail !== null) {
      state |= HAS_TAIL;
      numbers[at + TAIL] = tail.effectiveSupport;
      numbers[at + TAIL + 1] = tail.sampleSkewness;
      numbers[at + TAIL + 2] = tail.populationSkewness;
      numbers[at + TAIL + 3] = tail.spread;
      numbers[at + TAIL + 4] = tail.largestSkewness;
    }
    this.state[cell] = state;
    this.groups.push(group);
    this.tables.push(table);
    this.from[cell] = from;
    this.to[cell] = to;
  }

  groupOf(cell: number): MetGroup {
    return this.groups[cell]!; // one a cell
  }

  /** The first of cells [from, to) that has an error; `to`: none has. */
  firstInexact(from: number, to: number): number {
    for (let cell = from; cell < to; cell++) if (!this.has(cell, IS_EXACT)) return cell;
    return to;
  }

  /**
   * The first of cells [from, to) that may not be expected to keep the target, counting on the pilot's limits rather than its
   * estimates; `to`: all may be.
   */
  firstMiss(from: number, to: number, target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption): number {
    let atOnce = cellsBehindMiss;
    for (let start = from; start < to; start += atOnce, atOnce = Math.min(valuesAtOnce, 2 * atOnce)) {
      const end = Math.min(to, start + atOnce);
      const certain = this.firstUncertain(start, end, rowsAt, presumption, false);
      this.putTs(start, certain);
      for (let cell = start; cell < certain; cell++)
        if (!this.has(cell, IS_EXACT) && !(this.excess(cell, cell - start, target, presumption) <= 1))
          return cell;
      if (certain < end) return certain;
    }
    return to;
  }

  /** The half-width to count on, as a multiple of the largest that keeps the target; of a cell with a value. */
  excessAt(cell: number, target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption): number {
    this.foresee(cell, 0, rowsAt);
    this.putTs(cell, cell + 1);
    return this.excess(cell, 0, target, presumption);
  }

  /** The first of cells [from, to) that would miss the target even if the pilot was far too gloomy; `to`: none would. */
  firstHopeless(
    from: number,
    to: number,
    target: ErrorTarget,
    rowsAt: RowsAt,
    presumption: Presumption,
  ): number {
    for (let start = from; start < to; start += valuesAtOnce) {
      const end = Math.min(to, start + valuesAtOnce);
      const certain = this.firstUncertain(start, end, rowsAt, presumption, true);
      this.putTs(start, certain);
      for (let cell = start; cell < certain; cell++)
        if (!this.has(cell, IS_EXACT) && this.isTooWide(cell, cell - start, target, presumption)) return cell;
      if (certain < end) return certain;
    }
    return to;
  }

  /** The largest half-width to expect of cells [from, to), as a share of the value; null where none has a value other than 0. */
  worstError(from: number, to: number, rowsAt: RowsAt): number | null {
    let worst: number | null = null;
    for (let start = from; start < to; start += valuesAtOnce) {
      const end = Math.min(to, start + valuesAtOnce);
      for (let cell = start; cell < end; cell++) this.foresee(cell, cell - start, rowsAt);
      this.putTs(start, end);
      for (let cell = start; cell < end; cell++) {
        const value = this.number(cell, VALUE);
        if (!this.has(cell, HAS_VALUE) || value === 0) continue;
        const error = this.halfWidth(cell - start, 1) / Math.abs(value);
        worst = worst === null ? error : Math.max(worst, error);
      }
    }
    return worst;
  }

  /**
   * Foresees cells [from, to), at most {@link valuesAtOnce}, up to the first that may not be expected to be certified.
   * @param isHopeful even if the pilot was far too gloomy
   * @returns that one; `to`: all may be
   */
  private firstUncertain(
    from: number,
    to: number,
    rowsAt: RowsAt,
    presumption: Presumption,
    isHopeful: boolean,
  ): number {
    for (let cell = from; cell < to; cell++) {
      this.foresee(cell, cell - from, rowsAt);
      if (this.has(cell, IS_EXACT)) continue;
      const support = this.number(cell, SUPPORT);
      if (!this.has(cell, HAS_VALUE) || (isHopeful && support === 0)) return cell;
      const margin = isHopeful ? 1 / doubtOf(support) : certainMargin;
      if (!this.isCertified(cell, cell - from, margin, presumption)) return cell;
    }
    return to;
  }

  /**
   * Puts down by what factor the matching rows of a cell would grow that bring sampling error, those of strata that were not read
   * whole, and what variance is to be expected.
   */
  private foresee(cell: number, place: number, rowsAt: RowsAt): void {
    const table = this.tables[cell]!; // one a cell
    const to = this.to[cell]!;
    let [seen, expected, variance] = [0, 0, 0];
    for (let at = this.from[cell]!; at < to; at++) {
      const rows = rowsAt(table.stratum[at]!); // a place of the table
      const [population, read, support] = [table.population[at]!, table.read[at]!, table.support[at]!];
      variance += varianceAt(rows, population, read, table.spread[at]!, table.variance[at]!);
      if (read === 0 || read >= population) continue;
      seen += support;
      expected += (support * rows) / read;
    }
    growths[place] = seen === 0 ? 1 : expected / seen;
    variances[place] = variance;
  }

  /** Puts down the quantiles of t of cells [from, to) that were foreseen, at most {@link valuesAtOnce}. */
  private putTs(from: number, to: number): void {
    for (let cell = from; cell < to; cell++)
      ts[cell - from] = Math.max(1, this.number(cell, DF) * growths[cell - from]!); // as many as were foreseen
    tQuantilesAt((1 + this.confidence) / 2)(ts, to - from);
  }

  /** Half-width to expect. @param place of the cell among those foreseen @param doubt what the variance is multiplied by */
  private halfWidth(place: number, doubt: number): number {
    return ts[place]! * Math.sqrt(variances[place]! * doubt); // foreseen
  }

  private excess(
    cell: number,
    place: number,
    { bound, relative }: ErrorTarget,
    presumption: Presumption,
  ): number {
    const { doubt, lowered } = (this.limits ??= this.findLimits());
    const halfWidth = this.halfWidth(place, doubt[cell]! * this.presumedVariance(cell, presumption)); // one a cell
    return halfWidth / (relative ? bound * lowered[cell]! : bound);
  }

  private isTooWide(
    cell: number,
    place: number,
    { bound, relative }: ErrorTarget,
    presumption: Presumption,
  ): boolean {
    const doubt = doubtOf(this.number(cell, SUPPORT));
    const most = relative ? bound * Math.abs(this.number(cell, VALUE)) : bound;
    const halfWidth = this.halfWidth(place, this.presumedVariance(cell, presumption));
    // A quantile whose interval has no end yet may have a narrow one with more rows: only reading on tells.
    return Number.isFinite(halfWidth) && halfWidth > doubt * most;
  }

  /** Whether certification may be expected. @param place of the cell among those foreseen */
  private isCertified(cell: number, place: number, margin: number, presumption: Presumption): boolean {
    const growth = growths[place]!; // foreseen
    if (this.has(cell, IS_SINGLETON)) return false;
    if (this.has(cell, HAS_CERTAINTY)) return this.number(cell, CERTAINTY) * growth >= margin;
    if (!this.has(cell, HAS_TAIL)) return true;
    const { numbers } = this;
    const at = cell * NUMBERS + TAIL;
    evidence.effectiveSupport = numbers[at]!; // a row of numbers a cell
    evidence.sampleSkewness = numbers[at + 1]!;
    evidence.populationSkewness = numbers[at + 2]!;
    evidence.spread = numbers[at + 3]!;
    evidence.largestSkewness = numbers[at + 4]!;
    presume(evidence, presumption);
    return isCertifiedBy(evidence, this.confidence, growth / margin);
  }

  /** The variance to expect as a share of the estimated one: matches spread wider than typical ones may be presumed to be as these are. */
  private presumedVariance(cell: number, { typicalMatches = false }: Presumption): number {
    if (!typicalMatches || !this.has(cell, HAS_TAIL)) return 1;
    const spread = this.number(cell, TAIL + 3);
    return isSpreadWider(spread) ? 1 / spread : 1;
  }

  /**
   * The upper limits of variances that were estimated from so many matches, as multiples of the estimates: df / χ²(1 − level; df); and
   * the lower ones of the values' magnitudes.
   */
  private findLimits(): { doubt: Float64Array; lowered: Float64Array } {
    const { count } = this;
    const [doubt, lowered, room] = [new Float64Array(count), new Float64Array(count), ts.slice()];
    for (let start = 0; start < count; start += valuesAtOnce) {
      const lot = Math.min(valuesAtOnce, count - start);
      for (let at = 0; at < lot; at++)
        room[at] = doubt[start + at] = Math.max(1, this.number(start + at, SUPPORT) - 1);
      chiSquareQuantilesAt(1 - limitLevel)(room, lot);
      for (let at = 0; at < lot; at++) doubt[start + at]! /= room[at]!; // one a cell, here and below
      for (let at = 0; at < lot; at++) room[at] = this.number(start + at, DF);
      tQuantilesAt(limitLevel)(room, lot);
      for (let at = 0; at < lot; at++) {
        const magnitude = Math.abs(this.number(start + at, VALUE));
        const limit = magnitude - room[at]! * this.number(start + at, STD_ERROR);
        lowered[start + at] = Math.max(limit, valueShareMin * magnitude);
      }
    }
    return { doubt, lowered };
  }

  private number(cell: number, number: number): number {
    return this.numbers[cell * NUMBERS + number]!; // a row of numbers a cell
  }

  private has(cell: number, bit: number): boolean {
    return (this.state[cell]! & bit) !== 0;
  }
}

function presume(
  tail: Writable<TailEvidence>,
  { lightTails = false, typicalMatches = false }: Presumption,
): void {
  if (tail.populationSkewness === Number.POSITIVE_INFINITY) {
    if (lightTails) tail.populationSkewness = 0;
  } else if (typicalMatches) {
    tail.spread = 1;
    tail.sampleSkewness = Math.min(tail.sampleSkewness, tail.populationSkewness);
  }
}
