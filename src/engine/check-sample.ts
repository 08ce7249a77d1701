import { findNamed, type SampleEntry, type SamplingMethod, type TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { CreateSampleStatement, Identifier, NumberWithSpan, SampleMethod } from '../parser/index.ts';
import { typeFromDuckDB } from '../plan/index.ts';
import type { BuildRequest } from '../sampler/index.ts';
import type { EngineState } from './state.ts';
import { requireColumn, requireStrata } from './table-columns.ts';

/* What is checked of samples before any is drawn. */

/** A sample as a statement asks for it. */
export type AskedSample = Omit<CreateSampleStatement, 'kind' | 'span'>;

/** A sample that can be drawn, as far as can be told before. */
export interface CheckedSample
  extends Pick<AskedSample, 'name' | 'ifNotExists'>, Pick<BuildRequest, 'method' | 'seed'> {
  readonly outliersOf: readonly string[];
}

/** A sample that is there already and stays as it is. */
export interface KeptSample {
  readonly entry: SampleEntry;
  readonly reason: string;
}

/**
 * Checks all of a sample that can be checked before it is drawn, but for who else builds it.
 * @returns the sample of the name where there is one and the statement says IF NOT EXISTS
 * @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, TYPE_MISMATCH, NOT_SUPPORTED, DUPLICATE_NAME, CHANGED_FILE, with their place
 */
export async function checkSample(
  state: EngineState,
  asked: AskedSample,
  table: TableEntry,
): Promise<CheckedSample | KeptSample> {
  const { name, ifNotExists } = asked;
  const existing = name === null ? undefined : findNamed(state.troubles.snapshot().samples, name.name);
  if (existing !== undefined) {
    const { trouble } = existing;
    const known = trouble === undefined ? '' : `, which is ${trouble.kind}: ${trouble.reason}`;
    if (ifNotExists) return { entry: existing, reason: `there is a sample ${existing.name} already${known}` };
    throw new QueryError('DUPLICATE_NAME', `there is already a sample named ${existing.name}${known}`, {
      span: name!.span,
      hint: `DROP SAMPLE ${existing.name} first, or choose another name`,
    }); // only a name is found
  }
  await refuseUnfit(state, asked.table, table);
  const method = resolveMethod(asked.method, table);
  const outliersOf = resolveOutliers(asked.outliersOf, table, method);
  return { name, ifNotExists, method, outliersOf, seed: resolveSeed(asked.seed, state) };
}

/**
 * Refuses tables that no sample is drawn of, at the place where the statement names them.
 * @throws QueryError NOT_SUPPORTED where it is itself a sample, CHANGED_FILE where a file is not what it was
 */
export async function refuseUnfit(
  state: EngineState,
  { span }: Identifier,
  table: TableEntry,
): Promise<void> {
  if (table.isSample) {
    throw new QueryError(
      'NOT_SUPPORTED',
      `${table.name} is itself a sample: its queries are answered from all of it`,
      {
        span,
        hint: 'to draw samples of the file, CREATE TABLE … FROM it without SAMPLED',
      },
    );
  }
  const changed = await state.fingerprints.changedFile(table);
  if (changed !== null) {
    throw new QueryError('CHANGED_FILE', `the file ${changed} has changed since ${table.name} was created`, {
      span,
      hint:
        table.format === 'parquet'
          ? `REFRESH SAMPLES ON ${table.name}`
          : `DROP TABLE ${table.name} and create it again`,
    });
  }
}

/** The method as the catalog keeps it. @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, NOT_SUPPORTED with their place */
function resolveMethod(method: SampleMethod, table: TableEntry): SamplingMethod {
  if (method.kind === 'uniform') {
    const { unit, amount } = method.size;
    if (unit === 'rows') return { kind: 'uniform', unit, amount: wholeRows(amount, 'UNIFORM') };
    return { kind: 'uniform', unit, amount: checkedPercent(amount, 'UNIFORM') };
  }
  const columns = requireStrata(table, method.columns, method.kind === 'universe' ? 'keys' : 'strata');
  return method.kind === 'universe'
    ? { kind: 'universe', columns, percent: checkedPercent(method.percent, 'UNIVERSE BY') }
    : { kind: 'stratified', columns, cap: wholeRows(method.cap, 'CAP') };
}

/** A percentage of a clause. @throws QueryError INVALID_ARGUMENT */
export function checkedPercent({ value, span }: NumberWithSpan, clause: string): number {
  if (value > 0 && value <= 100) return value;
  throw new QueryError('INVALID_ARGUMENT', `${clause} needs a percentage above 0, up to 100`, { span });
}

/** Types that have magnitudes. */
const measurable = ['integer', 'decimal', 'float', 'double'];

/** The columns of OUTLIERS OF. @throws QueryError UNKNOWN_COLUMN, INVALID_ARGUMENT, TYPE_MISMATCH, NOT_SUPPORTED with their place */
function resolveOutliers(
  identifiers: readonly Identifier[],
  table: TableEntry,
  method: SamplingMethod,
): string[] {
  const [first] = identifiers;
  if (first !== undefined && method.kind === 'universe') {
    throw new QueryError('NOT_SUPPORTED', 'OUTLIERS OF takes rows; UNIVERSE BY draws keys', {
      span: first.span,
      hint: 'draw a sample of rows for sums of heavy values',
    });
  }
  const columns = identifiers.map((identifier) => requireColumn(table, identifier));
  for (const [place, column] of columns.entries()) {
    const { span } = identifiers[place]!; // one column each
    if (columns.indexOf(column) < place)
      throw new QueryError('INVALID_ARGUMENT', `column ${column} is named twice`, { span });
    const { type } = table.columns.find(({ name }) => name === column)!; // requireColumn found it
    if (!measurable.includes(typeFromDuckDB(type).kind))
      throw new QueryError('TYPE_MISMATCH', `OUTLIERS OF needs numbers; ${column} is of type ${type}`, {
        span,
      });
  }
  return columns;
}

/** A number of rows of a clause. @throws QueryError INVALID_ARGUMENT */
export function wholeRows({ value, span }: NumberWithSpan, clause: string): number {
  if (Number.isSafeInteger(value) && value >= 1 && value <= 2 ** 31 - 1) return value;
  throw new QueryError('INVALID_ARGUMENT', `${clause} needs a whole number of rows, 1 or more`, { span });
}

function resolveSeed(seed: NumberWithSpan | null, state: EngineState): number {
  if (seed === null) return state.environment.newSeed();
  if (Number.isSafeInteger(seed.value) && seed.value >= 0) return seed.value;
  throw new QueryError('INVALID_ARGUMENT', 'SEED needs a whole number, 0 or more', { span: seed.span });
}
