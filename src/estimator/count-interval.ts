import { chiSquareQuantilesAt } from './quantiles.ts';
import type { Scope } from './scope.ts';

/** An estimated count and what is known of it. */
export interface CountEstimate {
  /** T̂ */
  readonly value: number;
  /** Its estimated variance V. */
  readonly variance: number;
  /** Matching rows among those read. */
  readonly support: number;
  /** Those of them in strata that were read whole: they are part of the count for certain. */
  readonly certain: number;
}

/**
 * Intervals of counts, right also where few or no rows match: Fay and Feuer's gamma limits, from which the weight w_M of a row
 * that was not read keeps the upper one. Where more than half of a known population match they are put around the rows that do not.
 * What was seen is certain: a count is never less than the matching rows, nor does it take in those seen not to match; and the limits
 * are put around the part alone that is not certain, whose few matches are no less skewed for the many beside them. Many are made
 * together, as columns of numbers.
 * @see Fay and Feuer, "Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997
 */
export class CountEnds {
  count = 0;
  /** The ends, by the order in which counts were added, when they were made. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The rows that limits are put around. */
  private readonly around: Float64Array;
  private readonly variance: Float64Array;
  private readonly weight: Float64Array;
  private readonly support: Float64Array;
  private readonly certain: Float64Array;
  private readonly population: Float64Array;
  private readonly unmatched: Float64Array;
  private readonly isInverted: Uint8Array;

  /** @param room for so many, at most {@link valuesAtOnce} */
  constructor(room: number) {
    this.low = new Float64Array(room);
    this.high = new Float64Array(room);
    this.around = new Float64Array(room);
    this.variance = new Float64Array(room);
    this.weight = new Float64Array(room);
    this.support = new Float64Array(room);
    this.certain = new Float64Array(room);
    this.population = new Float64Array(room);
    this.unmatched = new Float64Array(room);
    this.isInverted = new Uint8Array(room);
  }

  /** Adds a count, see {@link CountEstimate}. */
  add(
    value: number,
    variance: number,
    support: number,
    certain: number,
    { population, read, heaviest }: Scope,
  ): void {
    const place = this.count++;
    const open = value - certain;
    const isInverted = open > population / 2;
    this.isInverted[place] = isInverted ? 1 : 0;
    this.around[place] = isInverted ? population - open : open;
    this.variance[place] = variance;
    this.weight[place] = heaviest?.weight ?? 0;
    this.support[place] = support;
    this.certain[place] = certain;
    this.population[place] = population;
    this.unmatched[place] = read - (support - certain);
  }

  /** Makes the ends of those that were added. @param confidence two-sided, in (0, 1) */
  make(confidence: number): void {
    this.putGammaLimits(1 - confidence);
    const { count, low, high, certain, population } = this;
    for (let place = 0; place < count; place++) {
      const isInverted = this.isInverted[place] === 1;
      const least = isInverted ? population[place]! - high[place]! : low[place]!; // place < count
      const most = isInverted ? population[place]! - low[place]! : high[place]!;
      low[place] = Math.max(this.support[place]!, certain[place]! + least);
      high[place] = certain[place]! + Math.min(population[place]! - this.unmatched[place]!, most);
    }
  }

  /** Fay and Feuer's limits of a count T with variance V, and the weight of one row more. */
  private putGammaLimits(alpha: number): void {
    const { count: length, low, high, around, variance, weight } = this;
    for (let place = 0; place < length; place++) {
      const count = around[place]!; // place < length, here and below
      const spread = variance[place]!;
      const more = weight[place]!;
      const y = count + more;
      low[place] = count > 0 && spread > 0 ? (2 * count * count) / spread : 1;
      high[place] = count > 0 ? (2 * y * y) / (spread + more * more) : 1;
    }
    chiSquareQuantilesAt(alpha / 2)(low, length);
    chiSquareQuantilesAt(1 - alpha / 2)(high, length);
    for (let place = 0; place < length; place++) {
      const count = around[place]!;
      const spread = variance[place]!;
      const more = weight[place]!;
      if (count <= 0) {
        low[place] = 0;
        high[place] = more * Math.log(2 / alpha);
        continue;
      }
      low[place] = spread > 0 ? (spread / (2 * count)) * low[place]! : count - more * Math.log(2 / alpha);
      high[place] = ((spread + more * more) / (2 * (count + more))) * high[place]!;
    }
  }
}

/** One alone. */
const single = new CountEnds(1);

/** The interval of one count, see {@link CountEnds}. @param confidence two-sided, in (0, 1) */
export function countInterval(
  { value, variance, support, certain }: CountEstimate,
  scope: Scope,
  confidence: number,
): { low: number; high: number } {
  single.count = 0;
  single.add(value, variance, support, certain, scope);
  single.make(confidence);
  return { low: single.low[0]!, high: single.high[0]! }; // it has one
}

/** The most rows that may match where none of those read does, at a two-sided confidence: w_M·ln(2/α). */
export function unseenRowsMax({ heaviest }: Scope, confidence: number): number {
  return heaviest === null ? 0 : heaviest.weight * Math.log(2 / (1 - confidence));
}
