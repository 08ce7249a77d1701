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

  /** The function's value, by Clenshaw's recurrence. A little outside of the interval it still has most digits. */
  at(x: number): number {
    const { coefficients, low, high } = this;
    const t = (2 * x - low - high) / (high - low);
    let [next, last] = [0, 0];
    for (let order = coefficients.length - 1; order > 0; order--) {
      const own = 2 * t * next - last + coefficients[order]!; // order < length
      last = next;
      next = own;
    }
    return t * next - last + coefficients[0]! / 2; // there are nodes
  }
}
