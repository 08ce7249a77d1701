import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Arrow from 'apache-arrow';
import type { RecordBatch, Table, Vector } from 'apache-arrow';
import type { Estimate } from '../plan/index.ts';
import { isEstimate, toJsonCell, type Value } from './cells.ts';
import type { AnswerColumn } from './query-result.ts';

/** The columns as an Arrow table. */
export function arrowTable(columns: readonly AnswerColumn[]): Table {
  const arrow = loadArrow();
  const rows = columns[0]?.values.length ?? 0;
  const batch = batchOf(arrow, slice(columns, 0, rows), new Map());
  return new arrow.Table(batch.schema, rows === 0 ? [] : [batch]);
}

/**
 * The first rows as an Arrow IPC stream: the schema, then a batch a piece.
 * @param rows how many
 * @param metadata of the schema
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
 */
export function* arrowStream(
  columns: readonly AnswerColumn[],
  rows: number,
  metadata: ReadonlyMap<string, string>,
): Generator<Uint8Array> {
  const arrow = loadArrow();
  let written: Uint8Array[] = [];
  // The writer's own queue can only be read to its end.
  class Sink extends arrow.AsyncByteQueue {
    override write(bytes: Uint8Array): void {
      written.push(bytes);
    }
  }
  const take = (): Uint8Array => {
    const piece = Buffer.concat(written);
    written = [];
    return piece;
  };
  const { schema } = batchOf(arrow, slice(columns, 0, 0), metadata);
  const writer = new arrow.RecordBatchStreamWriter().reset(new Sink(), schema);
  yield take();
  for (let from = 0; from < rows; from += batchRows(columns)) {
    const piece = slice(columns, from, Math.min(rows, from + batchRows(columns)));
    writer.write(new arrow.RecordBatch(schema, batchOf(arrow, piece, metadata).data));
    yield take();
  }
  writer.finish();
  yield take();
}

/** Values that a batch has, about: some two milliseconds' work. */
const valuesAtOnce = 20_000;

function batchRows(columns: readonly AnswerColumn[]): number {
  const values = columns.reduce((sum, { role }) => sum + (role === 'estimate' ? 5 : 1), 0);
  return Math.max(1, Math.floor(valuesAtOnce / values));
}

/** A column whose values lie in an array. */
interface ArrayColumn extends AnswerColumn {
  readonly values: readonly Value[];
}

const slice = (columns: readonly AnswerColumn[], from: number, to: number): ArrayColumn[] =>
  columns.map((column) => ({ ...column, values: column.values.slice(from, to) }));

function batchOf(
  arrow: typeof Arrow,
  columns: readonly ArrayColumn[],
  metadata: ReadonlyMap<string, string>,
): RecordBatch {
  const vectors = new Map<string, Vector>();
  for (const column of columns) {
    const named =
      column.role === 'estimate'
        ? estimateVectors(arrow, column)
        : [['', plainVector(arrow, column)] as const];
    for (const [suffix, vector] of named) vectors.set(freeName(column.name + suffix, vectors), vector);
  }
  // Nullable whether there is a NULL or not: all batches of a stream have one schema.
  const fields = [...vectors].map(([name, { type }]) => new arrow.Field(name, type, true));
  const length = columns[0]?.values.length ?? 0;
  const children = [...vectors.values()].map(({ data }) => data[0]!); // made in one piece
  const data = arrow.makeData({ type: new arrow.Struct(fields), length, nullCount: 0, children });
  return new arrow.RecordBatch(new arrow.Schema(fields, new Map(metadata)), data);
}

/**
 * What `import 'apache-arrow'` gives, whose tables are the caller's own, loaded with the first table: it takes longer than an answer.
 * `require` of its name would give classes apart from these.
 */
function loadArrow(): typeof Arrow {
  const requireHere = createRequire(import.meta.url);
  return requireHere(join(dirname(requireHere.resolve('apache-arrow')), 'Arrow.node.mjs')) as typeof Arrow;
}

/** The name, or with a number behind it where it is taken: an Arrow table has each name once. */
function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 1; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}

function plainVector(arrow: typeof Arrow, { values, type }: ArrayColumn): Vector {
  const plain = values.map((value) => (value !== null && isEstimate(value) ? value.value : value));
  switch (type.kind) {
    case 'boolean':
      return arrow.vectorFromArray(plain as (boolean | null)[], new arrow.Bool()); // the form of BOOLEAN
    case 'integer':
      if (type.bits > 64) return numbers(arrow, plain);
      return arrow.vectorFromArray(
        plain.map((value) => (value === null ? null : BigInt(value as number))),
        new arrow.Int64(),
      );
    case 'float':
    case 'double':
      return numbers(arrow, plain);
    case 'decimal':
      return numbers(
        arrow,
        plain.map((value) => (value === null ? null : Number(value) / 10 ** type.scale)),
      );
    case 'date':
      return arrow.vectorFromArray(
        plain.map((value) => (value === null ? null : new Date(Number(value) * 86_400_000))),
        new arrow.DateDay(),
      );
    case 'timestamp':
      return arrow.vectorFromArray(
        plain.map((value) => (value === null ? null : Number(value) / 1000)),
        new arrow.TimestampMicrosecond(type.zone ? 'UTC' : null),
      );
    default:
      return arrow.vectorFromArray(
        values.map((value) => (value === null ? null : (toJsonCell(value, type) as string))),
        new arrow.Utf8(),
      );
  }
}

/** Filled in place: the builders behind `vectorFromArray` take several times as long. */
function numbers(arrow: typeof Arrow, values: readonly unknown[]): Vector {
  const length = values.length;
  const data = new Float64Array(length);
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  let nullCount = 0;
  for (const [row, value] of values.entries()) {
    if (value === null) nullCount++;
    else {
      data[row] = Number(value);
      nullBitmap[row >> 3]! |= 1 << (row & 7); // a bit a row
    }
  }
  const type = new arrow.Float64();
  return arrow.makeVector(
    arrow.makeData({ type, length, nullCount, data, ...(nullCount === 0 ? {} : { nullBitmap }) }),
  );
}

function estimateVectors(
  arrow: typeof Arrow,
  { values }: ArrayColumn,
): (readonly [suffix: string, Vector])[] {
  const estimates = values as readonly Estimate[]; // a column of this role holds nothing else
  const of = (part: 'value' | 'low' | 'high' | 'stdError'): Vector =>
    numbers(
      arrow,
      estimates.map((estimate) => estimate[part]),
    );
  const certified = arrow.vectorFromArray(
    estimates.map((estimate) => estimate.certified),
    new arrow.Bool(),
  );
  return [
    ['', of('value')],
    ['_low', of('low')],
    ['_high', of('high')],
    ['_stderr', of('stdError')],
    ['_certified', certified],
  ];
}
