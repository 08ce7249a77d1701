import type { JsonCell, QueryResult, ResultColumn } from './contract.ts';

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
