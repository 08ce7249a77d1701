import { join } from 'node:path';
import type { SampleOutliers } from '../catalog/index.ts';
import { type FileSystem, type Pause, storageError } from '../common/index.ts';
import { type Column, type SampleFiles, writeColumnFile } from '../samples/index.ts';
import type { ScannedStrata } from '../sources/index.ts';

/** What goes into a sample's two files. */
export interface DrawnSample {
  readonly strata: ScannedStrata;
  /** What was taken whole for its values; null: nothing was asked for. */
  readonly outliers: SampleOutliers | null;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly strataColumns: readonly Column[];
}

/** Where the files of a sample go. */
export interface SamplePlace {
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

/**
 * Writes a sample's files: under a temporary name, synced, renamed, the folder synced.
 * @throws QueryError STORAGE where they cannot be written, CANCELLED where the pause says so; then none is left
 */
export async function writeSample(
  files: FileSystem,
  place: SamplePlace,
  drawn: DrawnSample,
  pause: Pause,
): Promise<BuiltSample> {
  const { outliers, rows, strata } = drawn;
  const described = await writeFiles(files, place, drawn, pause);
  return {
    files: described,
    outliers,
    rows,
    populationRows: Math.round(strata.population.reduce((sum, rowsOf) => sum + rowsOf, 0)),
    strata: strata.count,
    bytes: described.data.byteLength + described.strata.byteLength,
  };
}

async function writeFiles(
  files: FileSystem,
  { folder, number }: SamplePlace,
  { rows, columns, strata, strataColumns: ofStrata }: DrawnSample,
  pause: Pause,
): Promise<SampleFiles> {
  const dataFile = `sample-${number}.arrow`;
  const strataFile = `sample-${number}.strata.arrow`;
  const temporary = (name: string): string => join(folder, `${name}.tmp`);
  // Both pause in turn: where one is told to stop, so is the other.
  let turn = Promise.resolve();
  const together = { pause: () => (turn = turn.then(pause)) };
  try {
    const writing = [
      writeColumnFile(files, temporary(dataFile), columns, rows, together),
      writeColumnFile(files, temporary(strataFile), ofStrata, strata.count, together),
    ] as const;
    await Promise.allSettled(writing); // what is still written cannot be removed
    const [data, strataData] = await Promise.all(writing);
    await pause();
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
