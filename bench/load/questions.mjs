import { browsers, genres, operatingSystems } from '../../data/session-columns.mjs';

/**
 * A question of the load.
 * @typedef {object} Question
 * @property {'free' | 'grouped' | 'bounded' | 'timed' | 'large'} kind
 * @property {string} sql
 * @property {string} [id] of questions with the same answer, where one was drawn
 * @property {string | null} exact the same for the truth; null: nobody compares it
 */

/**
 * Shares of the kinds. Of the answers with 10^5 groups there are few, and each is worth a hundred others.
 * @type {readonly (readonly [Question['kind'], number])[]}
 */
const shares = [
  ['free', 0.4],
  ['grouped', 0.2],
  ['bounded', 0.299],
  ['timed', 0.1],
  ['large', 0.001],
];

const large =
  'SELECT city, bitrate // 300, COUNT(*), AVG(session_time) FROM sessions WHERE bitrate < 100000 GROUP BY 1, 2';

/** Questions over rows that are mostly others for each, so that their intervals miss by themselves. @returns {Question[]} */
export function makeQuestions() {
  const questions = [];
  for (const [place, [genre]] of genres.entries())
    for (const [at, [os]] of operatingSystems.entries()) {
      const least = 500 + 250 * ((place + at) % 8);
      const domain = `genre = '${genre}' AND os = '${os}' AND bitrate < 100000 AND bitrate > ${least}`;
      const [browser] = browsers[(place + at) % 4];
      const free = `SELECT COUNT(*), AVG(session_time), SUM(bitrate) FROM sessions WHERE ${domain}`;
      const narrow = `SELECT AVG(session_time / 60), SUM(session_time) FROM sessions WHERE ${domain} AND browser = '${browser}'`;
      questions.push(ask('free', free), ask('free', narrow), ask('timed', narrow, ' WITHIN 1 SECONDS'));
      questions.push(
        ask(
          'bounded',
          `SELECT AVG(session_time), COUNT(*) FROM sessions WHERE ${domain}`,
          ' ERROR WITHIN 10%',
        ),
      );
      if (at < 2) {
        const grouped = `SELECT browser, COUNT(*), AVG(bitrate) FROM sessions WHERE ${domain} GROUP BY browser ORDER BY browser`;
        questions.push(ask('grouped', grouped));
      }
    }
  questions.push({ kind: 'large', sql: large, exact: null });
  return questions;
}

const ask = (/** @type {Question['kind']} */ kind, /** @type {string} */ sql, bound = '') => ({
  kind,
  sql: sql + bound,
  exact: `EXACT ${sql}`,
});

/**
 * Draws questions in the shares of their kinds.
 * @param {readonly Question[]} questions @param {() => number} random in [0, 1)
 * @returns {() => Question}
 */
export function drawer(questions, random) {
  const byKind = groupByKind(questions);
  let asked = 0;
  return () => {
    let at = random();
    const [kind] = shares.find(([, share]) => (at -= share) < 0) ?? shares[0];
    const ofKind = byKind.get(kind);
    const question = ofKind[Math.floor(random() * ofKind.length)];
    return { ...question, id: question.sql, sql: withConstant(question.sql, ++asked) };
  };
}

/** Another text with the same answer: what is asked again word for word is worked out once for all who wait, which is not to flatter. */
const withConstant = (/** @type {string} */ sql, /** @type {number} */ number) =>
  sql.replace('bitrate <', `bitrate < ${1_000_000 + number} AND bitrate <`);

/** @param {readonly Question[]} questions */
function groupByKind(questions) {
  const byKind = new Map();
  for (const each of questions) byKind.set(each.kind, [...(byKind.get(each.kind) ?? []), each]);
  return byKind;
}
