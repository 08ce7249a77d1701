import type { JsonCell, QueryResultJson, ResultColumn } from '../index.ts';
import { formatCell, isNumericType } from './format-cell.ts';
import { alignEstimates, formatEstimate, isEstimate } from './format-estimate.ts';
import { formatCount } from './format-number.ts';
import { isUncertain, markColumn } from './row-marks.ts';
import { renderRecords, renderTable, type TextColumn } from './text-table.ts';
import { visibleText } from './visible-text.ts';

/** Rows that a screen shows; whoever wants more takes CSV or JSON. */
const rowsShownMax = 1000;
/** Cells that are laid out in a reasonable time: fewer rows are shown of very wide tables. */
const cellsShownMax = 20_000;

/**
 * An answer's rows as a table.
 * @param widthMax columns of the screen; a table that is wider is shown row by row. `undefined`: no screen
 */
export function renderAnswer(
  { columns, rows, marks }: QueryResultJson,
  widthMax: number | undefined,
): string {
  const rowsMax = Math.min(
    rowsShownMax,
    Math.max(1, Math.floor(cellsShownMax / Math.max(1, columns.length))),
  );
  const shown = rows.slice(0, rowsMax);
  const texts = columns.map((column, place) =>
    textColumn(
      column,
      shown.map((row) => row[place] ?? null),
    ),
  );
  if (marks !== null && marks.some(isUncertain)) texts.push(markColumn(marks.slice(0, rowsMax)));
  const table = renderTable(texts);
  const isTooWide = widthMax !== undefined && table.width > widthMax;
  const lines = [isTooWide && shown.length > 0 ? renderRecords(texts) : table.text];
  if (rows.length === 0) lines.push('(no rows)');
  const hidden = rows.length - shown.length;
  if (hidden > 0) lines.push(`… ${formatCount(hidden)} more rows, which --format csv would give`);
  return lines.join('\n');
}

function textColumn(column: ResultColumn, cells: readonly JsonCell[]): TextColumn {
  const estimates = cells.filter(isEstimate);
  const aligned = alignEstimates(estimates.map(formatEstimate));
  let next = 0;
  return {
    heading: visibleText(column.name),
    align: isNumericType(column.type) || estimates.length > 0 ? 'right' : 'left',
    cells: cells.map((cell) => (isEstimate(cell) ? (aligned[next++] ?? '') : formatCell(cell, column))),
  };
}
