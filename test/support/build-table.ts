import { typeFromDuckDB } from '../../src/plan/index.ts';
import { type BuildScan, DuckDBSource, type RowRequest, type ScannedRows } from '../../src/sources/index.ts';
import { Workspace } from './workspace.ts';

/** 3,000 rows of all kinds of columns, by keys of which one is NULL. */
const rows =
  "SELECT CASE WHEN i % 7 = 0 THEN NULL ELSE 'k' || (i % 3) END AS k, (i % 100)::INTEGER AS n, CASE WHEN i % 5 <> 0 THEN 1e9 + i * 0.25 END AS x, (i / 8.0)::DECIMAL(12,3) AS d, DATE '2000-01-01' + (i % 50)::INTEGER AS day, i % 2 = 0 AS b FROM range(3000) t(i)";

/** A table in a Parquet file that the scans of builds read. */
export class BuildTable {
  private constructor(
    private readonly work: Workspace,
    private readonly source: DuckDBSource,
    readonly openScan: () => Promise<BuildScan>,
  ) {}

  static async open(): Promise<BuildTable> {
    const work = await Workspace.open();
    const path = await work.writeRows('t.parquet', rows);
    const source = new DuckDBSource({
      threads: 2,
      memoryLimitBytes: 2 ** 30,
      tempFolder: work.path('scratch'),
    });
    const { columns } = await source.inspect([path]);
    const typed = columns.map(({ name, type }) => ({ name, type: typeFromDuckDB(type) }));
    return new BuildTable(work, source, () =>
      source.openBuild({ name: 't', files: [{ id: 1, path }] }, typed),
    );
  }

  /** Does something with a scan of its own. */
  async with<T>(use: (fresh: BuildScan) => Promise<T>): Promise<T> {
    const fresh = await this.openScan();
    try {
      return await use(fresh);
    } finally {
      fresh.close();
    }
  }

  async close(): Promise<void> {
    await this.source.close();
    await this.work.close();
  }
}

/** What is picked for a single sample. */
export async function rowsFrom(from: BuildScan, request: RowRequest): Promise<ScannedRows> {
  const [picked] = await from.scanRows([request], {});
  return picked!; // of the one request
}
