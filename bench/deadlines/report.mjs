import { median, quantile } from 'simple-statistics';
import { table } from '../text-table.mjs';
import { latestMs } from './ask.mjs';
import { quantileOf } from './cancel.mjs';

/** @typedef {import('./ask.mjs').Run} Run */

const ms = (/** @type {number} */ value) =>
  Number.isFinite(value) ? value.toFixed(value < 10 ? 1 : 0) : '—';
const percent = (/** @type {number} */ value) => `${Number((100 * value).toPrecision(3))} %`;
const share = (/** @type {readonly Run[]} */ runs, /** @type {(run: Run) => boolean} */ holds) =>
  runs.filter(holds).length / runs.length;

/** How late an answer was, without what other processes took from it. @param {Run} run */
const ownLatenessMs = ({ tookMs, waitedMs, withinMs }) => tookMs - waitedMs - withinMs;
const isInTime = (/** @type {Run} */ { tookMs, withinMs }) => tookMs <= latestMs(withinMs);
const isOwnInTime = (/** @type {Run} */ run) => ownLatenessMs(run) <= latestMs(run.withinMs) - run.withinMs;

/** Median width of each question's answers, for a deadline. @param {readonly Run[]} runs */
function widthsByQuestion(runs) {
  const names = [...new Set(runs.map(({ question }) => question))];
  return new Map(
    names.map((name) => {
      const widths = runs.filter(({ question, width }) => question === name && width !== null);
      return [name, widths.length === 0 ? null : median(widths.map(({ width }) => width))];
    }),
  );
}

/** The median over questions of all of which there is a width. @param {ReadonlyMap<string, number | null>} widths */
const widthOfAll = (widths) => median([...widths.values()].filter((width) => width !== null));
const meanWidth = (widths) => {
  const present = [...widths.values()].filter((width) => width !== null);
  return present.reduce((sum, width) => sum + width, 0) / present.length;
};

/** @param {readonly Run[]} runs @param {readonly number[]} deadlines */
export function reportDeadlines(runs, deadlines) {
  const rows = deadlines.map((withinMs) => {
    const own = runs.filter((run) => run.withinMs === withinMs);
    const lateness = own.map(ownLatenessMs);
    const widths = widthsByQuestion(own);
    return [
      `${withinMs} ms`,
      `${own.length}`,
      percent(share(own, isInTime)),
      percent(share(own, isOwnInTime)),
      ...[0.5, 0.99, 1].map((p) => ms(quantile(lateness, p))),
      ms(quantile(own.map(({ waitedMs }) => waitedMs), 0.99)),
      percent(widthOfAll(widths)),
      percent(meanWidth(widths)),
      ...['met', 'not met', 'exact', 'error'].map((what) =>
        percent(share(own, ({ met, mode }) => (what === 'met' ? met === true : what === 'not met' ? met === false : mode === what))),
      ),
    ];
  }); // prettier-ignore
  return table(['within', 'runs', 'in time', 'own', 'late p50', 'p99', 'max', 'noise p99', 'width', 'mean', 'met', 'not met', 'exact', 'error'], rows); // prettier-ignore
}

/** @param {readonly Run[]} runs @param {readonly number[]} deadlines */
export function reportQuestions(runs, deadlines) {
  const names = [...new Set(runs.map(({ question }) => question))];
  const rows = names.map((name) => {
    const of = (/** @type {number} */ withinMs) =>
      runs.filter((run) => run.question === name && run.withinMs === withinMs);
    return [
      name,
      deadlines.map((each) => `${of(each).filter(isOwnInTime).length}/${of(each).length}`).join(' '),
      ...deadlines.map((each) => ms(Math.max(...of(each).map(ownLatenessMs)))),
      ...deadlines.map((each) => {
        const width = widthsByQuestion(of(each)).get(name) ?? null;
        return width === null ? '—' : percent(width);
      }),
    ];
  });
  const heads = deadlines.map((each) => `${each} ms`);
  return table(['question', 'in time', ...heads.map((each) => `late ${each}`), ...heads.map((each) => `width ${each}`)], rows); // prettier-ignore
}

/** @param {Awaited<ReturnType<typeof import('./cancel.mjs').measureCancelling>>} cancelling */
export function reportCancelling({ measured, freed, stretches }) {
  const rows = [...measured, { name: 'DuckDB is free again', cancelled: freed }].map(
    ({ name, cancelled }) => [
      name,
      `${cancelled.length}`,
      ...[0.5, 0.99, 1].map((p) => ms(quantileOf(cancelled, p))),
      ms(Math.max(0, ...cancelled.map(({ workMs }) => workMs))),
    ],
  );
  const held = stretches.map(({ name, stretches: own }) => [
    name,
    `${own.length}`,
    ...[0.5, 0.99, 1].map((p) => ms(quantileOf(own, p))),
  ]);
  return [
    table(['cancelled while', 'runs', 'p50 ms', 'p99 ms', 'max ms', 'last work'], rows),
    table(['others wait while', 'turns', 'p50 ms', 'p99 ms', 'max ms'], held),
  ].join('\n\n');
}

/**
 * What is promised, and whether it was kept.
 * @param {readonly Run[]} runs
 * @param {readonly number[]} deadlines ascending
 * @param {Awaited<ReturnType<typeof import('./cancel.mjs').measureCancelling>>} cancelling
 */
export function checkPromises(runs, deadlines, { measured, freed, stretches }) {
  const of = (/** @type {number} */ withinMs) => runs.filter((run) => run.withinMs === withinMs);
  const widths = deadlines.map((each) => meanWidth(widthsByQuestion(of(each))));
  return [
    ...deadlines.map((each) => ({
      promise: `99 % of answers within ${each} ms are there by ${latestMs(each)} ms`,
      kept: share(of(each), isOwnInTime) >= 0.99,
    })),
    ...widths.slice(1).map((width, place) => ({
      promise: `intervals are no wider within ${deadlines[place + 1]} ms than within ${deadlines[place]} ms`,
      kept: width <= widths[place] * 1.02,
    })),
    ...measured
      .filter(({ isPromised }) => isPromised)
      .map(({ name, cancelled }) => ({
        promise: `a statement cancelled while ${name} rejects within 50 ms (p99)`,
        kept: quantileOf(cancelled, 0.99) <= 50,
      })),
    ...stretches.map(({ name, stretches: own }) => ({
      promise: `${name} holds nobody up for more than 50 ms`,
      kept: quantileOf(own, 1) <= 50,
    })),
    { promise: 'DuckDB is free within 250 ms (p99)', kept: quantileOf(freed, 0.99) <= 250 },
  ];
}
