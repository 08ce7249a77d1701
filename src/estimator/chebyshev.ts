/** Values at most that are computed at once. */
export const valuesAtOnce = 256;

/** The two values before, of each. */
const nexts = new Float64Array(valuesAtOnce);
const lasts = new Float64Array(valuesAtOnce);

/**
 * A smooth function of one argument, by the polynomial through its values at Chebyshev's nodes. Of functions that are analytic well
 * around the interval, two dozen nodes keep all digits.
 * @see Trefethen, "Approximation Theory and Approximation Practice", SIAM 2013, chapters 3 and 8
 */
export class ChebyshevSeries {
  private readonly coefficients: Float64Array;

  /** @param nodes how often the function is asked */
  constructor(
    f: (x: number) => number,
    private readonly low: number,
    private readonly high: number,
    nodes: number,
  ) {
    const angle = (node: number): number => (Math.PI * (node + 0.5)) / nodes;
    const values = Float64Array.from({ length: nodes }, (_, node) =>
      f((low + high + (high - low) * Math.cos(angle(node))) / 2),
    );
    this.coefficients = Float64Array.from(
      { length: nodes },
      (_, order) =>
        (2 / nodes) * values.reduce((sum, value, node) => sum + value * Math.cos(order * angle(node)), 0),
    );
  }

  /**
   * Puts the function's values in place of arguments, by Clenshaw's recurrence: of many at once, for one alone would wait at each step
   * for the one before. A little outside of the interval they still have most digits.
   * @param values the first `count` are arguments, {@link valuesAtOnce} at most
   */
  replace(values: Float64Array, count: number): void {
    const { coefficients, low, high } = this;
    for (let place = 0; place < count; place++) {
      values[place] = (2 * values[place]! - low - high) / (high - low); // place < count
      nexts[place] = lasts[place] = 0;
    }
    for (let order = coefficients.length - 1; order > 0; order--) {
      const coefficient = coefficients[order]!; // order < length
      for (let place = 0; place < count; place++) {
        const next = nexts[place]!;
        nexts[place] = 2 * values[place]! * next - lasts[place]! + coefficient;
        lasts[place] = next;
      }
    }
    const first = coefficients[0]! / 2; // there are nodes
    for (let place = 0; place < count; place++)
      values[place] = values[place]! * nexts[place]! - lasts[place]! + first;
  }
}
