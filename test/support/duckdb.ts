import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { Scalar, SqlType } from '../../src/plan/index.ts';
import { readResult } from '../../src/sources/duckdb/read-values.ts';

/** Writes the rows of a SELECT as a file. @param options how, as COPY takes it */
export async function writeRows(path: string, select: string, options = 'FORMAT parquet'): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path}' (${options})`);
  connection.closeSync();
  instance.closeSync();
}

/** A DuckDB set up as the engine sets up its own, for comparison. */
export class ReferenceDuckDB {
  private constructor(
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
  ) {}

  static async open(): Promise<ReferenceDuckDB> {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run('SET ieee_floating_point_ops = false');
    await connection.run("SET TimeZone = 'UTC'");
    return new ReferenceDuckDB(instance, connection);
  }

  /** Columns of a result, values in the form of their types. */
  async columns(sql: string): Promise<{ readonly type: SqlType; readonly values: readonly Scalar[] }[]> {
    const result = await readResult(await this.connection.stream(sql));
    return result.columns.map(({ type }, place) => ({ type, values: result.values[place]! }));
  }

  /** The type and value of an expression; null where DuckDB raises an error. */
  async value(expression: string): Promise<{ readonly type: SqlType; readonly value: Scalar } | null> {
    try {
      const result = await readResult(await this.connection.stream(`SELECT ${expression}`));
      return { type: result.columns[0]!.type, value: result.values[0]![0]! };
    } catch {
      return null;
    }
  }

  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}
