import type { SampleEntry, SamplingMethod, TableEntry } from '../catalog/index.ts';
import { QueryError, type Span } from '../common/index.ts';
import type { Fence } from '../leases/index.ts';
import type { SampledClause } from '../parser/index.ts';
import {
  type AggregateQuery,
  type ColumnValue,
  drawnDesign,
  isNumeric,
  type SampleDesign,
  typeFromDuckDB,
} from '../plan/index.ts';
import { drawFiles } from './draw-files.ts';
import { sourceControl } from './exact-route.ts';
import type { RunControl } from './run-control.ts';
import { freeSampleName } from './samples.ts';
import type { EngineState } from './state.ts';
import { requireColumn, requireStrata } from './table-columns.ts';

/*
 * Tables that are themselves samples (CREATE TABLE … SAMPLED): a sample file with every row of theirs is made with them, and all
 * answers come from it. Of the population they have no exact answer.
 */

/** The order of rows in the sample file. It is the same for the same file, so answers from part of it repeat. */
const seed = 1;

const noSpan: Span = { start: 0, end: 0 };

/** What a SAMPLED clause says of a table, checked against its columns. @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, TYPE_MISMATCH */
export function resolveSampled(
  { stratifiedBy, source, column }: SampledClause,
  table: Pick<TableEntry, 'name' | 'columns'>,
): SamplingMethod {
  const columns = requireStrata(table, stratifiedBy);
  const name = requireColumn(table, column);
  const { type } = table.columns.find((each) => each.name === name)!; // requireColumn found it
  if (!isNumeric(typeFromDuckDB(type)))
    throw new QueryError(
      'TYPE_MISMATCH',
      `${source.toUpperCase()} needs a column of numbers; ${name} is ${type}`,
      {
        span: column.span,
      },
    );
  return { kind: 'given', columns, source, column: name };
}

/** Makes the sample file of a table that is itself a sample: all of its rows. @throws QueryError INVALID_FILE, CANCELLED, STORAGE */
export async function takeWhole(
  state: EngineState,
  table: Omit<TableEntry, 'id'>,
  method: SamplingMethod,
  fence: Fence,
  control: RunControl,
): Promise<Omit<SampleEntry, 'tableId'>> {
  const number = await state.catalog.nextFileNumber(fence);
  const built = await drawFiles(state, table, { method, seed, number }, sourceControl(control, 'scan'));
  const name = freeSampleName(state, table.name);
  return { id: number, name, version: 1, method, seed, ...built, createdMs: table.createdMs };
}

/** How a sample's rows came into it. */
export function designOf(
  { method }: Pick<SampleEntry, 'method'>,
  { columns }: Pick<AggregateQuery, 'columns'>,
): SampleDesign {
  if (method.kind !== 'given') return drawnDesign;
  if (method.source === 'population') return { ...drawnDesign, knowsPopulation: false };
  const place = columns.findIndex(({ name }) => name === method.column);
  const { name, type } = columns[place]!; // the table was made with it
  const weight: ColumnValue = { kind: 'column', relation: 0, column: place, name, type, span: noSpan };
  const kind = method.columns.length === 0 ? 'independent-weights' : 'weights-in-strata';
  return { kind, weight, knowsPopulation: false };
}

/** The error of a query that only an exact answer would do for. */
export function noExactAnswer(table: string, reason: string): QueryError {
  return new QueryError(
    'NO_EXACT_ANSWER',
    `${table} is itself a sample, so nothing can be answered exactly: ${reason}`,
    {
      hint: 'to ask about the rows of the file themselves, CREATE TABLE … FROM it without SAMPLED',
    },
  );
}

/** The error of a table that is itself a sample and whose file is another now. */
export function changedFile({ name }: TableEntry, path: string): QueryError {
  return new QueryError('CHANGED_FILE', `the file ${path} has changed since ${name} was created`, {
    hint: `DROP TABLE ${name} and create it again`,
  });
}

/** What a column is to a table that is itself a sample: null: nothing but a column. */
export function samplingRole({ method }: SampleEntry, column: string): string | null {
  if (method.kind !== 'given') return null;
  if (method.columns.includes(column))
    return method.column === column ? `stratum, ${method.source}` : 'stratum';
  return method.column === column ? method.source : null;
}
