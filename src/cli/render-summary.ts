import type { AnswerSummary, Estimate, QueryResultJson } from '../index.ts';
import { isEstimate } from './format-estimate.ts';
import { formatCount, formatMs, formatPercent } from './format-number.ts';
import { markLegend } from './row-marks.ts';
import { visibleText } from './visible-text.ts';

/** What the codes of uncertified estimates mean. Codes that are not here are shown as they are. */
const meanings: ReadonlyMap<string, string> = new Map([
  ['LOW_SUPPORT', 'few matching rows'],
  ['NO_MATCH', 'no matching row in the sample'],
  ['HEAVY_TAIL', 'a few large values may dominate'],
  ['UNKNOWN_TAIL', 'how large values can be is not known'],
  ['SKEWED_RATIO', 'the denominator is too uncertain'],
  ['SINGLETON_STRATUM', 'a stratum with one sampled row'],
  ['UNREAD_STRATUM', 'a stratum with no sampled row'],
  ['ZERO_VARIANCE', 'all sampled values are equal'],
  ['NOT_SMOOTH', 'its error is resampled'],
  ['EXTREME_QUANTILE', 'the quantile is too near the end'],
  ['OUT_OF_TIME', 'there was no time for its interval'],
  ['LOST_ROWS', 'rows were lost, maybe because of their values'],
]);

/** The lines under a table: how the answer was found, how long it took, and what is to be known about it. */
export function renderSummary(result: QueryResultJson, sql: string): string {
  const { columns, rows, answer } = result;
  const estimates = rows.flatMap((row) => row.filter(isEstimate));
  const isGrouped = columns.some(({ role }) => role === 'group');
  return [
    ...legend(estimates),
    ...markLegend(result),
    headline(answer, isCommand(sql)),
    ...missingGroups(answer, isGrouped),
    ...answer.notes.map((note) => `note: ${visibleText(note)}`),
  ].join('\n');
}

/** What answers from the catalog, or from trials: exactness goes without saying. */
function isCommand(sql: string): boolean {
  return /^(create|describe|drop|explain|refresh|resilience|show)\b/i.test(sql);
}

function headline(answer: AnswerSummary, command: boolean): string {
  const { mode, sample, reason, met, achieved } = answer;
  const time = formatMs(achieved.elapsedMs);
  const missed = met ? [] : ['what was asked for was not reached'];
  if (mode === 'approximate' && sample !== null) {
    const read = `${formatCount(sample.rowsRead)} of ${formatCount(sample.rowsInSample)} rows`;
    return [levelOf(answer), `${visibleText(sample.name)}: ${read}`, time, ...missed].join(' · ');
  }
  const why = visibleText(reason);
  return (command ? [why, time] : [mode, time, why, ...missed]).join(' · ');
}

function levelOf({ intervals }: AnswerSummary): string {
  if (intervals === null || intervals.count === 0) return 'approximate';
  const level = `≈ ${formatPercent(intervals.confidence)}`;
  return intervals.kind === 'pointwise'
    ? level
    : `${level} for all ${formatCount(intervals.count)} intervals at once`;
}

function legend(estimates: readonly Estimate[]): string[] {
  const marked = estimates.filter(({ certified }) => !certified);
  if (marked.length === 0) return [];
  const codes = [...new Set(marked.flatMap(({ reasons }) => reasons))].map((code) => {
    const meaning = meanings.get(code);
    return meaning === undefined ? code : `${code} (${meaning})`;
  });
  return [`? not certified: ${codes.join(', ')}`];
}

function missingGroups(answer: AnswerSummary, isGrouped: boolean): string[] {
  const { mode, missingGroupRowsMax, missingRowsMax } = answer;
  if (mode !== 'approximate' || !isGrouped || missingGroupRowsMax === 0) return [];
  return [
    `groups that the sample missed have at most ${formatCount(missingGroupRowsMax)} rows each, ${formatCount(missingRowsMax)} in all`,
  ];
}
