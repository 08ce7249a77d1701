import type { TableEntry } from '../catalog/index.ts';
import { buildSample, type BuildRequest } from '../sampler/index.ts';
import type { Control } from '../sources/index.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';

/**
 * Draws a sample of a table's files, or of some of them: it is complete on the device, and nobody's until it is published.
 * @param request with a number that was taken for its files
 * @throws QueryError as {@link buildSample}
 */
export async function drawFiles(
  { source, environment, folders }: Pick<EngineState, 'source' | 'environment' | 'folders'>,
  table: Pick<TableEntry, 'name' | 'columns' | 'files'>,
  request: Omit<BuildRequest, 'folder'>,
  watch: Control,
): ReturnType<typeof buildSample> {
  const { name, files } = table;
  const scan = await source.openBuild({ name, files }, typedColumns(table));
  try {
    return await buildSample(environment.files, scan, { ...request, folder: folders.samples }, watch);
  } finally {
    await scan.close();
  }
}
