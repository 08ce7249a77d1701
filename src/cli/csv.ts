import type { Estimate, JsonCell, QueryResultJson, ResultColumn } from '../index.ts';
import { isEstimate } from './format-estimate.ts';

/** Rows that become text at a time. */
const rowsPerPiece = 1000;

/**
 * An answer as CSV (RFC 4180), in pieces of many rows. An estimate column `x` becomes x, x_low, x_high, x_stderr and x_certified, as
 * in Arrow. NULL is an empty field, the empty text a quoted one.
 */
export function* csvPieces({ columns, rows }: QueryResultJson): Generator<string> {
  yield csvLine(csvHeader(columns));
  for (let first = 0; first < rows.length; first += rowsPerPiece) {
    const piece = rows.slice(first, first + rowsPerPiece);
    yield piece.map((row) => csvLine(row.flatMap((cell, place) => csvFields(cell, columns[place])))).join('');
  }
}

function csvLine(fields: readonly (string | number | boolean | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

/** Quotes where a reader would otherwise see something else. */
function csvField(value: string | number | boolean | null): string {
  if (value === null) return '';
  const text = String(value);
  const isPlain = typeof value !== 'string' || /^[^\s",](?:[^",\r\n]*[^\s",])?$/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

/** The names of the columns, each once: a second `x` becomes `x_1`. */
function csvHeader(columns: readonly ResultColumn[]): string[] {
  const names = new Set<string>();
  for (const { name, role } of columns) {
    const suffixes = role === 'estimate' ? ['', '_low', '_high', '_stderr', '_certified'] : [''];
    for (const suffix of suffixes) {
      let free = name + suffix;
      for (let number = 1; names.has(free); number++) free = `${name}${suffix}_${number}`;
      names.add(free);
    }
  }
  return [...names];
}

function csvFields(cell: JsonCell, column: ResultColumn | undefined): Exclude<JsonCell, Estimate>[] {
  if (column?.role !== 'estimate') return [isEstimate(cell) ? cell.value : cell];
  if (!isEstimate(cell)) return [cell, null, null, null, null];
  return [cell.value, cell.low, cell.high, cell.stdError, cell.certified];
}
