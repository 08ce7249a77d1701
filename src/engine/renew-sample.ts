import type { SampleDrift, SampleEntry, SamplingMethod, TableEntry } from '../catalog/index.ts';
import { withPauses } from '../common/index.ts';
import type { Fence } from '../leases/index.ts';
import { drawPart, mergeSamples, type SamplePart, strataDrift } from '../sampler/index.ts';
import { openSample } from '../samples/index.ts';
import { type BuildScan, type Control, pauseOf } from '../sources/index.ts';
import { drawFiles } from './draw-files.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';

/** A sample as it is to be from now on, and the right to replace it. */
export interface Renewal {
  readonly before: SampleEntry;
  readonly after: SampleEntry;
  readonly how: 'merged' | 'drawn anew';
}

/** What a renewal is made from and under. */
export interface RenewalWork {
  /** Files that the table has now beyond those that it had, open; null: others of its files are not what they were. */
  readonly added: BuildScan | null;
  readonly fence: Fence;
  readonly watch: Control;
}

/**
 * Makes a sample of the table as it is now; its files are complete on the device, and nobody's until it is published. It is merged with
 * a sample of the files that were added where the method allows; else, and where it turns out to be damaged, it is drawn anew.
 * @throws QueryError CHANGED_FILE, CANCELLED, STORAGE; others of the source
 */
export async function renewSample(
  state: EngineState,
  table: TableEntry,
  before: SampleEntry,
  work: RenewalWork,
): Promise<Renewal> {
  const id = await state.catalog.nextFileNumber(work.fence);
  const merged = await mergeAdded(state, table, before, id, work);
  const built = merged ?? (await drawAnew(state, table, before, id, work.watch));
  const drift = await driftOf(state, before, built, work.watch);
  const after: SampleEntry = {
    id,
    tableId: before.tableId,
    name: before.name,
    version: before.version + 1,
    seed: before.seed,
    ...built,
    createdMs: state.environment.clock.nowMs(),
    ...(before.advice === undefined ? {} : { advice: before.advice }),
    ...(drift === null ? {} : { drift }),
  };
  return { before, after, how: merged === null ? 'drawn anew' : 'merged' };
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
  const built = await drawFiles(state, table, { method, seed, outliersOf, number }, watch);
  const { outliers: _, ...rest } = built;
  return { ...rest, method: outliersIn(method, built) };
}

/** Merges the sample with one of the files that were added; null: it is to be drawn anew. */
async function mergeAdded(
  state: EngineState,
  table: TableEntry,
  before: SampleEntry,
  number: number,
  { added, watch }: Pick<RenewalWork, 'added' | 'watch'>,
): Promise<Built | null> {
  const { method, seed, trouble } = before;
  const { files } = state.environment;
  if (added === null || trouble !== undefined || method.kind === 'universe' || method.kind === 'given')
    return null;
  return await state.samples.during(async (failed) => {
    // It was damaged, of which the operator is told by now, or dropped.
    if (failed.size > 0) return null;
    const own: SamplePart = { method, sample: await state.samples.get(before) };
    const part = await drawPart(added, own, seed, watch);
    const place = { columns: typedColumns(table), folder: state.folders.samples, number };
    const { outliers: _, ...merged } = await mergeSamples(files, [own, part], place, watch);
    return merged;
  });
}

/** How the strata have moved since they were chosen; null: there are none, or the sample before cannot be read. */
async function driftOf(
  { samples, environment: { files }, folders }: EngineState,
  before: SampleEntry,
  built: Built,
  watch: Control,
): Promise<SampleDrift | null> {
  const { method, trouble, drift = { distance: 0, newStrata: 0 } } = before;
  if (method.kind !== 'stratified') return null;
  if (trouble !== undefined) return drift;
  const after = await openSample(files, folders.samples, built.files);
  try {
    return await samples.during(async (failed) => {
      if (failed.size > 0) return drift;
      const { strata } = await samples.get(before);
      const moved = await withPauses(strataDrift(strata, after.strata), pauseOf(watch));
      return {
        distance: drift.distance + moved.distance,
        newStrata: drift.newStrata + moved.newStrata,
      };
    });
  } finally {
    await after.close().catch(() => undefined); // it was only read
  }
}

/** The method with the outliers that were found. */
const outliersIn = <T extends SamplingMethod>(
  method: T,
  { outliers }: { outliers: T['outliers'] | null },
): T => (outliers === null || outliers === undefined ? method : { ...method, outliers });
