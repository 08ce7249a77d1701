/**
 * The level of each interval at which all of them together hold with a confidence: c^(1/cells). Exact where they are independent,
 * and on the safe side however two-sided intervals of normal estimates depend on each other.
 * @param confidence of all together, in (0, 1)
 * @see Šidák, "Rectangular confidence regions for the means of multivariate normal distributions", JASA 62, 1967
 */
export function cellConfidence(confidence: number, cells: number): number {
  return confidence ** (1 / Math.max(1, cells));
}
