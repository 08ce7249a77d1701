import type { JsonCell, QueryResult, QueryResultJson, ResultColumn } from './contract.ts';

/*
 * An answer as a door sends it: piece by piece, so that one of 100,000 rows holds nobody else up. No part of the public face.
 */

/** What a door takes from an answer. */
export interface AnswerInPieces extends Pick<
  QueryResult,
  'queryId' | 'final' | 'columns' | 'marks' | 'answer'
> {
  readonly rowCount: number;
  /** Rows [from, to), as `toJSON()` has them. */
  rowsJson(from: number, to: number): JsonCell[][];
  /**
   * The first rows as an Arrow IPC stream: the schema, then a batch a piece.
   * @param rows how many
   * @param metadata of the schema
   */
  arrowStream(rows: number, metadata: ReadonlyMap<string, string>): Generator<Uint8Array>;
  /** Of the estimates in rows [from, to). */
  countIntervals(from: number, to: number): IntervalCount;
}

/** Intervals, and how many of them are certified; numbers that are exact, and those without ends, are none. */
export interface IntervalCount {
  readonly count: number;
  readonly certified: number;
}

/** Cells that a piece has, about: one or two milliseconds' work as JSON where they are estimates. */
const cellsAtOnce = 1000;

/** Cuts rows into pieces. @param rows how many */
export function* rowPieces(
  columns: readonly ResultColumn[],
  rows: number,
): Generator<readonly [from: number, to: number]> {
  const atOnce = rowsAtOnce(columns.length);
  for (let from = 0; from < rows; from += atOnce) yield [from, Math.min(rows, from + atOnce)];
}

/** Rows of a piece. @param columns how many a row has */
export function rowsAtOnce(columns: number): number {
  return Math.max(1, Math.floor(cellsAtOnce / Math.max(1, columns)));
}

/** An answer on its way out. */
export interface Outgoing {
  readonly answer: AnswerInPieces;
  /** So many of its first rows are sent. */
  readonly rows: number;
  /** What is said of them. */
  readonly head: Omit<QueryResultJson, 'rows' | 'marks'>;
}

/** Cuts an answer off where it has too many rows, and says so in its notes. @param rowsMax how many are sent at most */
export function outgoing(answer: AnswerInPieces, rowsMax: number): Outgoing {
  const { queryId, final, columns, rowCount } = answer;
  const rows = Math.min(rowCount, rowsMax);
  const truncated = rows < rowCount;
  const note = `these are the first ${rows} of ${rowCount} rows: the server sends no more`;
  const notes = truncated ? [...answer.answer.notes, note] : answer.answer.notes;
  const head = { queryId, final, columns, rowCount, truncated, answer: { ...answer.answer, notes } };
  return { answer, rows, head };
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
