import { findNamed, type SampleEntry, type SamplingMethod, type TableEntry } from '../catalog/index.ts';
import { didYouMean, QueryError } from '../common/index.ts';
import type { CreateSampleStatement, DropStatement } from '../parser/index.ts';
import type { BuildScan } from '../sources/index.ts';
import { type BuildClaim, claimBuild, publishSample, underClaim } from './build-claim.ts';
import { type CheckedSample, checkSample, type KeptSample } from './check-sample.ts';
import { countOf, describeMethod, describeOutliers } from './describe.ts';
import { drawFiles } from './draw-files.ts';
import { sourceControl } from './exact-route.ts';
import { knownTotals } from './known-totals.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';
import { collectFiles, readersOf } from './sample-pins.ts';

const { text, count } = commandTypes;

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
 * CREATE SAMPLE: draws the sample, writes its files, publishes it.
 * @throws QueryError as {@link checkSample}, {@link claimSample} and {@link drawSample}
 */
export async function createSample(
  state: EngineState,
  statement: CreateSampleStatement,
  table: TableEntry,
  control: RunControl,
): Promise<RoutedAnswer> {
  const checked = await checkSample(state, statement, table);
  const claimed = 'entry' in checked ? checked : await claimSample(state, checked, table, control);
  if ('entry' in claimed) return samplesAnswer([claimed.entry], claimed.reason);
  const entry = await drawSample(state, table, claimed, control);
  const { outliers } = entry.method;
  const taken = outliers === undefined ? '' : `; ${describeOutliers(outliers)}`;
  return samplesAnswer(
    [entry],
    `sample ${entry.name} drawn: ${describeMethod(entry.method)}, seed ${entry.seed}${taken}`,
  );
}

/** A sample that was checked, and the sole right to build it. */
export interface ClaimedSample {
  readonly checked: CheckedSample;
  readonly claim: BuildClaim;
}

/** How a sample is drawn. */
export interface DrawOptions {
  /** The advisor's reason; not there: somebody asked for this very sample. */
  readonly advice?: string | undefined;
  /** A scan that others use too. */
  readonly scan?: BuildScan;
}

/** Gets the right to build a sample that was checked, or finds the one that has come since. @throws QueryError as {@link claimBuild} */
export async function claimSample(
  state: EngineState,
  checked: CheckedSample,
  table: TableEntry,
  control: RunControl,
): Promise<ClaimedSample | KeptSample> {
  const { method, outliersOf } = checked;
  const claim = await claimBuild(state, checked, baseName(table, method, outliersOf), control);
  if ('lease' in claim) return { checked, claim };
  return { entry: claim, reason: `there is a sample ${claim.name} already` };
}

/**
 * Draws a sample under the sole right to its name, publishes it, and gives the right back.
 * @throws QueryError LEASE_LOST, CHANGED_FILE, CANCELLED, STORAGE
 */
export async function drawSample(
  state: EngineState,
  table: TableEntry,
  { checked: { method, outliersOf, seed }, claim }: ClaimedSample,
  runControl: RunControl,
  { advice, scan }: DrawOptions = {},
): Promise<SampleEntry> {
  const { name, lease } = claim;
  const watch = sourceControl(runControl, 'scan');
  const signal = AbortSignal.any([lease.signal, ...(watch.signal === undefined ? [] : [watch.signal])]);
  const control = { ...watch, signal };
  const needsWhole = method.kind !== 'stratified' && outliersOf.length === 0;
  const build = async (number: number): Promise<SampleEntry> => {
    const whole = needsWhole ? await knownTotals(state, table, control) : null;
    const totals = whole === null ? {} : { whole };
    const request = { method, outliersOf, seed, ...totals, number };
    const { outliers, ...built } = await drawFiles(state, table, request, control, scan);
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
  };
  return await underClaim(state, claim, runControl, () => publishSample(state.catalog, table, lease, build));
}

/** What CREATE SAMPLE answers of samples. */
export function samplesAnswer(samples: readonly SampleEntry[], reason: string): RoutedAnswer {
  const shown = [
    ['sample', text],
    ['rows', count],
    ['population_rows', count],
    ['strata', count],
    ['bytes', count],
  ] as const;
  const rows = samples.map(({ name, rows: drawn, populationRows, strata, bytes }) => [name, drawn, populationRows, strata, bytes]); // prettier-ignore
  return rowsAnswer(shown, rows, reason);
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
