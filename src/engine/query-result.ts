import {
  DateDay,
  Bool,
  Float64,
  Int64,
  Table,
  TimestampMicrosecond,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import type { Estimate, SqlType } from '../plan/index.ts';
import { formatType } from '../plan/index.ts';
import { isEstimate, toCell, toJsonCell, type Value } from './cells.ts';
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
    const vectors: Record<string, Vector> = Object.create(null) as Record<string, Vector>; // no prototype, as above
    for (const column of this.data) {
      const named =
        column.role === 'estimate' ? estimateVectors(column) : { [column.name]: plainVector(column) };
      for (const [name, vector] of Object.entries(named)) vectors[freeName(name, vectors)] = vector;
    }
    return new Table(vectors);
  }

  private byRow<T>(convert: (value: Value, type: SqlType) => T): T[][] {
    const rows = this.data[0]?.values.length ?? 0;
    return Array.from({ length: rows }, (_, row) =>
      this.data.map(({ values, type }) => convert(values[row]!, type)),
    ); // as many values as rows
  }
}

/** The name, or with a number behind it where it is taken: an Arrow table has each name once. */
function freeName(name: string, taken: Record<string, Vector>): string {
  let free = name;
  for (let number = 1; Object.hasOwn(taken, free); number++) free = `${name}_${number}`;
  return free;
}

function plainVector({ values, type }: AnswerColumn): Vector {
  const plain = values.map((value) => (value !== null && isEstimate(value) ? value.value : value));
  switch (type.kind) {
    case 'boolean':
      return vectorFromArray(plain as (boolean | null)[], new Bool()); // the form of BOOLEAN
    case 'integer':
      if (type.bits > 64) return numbers(plain);
      return vectorFromArray(
        plain.map((value) => (value === null ? null : BigInt(value as number))),
        new Int64(),
      );
    case 'float':
    case 'double':
      return numbers(plain);
    case 'decimal':
      return numbers(plain.map((value) => (value === null ? null : Number(value) / 10 ** type.scale)));
    case 'date':
      return vectorFromArray(
        plain.map((value) => (value === null ? null : new Date(Number(value) * 86_400_000))),
        new DateDay(),
      );
    case 'timestamp':
      return vectorFromArray(
        plain.map((value) => (value === null ? null : Number(value) / 1000)),
        new TimestampMicrosecond(type.zone ? 'UTC' : null),
      );
    default:
      return vectorFromArray(
        values.map((value) => (value === null ? null : (toJsonCell(value, type) as string))),
        new Utf8(),
      );
  }
}

const numbers = (values: readonly unknown[]): Vector =>
  vectorFromArray(
    values.map((value) => (value === null ? null : Number(value))),
    new Float64(),
  );

function estimateVectors({ name, values }: AnswerColumn): Record<string, Vector> {
  const estimates = values as readonly Estimate[]; // a column of this role holds nothing else
  return {
    [name]: numbers(estimates.map(({ value }) => value)),
    [`${name}_low`]: numbers(estimates.map(({ low }) => low)),
    [`${name}_high`]: numbers(estimates.map(({ high }) => high)),
    [`${name}_stderr`]: numbers(estimates.map(({ stdError }) => stdError)),
    [`${name}_certified`]: vectorFromArray(
      estimates.map(({ certified }) => certified),
      new Bool(),
    ),
  };
}
