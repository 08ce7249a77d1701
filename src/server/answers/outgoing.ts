import {
  csvPieces,
  type Formulas,
  jsonPieces,
  type Outgoing,
  rowPieces,
  rowsAtOnce,
} from '../../engine/control.ts';
import type { AnswerFormat } from './formats.ts';

/** True where an answer is one piece: it is sent at once. */
export function isShort({ rows, head }: Outgoing): boolean {
  return rows <= rowsAtOnce(head.columns.length);
}

/** The bytes of an answer, in pieces that take a few milliseconds each. */
export function piecesOf(
  outgoing: Outgoing,
  format: AnswerFormat,
  formulas: Formulas,
): Iterable<string | Uint8Array> {
  switch (format) {
    case 'json':
      return jsonPieces(outgoing);
    case 'ndjson':
      return ndjsonPieces(outgoing);
    case 'csv':
      return csvPieces(outgoing.answer, outgoing.rows, formulas);
    case 'arrow':
      return outgoing.answer.arrowStream(
        outgoing.rows,
        new Map([['ballpark', JSON.stringify(outgoing.head)]]),
      );
  }
}

/** A line for the columns, a line a row, and a line for what is said of them: without that the answer is not complete. */
function* ndjsonPieces({ answer, rows, head }: Outgoing): Generator<string> {
  const { answer: summary, ...rest } = head;
  yield `${JSON.stringify(rest)}\n`;
  const { marks } = answer;
  for (const [from, to] of rowPieces(head.columns, rows)) {
    const lines = answer
      .rowsJson(from, to)
      .map((row, place) => JSON.stringify(marks === null ? { row } : { row, mark: marks[from + place] }));
    yield `${lines.join('\n')}\n`;
  }
  yield `${JSON.stringify({ answer: summary })}\n`;
}
