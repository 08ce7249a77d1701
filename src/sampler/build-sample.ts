import { join } from 'node:path';
import { type FileSystem, storageError } from '../common/index.ts';
import type { RowMethod, SampleOutliers, SamplingMethod } from '../catalog/index.ts';
import { strataColumnsOf } from '../catalog/index.ts';
import {
  type Column,
  priorityColumnName,
  type SampleFiles,
  stratumColumnName,
  writeColumnFile,
} from '../samples/index.ts';
import {
  type BuildScan,
  type Control,
  sampledColumn,
  type ScannedRows,
  type ScannedStrata,
} from '../sources/index.ts';
import { type DrawnSample, keyedSample } from './draw-keys.ts';
import { gatherValues } from './gather.ts';
import { givenStrata } from './given-strata.ts';
import { orderRows, prioritiesOf, type RowOrder } from './order-rows.ts';
import { outlierEffect } from './outlier-effect.ts';
import { findOutliers } from './outlier-rules.ts';
import { ownColumns } from './sample-columns.ts';
import { strataColumns } from './strata-columns.ts';

export interface BuildRequest {
  readonly method: SamplingMethod;
  /** Numeric columns whose outliers are taken whole. */
  readonly outliersOf?: readonly string[];
  readonly seed: number;
  /** Folder of the sample files. */
  readonly folder: string;
  /** Unique number for the file names. */
  readonly number: number;
}

/** A sample whose files are complete on the device, not yet published. */
export interface BuiltSample {
  readonly files: SampleFiles;
  /** null: none were asked for. */
  readonly outliers: SampleOutliers | null;
  readonly rows: number;
  /** Where the table is itself a sample with weights, what these add up to. */
  readonly populationRows: number;
  readonly strata: number;
  readonly bytes: number;
}

/** What to keep of each stratum, and what to ask of the scan so that it is there. Strata that are taken whole are kept besides. */
interface Allocation {
  /** Most rows of a stratum. */
  readonly cap: number;
  /** Keep priorities below this share of their range. */
  readonly shareMax: number;
  readonly takeAll: Uint8Array;
  readonly thresholds: Float64Array;
  readonly atLeast: Float64Array;
}

/**
 * How a method allocates rows. A table that is itself a sample: all. Bottom-k: the K smallest priorities of a stratum; the scan takes
 * a margin more (five standard deviations of how many lie below a threshold), so that K are nearly always among what comes back. What
 * a uniform sample takes whole counts among its rows, so the rest is drawn by so much less.
 */
function allocationOf(method: RowMethod, { count, population, takeAll: whole }: ScannedStrata): Allocation {
  const takeAll = whole ?? new Uint8Array(count);
  const perStratum = (ofWhole: (rows: number) => number, ofOther: (rows: number) => number): Float64Array =>
    population.map((rows, stratum) => (takeAll[stratum] === 1 ? ofWhole(rows) : ofOther(rows)));
  const taken = perStratum(
    (rows) => rows,
    () => 0,
  ).reduce((sum, rows) => sum + rows, 0);
  if (method.kind === 'uniform' && method.unit === 'percent') {
    const all = population.reduce((sum, rows) => sum + rows, 0);
    const share = taken === 0 ? method.amount / 100 : ((method.amount / 100) * all - taken) / (all - taken);
    return {
      cap: Number.POSITIVE_INFINITY,
      shareMax: share,
      takeAll,
      thresholds: perStratum(
        () => 1,
        () => share,
      ),
      atLeast: perStratum(
        (rows) => rows,
        () => 0,
      ),
    };
  }
  if (method.kind === 'given') {
    return {
      cap: Number.POSITIVE_INFINITY,
      shareMax: 1,
      takeAll,
      thresholds: population.map(() => 1),
      atLeast: population,
    };
  }
  const cap = method.kind === 'stratified' ? method.cap : method.amount - taken;
  return {
    cap,
    shareMax: 1,
    takeAll,
    thresholds: perStratum(
      () => 1,
      (rows) => Math.min(1, (cap + 5 * Math.sqrt(cap) + 10) / rows),
    ),
    atLeast: perStratum(
      (rows) => rows,
      (rows) => Math.min(cap, rows),
    ),
  };
}

/** The columns of the sample file from the scanned rows. */
function sampleColumns(rows: ScannedRows, { order }: RowOrder): Column[] {
  const plain = { validity: null, dictionary: null };
  const stratum = gatherValues(rows.stratum, 'int32', order);
  return [
    ...ownColumns(rows, order),
    { name: stratumColumnName, sqlType: 'INTEGER', storage: 'int32', values: stratum, ...plain },
    {
      name: priorityColumnName,
      sqlType: 'DOUBLE',
      storage: 'float64',
      values: prioritiesOf(rows.priority, order),
      ...plain,
    },
  ];
}

/**
 * Draws a sample with two scans and writes its files: under a temporary name, synced, renamed, the folder synced. Where outliers are
 * asked for, scans of single columns before tell which rows are some.
 * @throws QueryError of the source; INVALID_FILE where a table that is itself a sample tells no population; STORAGE where the files
 * cannot be written; CANCELLED
 */
export async function buildSample(
  files: FileSystem,
  scan: BuildScan,
  request: BuildRequest,
  control: Control,
): Promise<BuiltSample> {
  const { method, outliersOf = [] } = request;
  const drawn =
    method.kind === 'universe'
      ? await drawKeys(scan, method, request.seed, control)
      : await drawRows(scan, method, request.seed, outliersOf, control);
  control.signal?.throwIfAborted();
  const described = await writeFiles(files, request, drawn);
  return {
    files: described,
    outliers: drawn.outliers,
    rows: drawn.rows,
    populationRows: Math.round(drawn.strata.population.reduce((sum, rowsOf) => sum + rowsOf, 0)),
    strata: drawn.strata.count,
    bytes: described.data.byteLength + described.strata.byteLength,
  };
}

async function drawRows(
  scan: BuildScan,
  method: RowMethod,
  seed: number,
  outliersOf: readonly string[],
  control: Control,
): Promise<DrawnSample> {
  const keys = strataColumnsOf(method);
  const outliers = await findOutliers(scan, method, outliersOf, control);
  const scanned = await scan.scanStrata(keys, control, outliers);
  const strata = method.kind === 'given' ? givenStrata(scanned, method) : scanned;
  const { thresholds, atLeast, cap, shareMax, takeAll } = allocationOf(method, scanned);
  const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
  const rows = await scan.scanRows({ seed, keys, outliers, thresholds, atLeast, columns }, control);
  const order = orderRows(rows.stratum, rows.priority, strata.count, cap, shareMax, takeAll);
  return {
    strata,
    outliers:
      outliersOf.length === 0 ? null : outlierEffect(method, outliersOf, outliers, strata, order.sizes),
    rows: order.order.length,
    columns: sampleColumns(rows, order),
    strataColumns: strataColumns(strata, order.sizes),
  };
}

async function drawKeys(
  scan: BuildScan,
  { columns: keys, percent }: Extract<SamplingMethod, { readonly kind: 'universe' }>,
  seed: number,
  control: Control,
): Promise<DrawnSample> {
  const strata = await scan.scanStrata([], control);
  const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
  const centres = strata.columns.map(({ mean: [mean = 0] }) => (Number.isNaN(mean) ? 0 : mean));
  const scanned = await scan.scanKeys({ seed, keys, share: percent / 100, columns, centres }, control);
  return keyedSample(keys, strata, scanned);
}

async function writeFiles(
  files: FileSystem,
  { folder, number }: BuildRequest,
  { rows, columns, strata, strataColumns: ofStrata }: DrawnSample,
): Promise<SampleFiles> {
  const dataFile = `sample-${number}.arrow`;
  const strataFile = `sample-${number}.strata.arrow`;
  const temporary = (name: string): string => join(folder, `${name}.tmp`);
  try {
    const data = await writeColumnFile(files, temporary(dataFile), columns, rows);
    const strataData = await writeColumnFile(files, temporary(strataFile), ofStrata, strata.count);
    for (const name of [dataFile, strataFile]) await files.rename(temporary(name), join(folder, name));
    await files.syncFolder(folder);
    return { dataFile, strataFile, data, strata: strataData };
  } catch (error) {
    for (const name of [dataFile, strataFile]) {
      // Best effort: what is left is collected when the folder is next opened.
      await files.remove(temporary(name)).catch(() => undefined);
      await files.remove(join(folder, name)).catch(() => undefined);
    }
    throw storageError(error, 'write the sample');
  }
}
