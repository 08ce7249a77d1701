import type { Table } from 'apache-arrow';
import type { Estimate, SqlType } from '../plan/index.ts';
import { formatType } from '../plan/index.ts';
import type { AnswerInPieces, IntervalCount } from './answer-pieces.ts';
import { arrowStream, arrowTable } from './arrow-table.ts';
import { toCell, toJsonCell, type Value } from './cells.ts';
import type {
  AnswerSummary,
  Cell,
  JsonCell,
  QueryResult,
  QueryResultJson,
  ResultColumn,
  RowMark,
} from './contract.ts';

/** Values by row, in an array or made when they are asked for. */
export interface ColumnValues {
  readonly length: number;
  /** Every row has one. */
  at(row: number): Value | undefined;
  /** Those of rows [from, to). */
  slice(from: number, to: number): readonly Value[];
}

/** A column of an answer with its values. */
export interface AnswerColumn {
  readonly name: string;
  readonly role: ResultColumn['role'];
  readonly type: SqlType;
  readonly values: ColumnValues;
}

/** An answer: columns of values, and what is to be said about them. */
export class Answer implements QueryResult, AnswerInPieces {
  readonly columns: readonly ResultColumn[];
  readonly rowCount: number;
  private materialised: readonly (readonly Cell[])[] | null = null;

  constructor(
    readonly queryId: string,
    private readonly data: readonly AnswerColumn[],
    readonly answer: AnswerSummary,
    readonly marks: readonly RowMark[] | null,
    readonly final = true,
  ) {
    this.columns = data.map(({ name, role, type }) => ({ name, role, type: formatType(type) }));
    this.rowCount = data[0]?.values.length ?? 0;
  }

  /** The same answer for somebody else who asked the same. */
  withId(queryId: string): Answer {
    const { data, answer, marks, final } = this;
    return queryId === this.queryId ? this : new Answer(queryId, data, answer, marks, final);
  }

  get rows(): readonly (readonly Cell[])[] {
    this.materialised ??= this.byRow(toCell, 0, this.rowCount);
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
    const { queryId, final, columns, rowCount, marks, answer } = this;
    const rows = this.rowsJson(0, rowCount);
    return { queryId, final, columns, rowCount, truncated: false, rows, marks, answer };
  }

  toArrow(): Table {
    return arrowTable(this.data);
  }

  rowsJson(from: number, to: number): JsonCell[][] {
    return this.byRow(toJsonCell, from, to);
  }

  arrowStream(rows: number, metadata: ReadonlyMap<string, string>): Generator<Uint8Array> {
    return arrowStream(this.data, rows, metadata);
  }

  countIntervals(from: number, to: number): IntervalCount {
    let [count, certified] = [0, 0];
    for (const { role, values } of this.data) {
      if (role !== 'estimate') continue;
      for (let row = from; row < to; row++) {
        const { low, high, exact, certified: isCertified } = values.at(row) as Estimate; // a column of this role holds nothing else
        if (exact || (low === null && high === null)) continue;
        count++;
        if (isCertified) certified++;
      }
    }
    return { count, certified };
  }

  private byRow<T>(convert: (value: Value, type: SqlType) => T, from: number, to: number): T[][] {
    return Array.from({ length: to - from }, (_, place) =>
      this.data.map(({ values, type }) => convert(values.at(from + place)!, type)),
    ); // as many values as rows
  }
}
