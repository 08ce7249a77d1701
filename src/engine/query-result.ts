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

  toArrow(): Table {
    return arrowTable(this.data);
  }

  private byRow<T>(convert: (value: Value, type: SqlType) => T): T[][] {
    const rows = this.data[0]?.values.length ?? 0;
    return Array.from({ length: rows }, (_, row) =>
      this.data.map(({ values, type }) => convert(values[row]!, type)),
    ); // as many values as rows
  }
}
