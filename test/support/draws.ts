import type { SamplingMethod } from '../../src/catalog/index.ts';
import type { OutputColumn } from '../../src/plan/index.ts';
import { typeFromDuckDB } from '../../src/plan/index.ts';
import { buildSample } from '../../src/sampler/index.ts';
import { openSample, type Sample } from '../../src/samples/index.ts';
import { type BuildScan, DuckDBSource, type ScannedStrata } from '../../src/sources/index.ts';
import { memoryFiles } from './memory-files.ts';

/** A Parquet file that samples are drawn from, many times. */
export class DrawingTable {
  private strata: ScannedStrata | null = null;

  private constructor(
    private readonly source: DuckDBSource,
    private readonly scan: BuildScan,
    readonly columns: readonly OutputColumn[],
    private readonly method: SamplingMethod,
  ) {}

  static async open(path: string, method: SamplingMethod, tempFolder: string): Promise<DrawingTable> {
    const source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 31, tempFolder });
    const { columns } = await source.inspect([path]);
    const typed = columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
    const scan = await source.openBuild({ name: 't', files: [{ id: 1, path }] }, typed);
    return new DrawingTable(source, scan, typed, method);
  }

  /** Draws the sample of a seed: as CREATE SAMPLE does, but the strata, which no seed changes, are scanned once. */
  async draw(seed: number): Promise<Sample> {
    const scan: BuildScan = {
      scanStrata: async (keys, control) => (this.strata ??= await this.scan.scanStrata(keys, control)),
      scanRows: (request, control) => this.scan.scanRows(request, control),
      close: () => Promise.resolve(),
    };
    const files = memoryFiles();
    const built = await buildSample(
      files,
      scan,
      { method: this.method, seed, folder: '/samples', number: 1 },
      {},
    );
    return await openSample(files, '/samples', built.files);
  }

  async close(): Promise<void> {
    await this.scan.close();
    await this.source.close();
  }
}
