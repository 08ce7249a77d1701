import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Arrow from 'apache-arrow';
import type { Table, Vector } from 'apache-arrow';
import type { Estimate } from '../plan/index.ts';
import { isEstimate, toJsonCell } from './cells.ts';
import type { AnswerColumn } from './query-result.ts';

/** The columns as an Arrow table. */
export function arrowTable(columns: readonly AnswerColumn[]): Table {
  const arrow = loadArrow();
  const vectors: Record<string, Vector> = Object.create(null) as Record<string, Vector>; // no prototype: a column may be called __proto__
  for (const column of columns) {
    const named =
      column.role === 'estimate'
        ? estimateVectors(arrow, column)
        : { [column.name]: plainVector(arrow, column) };
    for (const [name, vector] of Object.entries(named)) vectors[freeName(name, vectors)] = vector;
  }
  return new arrow.Table(vectors);
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
function freeName(name: string, taken: Record<string, Vector>): string {
  let free = name;
  for (let number = 1; Object.hasOwn(taken, free); number++) free = `${name}_${number}`;
  return free;
}

function plainVector(arrow: typeof Arrow, { values, type }: AnswerColumn): Vector {
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

const numbers = (arrow: typeof Arrow, values: readonly unknown[]): Vector =>
  arrow.vectorFromArray(
    values.map((value) => (value === null ? null : Number(value))),
    new arrow.Float64(),
  );

function estimateVectors(arrow: typeof Arrow, { name, values }: AnswerColumn): Record<string, Vector> {
  const estimates = values as readonly Estimate[]; // a column of this role holds nothing else
  return {
    [name]: numbers(
      arrow,
      estimates.map(({ value }) => value),
    ),
    [`${name}_low`]: numbers(
      arrow,
      estimates.map(({ low }) => low),
    ),
    [`${name}_high`]: numbers(
      arrow,
      estimates.map(({ high }) => high),
    ),
    [`${name}_stderr`]: numbers(
      arrow,
      estimates.map(({ stdError }) => stdError),
    ),
    [`${name}_certified`]: arrow.vectorFromArray(
      estimates.map(({ certified }) => certified),
      new arrow.Bool(),
    ),
  };
}
