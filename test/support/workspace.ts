import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Environment, systemEnvironment } from '../../src/engine/environment.ts';
import { openEngineIn } from '../../src/engine/open-engine.ts';
import { type Engine, type OpenOptions, QueryError, type QueryResult } from '../../src/index.ts';
import { writeRows } from './duckdb.ts';

/** A folder of its own with an engine on it. */
export class Workspace {
  private constructor(
    readonly folder: string,
    public engine: Engine,
    private readonly world: Partial<Environment>,
    private readonly options: OpenOptions,
  ) {}

  /** @param world what is to be other than it is */
  static async open(world: Partial<Environment> = {}, options: OpenOptions = {}): Promise<Workspace> {
    const folder = mkdtempSync(join(tmpdir(), 'ballpark-test-'));
    return new Workspace(folder, await Workspace.openEngine(folder, world, options), world, options);
  }

  private static openEngine(
    folder: string,
    world: Partial<Environment>,
    options: OpenOptions,
  ): Promise<Engine> {
    const own = { dataDir: join(folder, 'data'), allowedPaths: [folder], threads: 2, ...options };
    return openEngineIn(own, { ...systemEnvironment, ...world });
  }

  /** The path of a file in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a text file. */
  write(name: string, text: string | Uint8Array): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  /** Writes the rows of a DuckDB SELECT as a file (Parquet unless told otherwise). */
  async writeRows(name: string, select: string, options?: string): Promise<string> {
    await writeRows(this.path(name), select, options);
    return this.path(name);
  }

  /** Registers the rows of a DuckDB SELECT as a table. */
  async table(name: string, select: string): Promise<void> {
    const path = await this.writeRows(`${name}.parquet`, select);
    await this.engine.query(`CREATE TABLE ${name} FROM '${path}'`);
  }

  query(sql: string): Promise<QueryResult> {
    return this.engine.query(sql);
  }

  /** The rows of an answer as plain values, estimates by their value. */
  async values(sql: string): Promise<unknown[][]> {
    const { rows } = await this.engine.query(sql);
    return rows.map((row) =>
      row.map((cell) =>
        cell !== null && typeof cell === 'object' && 'certified' in cell ? cell.value : cell,
      ),
    );
  }

  /** The error that a statement ends with. */
  async error(sql: string): Promise<QueryError> {
    try {
      await this.engine.query(sql);
    } catch (error) {
      if (error instanceof QueryError) return error;
      throw error;
    }
    throw new Error(`no error: ${sql}`);
  }

  /** Closes the engine and opens another on the same folder. */
  async reopen(): Promise<void> {
    await this.engine.close();
    await this.start();
  }

  /** Opens an engine where the one before was closed. */
  async start(): Promise<void> {
    this.engine = await Workspace.openEngine(this.folder, this.world, this.options);
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
