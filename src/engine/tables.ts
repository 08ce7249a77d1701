import { findNamed, givenSampleOf, type TableEntry } from '../catalog/index.ts';
import { didYouMean, QueryError, type Span, storageError } from '../common/index.ts';
import { damagedTable } from '../planner/index.ts';
import type { CreateTableStatement, DescribeStatement, DropStatement, Identifier } from '../parser/index.ts';
import { ownColumnNames } from '../samples/index.ts';
import { type BuildClaim, claimTableFiles, underClaim } from './build-claim.ts';
import { countOf, describeMethod } from './describe.ts';
import { sourceControl } from './exact-route.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import { resolveSampled, samplingRole, takeWhole } from './sampled-tables.ts';
import { letGoOfSamples } from './samples.ts';
import type { EngineState } from './state.ts';
import { findFiles, type FoundFiles } from './table-files.ts';
import { statAll, takeFiles } from './take-files.ts';

const { text, count } = commandTypes;

/** The table with this name. @throws QueryError UNKNOWN_TABLE, DAMAGED_CATALOG with the name's place */
export function requireTable(state: EngineState, identifier: Identifier): TableEntry {
  const table = requireEntry(state, identifier);
  if (table.trouble !== undefined) throw damagedTable(table.name, table.trouble, identifier.span);
  return table;
}

/** The same where what the catalog says of the table does not matter. */
function requireEntry(state: EngineState, { name, span }: Identifier): TableEntry {
  const { tables } = state.catalog.snapshot();
  const table = findNamed(tables, name);
  if (table !== undefined) return table;
  const hint =
    didYouMean(
      name,
      tables.map((each) => each.name),
    ) ?? (tables.length === 0 ? "there are no tables yet: CREATE TABLE t FROM 'file.parquet'" : undefined);
  throw new QueryError('UNKNOWN_TABLE', `there is no table ${name}`, { span, hint });
}

/**
 * CREATE TABLE … FROM: registers Parquet files where they are; files of other formats are first written as one Parquet file.
 * @throws QueryError DUPLICATE_NAME, MISSING_FILE, FORBIDDEN_PATH, INVALID_FILE, NOT_SUPPORTED, STORAGE; of a SAMPLED clause also
 * UNKNOWN_COLUMN, INVALID_ARGUMENT, TYPE_MISMATCH
 */
export async function createTable(
  state: EngineState,
  statement: CreateTableStatement,
  control: RunControl,
): Promise<RoutedAnswer> {
  const { name, source, ifNotExists } = statement;
  const existing = findNamed(state.catalog.snapshot().tables, name.name);
  if (existing !== undefined) {
    if (ifNotExists) return tableAnswer(existing, `there is a table ${existing.name} already`);
    throw new QueryError('DUPLICATE_NAME', `there is already a table named ${existing.name}`, {
      span: name.span,
      hint: `DROP TABLE ${existing.name} first, or choose another name`,
    });
  }
  const found = await located(source.span, () =>
    findFiles(state.environment.files, source.value, state.allowedPaths, source.span),
  );
  if (found.format === 'parquet' && statement.sampled === null)
    return await register(state, statement, found, control, null);
  const claim = await claimTableFiles(state, name.name);
  return await underClaim(state, claim, control, () => register(state, statement, found, control, claim));
}

/** The right to write files; null where none are written. */
type TableClaim = Pick<BuildClaim, 'lease'>;

/** Puts files into the catalog as a table, with the sample that it is, where it is one. */
async function register(
  state: EngineState,
  { name, source: from, sampled }: CreateTableStatement,
  { format, paths, source }: FoundFiles,
  control: RunControl,
  claim: TableClaim | null,
): Promise<RoutedAnswer> {
  const { columns, files } = await located(from.span, async () => {
    const sources = await statAll(state.environment.files, paths);
    const work = { fence: claim?.lease ?? null, watch: sourceControl(control, 'scan') };
    return await takeFiles(state, { format, sources, firstId: 1 }, work);
  });
  refuseReserved(
    columns.map((column) => column.name),
    from.span,
  );
  const table: Omit<TableEntry, 'id'> = {
    name: name.name,
    source,
    format,
    columns,
    files,
    rows: files.reduce((sum, file) => sum + file.rows, 0),
    createdMs: state.environment.clock.nowMs(),
    isSample: sampled !== null,
  };
  if (sampled === null || claim === null) {
    await state.catalog.addTable(table, claim === null ? {} : { fence: claim.lease });
    return tableAnswer(table, `table ${table.name} registered`);
  }
  const method = resolveSampled(sampled, table);
  const sample = await located(sampled.column.span, () =>
    takeWhole(state, table, method, claim.lease, control),
  );
  await state.catalog.addTable(table, { sample, fence: claim.lease });
  return tableAnswer(table, `table ${table.name} registered, a sample: ${describeMethod(method)}`);
}

function tableAnswer({ name, rows, columns, files }: Omit<TableEntry, 'id'>, reason: string): RoutedAnswer {
  const shown = [
    ['table', text],
    ['rows', count],
    ['columns', count],
    ['files', count],
  ] as const;
  return rowsAnswer(shown, [[name, rows, columns.length, files.length]], reason);
}

/** Errors about the files point to the FROM, or to the column that tells how they were sampled. */
async function located<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (raw) {
    const error = storageError(raw, 'read the files');
    if (!(error instanceof QueryError) || error.span !== undefined) throw error;
    throw new QueryError(error.code, error.message, { span, hint: error.hint, cause: error });
  }
}

function refuseReserved(names: readonly string[], span: Span): void {
  const reserved = names.find((name) => ownColumnNames.includes(name));
  if (reserved !== undefined)
    throw new QueryError('INVALID_FILE', `the column name ${reserved} is reserved for samples`, { span });
}

/** DROP TABLE: the table and its samples; files that the user owns stay. */
export async function dropTable(
  state: EngineState,
  { name, ifExists }: DropStatement,
): Promise<RoutedAnswer> {
  if (ifExists && findNamed(state.catalog.snapshot().tables, name.name) === undefined)
    return rowsAnswer([['table', text]], [], `there is no table ${name.name}`);
  const table = requireEntry(state, name);
  const all = state.catalog.snapshot().samples.filter(({ tableId }) => tableId === table.id);
  const samples = all.filter(({ method }) => method.kind !== 'given');
  await state.catalog.dropTable(table.id);
  await letGoOfSamples(state, all);
  return rowsAnswer(
    [
      ['table', text],
      ['samples', count],
    ],
    [[table.name, samples.length]],
    `table ${table.name} dropped, with ${countOf(samples.length, 'sample')}`,
  );
}

/** DESCRIBE t: its columns, and of a table that is itself a sample what they tell of the sampling. */
export function describeTable(state: EngineState, { table }: DescribeStatement): RoutedAnswer {
  const found = requireTable(state, table);
  const { name, columns } = found;
  const sample = givenSampleOf(state.catalog.snapshot(), found);
  const shown = [
    ['column_name', text],
    ['column_type', text],
  ] as const;
  if (sample === undefined)
    return rowsAnswer(
      shown,
      columns.map((column) => [column.name, column.type]),
      `the columns of ${name}`,
    );
  return rowsAnswer(
    [...shown, ['sampling', text]],
    columns.map((column) => [column.name, column.type, samplingRole(sample, column.name)]),
    `the columns of ${name}, which is itself a sample: ${describeMethod(sample.method)}`,
  );
}
