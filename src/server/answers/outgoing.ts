import {
  type AnswerInPieces,
  csvPieces,
  type Formulas,
  inPieces,
  rowPieces,
  rowsAtOnce,
} from '../../engine/control.ts';
import type { QueryResult, QueryResultJson } from '../../index.ts';
import type { AnswerFormat } from './formats.ts';

/** An answer on its way out. */
export interface Outgoing {
  readonly answer: AnswerInPieces;
  /** So many of its first rows are sent. */
  readonly rows: number;
  /** What is said of them. */
  readonly head: Omit<QueryResultJson, 'rows' | 'marks'>;
}

/** Cuts an answer off where it has too many rows, and says so in its notes. @param rowsMax how many are sent at most */
export function outgoing(result: QueryResult, rowsMax: number): Outgoing {
  const answer = inPieces(result);
  const { queryId, final, columns, rowCount } = answer;
  const rows = Math.min(rowCount, rowsMax);
  const truncated = rows < rowCount;
  const note = `these are the first ${rows} of ${rowCount} rows: the server sends no more`;
  const notes = truncated ? [...answer.answer.notes, note] : answer.answer.notes;
  const head = { queryId, final, columns, rowCount, truncated, answer: { ...answer.answer, notes } };
  return { answer, rows, head };
}

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

/** One JSON value, that of `toJSON()`. */
export function* jsonPieces({ answer, rows, head }: Outgoing): Generator<string> {
  const { answer: summary, ...rest } = head;
  yield `${JSON.stringify(rest).slice(0, -1)},"rows":[`;
  const places = [...rowPieces(head.columns, rows)];
  for (const [from, to] of places) yield itemsOf(answer.rowsJson(from, to), from === 0);
  const { marks } = answer;
  if (marks === null) yield '],"marks":null';
  else {
    yield '],"marks":[';
    for (const [from, to] of places) yield itemsOf(marks.slice(from, to), from === 0);
    yield ']';
  }
  yield `,"answer":${JSON.stringify(summary)}}`;
}

/** Items of an array without its brackets. */
function itemsOf(items: readonly unknown[], isFirst: boolean): string {
  return (isFirst ? '' : ',') + JSON.stringify(items).slice(1, -1);
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
