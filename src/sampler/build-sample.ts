import { type FileSystem, withPauses } from '../common/index.ts';
import type { RowMethod, SampleOutliers, SamplingMethod } from '../catalog/index.ts';
import { strataColumnsOf } from '../catalog/index.ts';
import { formatType } from '../plan/index.ts';
import type { Column } from '../samples/index.ts';
import {
  type BuildScan,
  type Control,
  type OutlierRule,
  pauseOf,
  type RowRequest,
  sampledColumn,
  type SampledColumn,
  type ScannedRows,
  type ScannedStrata,
  type StrataOutline,
} from '../sources/index.ts';
import { type Depth, depthOf, requestOf } from './allocation.ts';
import { keyedSample } from './draw-keys.ts';
import { blockedMoves, movedRowsMin } from './blocked-moves.ts';
import { givenStrata } from './given-strata.ts';
import { orderRows } from './order-rows.ts';
import { outlierEffect } from './outlier-effect.ts';
import { findOutliers, rulesOf } from './outlier-rules.ts';
import { ownColumn, placeColumns, spreadColumn } from './sample-columns.ts';
import { keyColumn, strataColumns } from './strata-columns.ts';
import { type BuiltSample, type DrawnSample, type SamplePlace, writeSample } from './write-sample.ts';

/** For each stratum of a scan the share of the priorities' range beyond which no row stays. */
export type PriorityReach = (strata: Pick<ScannedStrata, 'count' | 'takeAll' | 'keys'>) => Float64Array;

/** What is drawn of a table. */
export interface DrawRequest {
  readonly method: SamplingMethod;
  /** Numeric columns whose outliers are taken whole. */
  readonly outliersOf?: readonly string[];
  /** Instead: outliers of a sample that this one is to be merged with, whose thresholds and share stay. */
  readonly outliersAs?: SampleOutliers;
  readonly seed: number;
  /** How far a sample reaches that this one is to be merged with; not there: as far as the method says. */
  readonly reach?: PriorityReach;
  /** Totals of the whole table, as a scan without keys finds them; not there: they are to be scanned for where they are needed. */
  readonly whole?: ScannedStrata;
}

export interface BuildRequest extends SamplePlace, DrawRequest {}

/**
 * Draws a sample and writes its files.
 * @throws QueryError as {@link drawSample}; STORAGE where the files cannot be written
 */
export async function buildSample(
  files: FileSystem,
  scan: BuildScan,
  request: BuildRequest,
  control: Control,
): Promise<BuiltSample> {
  const drawn = await drawSample(scan, request, control);
  const pause = pauseOf(control);
  await pause();
  return await writeSample(files, request, drawn, pause);
}

/**
 * Draws a sample with two scans; with the second alone where there are no strata and the totals are known. Where outliers are asked for,
 * scans of single columns before tell which rows are some.
 * @throws QueryError of the source; INVALID_FILE where a table that is itself a sample tells no population; CANCELLED
 */
export async function drawSample(
  scan: BuildScan,
  request: DrawRequest,
  control: Control,
): Promise<DrawnSample> {
  const { method } = request;
  return method.kind === 'universe'
    ? await drawKeys(scan, method, request, control)
    : await drawRows(scan, method, request, control);
}

async function drawRows(
  scan: BuildScan,
  method: RowMethod,
  { seed, outliersOf = [], outliersAs, reach, whole }: DrawRequest,
  control: Control,
): Promise<DrawnSample> {
  const keys = strataColumnsOf(method);
  const like = outliersAs ?? null;
  const names = like === null ? outliersOf : like.columns.map(({ name }) => name);
  const outliers = like === null ? await findOutliers(scan, method, names, control) : rulesOf(like);
  const known = keys.length === 0 && outliers.length === 0 ? whole : undefined;
  let picking: Picking | null = null;
  const pick = (outline: StrataOutline): Picking =>
    (picking ??= beginPicking(scan, { method, keys, outliers, like, seed, reach }, outline, control));
  // What a table says of itself may be wrong: its rows are not picked before that is known.
  const early = method.kind === 'given' ? undefined : pick;
  const scanned = known ?? (await scan.scanStrata(keys, control, outliers, early));
  const strata = method.kind === 'given' ? givenStrata(scanned, method) : scanned;
  const pause = pauseOf(control);
  await pause();
  const { depth, texts, sampled, picked } = pick(scanned);
  const rows = await picked;
  const caps = new Float64Array(strata.count).fill(depth.cap);
  const takeAll = strata.takeAll ?? undefined;
  const order = await withPauses(
    orderRows(rows.stratum, rows.priority, caps, depth.shareMax, takeAll),
    pause,
  );
  const moves =
    order.order.length < movedRowsMin ? null : await withPauses(blockedMoves(order.order, rows.count), pause);
  const own: Column[] = [];
  let scannedColumn = 0;
  for (const { name } of sampled) {
    const text = texts.get(name);
    own.push(
      await withPauses(
        text === undefined
          ? ownColumn(rows.columns[scannedColumn++]!, order.order, moves) // the scan has been asked for it
          : spreadColumn(text, order),
        pause,
      ),
    );
  }
  const places = await withPauses(placeColumns(rows.priority, order, moves), pause);
  return {
    strata,
    outliers:
      names.length === 0 ? null : outlierEffect({ method, names, outliers, depth }, strata, order.sizes),
    rows: order.order.length,
    columns: [...own, ...places],
    strataColumns: await withPauses(strataColumns(strata, order.sizes), pause),
  };
}

/** Rows that are picked, and what for. */
interface Picking {
  readonly depth: Depth;
  /** See {@link keyTexts}. */
  readonly texts: ReadonlyMap<string, Column>;
  /** The columns of the sample; rows bring those without texts of their own. */
  readonly sampled: readonly SampledColumn[];
  readonly picked: Promise<ScannedRows>;
}

/** Begins the second scan. */
function beginPicking(
  scan: BuildScan,
  { method, keys, outliers, like, seed, reach }: PickingRequest,
  outline: StrataOutline,
  control: Control,
): Picking {
  const depth = depthOf(method, outline, like);
  const texts = keyTexts(outline);
  const sampled = outline.columns.map(sampledColumn).filter((column) => column !== null);
  const columns = sampled.filter(({ name }) => !texts.has(name));
  const asked = requestOf(depth, outline, reach?.(outline));
  const picked = scan
    .scanRows([{ seed, keys, outliers, ...asked, columns }], control)
    .then(([rows]) => rows!); // of the one request
  picked.catch(() => undefined); // waited for when the strata are known
  return { depth, texts, sampled, picked };
}

interface PickingRequest extends Pick<RowRequest, 'seed' | 'keys'> {
  readonly method: RowMethod;
  readonly outliers: readonly OutlierRule[];
  /** See {@link depthOf}. */
  readonly like: SampleOutliers | null;
  readonly reach: PriorityReach | undefined;
}

/** By name the key columns that hold texts, with a row for each stratum: rows need not bring what their stratum tells. */
function keyTexts({ keys }: Pick<StrataOutline, 'keys'>): ReadonlyMap<string, Column> {
  const texts = keys.filter(
    ({ column: { type }, values }) => type.kind === 'varchar' && values.some((value) => value !== null),
  );
  return new Map(
    texts.map(({ column: { name, type }, values }) => [name, keyColumn(name, formatType(type), values)]),
  );
}

async function drawKeys(
  scan: BuildScan,
  { columns: keys, percent }: Extract<SamplingMethod, { readonly kind: 'universe' }>,
  { seed, whole }: DrawRequest,
  control: Control,
): Promise<DrawnSample> {
  const strata = whole ?? (await scan.scanStrata([], control));
  const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
  const centres = strata.columns.map(({ mean: [mean = 0] }) => (Number.isNaN(mean) ? 0 : mean));
  const scanned = await scan.scanKeys({ seed, keys, share: percent / 100, columns, centres }, control);
  return await withPauses(keyedSample(keys, strata, scanned), pauseOf(control));
}
