import type { Estimate } from '../plan/index.ts';
import { type AnswerInPieces, rowPieces } from './answer-pieces.ts';
import type { JsonCell, ResultColumn } from './contract.ts';

/** What becomes of text that a spreadsheet would take for a formula: a `'` is put before it, or it stays as it is. */
export type Formulas = 'defuse' | 'keep';

/**
 * An answer as CSV (RFC 4180): the names of the columns, then pieces of many rows. An estimate column `x` becomes x, x_low, x_high,
 * x_stderr and x_certified, as in Arrow. NULL is an empty field, the empty text a quoted one.
 * @param rows how many of the first
 */
export function* csvPieces(
  answer: Pick<AnswerInPieces, 'columns' | 'rowsJson'>,
  rows: number,
  formulas: Formulas,
): Generator<string> {
  const { columns } = answer;
  yield csvLine(csvHeader(columns), formulas);
  for (const [from, to] of rowPieces(columns, rows)) {
    const lines = answer.rowsJson(from, to).map((row) =>
      csvLine(
        row.flatMap((cell, place) => csvFields(cell, columns[place])),
        formulas,
      ),
    );
    yield lines.join('');
  }
}

function csvLine(fields: readonly (string | number | boolean | null)[], formulas: Formulas): string {
  return `${fields.map((field) => csvField(field, formulas)).join(',')}\r\n`;
}

/** What begins a formula, full-width too. @see https://owasp.org/www-community/attacks/CSV_Injection */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/;
/** Text that is a number, as integers beyond 2^53 are, does nothing. */
const numberText = /^[+-]?(?:\d+(?:\.\d+)?|Infinity)$/;

/** Quotes where a reader would otherwise see something else. */
function csvField(value: string | number | boolean | null, formulas: Formulas): string {
  if (value === null) return '';
  const isFormula =
    formulas === 'defuse' && typeof value === 'string' && formulaStart.test(value) && !numberText.test(value);
  const text = isFormula ? `'${value}` : String(value);
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
  const isEstimate = typeof cell === 'object' && cell !== null;
  if (column?.role !== 'estimate') return [isEstimate ? cell.value : cell];
  if (!isEstimate) return [cell, null, null, null, null];
  return [cell.value, cell.low, cell.high, cell.stdError, cell.certified];
}
