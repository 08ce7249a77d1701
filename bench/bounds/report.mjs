import { table } from '../text-table.mjs';
import { scoreForecasts } from './forecasts.mjs';
import { checkPromises, nameOf, percent, scoreClasses, scoreRows } from './score.mjs';

const columns = ['', 'asked', 'precomputed', 'exact first', 'exact', 'needlessly', 'sampled', 'estimates', 'within', 'outside', 'allowed', 'faster']; // prettier-ignore

/** @param {import('./score.mjs').ClassScore} score */
const rowOf = (score) => [
  score.name,
  `${score.asked}`,
  `${score.precomputed}`,
  percent(score.exactFirst),
  percent(score.exact / score.asked),
  `${score.missed}`,
  `${score.sampled}`,
  `${score.cells}`,
  score.cells === 0 ? '—' : percent(1 - score.misses / score.cells),
  `${score.misses}`,
  score.missesMax.toFixed(1),
  score.speedUp === null ? '—' : `${score.speedUp.toPrecision(3)}×`,
];

/** The codes that a reason gives in brackets, in one order. @param {string} reason */
function codesOf(reason) {
  const codes = /\(([A-Z_]+(?:, [A-Z_]+)*)\)/.exec(reason)?.[1] ?? 'too few rows';
  return codes.split(', ').sort().join(', ');
}

/** @param {readonly import('./ask.mjs').Outcome[]} outcomes */
function reportExact(outcomes) {
  /** @type {Map<string, import('./ask.mjs').Outcome[]>} */
  const byCodes = new Map();
  for (const outcome of outcomes.filter(({ mode }) => mode === 'exact')) {
    const codes = codesOf(outcome.reason);
    byCodes.set(codes, [...(byCodes.get(codes) ?? []), outcome]);
  }
  const sorted = [...byCodes].sort(([, a], [, b]) => b.length - a.length);
  const needless = sorted.map(([codes, answers]) => ({
    codes,
    answers: `${answers.length}`,
    missed: answers.filter(({ missedSample }) => missedSample !== null),
  }));
  const rows = needless.map(({ codes, answers, missed }) => [codes, answers, `${missed.length}`]);
  const examples = needless.flatMap(({ codes, missed }) => missed.slice(0, 1).map((each) => `${codes}: ${nameOf(each)}`)); // prettier-ignore
  return [
    table(['reasons of exact answers', 'answers', 'needlessly'], rows),
    ...(examples.length === 0 ? [] : [`For example needlessly:\n${examples.join('\n')}`]),
  ].join('\n\n');
}

/** @param {readonly import('./ask.mjs').Outcome[]} outcomes */
function reportRows(outcomes) {
  const rows = scoreRows(outcomes).map(({ oracle, answers, median, high, most, within }) => [
    `an oracle of ${oracle}`,
    `${answers}`,
    ...[median, high, most].map((times) => `${times.toFixed(2)}×`),
    answers === 0 ? '—' : percent(within / answers),
  ]);
  return table(['rows read, against', 'answers', 'median', 'nine in ten', 'most', 'to 2.5×'], rows);
}

/** @param {readonly import('./ask.mjs').Outcome[]} outcomes */
function reportForecasts(outcomes) {
  const rows = scoreForecasts(outcomes).map(({ kind, count, right, median, low, high }) => [
    kind,
    `${count}`,
    count === 0 ? '—' : percent(right),
    ...[median, low, high].map((ratio) => `${ratio.toFixed(2)}×`),
  ]);
  return table(['predicted by measured', 'runs', 'right', 'median', 'one in twenty less', 'more'], rows);
}

/**
 * Everything in text: tables, then whether the promises were kept.
 * @param {readonly import('./ask.mjs').Outcome[]} outcomes
 */
export function reportBounds(outcomes) {
  const classes = scoreClasses(outcomes).map(({ by, scores }) =>
    table([by, ...columns.slice(1)], scores.map(rowOf)),
  );
  const promises = checkPromises(outcomes).map(
    ({ promise, found, kept }) => `${kept ? '✓' : '✗'} ${promise}: ${found}`,
  );
  return [
    ...classes,
    reportRows(outcomes),
    reportForecasts(outcomes),
    reportExact(outcomes),
    promises.join('\n'),
  ].join('\n\n');
}
