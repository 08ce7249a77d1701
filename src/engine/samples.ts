import { findNamed, type SampleEntry, type SamplingMethod, type TableEntry } from '../catalog/index.ts';
import { didYouMean, QueryError } from '../common/index.ts';
import type {
  CreateSampleStatement,
  DropStatement,
  Identifier,
  NumberWithSpan,
  SampleMethod,
} from '../parser/index.ts';
import { typeFromDuckDB } from '../plan/index.ts';
import type { BuildRequest } from '../sampler/index.ts';
import type { Control } from '../sources/index.ts';
import { type BuildClaim, claimBuild, publishSample, underClaim } from './build-claim.ts';
import { countOf, describeMethod, describeOutliers } from './describe.ts';
import { drawFiles } from './draw-files.ts';
import { sourceControl } from './exact-route.ts';
import { knownTotals } from './known-totals.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';
import { collectFiles, readersOf } from './sample-pins.ts';
import { requireColumn, requireStrata } from './table-columns.ts';

const { text, count } = commandTypes;

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

/** A name that tells the method. */
export function baseName(table: TableEntry, method: SamplingMethod, outliersOf: readonly string[]): string {
  const kinds = { uniform: 'uniform', stratified: 'by', universe: 'universe', given: 'given' };
  const columns = method.kind === 'uniform' ? [] : method.columns;
  const outliers = outliersOf.length === 0 ? [] : ['outliers'];
  return [table.name, kinds[method.kind], ...columns, ...outliers].join('_');
}

/** The name, numbered where a sample has it. */
export function freeSampleName(state: EngineState, base: string): string {
  const { samples } = state.catalog.snapshot();
  let name = base;
  for (let number = 2; findNamed(samples, name) !== undefined; number++) name = `${base}_${number}`;
  return name;
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

/**
 * CREATE SAMPLE: draws the sample, writes its files, publishes it.
 * @param advice why the advisor makes it
 * @throws QueryError UNKNOWN_TABLE, UNKNOWN_COLUMN, INVALID_ARGUMENT, TYPE_MISMATCH, DUPLICATE_NAME, LEASE_HELD, LEASE_LOST, CHANGED_FILE,
 * CANCELLED, STORAGE
 */
export async function createSample(
  state: EngineState,
  statement: CreateSampleStatement,
  table: TableEntry,
  control: RunControl,
  advice?: string,
): Promise<RoutedAnswer> {
  const { name, ifNotExists } = statement;
  const existing = name === null ? undefined : findNamed(state.troubles.snapshot().samples, name.name);
  if (existing !== undefined) {
    const { trouble } = existing;
    const known = trouble === undefined ? '' : `, which is ${trouble.kind}: ${trouble.reason}`;
    if (ifNotExists) return sampleAnswer(existing, `there is a sample ${existing.name} already${known}`);
    throw new QueryError('DUPLICATE_NAME', `there is already a sample named ${existing.name}${known}`, {
      span: name!.span,
      hint: `DROP SAMPLE ${existing.name} first, or choose another name`,
    }); // only a name is found
  }
  await refuseUnfit(state, statement.table, table);
  const method = resolveMethod(statement.method, table);
  const outliersOf = resolveOutliers(statement.outliersOf, table, method);
  const seed = resolveSeed(statement.seed, state);
  const claim = await claimBuild(state, statement, baseName(table, method, outliersOf), control);
  if (!('lease' in claim)) return sampleAnswer(claim, `there is a sample ${claim.name} already`);
  return await underClaim(state, claim, control, () =>
    drawSample(state, table, { method, outliersOf, seed, advice }, claim, sourceControl(control, 'scan')),
  );
}

/** What is drawn, and why. */
interface DrawRequest extends Pick<BuildRequest, 'method' | 'seed'> {
  readonly outliersOf: readonly string[];
  /** The advisor's reason; undefined: somebody asked for this very sample. */
  readonly advice: string | undefined;
}

/** Draws a sample under the sole right to its name, and publishes it. */
async function drawSample(
  state: EngineState,
  table: TableEntry,
  request: DrawRequest,
  { name, lease }: BuildClaim,
  watch: Control,
): Promise<RoutedAnswer> {
  const { advice, ...asked } = request;
  const { method, seed } = asked;
  const signal = AbortSignal.any([lease.signal, ...(watch.signal === undefined ? [] : [watch.signal])]);
  const control = { ...watch, signal };
  const needsWhole = method.kind !== 'stratified' && asked.outliersOf.length === 0;
  const entry = await publishSample(state.catalog, table, lease, async (number) => {
    const whole = needsWhole ? await knownTotals(state, table, control) : null;
    const totals = whole === null ? {} : { whole };
    const { outliers, ...built } = await drawFiles(state, table, { ...asked, ...totals, number }, control);
    return {
      id: number,
      tableId: table.id,
      name,
      version: 1,
      method: outliers === null ? method : { ...method, outliers },
      seed,
      ...built,
      createdMs: state.environment.clock.nowMs(),
      ...(advice === undefined ? {} : { advice }),
    };
  });
  const { outliers } = entry.method;
  const taken = outliers === undefined ? '' : `; ${describeOutliers(outliers)}`;
  return sampleAnswer(
    entry,
    `sample ${entry.name} drawn: ${describeMethod(entry.method)}, seed ${seed}${taken}`,
  );
}

function sampleAnswer(
  { name, rows, populationRows, strata, bytes }: SampleEntry,
  reason: string,
): RoutedAnswer {
  const shown = [
    ['sample', text],
    ['rows', count],
    ['population_rows', count],
    ['strata', count],
    ['bytes', count],
  ] as const;
  return rowsAnswer(shown, [[name, rows, populationRows, strata, bytes]], reason);
}

/**
 * Closes samples that are no longer in the catalog, and removes what is nobody's now. The statement is done already: what cannot be
 * tidied up now is tidied up later.
 */
export async function letGoOfSamples(
  state: Pick<EngineState, 'samples' | 'remains'>,
  samples: readonly SampleEntry[],
): Promise<void> {
  for (const { id } of samples) await state.samples.forget(id).catch(() => undefined);
  await collectFiles(state.remains).catch(() => undefined);
}

/** DROP SAMPLE. @throws QueryError UNKNOWN_SAMPLE, NOT_SUPPORTED for what a table itself is */
export async function dropSample(
  state: Pick<EngineState, 'catalog' | 'samples' | 'remains'>,
  { name, ifExists }: DropStatement,
): Promise<RoutedAnswer> {
  const { samples } = state.catalog.snapshot();
  const sample = findNamed(samples, name.name);
  if (sample === undefined) {
    if (ifExists) return rowsAnswer([['sample', text]], [], `there is no sample ${name.name}`);
    throw new QueryError('UNKNOWN_SAMPLE', `there is no sample ${name.name}`, {
      span: name.span,
      hint: didYouMean(
        name.name,
        samples.map((each) => each.name),
      ),
    });
  }
  if (sample.method.kind === 'given') {
    const table =
      state.catalog.snapshot().tables.find(({ id }) => id === sample.tableId)?.name ?? sample.name;
    throw new QueryError('NOT_SUPPORTED', `${sample.name} is the table ${table} itself, which is a sample`, {
      span: name.span,
      hint: `DROP TABLE ${table}`,
    });
  }
  await state.catalog.dropSample(sample.id);
  await letGoOfSamples(state, [sample]);
  const readers = readersOf(state.remains, sample.id);
  const left = readers === 0 ? '' : `; its files go when ${countOf(readers, 'reader')} let go of them`;
  return rowsAnswer(
    [
      ['sample', text],
      ['rows', count],
    ],
    [[sample.name, sample.rows]],
    `sample ${sample.name} dropped: ${countOf(sample.rows, 'row')}${left}`,
  );
}
