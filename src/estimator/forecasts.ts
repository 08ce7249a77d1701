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
import { chiSquareQuantile, chiSquareQuantilesAt, tQuantile, tQuantilesAt } from './quantiles.ts';
import type { ErrorTarget, Presumption, RowsAt } from './sizing.ts';
import { isCertifiedBy, isSpreadWider } from './tails.ts';
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
/** The limits that are counted on: see {@link Forecasts.putLimits}. */
const doubts = new Float64Array(valuesAtOnce);
const lowered = new Float64Array(valuesAtOnce);

/** Cells of the answer with what their precision would be at other sizes. */
export class Forecasts extends ForecastCells {
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
      this.foresee(start, end, rowsAt);
      const certain = this.firstUncertain(start, end, presumption, false);
      // Most are far from missing.
      if (certain > start && !this.areSurelyWithin(start, certain, target, presumption)) {
        this.putTs(start, certain);
        this.putLimits(start, certain);
        const miss = this.firstBeyond(start, certain, target, presumption);
        if (miss < certain) return miss;
      }
      if (certain < end) return certain;
    }
    return to;
  }

  /** The half-width to count on, as a multiple of the largest that keeps the target; of a cell with a value. */
  excessAt(cell: number, target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption): number {
    this.foresee(cell, cell + 1, rowsAt);
    this.putTs(cell, cell + 1);
    this.putLimits(cell, cell + 1);
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
      this.foresee(start, end, rowsAt);
      const certain = this.firstUncertain(start, end, presumption, true);
      this.putTs(start, certain);
      for (let cell = start; cell < certain; cell++)
        if (!this.has(cell, IS_EXACT) && this.isTooWide(cell, cell - start, target, presumption)) return cell;
      if (certain < end) return certain;
    }
    return to;
  }

  /**
   * The largest half-width to expect of cells [from, to), as a share of the value; null where none has a value other than 0.
   * @param ofOthers the largest of others, which counts too
   */
  worstError(from: number, to: number, rowsAt: RowsAt, ofOthers: number | null = null): number | null {
    const level = (1 + this.confidence) / 2;
    let worst = ofOthers;
    for (let start = from; start < to; start += valuesAtOnce) {
      const end = Math.min(to, start + valuesAtOnce);
      this.foresee(start, end, rowsAt);
      const mostT = tQuantile(level, this.fewestDfs(start, end));
      for (let cell = start; cell < end; cell++) {
        const value = Math.abs(this.number(cell, VALUE));
        if (!this.has(cell, HAS_VALUE) || value === 0) continue;
        const deviation = Math.sqrt(variances[cell - start]!); // foreseen
        if (worst !== null && (mostT * deviation) / value <= surely * worst) continue;
        const error = (tQuantile(level, this.foreseenDf(cell, cell - start)) * deviation) / value;
        worst = worst === null ? error : Math.max(worst, error);
      }
    }
    return worst;
  }

  /**
   * The first of cells [from, to) that were foreseen which may not be expected to be certified; `to`: all may be.
   * @param isHopeful even if the pilot was far too gloomy
   */
  private firstUncertain(from: number, to: number, presumption: Presumption, isHopeful: boolean): number {
    for (let cell = from; cell < to; cell++) {
      if (this.has(cell, IS_EXACT)) continue;
      const support = this.number(cell, SUPPORT);
      if (!this.has(cell, HAS_VALUE) || (isHopeful && support === 0)) return cell;
      const margin = isHopeful ? 1 / doubtOf(support) : certainMargin;
      if (!this.isCertified(cell, cell - from, margin, presumption)) return cell;
    }
    return to;
  }

  /**
   * Puts down of cells [from, to), at most {@link valuesAtOnce}, by what factor their matching rows would grow that bring sampling error,
   * those of strata that were not read whole, and what variance is to be expected.
   */
  private foresee(from: number, to: number, rowsAt: RowsAt): void {
    for (let cell = from; cell < to; cell++) {
      const table = this.tables[cell]!; // one a cell
      const end = this.to[cell]!;
      let seen = 0;
      let expected = 0;
      let variance = 0;
      for (let at = this.from[cell]!; at < end; at++) {
        const rows = rowsAt(table.stratum[at]!); // a place of the table
        const population = table.population[at]!;
        const read = table.read[at]!;
        const support = table.support[at]!;
        variance += varianceAt(rows, population, read, table.spread[at]!, table.variance[at]!);
        if (read === 0 || read >= population) continue;
        seen += support;
        expected += (support * rows) / read;
      }
      growths[cell - from] = seen === 0 ? 1 : expected / seen;
      variances[cell - from] = variance;
    }
  }

  /** The first of cells [from, to) that were foreseen whose half-width is more than keeps the target; `to`: none is. */
  private firstBeyond(from: number, to: number, target: ErrorTarget, presumption: Presumption): number {
    for (let cell = from; cell < to; cell++)
      if (!this.has(cell, IS_EXACT) && !(this.excess(cell, cell - from, target, presumption) <= 1)) return cell; // prettier-ignore
    return to;
  }

  /** Whether cells [from, to) that were foreseen keep the target by far: even with the widest limits that any of them has. */
  private areSurelyWithin(
    from: number,
    to: number,
    { bound, relative }: ErrorTarget,
    presumption: Presumption,
  ): boolean {
    const t = tQuantile((1 + this.confidence) / 2, this.fewestDfs(from, to));
    const df = dfOfVariance(this.least(SUPPORT, from, to));
    const doubt = df / chiSquareQuantile(1 - limitLevel, df);
    const deviations = tQuantile(limitLevel, this.least(DF, from, to));
    for (let cell = from; cell < to; cell++) {
      if (this.has(cell, IS_EXACT)) continue;
      const variance = variances[cell - from]! * doubt * this.presumedVariance(cell, presumption); // foreseen
      const most = relative ? bound * this.loweredValue(cell, deviations) : bound;
      if (!((t * Math.sqrt(variance)) / most <= surely)) return false;
    }
    return true;
  }

  /** The least of some number of cells [from, to); infinite where all are exact. */
  private least(number: number, from: number, to: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let cell = from; cell < to; cell++)
      if (!this.has(cell, IS_EXACT)) least = Math.min(least, this.number(cell, number));
    return least;
  }

  /** The fewest degrees of freedom of cells [from, to) that were foreseen. */
  private fewestDfs(from: number, to: number): number {
    let fewest = Number.POSITIVE_INFINITY;
    for (let cell = from; cell < to; cell++) fewest = Math.min(fewest, this.foreseenDf(cell, cell - from));
    return fewest;
  }

  /** Degrees of freedom of a cell, as many as were foreseen; what is exact needs none. @param place of the cell among those foreseen */
  private foreseenDf(cell: number, place: number): number {
    return this.has(cell, IS_EXACT)
      ? Number.POSITIVE_INFINITY
      : Math.max(1, this.number(cell, DF) * growths[place]!); // foreseen
  }

  /** Puts down the quantiles of t of cells [from, to) that were foreseen, at most {@link valuesAtOnce}. */
  private putTs(from: number, to: number): void {
    for (let cell = from; cell < to; cell++) ts[cell - from] = this.foreseenDf(cell, cell - from);
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
    const halfWidth = this.halfWidth(place, doubts[place]! * this.presumedVariance(cell, presumption)); // put down
    return halfWidth / (relative ? bound * lowered[place]! : bound);
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
    return isCertifiedBy(this.presumedTail(cell, presumption), this.confidence, growth / margin);
  }

  /** The variance to expect as a share of the estimated one: matches spread wider than typical ones may be presumed to be as these are. */
  private presumedVariance(cell: number, { typicalMatches = false }: Presumption): number {
    if (!typicalMatches || !this.has(cell, HAS_TAIL)) return 1;
    const spread = this.number(cell, TAIL + SPREAD);
    return isSpreadWider(spread) ? 1 / spread : 1;
  }

  /**
   * Puts down of cells [from, to), at most {@link valuesAtOnce}, the upper limits of variances that were estimated from so many matches, as
   * multiples of the estimates, df / χ²(1 − level; df); and the lower ones of the values' magnitudes.
   */
  private putLimits(from: number, to: number): void {
    const count = to - from;
    for (let place = 0; place < count; place++)
      doubts[place] = dfOfVariance(this.number(from + place, SUPPORT));
    chiSquareQuantilesAt(1 - limitLevel)(doubts, count);
    for (let place = 0; place < count; place++) {
      doubts[place] = dfOfVariance(this.number(from + place, SUPPORT)) / doubts[place]!; // place < count, here and below
      lowered[place] = this.number(from + place, DF);
    }
    tQuantilesAt(limitLevel)(lowered, count);
    for (let place = 0; place < count; place++)
      lowered[place] = this.loweredValue(from + place, lowered[place]!);
  }

  /** A value's magnitude less so many standard errors, but not much less. */
  private loweredValue(cell: number, deviations: number): number {
    const magnitude = Math.abs(this.number(cell, VALUE));
    return Math.max(magnitude - deviations * this.number(cell, STD_ERROR), valueShareMin * magnitude);
  }
}

/** Degrees of freedom of a variance that was estimated from so many matches. */
const dfOfVariance = (support: number): number => Math.max(1, support - 1);
