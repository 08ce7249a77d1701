import type { Estimate, JsonCell, QueryResultJson } from '../index.ts';
import { formatCell, isNumericType } from './format-cell.ts';
import { alignEstimates, type EstimateText, formatEstimate, isEstimate } from './format-estimate.ts';
import { formatCount, formatPlain, formatTo } from './format-number.ts';
import { renderTable, type TextColumn } from './text-table.ts';

/** Rows of an answer that the demo shows. */
const rowsShownMax = 6;

/** How many intervals held the truth. */
export interface Tally {
  readonly held: number;
  readonly intervals: number;
  /** Intervals that the answer itself does not vouch for; they are not counted above. */
  readonly uncertified: number;
}

/** Adds up tallies. */
export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, each) => ({
      held: sum.held + each.held,
      intervals: sum.intervals + each.intervals,
      uncertified: sum.uncertified + each.uncertified,
    }),
    { held: 0, intervals: 0, uncertified: 0 },
  );
}

/** A sampled value and the truth. */
interface Pair {
  readonly sampled: JsonCell;
  /** null: it has no value, or there is no such group. */
  readonly truth: number | null;
}

/** A sampled answer beside the exact one. */
export interface Comparison {
  readonly table: string;
  readonly tally: Tally;
}

/** Puts an answer beside the exact answer, group by group, and counts the intervals that hold the truth. */
export function compareAnswers(sampled: QueryResultJson, exact: QueryResultJson): Comparison {
  const keys = sampled.columns.flatMap(({ role }, place) => (role === 'group' ? [place] : []));
  const keyOf = (row: readonly JsonCell[]): string => JSON.stringify(keys.map((place) => row[place]));
  const truths = new Map(exact.rows.map((row) => [keyOf(row), row]));
  const shown = sampled.rows.slice(0, rowsShownMax);
  const columns: TextColumn[] = [];
  const tallies: Tally[] = [];
  for (const [place, column] of sampled.columns.entries()) {
    if (column.role === 'group') {
      const cells = shown.map((row) => formatCell(plain(row[place]), column));
      columns.push({ heading: column.name, align: isNumericType(column.type) ? 'right' : 'left', cells });
      continue;
    }
    const pairs = sampled.rows.map((row): Pair => {
      return { sampled: row[place] ?? null, truth: numberOf(truths.get(keyOf(row))?.[place]) };
    });
    columns.push(...pairColumns(column.name, pairs.slice(0, rowsShownMax)));
    tallies.push(tallyOf(pairs));
  }
  const tally = addTallies(tallies);
  const hidden = sampled.rows.length - shown.length;
  const more = hidden > 0 ? `\n … and ${formatCount(hidden)} more rows` : '';
  return { table: renderTable(columns).text + more, tally };
}

/** The demo asks for nothing but numbers that a double holds. */
function numberOf(cell: JsonCell | undefined): number | null {
  return typeof cell === 'number' ? cell : null;
}

function plain(cell: JsonCell | undefined): Exclude<JsonCell, Estimate> {
  return cell === undefined || isEstimate(cell) ? null : cell;
}

/** A value of an answer without sampling error counts as an exact estimate. */
function textOf({ sampled }: Pair): EstimateText {
  if (isEstimate(sampled)) return formatEstimate(sampled);
  const value = sampled === null ? 'NULL' : formatPlain(Number(sampled), 5);
  return { value, halfWidth: null, ends: null, isMarked: false };
}

function pairColumns(heading: string, pairs: readonly Pair[]): TextColumn[] {
  const texts = pairs.map(textOf);
  const truths = pairs.map(({ truth }, row) => {
    const decimals = texts[row]?.value.split('.')[1]?.length ?? 0;
    return truth === null ? 'NULL' : formatTo(truth, -decimals);
  });
  return [
    { heading, align: 'right', cells: alignEstimates(texts) },
    { heading: 'truth', align: 'right', cells: truths },
    { heading: '', align: 'left', cells: pairs.map(verdict) },
  ];
}

/** `=` where there is no interval because the value is exact. */
function verdict(pair: Pair): string {
  if (!holdsTruth(pair)) return '✗';
  return isEstimate(pair.sampled) && !pair.sampled.exact ? '✓' : '=';
}

/** True where the interval holds the truth, or a value without one is the truth but for rounding. */
function holdsTruth({ sampled, truth }: Pair): boolean {
  if (truth === null) return false;
  const { low, high } = isEstimate(sampled) ? sampled : { low: numberOf(sampled), high: numberOf(sampled) };
  const slack = 1e-9 * Math.abs(truth);
  return (low === null || low - slack <= truth) && (high === null || truth <= high + slack);
}

function tallyOf(pairs: readonly Pair[]): Tally {
  const intervals = pairs.filter(({ sampled }) => isEstimate(sampled) && !sampled.exact);
  const certified = intervals.filter(({ sampled }) => isEstimate(sampled) && sampled.certified);
  return {
    held: certified.filter(holdsTruth).length,
    intervals: certified.length,
    uncertified: intervals.length - certified.length,
  };
}
