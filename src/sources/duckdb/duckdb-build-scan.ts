import type { OutputColumn } from '../../plan/index.ts';
import type {
  FileScan,
  MagnitudeHistogram,
  OutlierRule,
  KeyRequest,
  RowRequest,
  ScannedKeys,
  ScannedRows,
  ScannedStrata,
  StrataOutline,
} from '../build-scan.ts';
import { type Control, type FileDescription, pauseOf, type SourceTable } from '../source.ts';
import { readCentres } from './column-centres.ts';
import { inspectParquet, readerOf } from './files.ts';
import { type ColumnFooter, readFooters } from './footers.ts';
import type { LockedDatabase } from './locked-database.ts';
import { magnitudeStatement, readMagnitudes } from './magnitudes.ts';
import { quoteName } from './print-literal.ts';
import { type PickedPart, pickRows, priorityExpression, thresholdOf } from './pick-rows.ts';
import { pullRows } from './pull-rows.ts';
import { storedExpression } from './stored-column.ts';
import { readResult } from './read-values.ts';
import { scanKeys } from './scan-keys.ts';
import { scanStrata } from './scan-strata.ts';

/** Strata whose thresholds are set at once. */
const strataAtOnce = 2 ** 11;
/** A threshold of none is widened to four times this. */
const leastShare = 2 ** -53;

/** The scans of builds, one after the other, in a database of its own that can read the table's files. */
export class DuckDBBuildScan implements FileScan {
  private knownCentres: readonly number[] | null = null;
  private knownFooters: readonly ColumnFooter[] | null = null;
  /** Names of the tables that strata are kept in, by what they are made by. */
  private readonly strataTables = new Map<string, string>();

  constructor(
    private readonly database: LockedDatabase,
    private readonly table: SourceTable,
    private readonly columns: readonly OutputColumn[],
    readonly close: () => void,
  ) {}

  inspect(): Promise<FileDescription> {
    return inspectParquet(this.database, this.paths);
  }

  async scanSizes(keys: readonly string[], control: Control): Promise<Float64Array> {
    const grouping = keys.length === 0 ? '' : ` GROUP BY ${keys.map(quoteName).join(', ')}`;
    const sql = `SELECT count(*) FROM ${this.reader()}${grouping}`;
    const { values } = await this.database.query(sql, readResult, control);
    return Float64Array.from(values[0]!, Number); // one column
  }

  async scanMagnitudes(column: string, control: Control): Promise<MagnitudeHistogram> {
    const place = this.columns.findIndex(({ name }) => name === column);
    const centres = await this.centres(control);
    const sql = magnitudeStatement(this.columns[place]!, this.reader(), centres[place]!); // resolved against the same columns
    const { values } = await this.database.query(sql, readResult, control);
    return readMagnitudes(values);
  }

  async scanStrata(
    keys: readonly string[],
    control: Control,
    outliers: readonly OutlierRule[] = [],
    onOutline?: (outline: StrataOutline) => void,
  ): Promise<ScannedStrata> {
    const [centres, footers] = await Promise.all([this.centres(control), this.footers(control)]);
    const relation = { paths: this.paths, reader: this.reader(), columns: this.columns, centres, footers };
    const table = this.strataTable(keys, outliers);
    return await scanStrata(this.database, relation, { table, keys, outliers, onOutline }, control);
  }

  async scanRows(requests: readonly RowRequest[], control: Control): Promise<ScannedRows[]> {
    const thresholds = requests.map((request) => Float64Array.from(request.thresholds));
    const scanned: ScannedRows[] = [];
    let asked = [...requests.keys()];
    while (asked.length > 0) {
      const parts = asked.map((place) => ({ ...requests[place]!, thresholds: thresholds[place]! })); // one each
      const rows = await this.pick(parts, control);
      for (const [part, place] of asked.entries()) scanned[place] = rows[part]!; // the same
      asked = asked.filter((place) => widen(thresholds[place]!, requests[place]!, scanned[place]!));
    }
    return scanned;
  }

  /** The rows of each sample whose priority is at most their stratum's threshold. */
  private async pick(requests: readonly RowRequest[], control: Control): Promise<ScannedRows[]> {
    const parts: PickedPart[] = [];
    for (const [place, request] of requests.entries()) {
      const { keys, outliers = [], thresholds } = request;
      const isOne = keys.length === 0 && outliers.length === 0;
      const tables = { strata: this.strataTable(keys, outliers), thresholds: `thresholds${place}` };
      if (!isOne) await this.setThresholds(tables.thresholds, thresholds, control);
      parts.push({ ...request, tables: isOne ? null : tables });
    }
    const relation = { reader: this.reader(), columns: this.columns, fileNumber: this.fileNumber() };
    return await pullRows(this.database, pickRows(relation, parts), control);
  }

  async scanKeys(request: KeyRequest, control: Control): Promise<ScannedKeys> {
    const relation = {
      reader: this.reader(),
      columns: this.columns,
      rowPriority: this.rowPriority(request.seed),
      stored: request.columns.map(storedExpression),
    };
    return await scanKeys(this.database, relation, request, control);
  }

  private reader(): string {
    return readerOf('parquet', this.paths, 'file_row_number = true');
  }

  private get paths(): string[] {
    return this.table.files.map(({ path }) => path);
  }

  /** For each column a number near its mean; read once. */
  private async centres(control: Control): Promise<readonly number[]> {
    this.knownCentres ??= await readCentres(this.database, this.paths, this.columns, control);
    return this.knownCentres;
  }

  /** For each column what the footers tell; read once. */
  private async footers(control: Control): Promise<readonly ColumnFooter[]> {
    this.knownFooters ??= await readFooters(this.database, this.paths, this.columns, control);
    return this.knownFooters;
  }

  /** The table of the strata that are made by some keys and rules. */
  private strataTable(keys: readonly string[], outliers: readonly OutlierRule[]): string {
    const by = JSON.stringify([keys, outliers]);
    const table = this.strataTables.get(by) ?? `strata${this.strataTables.size}`;
    this.strataTables.set(by, table);
    return table;
  }

  /** Brings the thresholds into DuckDB, as priorities. */
  private async setThresholds(table: string, thresholds: Float64Array, control: Control): Promise<void> {
    await this.database.call(async (connection) => {
      await connection.run(`CREATE OR REPLACE TABLE ${table} (h INTEGER, most UBIGINT)`);
      const appender = await connection.createAppender(table);
      for (const [stratum, share] of thresholds.entries()) {
        appender.appendInteger(stratum);
        appender.appendUBigInt(thresholdOf(share));
        appender.endRow();
        if (stratum % strataAtOnce === strataAtOnce - 1) await pauseOf(control)();
      }
      appender.closeSync();
    }, control);
  }

  private rowPriority(seed: number): string {
    return priorityExpression(this.fileNumber(), 't.file_row_number', String(seed));
  }

  /** The catalog's number of a row's file, in SQL. */
  private fileNumber(): string {
    const ids = this.table.files.map(({ id }) => id);
    return ids.length === 1
      ? String(ids[0])
      : `list_extract([${ids.join(', ')}], (t.file_index + 1)::BIGINT)`;
  }
}

/** Widens the thresholds of strata with fewer rows than they must have, though not all of theirs were asked for. @returns whether there are any */
function widen(shares: Float64Array, { atLeast }: RowRequest, { stratum }: ScannedRows): boolean {
  const counts = new Int32Array(shares.length);
  for (let row = 0; row < stratum.length; row++) counts[stratum[row]!]!++; // row < length, one entry a stratum
  const short = [...shares.keys()].filter((each) => shares[each]! < 1 && counts[each]! < atLeast[each]!);
  for (const each of short) shares[each] = Math.min(1, 4 * Math.max(shares[each]!, leastShare));
  return short.length > 0;
}
