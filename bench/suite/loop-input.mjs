/**
 * A sample as loops written by hand find it.
 * @typedef {object} LoopInput
 * @property {(column: string) => Int8Array | Int16Array | Int32Array | Float64Array} values
 * @property {(column: string) => readonly string[]} texts what its codes stand for
 * @property {(column: string, text: string) => number} code
 * @property {number} strata
 * @property {Int32Array} runs (stratum, start, end) triples, in the order of the rows
 * @property {(column: string, texts: readonly string[]) => Uint8Array} has for each stratum 1 where its rows have one of these
 */

/**
 * What loops need of a sample.
 * @param {ReadonlyMap<string, {values: Int32Array, texts: readonly string[] | null}>} columns arrays over all rows, of any kind
 * @returns {LoopInput}
 */
export function loopInput(columns) {
  const values = (/** @type {string} */ column) => columns.get(column).values;
  const texts = (/** @type {string} */ column) => columns.get(column).texts;
  const code = (/** @type {string} */ column, /** @type {string} */ text) => texts(column).indexOf(text);
  const runs = runsOf(values('__stratum'));
  const strata =
    1 + runs.reduce((most, stratum, place) => (place % 3 === 0 ? Math.max(most, stratum) : most), 0);
  const has = (/** @type {string} */ column, /** @type {readonly string[]} */ wanted) => {
    const codes = new Set(wanted.map((text) => code(column, text)));
    const found = new Uint8Array(strata);
    for (let run = 0; run < runs.length; run += 3)
      found[runs[run]] = codes.has(values(column)[runs[run + 1]]) ? 1 : 0;
    return found;
  };
  return { values, texts, code, runs, strata, has };
}

/** Rows of one stratum that follow each other. @param {Int32Array} strata the stratum of each row */
function runsOf(strata) {
  const runs = [];
  for (let start = 0, row = 1; row <= strata.length; row++) {
    if (row < strata.length && strata[row] === strata[start]) continue;
    runs.push(strata[start], start, row);
    start = row;
  }
  return Int32Array.from(runs);
}

/** Cells that a query's loops add to: one a stratum, where it is none of these. @param {LoopInput} input @param {string} name */
export function cellsOf({ strata, texts }, name) {
  if (name === 's7') return texts('city').length * 21;
  if (name === 's9') return strata * 2;
  return name === 's11' ? 12 : strata;
}
