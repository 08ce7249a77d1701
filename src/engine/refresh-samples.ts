import type { FileEntry, OriginEntry, SampleEntry, TableEntry } from '../catalog/index.ts';
import { groupDigits, QueryError, type Span } from '../common/index.ts';
import type { RefreshSamplesStatement } from '../parser/index.ts';
import type { BuildScan } from '../sources/index.ts';
import { type BuildClaim, claimRenewal, claimTableFiles, giveBack, giveUp } from './build-claim.ts';
import { percentOf } from './describe.ts';
import { AddedFiles } from './draw-files.ts';
import { sourceControl } from './exact-route.ts';
import { type Renewal, renewSample } from './renew-sample.ts';
import { commandTypes, rowsAnswer } from './rows-answer.ts';
import type { RunControl } from './run-control.ts';
import { letGoOfSamples } from './samples.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';
import { describeChanges, findChanges, hasChanges, isFollowed, type SourceChanges } from './table-changes.ts';
import { requireTable } from './tables.ts';
import { type FilesToTake, takeFiles, type TakeWork } from './take-files.ts';

const { text, count } = commandTypes;

/** Share of the rows in other strata, and of new strata, from which on it is said that others may serve better. */
const driftMax = 0.1;

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
  const changes = await findChanges(state, before, span);
  const samples = state.troubles.snapshot().samples.filter(({ tableId }) => tableId === before.id);
  // Of an entry that is not what was written nothing tells how the sample was drawn.
  const due = samples.filter(
    ({ trouble }) => trouble?.ofEntry !== true && (hasChanges(changes) || trouble?.kind === 'damaged'),
  );
  if (!hasChanges(changes) && due.length === 0)
    return refreshAnswer([], `the files of ${before.name} are what they were`);
  const claims: Pick<BuildClaim, 'lease'>[] = [];
  const renewals: Renewal[] = [];
  const adding = new AddedFiles(state.source, before);
  try {
    for (const sample of due) claims.push(await claimRenewal(state, sample.name, span));
    const writes = hasChanges(changes) && before.format !== 'parquet';
    if (writes) claims.push(await claimTableFiles(state, before.name));
    const fences = claims.map(({ lease }) => lease);
    const signal = AbortSignal.any([
      ...(control.options.signal === undefined ? [] : [control.options.signal]),
      ...fences.map((fence) => fence.signal),
    ]);
    const watch = { ...sourceControl(control, 'scan'), signal };
    const fence = writes ? fences.at(-1)! : null; // it was just claimed
    const { files, added } = await filesAfter(state, before, changes, adding, { fence, watch });
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    const after: TableEntry = { ...before, files, rows };
    for (const [place, sample] of due.entries())
      renewals.push(await renewSample(state, after, sample, { added, fence: fences[place]!, watch })); // one a sample
    await state.catalog.refreshTable(before, after, samples, renewals, fences);
    state.fingerprints.forget(after);
  } catch (error) {
    await giveUp(state, claims);
    for (const { lease } of claims) if (lease.signal.aborted) throw lease.signal.reason;
    control.throwIfCancelled();
    throw error instanceof QueryError && error.span === undefined ? at(statement, error) : error;
  } finally {
    adding.close();
  }
  await giveBack(claims);
  await letGoOfSamples(
    state,
    renewals.map((renewal) => renewal.before),
  );
  for (const renewal of renewals) tellOfDrift(state, before, renewal);
  const { name: of } = before;
  const what = hasChanges(changes)
    ? `${of}: ${describeChanges(changes)}`
    : `damaged samples of ${of} drawn anew`;
  return refreshAnswer(renewals, [what, ...renewals.flatMap(describeDrift)].join('; '));
}

/** Tables that there is nothing to refresh of, or nothing to refresh from. */
function refuseOthers(table: TableEntry, span: Span): void {
  const { name, isSample } = table;
  if (isSample)
    throw new QueryError('NOT_SUPPORTED', `${name} is itself a sample: no sample is drawn of it`, { span });
  if (!isFollowed(table))
    throw new QueryError(
      'NOT_SUPPORTED',
      `${name} was written by an earlier version, which did not note from which files`,
      { span, hint: `DROP TABLE ${name} and create it again` },
    );
}

const at = (span: Span, { code, message, hint, cause }: QueryError): QueryError =>
  new QueryError(code, message, { span, hint, cause });

/**
 * The table's files as they are to be.
 * @returns with those that were added; null: the others are not what they were
 */
async function filesAfter(
  state: EngineState,
  { columns, format, files }: TableEntry,
  changes: SourceChanges,
  adding: AddedFiles,
  work: TakeWork,
): Promise<{ readonly files: readonly FileEntry[]; readonly added: BuildScan | null }> {
  if (!hasChanges(changes)) return { files, added: null };
  const { now, added, changed, gone } = changes;
  // Numbers of files that are gone may be given again: no sample holds rows of theirs when this is published.
  const firstId = files.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  const take = async (
    sources: readonly OriginEntry[],
    inspect: Pick<FilesToTake, 'inspect'> = {},
  ): Promise<readonly FileEntry[]> =>
    (await takeFiles(state, { format, sources, as: columns, firstId, ...inspect }, work)).files;
  if (changed.length + gone.length === 0) {
    const taken = await take(added, { inspect: (each) => adding.inspect(each) });
    return { files: [...files, ...taken], added: adding.scan };
  }
  // What was written from several files is written anew where one of them is another.
  if (format !== 'parquet') return { files: await take(now), added: null };
  const others = new Set([...changed, ...gone].map(({ path }) => path));
  const kept = files.filter(({ path }) => !others.has(path));
  return { files: [...kept, ...(await take([...added, ...changed]))], added: null };
}

const hasDrifted = ({ drift, strata }: Pick<SampleEntry, 'drift' | 'strata'>): boolean =>
  drift !== undefined && (drift.distance > driftMax || drift.newStrata > driftMax * strata);

/** Tells the operator of a sample whose strata have moved too far with this refresh. */
function tellOfDrift({ alert }: EngineState, { name: table }: TableEntry, renewal: Renewal): void {
  if (hasDrifted(renewal.before)) return;
  for (const message of describeDrift(renewal))
    alert({ kind: 'drifted-sample', sample: renewal.after.name, table, message });
}

/** What is to be said of strata that are no longer those that the sample was made for. */
function describeDrift({ before: { name }, after: { drift, strata } }: Renewal): string[] {
  if (drift === undefined || !hasDrifted({ drift, strata })) return [];
  const { distance, newStrata } = drift;
  const moved = `up to ${percentOf(Math.min(1, distance))} of the rows are in other strata`;
  return [
    `since ${name} was made ${moved}, ${groupDigits(newStrata)} of its ${groupDigits(strata)} strata are new: EXPLAIN CREATE SAMPLES may find a better one`,
  ];
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
