import type { SamplingMethod } from '../../src/catalog/index.ts';
import type { OutputColumn } from '../../src/plan/index.ts';
import { typeFromDuckDB } from '../../src/plan/index.ts';
import { buildSample } from '../../src/sampler/index.ts';
import { openSample, type Sample } from '../../src/samples/index.ts';
import { type BuildScan, DuckDBSource } from '../../src/sources/index.ts';
import { memoryFiles } from './memory-files.ts';

/** A Parquet file that samples are drawn from, many times. */
export class DrawingTable {
  private readonly known = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly source: DuckDBSource,
    private readonly scan: BuildScan,
    readonly columns: readonly OutputColumn[],
    private readonly method: SamplingMethod,
    private readonly outliersOf: readonly string[],
  ) {}

  static async open(
    path: string,
    method: SamplingMethod,
    tempFolder: string,
    outliersOf: readonly string[] = [],
  ): Promise<DrawingTable> {
    const source = new DuckDBSource({ threads: 2, memoryLimitBytes: 2 ** 31, tempFolder });
    const { columns } = await source.inspect([path]);
    const typed = columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
    const scan = await source.openBuild({ name: 't', files: [{ id: 1, path }] }, typed);
    return new DrawingTable(source, scan, typed, method, outliersOf);
  }

  /** Draws the sample of a seed: as CREATE SAMPLE does, but what no seed changes is scanned once. */
  async draw(seed: number): Promise<Sample> {
    const { scan } = this;
    const files = memoryFiles();
    const built = await buildSample(
      files,
      {
        scanSizes: (keys, control) => this.once('sizes', () => scan.scanSizes(keys, control)),
        scanMagnitudes: (column, control) => this.once(column, () => scan.scanMagnitudes(column, control)),
        scanStrata: (keys, control, outliers) =>
          this.once('strata', () => scan.scanStrata(keys, control, outliers)),
        scanRows: (request, control) => scan.scanRows(request, control),
        scanKeys: (request, control) => scan.scanKeys(request, control),
        close: () => undefined,
      },
      { method: this.method, outliersOf: this.outliersOf, seed, folder: '/samples', number: 1 },
      {},
    );
    return await openSample(files, '/samples', built.files);
  }

  private async once<T>(what: string, scan: () => Promise<T>): Promise<T> {
    const known = this.known.get(what) ?? scan();
    this.known.set(what, known);
    return (await known) as T; // what was kept under this name
  }

  async close(): Promise<void> {
    this.scan.close();
    await this.source.close();
  }
}
