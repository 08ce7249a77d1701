import type { TableEntry } from '../catalog/index.ts';
import { buildSample, type BuildRequest } from '../sampler/index.ts';
import type { BuildScan, Control, FileDescription, FileScan, SourceFile } from '../sources/index.ts';
import type { EngineState } from './state.ts';
import { typedColumns } from './table-columns.ts';

/**
 * Draws a sample of a table's files, or of some of them: it is complete on the device, and nobody's until it is published.
 * @param request with a number that was taken for its files @param shared a scan of the files that others use too; not there: one of its own
 * @throws QueryError as {@link buildSample}
 */
export async function drawFiles(
  { source, environment, folders }: Pick<EngineState, 'source' | 'environment' | 'folders'>,
  table: Pick<TableEntry, 'name' | 'columns' | 'files'>,
  request: Omit<BuildRequest, 'folder'>,
  watch: Control,
  shared?: BuildScan,
): ReturnType<typeof buildSample> {
  const { name, files } = table;
  const scan = shared ?? (await source.openBuild({ name, files }, typedColumns(table)));
  try {
    return await buildSample(environment.files, scan, { ...request, folder: folders.samples }, watch);
  } finally {
    scan.close();
  }
}

/** Files that are added to a table: opened once, to look into them and to draw from them for all of its samples. */
export class AddedFiles {
  private opened: FileScan | null = null;

  constructor(
    private readonly source: EngineState['source'],
    private readonly table: Pick<TableEntry, 'name' | 'columns'>,
  ) {}

  /** @throws QueryError INVALID_FILE */
  async inspect(files: readonly SourceFile[]): Promise<FileDescription> {
    this.opened = await this.source.openBuild({ name: this.table.name, files }, typedColumns(this.table));
    return await this.opened.inspect();
  }

  /** To draw from, when they have been looked into. */
  get scan(): BuildScan {
    if (this.opened === null) throw new Error('the files are not open');
    return this.opened;
  }

  close(): void {
    this.opened?.close();
  }
}
