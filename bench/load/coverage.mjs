/**
 * The true values of questions, by their text: row after row the aggregates, in order.
 * @typedef {Map<string, Map<string, readonly number[]>>} Truths
 */

const isEstimate = (/** @type {any} */ cell) =>
  cell !== null && typeof cell === 'object' && 'certified' in cell;

/**
 * Asks the source.
 * @param {import('../../dist/index.js').Engine} engine @param {readonly import('./questions.mjs').Question[]} questions
 * @returns {Promise<Truths>}
 */
export async function learnTruths(engine, questions) {
  const truths = new Map();
  for (const { sql, exact } of questions) {
    if (exact === null) continue;
    const { columns, rows } = await engine.query(exact);
    // Groups are texts, aggregates numbers.
    const isKey = columns.map(({ type }) => type === 'VARCHAR');
    const byKey = rows.map((row) => [keyOf(row.filter((_, place) => isKey[place])), row.filter((_, place) => !isKey[place]).map(Number)]); // prettier-ignore
    truths.set(sql, new Map(byKey));
  }
  return truths;
}

const keyOf = (/** @type {readonly unknown[]} */ cells) => JSON.stringify(cells);

/**
 * Counts intervals that hold the truth. The same question over the same rows gives the same interval each time: it counts once.
 * @param {readonly import('./open-loop.mjs').Outcome[]} outcomes @param {Truths} truths
 * @returns {{all: Count, degraded: Count}}
 * @typedef {{readonly held: number, readonly count: number}} Count
 */
export function countCovered(outcomes, truths) {
  const seen = new Map();
  for (const { sql, answer, rowsShare } of outcomes)
    if (answer !== null && truths.has(sql)) seen.set(`${sql} ${answer.answer.sample?.rowsRead}`, { sql, answer, rowsShare }); // prettier-ignore
  const each = [...seen.values()].map(({ sql, answer, rowsShare }) => ({ rowsShare, ...covered(answer, truths.get(sql)) })); // prettier-ignore
  return { all: sum(each), degraded: sum(each.filter(({ rowsShare }) => rowsShare !== null)) };
}

/** @param {any} answer @param {Map<string, readonly number[]>} truth */
function covered({ rows, columns }, truth) {
  let [held, count] = [0, 0];
  for (const row of rows) {
    const values = truth.get(keyOf(row.filter((_, place) => columns[place].role === 'group')));
    const cells = row.filter((_, place) => columns[place].role !== 'group');
    for (const [place, cell] of cells.entries()) {
      if (!isEstimate(cell) || cell.exact || !cell.certified) continue;
      count++;
      if (values !== undefined && cell.low <= values[place] && values[place] <= cell.high) held++;
    }
  }
  return { held, count };
}

const sum = (/** @type {readonly Count[]} */ counts) => ({
  held: counts.reduce((total, { held }) => total + held, 0),
  count: counts.reduce((total, { count }) => total + count, 0),
});
