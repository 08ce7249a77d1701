import { join } from 'node:path';
import type { FileEntry, OriginEntry, SourceFormat } from '../catalog/index.ts';
import { type FileSystem, QueryError, storageError } from '../common/index.ts';
import type { Fence } from '../leases/index.ts';
import type { Control, FileDescription, ForeignFiles, SourceFile } from '../sources/index.ts';
import type { EngineState } from './state.ts';

/** Files of the user, as they are, to become rows of a table. */
export interface FilesToTake {
  readonly format: SourceFormat;
  readonly sources: readonly OriginEntry[];
  /** The columns that they must have; not there: any. */
  readonly as?: FileDescription['columns'] | undefined;
  /** The number of the first file in the table. */
  readonly firstId: number;
  /** Looks into Parquet files; not there: the source does, and closes them again. */
  readonly inspect?: (files: readonly SourceFile[]) => Promise<FileDescription>;
}

/** Parquet files of a table, and the columns that all of them have. */
export interface TakenFiles {
  readonly columns: FileDescription['columns'];
  readonly files: readonly FileEntry[];
}

/** The right to write files, and the watch on it; null: none may be needed. */
export interface TakeWork {
  readonly fence: Fence | null;
  readonly watch: Control;
}

/** Files as they are now. @throws QueryError MISSING_FILE where one vanishes meanwhile */
export async function statAll(files: FileSystem, paths: readonly string[]): Promise<OriginEntry[]> {
  const found: OriginEntry[] = [];
  for (const path of paths) {
    const stat = await files.stat(path);
    if (stat === null) throw new QueryError('MISSING_FILE', `the file ${path} has vanished`);
    found.push({ path, bytes: stat.bytes, modifiedMs: stat.modifiedMs });
  }
  return found;
}

/**
 * Takes files into a table: Parquet files as they lie there; those of other formats are written as one Parquet file, which is complete on the
 * device then and nobody's until the table is published.
 * @throws QueryError INVALID_FILE, MISSING_FILE, NOT_SUPPORTED, CANCELLED, STORAGE
 */
export async function takeFiles(
  state: EngineState,
  { format, sources, as, firstId, inspect }: FilesToTake,
  { fence, watch }: TakeWork,
): Promise<TakenFiles> {
  if (sources.length === 0) return { columns: as ?? [], files: [] };
  const paths = sources.map(({ path }) => path);
  if (format === 'parquet') {
    const described = await describeFiles(state, sources, firstId, inspect);
    if (as !== undefined) requireColumns(described, as, paths);
    return described;
  }
  if (fence === null) throw new Error('files are written under a lease');
  const target = await convert(state, { format, paths, as }, fence, watch);
  const written = await statAll(state.environment.files, [target]);
  const { columns, files } = await describeFiles(state, written, firstId, inspect);
  if (as !== undefined) requireColumns({ columns }, as, paths);
  return { columns, files: files.map((file) => ({ ...file, origins: sources })) };
}

/** @throws QueryError INVALID_FILE where the columns are not the wanted ones */
function requireColumns(
  { columns }: Pick<TakenFiles, 'columns'>,
  wanted: TakenFiles['columns'],
  paths: readonly string[],
): void {
  if (JSON.stringify(columns) === JSON.stringify(wanted)) return;
  const described = (of: TakenFiles['columns']): string =>
    of.map(({ name, type }) => `${name} ${type}`).join(', ');
  throw new QueryError('INVALID_FILE', `the columns of ${paths.join(', ')} are ${described(columns)}`, {
    hint: `those of the table are ${described(wanted)}`,
  });
}

/** Parquet files as the catalog has them, with what their footers say. */
async function describeFiles(
  { source }: EngineState,
  sources: readonly OriginEntry[],
  firstId: number,
  inspect: FilesToTake['inspect'] = (files) => source.inspect(files.map(({ path }) => path)),
): Promise<TakenFiles> {
  const numbered = sources.map((file, place) => ({ id: firstId + place, ...file }));
  const { columns, rows, zones } = await inspect(numbered);
  const files = numbered.map((file, place) => ({
    ...file,
    rows: rows[place]!, // one of each a path
    zones: zones[place]!,
  }));
  return { columns, files };
}

/** Returns when what somebody else has written is on the device. */
async function syncFile(files: FileSystem, path: string): Promise<void> {
  const file = await files.open(path, 'read');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes the files as one Parquet file in the tables' folder: under a temporary name, renamed when it is whole. */
async function convert(
  state: EngineState,
  from: ForeignFiles,
  fence: Fence,
  watch: Control,
): Promise<string> {
  const { files } = state.environment;
  const target = join(state.folders.tables, `table-${await state.catalog.nextFileNumber(fence)}.parquet`);
  const temporary = `${target}.tmp`;
  try {
    await state.source.convert(from, temporary, watch);
    await syncFile(files, temporary);
    await files.rename(temporary, target);
    await files.syncFolder(state.folders.tables);
    return target;
  } catch (error) {
    await files.remove(temporary).catch(() => undefined); // best effort: the error that led here is the one to report
    throw storageError(error, 'write the table');
  }
}
