import { join } from 'node:path';
import { type FileSystem, storageError } from '../common/index.ts';
import type { SamplingMethod } from '../catalog/index.ts';
import { strataColumnsOf } from '../catalog/index.ts';
import { formatType } from '../plan/index.ts';
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
import { gatherValidity, gatherValues } from './gather.ts';
import { orderRows, prioritiesOf, type RowOrder } from './order-rows.ts';
import { strataColumns } from './strata-columns.ts';

export interface BuildRequest {
  readonly method: SamplingMethod;
  readonly seed: number;
  /** Folder of the sample files. */
  readonly folder: string;
  /** Unique number for the file names. */
  readonly number: number;
}

/** A sample whose files are complete on the device, not yet published. */
export interface BuiltSample {
  readonly files: SampleFiles;
  readonly rows: number;
  readonly populationRows: number;
  readonly strata: number;
  readonly bytes: number;
}

/** What to keep of each stratum, and what to ask of the scan so that it is there. */
interface Allocation {
  /** Most rows of a stratum. */
  readonly cap: number;
  /** Keep priorities below this share of their range. */
  readonly shareMax: number;
  readonly thresholds: Float64Array;
  readonly atLeast: Float64Array;
}

/**
 * How a method allocates rows. Bottom-k: the K smallest priorities of a stratum; the scan takes a margin more (five standard
 * deviations of how many lie below a threshold), so that K are nearly always among what comes back.
 */
function allocationOf(method: SamplingMethod, population: Float64Array): Allocation {
  if (method.kind === 'uniform' && method.unit === 'percent') {
    const share = method.amount / 100;
    return {
      cap: Number.POSITIVE_INFINITY,
      shareMax: share,
      thresholds: population.map(() => share),
      atLeast: population.map(() => 0),
    };
  }
  const cap = method.kind === 'stratified' ? method.cap : method.amount;
  return {
    cap,
    shareMax: 1,
    thresholds: population.map((rows) => Math.min(1, (cap + 5 * Math.sqrt(cap) + 10) / rows)),
    atLeast: population.map((rows) => Math.min(cap, rows)),
  };
}

/** The columns of the sample file from the scanned rows. */
function sampleColumns(rows: ScannedRows, { order }: RowOrder): Column[] {
  const own = rows.columns.map(({ column, values, validity, dictionary }): Column => ({
    name: column.name,
    sqlType: formatType(column.type),
    storage: column.storage,
    values: gatherValues(values, column.storage, order),
    validity: gatherValidity(validity, order),
    dictionary,
  }));
  const plain = { validity: null, dictionary: null };
  const stratum = gatherValues(rows.stratum, 'int32', order);
  return [
    ...own,
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
 * Draws a sample with two scans and writes its files: under a temporary name, synced, renamed, the folder synced.
 * @throws QueryError of the source; STORAGE where the files cannot be written; CANCELLED
 */
export async function buildSample(
  files: FileSystem,
  scan: BuildScan,
  request: BuildRequest,
  control: Control,
): Promise<BuiltSample> {
  const keys = strataColumnsOf(request.method);
  const strata = await scan.scanStrata(keys, control);
  const allocation = allocationOf(request.method, strata.population);
  const columns = strata.columns.map(sampledColumn).filter((column) => column !== null);
  const { seed } = request;
  const { thresholds, atLeast } = allocation;
  const rows = await scan.scanRows({ seed, keys, thresholds, atLeast, columns }, control);
  const order = orderRows(rows.stratum, rows.priority, strata.count, allocation.cap, allocation.shareMax);
  control.signal?.throwIfAborted();
  const described = await writeFiles(files, request, sampleColumns(rows, order), strata, order);
  return {
    files: described,
    rows: order.order.length,
    populationRows: strata.population.reduce((sum, rowsOf) => sum + rowsOf, 0),
    strata: strata.count,
    bytes: described.data.byteLength + described.strata.byteLength,
  };
}

async function writeFiles(
  files: FileSystem,
  { folder, number }: BuildRequest,
  columns: readonly Column[],
  strata: ScannedStrata,
  { order, sizes }: RowOrder,
): Promise<SampleFiles> {
  const dataFile = `sample-${number}.arrow`;
  const strataFile = `sample-${number}.strata.arrow`;
  const temporary = (name: string): string => join(folder, `${name}.tmp`);
  try {
    const data = await writeColumnFile(files, temporary(dataFile), columns, order.length);
    const strataData = await writeColumnFile(
      files,
      temporary(strataFile),
      strataColumns(strata, sizes),
      strata.count,
    );
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
