import { type FileSystem, QueryError } from '../common/index.ts';
import type { EngineState } from './state.ts';

/**
 * Refuses to begin a catalog anew where there was one: what lies in the folders would be nobody's then.
 * @param path of the catalog
 * @throws QueryError DAMAGED_CATALOG where it is missing or empty, but not the files that it knew
 */
export async function refuseLostCatalog(
  files: FileSystem,
  path: string,
  folders: EngineState['folders'],
): Promise<void> {
  const found = await files.stat(path);
  if (found !== null && found.bytes > 0) return;
  for (const folder of [folders.samples, folders.tables]) {
    const left = (await files.list(folder)).find((name) => /\.(arrow|parquet)$/.test(name));
    if (left === undefined) continue;
    throw new QueryError(
      'DAMAGED_CATALOG',
      `the catalog ${path} is ${found === null ? 'missing' : 'empty'}, but ${folder} holds ${left}`,
      {
        hint: 'restore it from a backup with its samples, or move the folder away: tables and samples can be made again',
      },
    );
  }
}
