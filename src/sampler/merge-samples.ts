import type { RowMethod } from '../catalog/index.ts';
import { strataColumnsOf } from '../catalog/index.ts';
import { type FileSystem, withPauses } from '../common/index.ts';
import type { OutputColumn } from '../plan/index.ts';
import type { Column } from '../samples/index.ts';
import { type Control, pauseOf, sampledColumn, type ScannedStrata } from '../sources/index.ts';
import { type Depth, depthOf } from './allocation.ts';
import type { HeldSample } from './held-sample.ts';
import { mergedCaps } from './merge-rule.ts';
import { joinColumn, joinPlaces } from './merge-rows.ts';
import { uniteStrata } from './merge-strata.ts';
import { orderRows } from './order-rows.ts';
import { outlierEffect } from './outlier-effect.ts';
import { rulesOf } from './outlier-rules.ts';
import { placeColumns } from './sample-columns.ts';
import { strataColumns } from './strata-columns.ts';
import { type BuiltSample, type SamplePlace, writeSample } from './write-sample.ts';

/**
 * Methods whose samples merge. Those of UNIVERSE BY do not: of keys that were not drawn nothing tells whether other parts have them
 * too, so that how many different keys there are in all, from which everything is estimated, does not follow from the parts.
 */
export type MergeableMethod = Extract<RowMethod, { readonly kind: 'uniform' | 'stratified' }>;

/** A sample of some rows of a table. */
export interface SamplePart {
  readonly sample: HeldSample;
  readonly method: MergeableMethod;
  /** It has all rows up to where the first part ends, and may have none beyond. */
  readonly isDrawnToFirst?: boolean;
}

export interface MergeRequest extends SamplePlace {
  /** Of the table. */
  readonly columns: readonly OutputColumn[];
}

/** A merged sample whose files are complete on the device, not yet published. */
export interface MergedSample extends BuiltSample {
  /** The first part's, of UNIFORM n% with the least n, and with the outliers of all. */
  readonly method: MergeableMethod;
}

/**
 * Merges samples of disjoint rows of a table into one of all these rows, which is what a build with the same priorities would have
 * drawn of them. Nothing but the samples is read. The first part's method is that of the result, as far as the others reach:
 * of a stratum of which some parts have only K of their rows, the least such K stay; of UNIFORM n% the least n % do. Outliers keep
 * their thresholds.
 * @param parts alike in kind, strata and thresholds, at least one
 * @throws QueryError DAMAGED_SAMPLE; STORAGE where the files cannot be written; CANCELLED
 */
export async function mergeSamples(
  files: FileSystem,
  parts: readonly [SamplePart, ...SamplePart[]],
  request: MergeRequest,
  control: Control,
): Promise<MergedSample> {
  const [{ method: target }] = parts;
  for (const { method } of parts) requireAlike(target, method);
  const rules = target.outliers === undefined ? [] : rulesOf(target.outliers);
  const samples = parts.map(({ sample }) => sample);
  const tables = samples.map((sample) => sample.strata);
  const { strata, places } = uniteStrata(tables, request.columns, rules.length > 0);
  const depth = mergedDepth(parts, strata);
  const bounds = parts.map(({ sample, isDrawnToFirst = false }, part) => ({
    ...sample.strata,
    places: places[part]!, // one a part
    isDrawnToFirst,
  }));
  // How many lie below a share is chance, and says nothing of how far a part reaches.
  const caps = mergedCaps(depth.cap, strata.count, Number.isFinite(depth.cap) ? bounds : []);
  const pause = pauseOf(control);
  const rows = await joinPlaces(samples, places, pause);
  const takeAll = strata.takeAll ?? undefined;
  const placed = await withPauses(
    orderRows(rows.stratum, rows.priority, caps, depth.shareMax, takeAll),
    pause,
  );
  const { order, sizes } = placed;
  const columns: Column[] = [];
  for (const column of strata.columns.map(sampledColumn)) {
    await pause();
    if (column !== null) columns.push(await joinColumn(samples, column, order, pause));
  }
  const method = withLeastShare(parts);
  const names = target.outliers?.columns.map(({ name }) => name) ?? [];
  const outliers =
    names.length === 0 ? null : outlierEffect({ method, names, outliers: rules, depth }, strata, sizes);
  columns.push(...(await withPauses(placeColumns(rows.priority, placed), pause)));
  const drawn = {
    strata,
    outliers,
    rows: order.length,
    columns,
    strataColumns: await withPauses(strataColumns(strata, sizes), pause),
  };
  const built = await writeSample(files, request, drawn, pause);
  return { ...built, method: outliers === null ? method : { ...method, outliers } };
}

/** A merge of parts that are not alike is a mistake of the caller. */
function requireAlike(first: MergeableMethod, other: MergeableMethod): void {
  const traits = (method: MergeableMethod): string =>
    JSON.stringify([
      method.kind,
      method.kind === 'uniform' ? method.unit : strataColumnsOf(method),
      method.outliers?.columns.map(({ name, threshold }) => [name, threshold]),
    ]);
  if (traits(first) !== traits(other))
    throw new Error(`parts do not merge: ${traits(first)} and ${traits(other)}`);
}

/** How far the merged sample reaches, but for strata of which parts have less. */
function mergedDepth(parts: readonly [SamplePart, ...SamplePart[]], strata: ScannedStrata): Depth {
  const [{ method }] = parts;
  const { cap } = depthOf(method, strata, method.outliers ?? null);
  return { cap, shareMax: Math.min(...parts.map(({ method }) => shareOf(method))) };
}

/** The share of the priorities' range below which a method keeps rows; 1: all of them may be. */
function shareOf(method: MergeableMethod): number {
  if (method.kind === 'stratified' || method.unit === 'rows') return 1;
  if (method.outliers === undefined) return method.amount / 100;
  const { share } = method.outliers;
  if (typeof share !== 'number')
    throw new Error('a part drawn by percent does not tell the share of its other rows');
  return share;
}

function withLeastShare([first, ...others]: readonly [SamplePart, ...SamplePart[]]): MergeableMethod {
  const { method } = first;
  if (method.kind === 'stratified' || method.unit === 'rows') return method;
  return others.reduce(
    (least, { method: other }) =>
      other.kind === 'uniform' && other.amount < least.amount ? { ...least, amount: other.amount } : least,
    method,
  );
}
