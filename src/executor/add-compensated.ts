/**
 * Adds a term to a total, and what rounding takes off to what is kept aside for it (Knuth's two-sum, which takes no jump).
 * @param place of the total @param aside the place of what is kept for it
 */
export function addCompensated(
  totals: Float64Array,
  place: number,
  compensation: Float64Array,
  aside: number,
  term: number,
): void {
  const total = totals[place]!; // a place of both
  const sum = total + term;
  const added = sum - total;
  compensation[aside]! += total - (sum - added) + (term - added);
  totals[place] = sum;
}
