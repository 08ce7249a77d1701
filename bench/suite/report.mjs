import { geometricMean } from '../measure.mjs';
import { table } from '../text-table.mjs';

const digits = (/** @type {number} */ value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);
/** Three digits, with commas. @param {number} value */
const ms = (value) => {
  const places = { minimumFractionDigits: digits(value), maximumFractionDigits: digits(value) };
  return Number(value.toPrecision(3)).toLocaleString('en-US', places);
};
export const times = (/** @type {number} */ value) => `${ms(value)}×`;
const count = (/** @type {number} */ value) => value.toLocaleString('en-US');
const mib = (/** @type {number} */ bytes) => count(Math.round(bytes / 2 ** 20));
const percent = (/** @type {number | null} */ value) => {
  if (value === null) return 'none';
  if (value < 1e-9) return '0 %';
  return `${value >= 0.995 ? count(Math.round(value * 100)) : (value * 100).toPrecision(2)} %`;
};
/** The median and the largest of an answer's errors. @param {{medianError: number, worstError: number}} accuracy */
const errors = ({ medianError, worstError }) => `${percent(medianError)}, ${percent(worstError)}`;
const bound = (/** @type {string | null} */ within) => within?.replace('%', ' %') ?? '—';

const answerColumns = ['', 'query', 'answered by', 'rows read', 'exact ms', 'ours ms', 'faster', 'first ms', 'bound', 'reached', 'error', 'hold the truth', 'groups', 'bernoulli ms', 'faster', 'error', 'system ms', 'faster', 'error']; // prettier-ignore

/** @param {string} title @param {readonly import('./compare-answers.mjs').AnswerComparison[]} compared */
export function reportAnswers(title, compared) {
  const rows = compared.map(({ query, exactMs, ownMs, firstMs, answer, accuracy, sampled }) => [
    query.name,
    query.shows,
    answer.sample === null ? answer.mode : answer.sample.name,
    count(answer.sample?.rowsRead ?? 0),
    ms(exactMs),
    ms(ownMs),
    times(exactMs / ownMs),
    ms(firstMs),
    bound(query.within),
    answer.met ? percent(answer.achieved.maxRelativeError) : 'missed',
    errors(accuracy),
    accuracy.intervals === 0 ? '—' : `${count(accuracy.holding)} of ${count(accuracy.intervals)}`,
    ofGroups(accuracy),
    ...(sampled.length === 0 ? Array.from({ length: 6 }, () => '—') : []),
    ...sampled.flatMap((each) => [ms(each.ms), times(each.ms / ownMs), missing(each.accuracy)]),
  ]);
  return `${title}\n\n${table(answerColumns, rows)}`;
}

/** @param {{groups: number, groupsMissing: number}} accuracy */
const ofGroups = ({ groups, groupsMissing }) =>
  groupsMissing === 0 ? count(groups) : `${count(groups)} (−${count(groupsMissing)})`;
/** @param {import('./compare-answers.mjs').AnswerComparison['accuracy']} accuracy */
const missing = (accuracy) =>
  accuracy.groupsMissing === 0
    ? errors(accuracy)
    : `${errors(accuracy)} (−${count(accuracy.groupsMissing)} groups)`;

/** @param {string} title @param {import('./compare-moments.mjs').MomentsComparisons} compared */
export function reportMoments(title, compared) {
  const threads = compared[0].sides.map((side) => side.threads);
  const head = ['', 'query', 'rows', 'cells', ...threads.flatMap((each) => [`DuckDB ms, ${each} thr.`, 'ours ms', 'faster'])]; // prettier-ignore
  const rows = compared.map(({ query, rowsRead, cells, sides }) => [
    query.name,
    query.shows,
    count(rowsRead),
    count(cells),
    ...sides.flatMap(({ duckdbMs, executeMs }) => [ms(duckdbMs), ms(executeMs), times(duckdbMs / executeMs)]),
  ]);
  return `${title}\n\n${table(head, rows)}`;
}

const share = (/** @type {number} */ value) => `${(100 * value).toFixed(0)} %`;

/** @param {import('./compare-loops.mjs').LoopsComparisons} compared */
export function reportLoops(compared) {
  const rows = compared.map(({ query, rowsRead, naiveMs, bestMs, executeMs }) => [
    query.name,
    query.shows,
    count(rowsRead),
    ms(naiveMs),
    ms(bestMs),
    ms(executeMs),
    share(naiveMs / executeMs),
    share(bestMs / executeMs),
  ]);
  return `Loops by hand over the same arrays, one thread\n\n${table(['', 'query', 'rows', 'naive ms', 'best ms', 'ours ms', 'of naive', 'of best'], rows)}`;
}

/** @param {import('./compare-passes.mjs').PassesComparison} compared */
export function reportPasses(compared) {
  const rows = compared.map(({ sample, queries, rows: read, apartMs, togetherMs }) => [
    sample,
    queries.join(', '),
    count(read),
    ms(apartMs),
    ms(togetherMs),
    times(apartMs / togetherMs),
  ]);
  return `Loops by hand for several queries, one thread\n\n${table(['sample', 'queries', 'rows', 'apart ms', 'together ms', 'faster'], rows)}`;
}

/** @param {import('./compare-builds.mjs').BuildsComparison} compared */
export function reportBuilds(compared) {
  const rows = compared.flatMap(({ twoScansMs, builds }) => {
    const all = builds.reduce((sum, build) => sum + build.ms, 0);
    return builds.map(({ samples, ms: buildMs, peakBytes }, place) => [
      samples.map(({ name }) => name).join(', '),
      samples.map((sample) => count(sample.rows)).join(' + '),
      mib(samples.reduce((sum, { bytes }) => sum + bytes, 0)),
      ms(twoScansMs),
      ms(buildMs),
      place === builds.length - 1 ? times(all / twoScansMs) : '',
      mib(peakBytes),
    ]);
  });
  return [
    'Sample builds (UNIFORM 1%; STRATIFIED BY (city) CAP 1000) by one statement, and in turn, against two bare scans of all columns by DuckDB',
    table(
      ['statement creates', 'rows', 'MiB', 'two scans ms', 'build ms', 'both of them', 'peak MiB so far'],
      rows,
    ),
  ].join('\n\n');
}

/** @param {import('./measure-starts.mjs').StartsMeasurement} measured */
export function reportStarts({ sampleRows, answer, shell, asked, p50Ms, p99Ms, clients, many, one }) {
  const rows = [
    ['process to first answer', `three columns of ${count(answer.rowsRead)} rows read`, `${ms(answer.ms)} ms`], // prettier-ignore
    ['ballpark query', `start to end, ${shell.loadsDuckDB ? 'DuckDB loaded' : 'without DuckDB'}`, `${ms(shell.ms)} ms`], // prettier-ignore
    ['warm, median', `${asked.name} within ${bound(asked.within)}`, `${ms(p50Ms)} ms`],
    ['warm, p99', '', `${ms(p99Ms)} ms`],
    ['one client', 'one thread', `${ms(one)} a second`],
    [`${clients} clients`, 'all threads', `${ms(many)} a second`],
  ];
  return `Starts (sample of ${count(sampleRows)} rows) and many questions\n\n${table(['what', 'how', 'figure'], rows)}`;
}

/** Geometric means of bounded queries by size. @param {readonly {rows: number, answers: readonly import('./compare-answers.mjs').AnswerComparison[]}[]} sizes */
export function reportGrowth(sizes) {
  const rows = sizes.map(({ rows, answers }) => {
    const mean = (/** @type {(each: (typeof answers)[number]) => number} */ figure) =>
      geometricMean(answers.filter(({ query }) => query.within !== null).map(figure));
    const exact = mean(({ exactMs }) => exactMs);
    const own = mean(({ ownMs }) => ownMs);
    return [count(rows), '', ms(exact), ms(own), times(exact / own)];
  });
  return `Growth: bounded queries over sessions, geometric means\n\n${table(['sessions', '', 'exact ms', 'ours ms', 'faster'], rows)}`;
}
