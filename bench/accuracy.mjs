import { median } from 'simple-statistics';

/** Exact values may differ by what rounding leaves: sums over threads are not repeatable to the last digit. */
const roundingMax = 1e-9;

/** @param {readonly unknown[]} row @param {number} keys how many first columns are group keys */
const keyOf = (row, keys) => JSON.stringify(row.slice(0, keys).map(String));

/**
 * Compares an answer with the exact one.
 * @param {readonly (readonly unknown[])[]} rows of the answer: keys, then plain values or estimates
 * @param {readonly (readonly unknown[])[]} truth rows of the exact answer
 * @param {number} keys how many first columns are group keys
 * @param {boolean} [areEstimates] true: plain values are estimates without an interval
 * @returns errors as shares of the exact value, over cells where that is not 0; how many intervals there are and hold the truth
 * @throws {Error} where a value that is said to be exact is not, or a group is not in the truth
 */
export function compareWithTruth(rows, truth, keys, areEstimates = false) {
  const exact = new Map(truth.map((row) => [keyOf(row, keys), row]));
  /** @type {number[]} */
  const errors = [];
  let [intervals, holding] = [0, 0];
  for (const row of rows) {
    const expected = exact.get(keyOf(row, keys));
    if (expected === undefined) throw new Error(`a group that is not there: ${keyOf(row, keys)}`);
    for (let place = keys; place < row.length; place++) {
      const cell = row[place];
      const value = Number(expected[place]);
      const estimate = isEstimate(cell) ? cell : { value: Number(cell), exact: !areEstimates };
      const error = Math.abs(estimate.value - value) / Math.abs(value);
      if (value !== 0) errors.push(error);
      if (estimate.exact && error > roundingMax)
        throw new Error(`not exact: ${keyOf(row, keys)} has ${estimate.value}, not ${value}`);
      if (estimate.exact || !isEstimate(cell)) continue;
      intervals++;
      if ((cell.low ?? -Infinity) <= value && value <= (cell.high ?? Infinity)) holding++;
    }
  }
  return {
    groups: rows.length,
    groupsMissing: truth.length - rows.length,
    worstError: errors.reduce((worst, error) => Math.max(worst, error), 0),
    medianError: errors.length === 0 ? 0 : median(errors),
    intervals,
    holding,
  };
}

/** @param {unknown} cell */
const isEstimate = (cell) => typeof cell === 'object' && cell !== null && 'certified' in cell;
