import { join } from 'node:path';
import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { QueryError, type Span } from '../common/index.ts';
import type { Fence } from '../leases/index.ts';
import type { RefreshSamplesStatement } from '../parser/index.ts';
import { mergeSamples, type SamplePart } from '../sampler/index.ts';
import { openSample, type SampleFiles } from '../samples/index.ts';
import type { Control } from '../sources/index.ts';
import { type BuildClaim, claimRenewal, giveBack, giveUp } from './build-claim.ts';
import { countOf } from './describe.ts';
import { drawFiles } from './draw-files.ts';
import { sourceControl } from './exact-route.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import { letGoOfSamples } from './samples.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';
import { compareFiles, type FileChanges, findFiles } from './table-files.ts';
import { requireTable } from './tables.ts';

const { text, count } = commandTypes;

/** A sample as it is to be from now on, and the right to replace it. */
interface Renewal {
  readonly before: SampleEntry;
  readonly after: SampleEntry;
  readonly how: 'merged' | 'drawn anew';
}

/**
 * REFRESH SAMPLES ON t: the table becomes what its files are now, and each of its samples one of these. All of it is published at once,
 * so that no answer mixes old and new, and what was added enters each sample exactly once. Where files were only added, samples
 * of rows are merged with samples of these alone; else they are drawn anew, from the same seed.
 * @throws QueryError UNKNOWN_TABLE, NOT_SUPPORTED, MISSING_FILE, FORBIDDEN_PATH, INVALID_FILE, CHANGED_FILE, LEASE_HELD, LEASE_LOST,
 * CANCELLED, STORAGE
 */
export async function refreshSamples(
  state: EngineState,
  { table: { name, span }, span: statement }: RefreshSamplesStatement,
  control: RunControl,
): Promise<RoutedAnswer> {
  const before = requireTable(state, { name, span });
  refuseOthers(before, span);
  const changes = await changesOf(state, before, span);
  const after: TableEntry = {
    ...before,
    files: changes.files,
    rows: changes.files.reduce((sum, { rows }) => sum + rows, 0),
  };
  const samples = state.troubles.snapshot().samples.filter(({ tableId }) => tableId === before.id);
  const isSame = changes.added.length + changes.changed.length + changes.gone.length === 0;
  // Of an entry that is not what was written nothing tells how the sample was drawn.
  const due = samples.filter(
    ({ trouble }) => trouble?.ofEntry !== true && (!isSame || trouble?.kind === 'damaged'),
  );
  if (isSame && due.length === 0) return refreshAnswer([], `the files of ${before.name} are what they were`);
  const claims: BuildClaim[] = [];
  const renewals: Renewal[] = [];
  try {
    for (const sample of due) claims.push(await claimRenewal(state, sample.name, span));
    const signals = [control.options.signal, ...claims.map(({ lease }) => lease.signal)];
    const signal = AbortSignal.any(signals.filter((each) => each !== undefined));
    const watch = { ...sourceControl(control, 'scan'), signal };
    for (const [place, sample] of due.entries()) {
      const { lease } = claims[place]!; // one a sample
      renewals.push(await renew(state, after, sample, { changes, fence: lease, watch }));
    }
    const fences = claims.map(({ lease }) => lease);
    await state.catalog.refreshTable(before, after, samples, renewals, fences);
    state.fingerprints.forget(after);
  } catch (error) {
    await giveUp(state, claims);
    for (const { lease } of claims) if (lease.signal.aborted) throw lease.signal.reason;
    control.throwIfCancelled();
    throw error instanceof QueryError && error.span === undefined ? at(statement, error) : error;
  }
  await giveBack(claims);
  await letGoOfSamples(
    state,
    renewals.map((renewal) => renewal.before),
  );
  return refreshAnswer(renewals, describeChanges(before, changes));
}

/** Tables that there is nothing to refresh of, or nothing to refresh from. */
function refuseOthers({ name, isSample, format }: TableEntry, span: Span): void {
  if (isSample)
    throw new QueryError('NOT_SUPPORTED', `${name} is itself a sample: no sample is drawn of it`, { span });
  if (format !== 'parquet')
    throw new QueryError(
      'NOT_SUPPORTED',
      `${name} was written from ${format} files, and is not refreshed yet`,
      {
        span,
        hint: `DROP TABLE ${name} and create it again`,
      },
    );
}

const at = (span: Span, { code, message, hint, cause }: QueryError): QueryError =>
  new QueryError(code, message, { span, hint, cause });

/** What the table's files are now. */
async function changesOf(state: EngineState, table: TableEntry, span: Span): Promise<FileChanges> {
  const { files } = state.environment;
  const { paths } = await findFiles(files, table.source, state.allowedPaths, span);
  if (!table.files.some(({ path }) => paths.includes(path)))
    throw new QueryError('MISSING_FILE', `of the files that ${table.name} was made of none is there`, {
      span,
      hint: `${table.source} is looked for from the working directory`,
    });
  return await compareFiles(files, table, paths, async (unknown) => {
    const described = await state.source.inspect(unknown);
    if (JSON.stringify(described.columns) !== JSON.stringify(table.columns))
      throw new QueryError(
        'INVALID_FILE',
        `the columns of ${unknown.join(', ')} are not those of ${table.name}`,
        {
          span,
          hint: `DESCRIBE ${table.name} tells what they should be`,
        },
      );
    return described;
  });
}

/** What a renewal is made from and under. */
interface RenewalWork {
  readonly changes: FileChanges;
  readonly fence: Fence;
  readonly watch: Control;
}

/** A sample of the table as it is now, its files complete, not yet published. */
async function renew(
  state: EngineState,
  table: TableEntry,
  before: SampleEntry,
  { changes, fence, watch }: RenewalWork,
): Promise<Renewal> {
  const { method } = before;
  const onlyAdded = changes.changed.length + changes.gone.length === 0;
  const id = await state.catalog.nextFileNumber(fence);
  const mayMerge =
    onlyAdded && before.trouble === undefined && method.kind !== 'universe' && method.kind !== 'given';
  const built = mayMerge
    ? await mergeAdded(state, table, { ...before, method }, id, { changes, fence, watch })
    : await drawAnew(state, table, before, id, watch);
  const after: SampleEntry = {
    id,
    tableId: before.tableId,
    name: before.name,
    version: before.version + 1,
    seed: before.seed,
    ...built,
    createdMs: state.environment.clock.nowMs(),
    ...(before.advice === undefined ? {} : { advice: before.advice }),
  };
  return { before, after, how: mayMerge ? 'merged' : 'drawn anew' };
}

type Built = Pick<SampleEntry, 'method' | 'files' | 'rows' | 'populationRows' | 'strata' | 'bytes'>;

async function drawAnew(
  state: EngineState,
  table: TableEntry,
  { method, seed }: SampleEntry,
  number: number,
  watch: Control,
): Promise<Built> {
  const outliersOf = method.outliers?.columns.map(({ name }) => name) ?? [];
  const { outliers, ...built } = await drawFiles(state, table, { method, seed, outliersOf, number }, watch);
  return { ...built, method: outliers === null ? method : { ...method, outliers } };
}

/** Merges the sample with one of the files that were added. */
async function mergeAdded(
  state: EngineState,
  table: TableEntry,
  { method, seed, files: own }: SampleEntry & { readonly method: SamplePart['method'] },
  number: number,
  { changes, fence, watch }: RenewalWork,
): Promise<Built> {
  const { files } = state.environment;
  const folder = state.folders.samples;
  const partNumber = await state.catalog.nextFileNumber(fence);
  const request = {
    method,
    seed,
    number: partNumber,
    ...(method.outliers && { outliersAs: method.outliers }),
  };
  const part = await drawFiles(state, { ...table, files: changes.added }, request, watch);
  try {
    const parts = [
      { method, files: own },
      { method: part.outliers === null ? method : { ...method, outliers: part.outliers }, files: part.files },
    ];
    const opened: SamplePart[] = [];
    try {
      for (const each of parts)
        opened.push({ method: each.method, sample: await openSample(files, folder, each.files) });
      const [first, ...others] = opened;
      const place = { columns: typedColumns(table), folder, number };
      const { outliers: _, ...merged } = await mergeSamples(files, [first!, ...others], place, watch);
      return merged;
    } finally {
      for (const { sample } of opened) await sample.close().catch(() => undefined); // they were only read
    }
  } finally {
    await removeFiles(state, part.files);
  }
}

/** Removes files that no catalog knows; those that stay are collected as unfinished ones. */
async function removeFiles(state: EngineState, { dataFile, strataFile }: SampleFiles): Promise<void> {
  for (const file of [dataFile, strataFile])
    await state.environment.files.remove(join(state.folders.samples, file)).catch(() => undefined);
}

function describeChanges({ name }: TableEntry, { added, changed, gone }: FileChanges): string {
  const parts = [
    [added.length, 'added'],
    [changed.length, 'changed'],
    [gone.length, 'gone'],
  ] as const;
  const said = parts.flatMap(([files, what]) => (files === 0 ? [] : [`${countOf(files, 'file')} ${what}`]));
  return said.length === 0 ? `damaged samples of ${name} drawn anew` : `${name}: ${said.join(', ')}`;
}

function refreshAnswer(renewals: readonly Renewal[], reason: string): RoutedAnswer {
  const shown = [
    ['sample', text],
    ['version', count],
    ['rows', count],
    ['population_rows', count],
    ['how', text],
  ] as const;
  return rowsAnswer(
    shown,
    renewals.map(({ after, how }) => [after.name, after.version, after.rows, after.populationRows, how]),
    reason,
  );
}
