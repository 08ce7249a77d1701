import type { Table } from 'apache-arrow';
import type { SqlType } from '../plan/index.ts';
import { formatType } from '../plan/index.ts';
import { arrowTable } from './arrow-table.ts';
import { toCell, toJsonCell, type Value } from './cells.ts';
import type { AnswerSummary, Cell, QueryResult, QueryResultJson, ResultColumn, RowMark } from './contract.ts';

/** A column of an answer with its values. */
export interface AnswerColumn {
  readonly name: string;
  readonly role: ResultColumn['role'];
  readonly type: SqlType;
  readonly values: readonly Value[];
}

/** Cells of a piece of JSON. */
const cellsAtOnce = 2000;

/** An answer: columns of values, and what is to be said about them. */
export class Answer implements QueryResult {
  readonly columns: readonly ResultColumn[];
  private materialised: readonly (readonly Cell[])[] | null = null;

  constructor(
    readonly queryId: string,
    private readonly data: readonly AnswerColumn[],
    readonly answer: AnswerSummary,
    readonly marks: readonly RowMark[] | null,
    readonly final = true,
  ) {
    this.columns = data.map(({ name, role, type }) => ({ name, role, type: formatType(type) }));
  }

  /** The same answer for somebody else who asked the same. */
  withId(queryId: string): Answer {
    const { data, answer, marks, final } = this;
    return queryId === this.queryId ? this : new Answer(queryId, data, answer, marks, final);
  }

  get rowCount(): number {
    return this.data[0]?.values.length ?? 0;
  }

  get rows(): readonly (readonly Cell[])[] {
    this.materialised ??= this.byRow(toCell);
    return this.materialised;
  }

  toObjects(): Record<string, unknown>[] {
    return this.rows.map((row) => {
      const object = Object.create(null) as Record<string, unknown>; // no prototype: a column may be called __proto__
      for (const [place, { name }] of this.columns.entries()) {
        const cell = row[place]!; // as many cells as columns
        object[name] = typeof cell === 'object' && cell !== null && 'certified' in cell ? cell.value : cell;
      }
      return object;
    });
  }

  toJSON(): QueryResultJson {
    const { queryId, final, columns, marks, answer } = this;
    return { queryId, final, columns, rows: this.byRow(toJsonCell), marks, answer };
  }

  /** The text of {@link toJSON} in pieces of about a millisecond each: to make all of a large answer at once would hold others up. */
  *jsonPieces(): Generator<string> {
    const { queryId, final, columns, marks, answer, rowCount } = this;
    const rowsAtOnce = Math.ceil(cellsAtOnce / Math.max(1, columns.length));
    yield `${JSON.stringify({ queryId, final, columns }).slice(0, -1)},"rows":[`;
    yield* listPieces(rowCount, rowsAtOnce, (from, to) => this.byRow(toJsonCell, from, to));
    yield '],"marks":';
    if (marks === null) yield 'null';
    else {
      yield '[';
      yield* listPieces(marks.length, cellsAtOnce, (from, to) => marks.slice(from, to));
      yield ']';
    }
    yield `,"answer":${JSON.stringify(answer)}}`;
  }

  toArrow(): Table {
    return arrowTable(this.data);
  }

  private byRow<T>(convert: (value: Value, type: SqlType) => T, from = 0, to = this.rowCount): T[][] {
    return Array.from({ length: to - from }, (_, place) =>
      this.data.map(({ values, type }) => convert(values[from + place]!, type)),
    ); // as many values as rows
  }
}

/** The JSON of a list without its brackets, so many items at once. */
function* listPieces(
  length: number,
  atOnce: number,
  items: (from: number, to: number) => readonly unknown[],
): Generator<string> {
  for (let from = 0; from < length; from += atOnce) {
    const piece = JSON.stringify(items(from, Math.min(length, from + atOnce)));
    yield `${from === 0 ? '' : ','}${piece.slice(1, -1)}`;
  }
}
