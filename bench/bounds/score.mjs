/*
 * Scores outcomes: how many estimates keep their bounds, by class, and whether that is as many as was promised.
 */
import { median, quantile } from 'simple-statistics';
import { rowsPromised, rowsSelectivityMin, rowsTimesMax } from './ask.mjs';
import { rightMin, scoreForecasts } from './forecasts.mjs';

/** @typedef {import('./ask.mjs').Outcome} Outcome */

/** What chance is left to find a class below its confidence that is not: that of three standard deviations, one-sided. */
const chance = 0.00135;

/**
 * What came of the questions of a class.
 * @typedef {object} ClassScore
 * @property {string} name
 * @property {number} asked
 * @property {number} precomputed
 * @property {number} exactFirst share of exact answers to questions that were asked for the first time
 * @property {number} exact answers, also when asked again
 * @property {number} missed exact answers that an oracle would have given from a sample
 * @property {number} sampled answers
 * @property {number} cells estimates in sampled answers
 * @property {number} misses estimates outside the bound
 * @property {number} missesMax as many as the confidences allow, and chance
 * @property {number} clustering by how much misses that come together in answers widen what chance allows
 * @property {number | null} speedUp median of DuckDB's time over ours in sampled answers
 */

/** @param {Outcome} outcome */
const isSampled = ({ mode, cells }) => mode === 'approximate' && cells.length > 0;
const missesOf = (/** @type {Outcome} */ { cells }) => cells.filter(({ error }) => !(error <= 1)).length;

/**
 * Scores a class. The estimates of an answer come from the same rows, so that they may miss together: they count for so many
 * fewer as the answers' misses vary more than independent ones would.
 * @param {string} name @param {readonly Outcome[]} outcomes
 * @returns {ClassScore}
 */
function scoreClass(name, outcomes) {
  const sampled = outcomes.filter(isSampled);
  const cells = sampled.reduce((sum, outcome) => sum + outcome.cells.length, 0);
  const misses = sampled.reduce((sum, outcome) => sum + missesOf(outcome), 0);
  const rate = misses / Math.max(1, cells);
  let [expected, between] = [0, 0];
  for (const outcome of sampled) {
    expected += (1 - outcome.query.confidence / 100) * outcome.cells.length;
    between += (missesOf(outcome) - rate * outcome.cells.length) ** 2;
  }
  const binomial = cells * rate * (1 - rate);
  const clustering = binomial === 0 ? 1 : Math.max(1, between / binomial);
  const ratios = sampled.map(({ duckdbMs, ownMs }) => duckdbMs / ownMs);
  // What was learned of tails serves the samples of later seeds too.
  const firstSeed = Math.min(...outcomes.map(({ seed }) => seed));
  const isFirst = (/** @type {Outcome} */ { seed }) => seed === firstSeed;
  const count = (/** @type {(outcome: Outcome) => boolean} */ holds) => outcomes.filter(holds).length;
  return {
    name,
    asked: outcomes.length,
    precomputed: count(({ mode }) => mode === 'precomputed'),
    exactFirst: count((each) => isFirst(each) && each.firstMode === 'exact') / count(isFirst),
    exact: count(({ mode }) => mode === 'exact'),
    missed: count(({ missedSample }) => missedSample !== null),
    sampled: sampled.length,
    cells,
    misses,
    missesMax: clustering * binomialLimit(cells / clustering, expected / Math.max(1, cells)),
    clustering,
    speedUp: ratios.length === 0 ? null : median(ratios),
  };
}

/**
 * How many of so many independent events happen at most, but for chance.
 * @param {number} count @param {number} share the probability of each
 */
function binomialLimit(count, share) {
  const trials = Math.ceil(count);
  let [least, logTerm, sum] = [0, trials * Math.log1p(-share), 0];
  for (; least < trials; least++) {
    sum += Math.exp(logTerm);
    if (1 - sum <= chance) break;
    logTerm += Math.log(((trials - least) * share) / ((least + 1) * (1 - share)));
  }
  return least;
}

/** @param {number} share */
export const percent = (share) => `${+(share * 100).toPrecision(3)} %`;

/** From what share on, and what the class is called. */
const selectivities = /** @type {const} */ ([
  [0.1, 'from 10 %'],
  [0.02, '2 % to 10 %'],
  [0, 'below 2 %'],
]);

/** @param {number} selectivity */
const selectivityName = (selectivity) => selectivities.find(([least]) => selectivity >= least)[1];

/** What outcomes are classed by. @type {readonly (readonly [string, (outcome: Outcome) => string])[]} */
const classings = [
  ['all', () => ''],
  ['bound, confidence', ({ query }) => `${`${query.bound}`.padStart(2)} % at ${query.confidence} %`],
  ['group columns', ({ query }) => `${query.keys.length}`],
  ['rows that match', ({ selectivity }) => selectivityName(selectivity)],
  ['aggregate', ({ query }) => query.aggregate.kind],
  ['table', ({ query }) => query.table.name],
];

/** @param {readonly Outcome[]} outcomes @returns {{by: string, scores: ClassScore[]}[]} */
export function scoreClasses(outcomes) {
  return classings.map(([by, classOf]) => {
    const names = [...new Set(outcomes.map(classOf))].sort();
    const scores = names.map((name) => scoreClass(name, outcomes.filter((each) => classOf(each) === name))); // prettier-ignore
    return { by, scores };
  });
}

/**
 * How many times the rows of an oracle were read.
 * @typedef {object} RowsScore
 * @property {string} oracle
 * @property {number} answers
 * @property {number} median
 * @property {number} high nine in ten are at most this
 * @property {number} most
 * @property {number} within answers for which no more than promised were read
 * @property {readonly Beyond[]} beyond the others
 */

/** An answer for which more was read. @typedef {{times: number, outcome: Outcome}} Beyond */

/** What an oracle may be held to. @type {readonly (readonly [string, (oracle: import('./oracle.mjs').OracleRows) => number | null])[]} */
const oracles = [
  ['narrow intervals', ({ narrow }) => narrow],
  ['narrow and sound ones', ({ sound }) => sound],
  ['… and a pilot', (oracle) => (oracle.sound === null ? null : rowsPromised(oracle))],
];

/** @param {readonly Outcome[]} outcomes @returns {RowsScore[]} the last is what is promised */
export function scoreRows(outcomes) {
  const sampled = outcomes.filter(({ mode, selectivity }) => mode === 'approximate' && selectivity >= rowsSelectivityMin); // prettier-ignore
  return oracles.map(([name, rowsOf]) => {
    const compared = sampled.flatMap((outcome) => {
      const rows = rowsOf(outcome.oracle);
      return rows === null ? [] : [{ times: outcome.rowsRead / rows, outcome }];
    });
    const times = compared.map((each) => each.times);
    const beyond = compared.filter((each) => each.times > rowsTimesMax).sort((a, b) => b.times - a.times);
    const at = (/** @type {number} */ share) => (times.length === 0 ? Number.NaN : quantile(times, share));
    return {
      oracle: name,
      answers: times.length,
      median: at(0.5),
      high: at(0.9),
      most: at(1),
      within: times.length - beyond.length,
      beyond,
    };
  });
}

/** A question with its bound. @param {Outcome} outcome */
export const nameOf = ({ query, seed }) => `${query.sql} (±${query.bound} % at ${query.confidence} %, seed ${seed})`; // prettier-ignore

/** @typedef {{promise: string, found: string, kept: boolean}} Promised */

/**
 * Checks each promise.
 * @param {readonly Outcome[]} outcomes
 * @returns {Promised[]}
 */
export function checkPromises(outcomes) {
  const classes = scoreClasses(outcomes).flatMap(({ by, scores }) =>
    scores.map((score) => ({ by, ...score })),
  );
  const scored = classes.filter(({ cells }) => cells > 0);
  const low = scored.filter(({ misses, missesMax }) => misses > missesMax);
  const sampled = outcomes.filter(isSampled);
  const cells = sampled.reduce((sum, outcome) => sum + outcome.cells.length, 0);
  const misses = sampled.reduce((sum, outcome) => sum + missesOf(outcome), 0);
  const wronglyMet = sampled.filter((outcome) => outcome.met && outcome.cells.some(({ claimed }) => !claimed)); // prettier-ignore
  const unmet = sampled.filter(({ met }) => !met);
  const wrongExact = outcomes.filter((outcome) => outcome.wrongExact > 0);
  const rows = scoreRows(outcomes).at(-1);
  const [time, , , error] = scoreForecasts(outcomes);
  const needless = rows.beyond.filter(({ outcome }) => outcome.fewerWouldDo === true);
  return [
    {
      promise: 'in each class as many estimates are within the bound as the confidence says',
      found:
        low.length === 0
          ? `${percent(1 - misses / Math.max(1, cells))} of ${cells} in ${sampled.length} sampled answers, ${scored.length} classes`
          : low.map((each) => `${each.by} ${each.name}: ${each.misses} of ${each.cells} outside, at most ${each.missesMax.toFixed(1)}`).join('; '), // prettier-ignore
      kept: low.length === 0 && cells > 0,
    },
    {
      promise: 'no sampled answer is met with an interval that is not certified or wider than the bound',
      found: wronglyMet.length === 0 ? 'none' : wronglyMet.map(nameOf).join('; '),
      kept: wronglyMet.length === 0,
    },
    {
      promise: 'none that misses its bound comes where ON MISS EXACT is the rule',
      found: unmet.length === 0 ? 'none' : unmet.map(nameOf).join('; '),
      kept: unmet.length === 0,
    },
    {
      promise: 'what is said to be exact is',
      found: wrongExact.length === 0 ? 'all' : wrongExact.map(nameOf).join('; '),
      kept: wrongExact.length === 0,
    },
    {
      promise: `at most ${rowsTimesMax} times an oracle's rows are read where ${percent(rowsSelectivityMin)} of the rows match, or more, unless fewer would not have been certified`,
      found: `${rows.within} of ${rows.answers}; median ${rows.median.toFixed(2)}, 90 % ${rows.high.toFixed(2)}, most ${rows.most.toFixed(2)}; fewer would have done for ${needless.length} of the other ${rows.beyond.length}${rows.beyond.map(({ times, outcome }) => `\n  ${times.toFixed(2)}×${outcome.fewerWouldDo === true ? ', needlessly' : ''}: ${nameOf(outcome)}`).join('')}`,
      kept: needless.length === 0,
    },
    ...[time, error].map(({ kind, count, right }) => ({
      promise: `${percent(rightMin)} of what is predicted of ${kind} is right`,
      found: `${percent(right)} of ${count}`,
      kept: count === 0 || right >= rightMin,
    })),
  ];
}
