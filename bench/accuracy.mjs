/** Exact values may differ by what rounding leaves: sums over threads are not repeatable to the last digit. */
const roundingMax = 1e-9;

/**
 * Compares an answer with the exact one.
 * @param {readonly (readonly unknown[])[]} rows of the answer: keys, then plain values or estimates
 * @param {readonly (readonly unknown[])[]} truth rows of the exact answer
 * @param {number} keys how many first columns are group keys
 * @throws {Error} where a value that is said to be exact is not, or a group is not in the truth
 */
export function compareWithTruth(rows, truth, keys) {
  const keyOf = (/** @type {readonly unknown[]} */ row) => JSON.stringify(row.slice(0, keys).map(String));
  const exact = new Map(truth.map((row) => [keyOf(row), row]));
  let [worstError, intervals, holding] = [0, 0, 0];
  for (const row of rows) {
    const expected = exact.get(keyOf(row));
    if (expected === undefined) throw new Error(`a group that is not there: ${keyOf(row)}`);
    for (const [place, cell] of row.entries()) {
      if (place < keys) continue;
      const value = Number(expected[place]);
      const estimate = isEstimate(cell) ? cell : { value: Number(cell), exact: true, low: null, high: null };
      const error = Math.abs(estimate.value - value) / Math.abs(value);
      worstError = Math.max(worstError, error);
      if (estimate.exact) {
        if (error > roundingMax)
          throw new Error(`not exact: ${keyOf(row)} has ${estimate.value}, not ${value}`);
        continue;
      }
      intervals++;
      if (estimate.low <= value && value <= estimate.high) holding++;
    }
  }
  return { groups: rows.length, groupsMissing: truth.length - rows.length, worstError, intervals, holding };
}

/** @param {unknown} cell */
const isEstimate = (cell) => typeof cell === 'object' && cell !== null && 'certified' in cell;
