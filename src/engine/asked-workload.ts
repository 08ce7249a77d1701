import type { TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { type CreateSamplesStatement, parseStatement } from '../parser/index.ts';
import { isNumeric, typeFromDuckDB } from '../plan/index.ts';
import { type AskedColumns, askedColumns } from '../planner/index.ts';
import { columnsKey, type WeightedColumns } from '../sampler/index.ts';
import type { RunControl } from './run-control.ts';
import type { EngineState } from './state.ts';
import { canStratify, requireStrata } from './table-columns.ts';

/** What people ask of a table, as far as it matters to samples. */
export interface AskedWorkload {
  /** Statements of the log that it was made of. */
  readonly queries: number;
  /** Columns that are filtered and grouped by together, those that strata can be made of; weights add up to 1. May hold the empty set. */
  readonly sets: readonly (WeightedColumns & {
    /** Asked for by FOR. */
    readonly isNamed: boolean;
  })[];
  /** Numeric columns that are summed up or averaged. */
  readonly measures: readonly string[];
  /** The relative error that is asked for: the median of all that were; null: none was. */
  readonly error: { readonly bound: number; readonly confidence: number } | null;
}

/**
 * What people ask of a table: its statements in the log, and the column sets that FOR names. Where there are both, each counts half.
 * @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, NOT_SUPPORTED for columns of FOR; CANCELLED
 */
export async function readWorkload(
  state: EngineState,
  { columnSets }: CreateSamplesStatement,
  table: TableEntry,
  control: RunControl,
): Promise<AskedWorkload> {
  const named = columnSets.map((names) => requireStrata(table, names));
  const asked = await askedOf(state, table, control);
  const queries = asked.reduce((sum, { count }) => sum + count, 0);
  const sets = new Map<string, { columns: readonly string[]; weight: number; isNamed: boolean }>();
  const add = (columns: readonly string[], weight: number, isNamed: boolean): void => {
    const known = sets.get(columnsKey(columns));
    if (known === undefined) sets.set(columnsKey(columns), { columns, weight, isNamed });
    else sets.set(columnsKey(columns), { ...known, weight: known.weight + weight, isNamed: known.isNamed || isNamed }); // prettier-ignore
  };
  const logShare = named.length === 0 ? 1 : 1 / 2;
  const namedShare = queries === 0 ? 1 : 1 / 2;
  for (const columns of named) add(columns, namedShare / named.length, true);
  for (const { asked: each, count } of asked)
    add(each.columns.filter(typeTest(table, canStratify)), (logShare * count) / queries, false);
  const measures = new Set(asked.flatMap(({ asked: each }) => each.measures));
  return {
    queries,
    sets: [...sets.values()].toSorted((a, b) => b.weight - a.weight),
    measures: [...measures].filter(typeTest(table, (type) => isNumeric(typeFromDuckDB(type)))),
    error: medianError(asked),
  };
}

/** A test of columns by the type that they have. */
function typeTest({ columns }: TableEntry, test: (type: string) => boolean): (name: string) => boolean {
  const passing = new Set(columns.filter(({ type }) => test(type)).map(({ name }) => name));
  return (name) => passing.has(name);
}

interface AskedOften {
  readonly asked: AskedColumns;
  readonly count: number;
}

/** What the log's statements ask of the table. Each text is planned once; what does not fit the catalog any more is left out. */
async function askedOf(state: EngineState, table: TableEntry, control: RunControl): Promise<AskedOften[]> {
  const counts = new Map<string, number>();
  for (const { sql } of await state.log.latest()) counts.set(sql, (counts.get(sql) ?? 0) + 1);
  const found: AskedOften[] = [];
  for (const [sql, count] of counts) {
    await control.pause();
    const asked = askedBy(state, sql);
    if (asked?.table === table.name) found.push({ asked, count });
  }
  return found;
}

function askedBy({ catalog, environment }: EngineState, sql: string): AskedColumns | null {
  try {
    const statement = parseStatement(sql);
    if (statement.kind !== 'select-statement') return null;
    return askedColumns(statement, catalog.snapshot(), environment.clock);
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

function medianError(asked: readonly AskedOften[]): AskedWorkload['error'] {
  const errors = asked
    .flatMap(({ asked: { error }, count }) => (error === null ? [] : [{ error, count }]))
    .toSorted((a, b) => a.error.bound - b.error.bound);
  const half = errors.reduce((sum, { count }) => sum + count, 0) / 2;
  let seen = 0;
  for (const { error, count } of errors) {
    seen += count;
    if (seen >= half) return error;
  }
  return null;
}
