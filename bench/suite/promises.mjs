import { geometricMean } from '../measure.mjs';
import { times } from './report.mjs';

/**
 * What was measured over a table of sessions of one size; parts that were not run are missing.
 * @typedef {object} SizeMeasurement
 * @property {number} rows
 * @property {readonly import('./compare-answers.mjs').AnswerComparison[]} [answers]
 * @property {import('./compare-moments.mjs').MomentsComparisons} [moments]
 * @property {import('./compare-loops.mjs').LoopsComparisons} [loops]
 * @property {import('./compare-builds.mjs').BuildsComparison} [builds]
 * @property {import('./measure-starts.mjs').StartsMeasurement} [starts]
 */

/**
 * Something that is promised, and what was measured.
 * @typedef {object} PromiseCheck
 * @property {string} promise
 * @property {string} figure
 * @property {boolean | null} kept null: promised of a larger table
 */

const large = 50_000_000;
const largest = 200_000_000;

/** @param {string} promise @param {string} figure @param {boolean | null} kept @returns {PromiseCheck} */
const check = (promise, figure, kept) => ({ promise, figure, kept });
const percent = (/** @type {number} */ value) => `${(100 * value).toFixed(0)} %`;
const millions = (/** @type {number} */ rows) => `${rows / 1e6} M rows`;

/** @template T @param {readonly T[]} items @param {(item: T) => number} figure the item of which it is least */
const least = (items, figure) => items.reduce((low, item) => (figure(item) < figure(low) ? item : low));

/** Bounded ones. @param {SizeMeasurement} size */
const boundedOf = ({ answers }) => answers.filter(({ query }) => query.within !== null);
const faster = (/** @type {import('./compare-answers.mjs').AnswerComparison} */ { exactMs, ownMs }) =>
  exactMs / ownMs;

/** @param {SizeMeasurement} size */
function checkAnswers(size) {
  const bounded = boundedOf(size);
  const mean = geometricMean(bounded.map(faster));
  const slowest = least(bounded, faster);
  const at = millions(size.rows);
  const [judged, meanMin] = size.rows >= largest ? [true, 300] : [size.rows >= large, 100];
  const meanKept = judged ? mean >= meanMin : null;
  const allMet = bounded.every(({ answer }) => answer.met);
  return [
    check(`bounded answers are ${meanMin} times faster than exact ones by DuckDB (geometric mean), ${at}`, times(mean), meanKept), // prettier-ignore
    ...(size.rows >= largest
      ? []
      : [check(`each is 25 times faster, ${at}`, `${times(faster(slowest))} (${slowest.query.name})`, judged ? faster(slowest) >= 25 : null)]), // prettier-ignore
    check(`each is within its bound, ${at}`, allMet ? 'all' : bounded.filter(({ answer }) => !answer.met).map(({ query }) => query.name).join(', '), allMet), // prettier-ignore
  ];
}

/** @param {SizeMeasurement | undefined} from @param {SizeMeasurement | undefined} to */
function checkGrowth(from, to) {
  if (from?.answers === undefined || to?.answers === undefined) return [];
  const before = new Map(boundedOf(from).map(({ query, ownMs }) => [query.name, ownMs]));
  const growths = boundedOf(to).map(({ query, ownMs }) => ({
    query,
    growth: ownMs / before.get(query.name),
  }));
  const mean = geometricMean(growths.map(({ growth }) => growth));
  const most = least(growths, ({ growth }) => -growth);
  const figure = `${times(mean)}, at most ${times(most.growth)} (${most.query.name})`;
  const isJudged = from.rows === large && to.rows === largest;
  return [check(`our time at ${millions(to.rows)} is at most 1.3 times that at ${millions(from.rows)} (geometric mean)`, figure, isJudged ? mean <= 1.3 : null)]; // prettier-ignore
}

/** @param {SizeMeasurement} size @param {import('./compare-moments.mjs').MomentsComparisons} flights */
function checkMoments({ rows, moments }, flights) {
  const all = [...moments, ...flights];
  const judge = (/** @type {boolean} */ kept) => (rows >= large ? kept : null);
  return moments[0].sides.flatMap(({ threads }, place) => {
    const ratio = (/** @type {(typeof all)[number]} */ { sides }) =>
      sides[place].duckdbMs / sides[place].executeMs;
    const constant = all.filter(({ query }) => query.moments.keys.length === 0);
    // The design says so of these alone: no row is looked at for its group or for a condition.
    const ofStrata = constant.filter(({ query }) => query.moments.filter === 'true');
    const mean = geometricMean(all.map(ratio));
    const slowest = least(all, ratio);
    const tenTimes = (/** @type {string} */ where, /** @type {typeof all} */ these) => {
      const last = least(these, ratio);
      const figure = `${times(ratio(last))} (${last.query.name}); mean ${times(geometricMean(these.map(ratio)))}`;
      return check(`10 times where ${where}, ${on}`, figure, judge(ratio(last) >= 10));
    };
    const on = `${threads} thread${threads === 1 ? '' : 's'}`;
    return [
      check(`moments of the same rows come 4 times faster than DuckDB's (geometric mean), ${on}`, times(mean), judge(mean >= 4)), // prettier-ignore
      check(`no query's are slower, ${on}`, `${times(ratio(slowest))} (${slowest.query.name})`, judge(ratio(slowest) >= 1)), // prettier-ignore
      tenTimes('strata alone tell groups and conditions', ofStrata),
      tenTimes('groups are constant in a run', constant),
    ];
  });
}

const ofNaive = (
  /** @type {import('./compare-loops.mjs').LoopsComparisons[number]} */ { naiveMs, executeMs },
) => naiveMs / executeMs;

const ofBest = (
  /** @type {import('./compare-loops.mjs').LoopsComparisons[number]} */ { bestMs, executeMs },
) => bestMs / executeMs;

/** @param {SizeMeasurement} size */
function checkLoops({ rows, loops }) {
  const judge = (/** @type {boolean} */ kept) => (rows >= large ? kept : null);
  const [naive, best] = [least(loops, ofNaive), least(loops, ofBest)];
  const sum = loops.find(({ query }) => query.name === 's1');
  return [
    check('as fast as a naive loop by hand, each query', `${percent(ofNaive(naive))} (${naive.query.name})`, judge(ofNaive(naive) >= 1)), // prettier-ignore
    check('half as fast as the best loop by hand, each query', `${percent(ofBest(best))} (${best.query.name}); mean ${percent(geometricMean(loops.map(ofBest)))}`, judge(ofBest(best) >= 0.5)), // prettier-ignore
    check('80 % of the best loop for a global SUM', percent(ofBest(sum)), judge(ofBest(sum) >= 0.8)),
  ];
}

/** @param {SizeMeasurement} size */
function checkBuilds({ rows, builds: compared }) {
  const judge = (/** @type {boolean} */ kept) => (rows >= large && rows < largest ? kept : null);
  return compared.flatMap(({ twoScansMs, builds }) => {
    const statements = builds.map(({ samples }) => samples.map(({ name }) => name).join(' and '));
    const scans = builds.reduce((sum, { ms }) => sum + ms, 0) / twoScansMs;
    const peak = builds.at(-1).peakBytes / 2 ** 30;
    return [
      check(
        `${statements.join(', then ')} are built in 3 times two bare scans, ${millions(rows)}`,
        times(scans),
        judge(scans <= 3),
      ),
      check(`… in 1.5 GiB of memory, ${millions(rows)}`, `${peak.toFixed(2)} GiB`, judge(peak <= 1.5)),
    ];
  });
}

const ms = (/** @type {number} */ value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

/** @param {SizeMeasurement} size */
function checkStarts({ rows, starts: { answer, shell, p99Ms, clients, many, one } }) {
  const judge = (/** @type {boolean} */ kept) => (rows >= large ? kept : null);
  return [
    check('first answer from three columns 300 ms after a process starts', ms(answer.ms), judge(answer.ms <= 300)), // prettier-ignore
    check('`ballpark query` takes 250 ms from a sample', ms(shell.ms), judge(shell.ms <= 250)),
    check('… and does not load DuckDB', shell.loadsDuckDB ? 'it does' : 'it does not', !shell.loadsDuckDB),
    check('8 groups come within 5 ms (p99)', ms(p99Ms), judge(p99Ms <= 5)),
    check(`${clients} clients get 1.6 times the answers of one on one thread`, times(many / one), judge(many / one >= 1.6)), // prettier-ignore
  ];
}

/**
 * What is promised, and whether it was kept.
 * @param {readonly SizeMeasurement[]} sizes ascending
 * @param {import('./compare-moments.mjs').MomentsComparisons} flights their moments; empty where these were not compared
 */
export function checkPromises(sizes, flights) {
  return [
    ...sizes.flatMap((size) => (size.answers === undefined ? [] : checkAnswers(size))),
    ...sizes.slice(1).flatMap((size, place) => checkGrowth(sizes[place], size)),
    ...sizes.flatMap((size) => (size.moments === undefined ? [] : checkMoments(size, flights))),
    ...sizes.flatMap((size) => (size.loops === undefined ? [] : checkLoops(size))),
    ...sizes.flatMap((size) => (size.builds === undefined ? [] : checkBuilds(size))),
    ...sizes.flatMap((size) => (size.starts === undefined ? [] : checkStarts(size))),
  ];
}

const word = (/** @type {boolean | null} */ kept) => (kept === null ? 'so far' : kept ? 'kept  ' : 'BROKEN');

/** @param {readonly PromiseCheck[]} checks */
export function reportPromises(checks) {
  const lines = checks.map(({ promise, figure, kept }) => `${word(kept)}  ${promise}: ${figure}`);
  return ['Promises (so far: of a larger table)', '', ...lines].join('\n');
}
