import type { Writable } from '../common/index.ts';
import { valuesAtOnce } from './chebyshev.ts';
import { varianceAt } from './design-error.ts';
import {
  CERTAINTY,
  DF,
  ForecastCells,
  HAS_CERTAINTY,
  HAS_TAIL,
  HAS_VALUE,
  IS_EXACT,
  IS_SINGLETON,
  STD_ERROR,
  SUPPORT,
  TAIL,
  VALUE,
} from './forecast-cells.ts';
import { chiSquareQuantilesAt, tQuantile, tQuantilesAt } from './quantiles.ts';
import type { ErrorTarget, Presumption, RowsAt } from './sizing.ts';
import { emptyEvidence, isCertifiedBy, isSpreadWider, type TailEvidence } from './tails.ts';
import { SPREAD } from './tail-numbers.ts';

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

/** Within it whatever rounding does. */
const surely = 1 - 1e-9;

/** What is foreseen of the cells that are looked at: filled anew for each lot of them. */
const growths = new Float64Array(valuesAtOnce);
const variances = new Float64Array(valuesAtOnce);
const ts = new Float64Array(valuesAtOnce);
const evidence = emptyEvidence();

/** Cells of the answer with what their precision would be at other sizes. */
export class Forecasts extends ForecastCells {
  /** The upper limit of each variance by its estimate, and the lower one of the value's magnitude; null until they are asked for. */
  private limits: { readonly doubt: Float64Array; readonly lowered: Float64Array } | null = null;

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
      // Most are far from missing: even with the t of the fewest degrees of freedom among them.
      this.putDfs(start, certain);
      ts.fill(tOfFewest(certain - start, this.confidence), 0, certain - start);
      if (this.firstBeyond(start, certain, target, presumption, surely) < certain) {
        this.putTs(start, certain);
        const miss = this.firstBeyond(start, certain, target, presumption, 1);
        if (miss < certain) return miss;
      }
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

  /** The first of cells [from, to) that were foreseen whose half-width is not within so many times what keeps the target; `to`: none. */
  private firstBeyond(
    from: number,
    to: number,
    target: ErrorTarget,
    presumption: Presumption,
    times: number,
  ): number {
    for (let cell = from; cell < to; cell++)
      if (!this.has(cell, IS_EXACT) && !(this.excess(cell, cell - from, target, presumption) <= times)) return cell; // prettier-ignore
    return to;
  }

  /** Puts the degrees of freedom down of cells [from, to) that were foreseen; what is exact needs none. */
  private putDfs(from: number, to: number): void {
    for (let cell = from; cell < to; cell++)
      ts[cell - from] = this.has(cell, IS_EXACT)
        ? Number.POSITIVE_INFINITY
        : Math.max(1, this.number(cell, DF) * growths[cell - from]!); // as many as were foreseen
  }

  /** Puts down the quantiles of t of cells [from, to) that were foreseen, at most {@link valuesAtOnce}. */
  private putTs(from: number, to: number): void {
    this.putDfs(from, to);
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
    this.tailAt(cell, evidence);
    presume(evidence, presumption);
    return isCertifiedBy(evidence, this.confidence, growth / margin);
  }

  /** The variance to expect as a share of the estimated one: matches spread wider than typical ones may be presumed to be as these are. */
  private presumedVariance(cell: number, { typicalMatches = false }: Presumption): number {
    if (!typicalMatches || !this.has(cell, HAS_TAIL)) return 1;
    const spread = this.number(cell, TAIL + SPREAD);
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
}

/** The quantile of t by the fewest of degrees of freedom that were put down, so many. */
function tOfFewest(count: number, confidence: number): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (let place = 0; place < count; place++) fewest = Math.min(fewest, ts[place]!); // place < count
  return tQuantile((1 + confidence) / 2, fewest);
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
