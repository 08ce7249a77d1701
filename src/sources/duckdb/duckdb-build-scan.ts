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
import { magnitudeStatement, outlierTest, readMagnitudes } from './magnitudes.ts';
import { quoteName } from './print-literal.ts';
import { pullRows, storedExpression } from './pull-rows.ts';
import { readResult } from './read-values.ts';
import { scanKeys } from './scan-keys.ts';
import { scanStrata } from './scan-strata.ts';

/** Strata whose thresholds are set at once. */
const strataAtOnce = 2 ** 11;
/** Priorities are 64-bit hashes; a double may lie so far from one that it stands for. */
const [priorityRange, priorityStep] = [2 ** 64, 2n ** 11n];
const leastShare = 2 ** -53;
const priorityMax = 2n ** 64n - 1n;

/** The scans of builds, one after the other, in a database of its own that can read the table's files. */
export class DuckDBBuildScan implements FileScan {
  private knownCentres: readonly number[] | null = null;
  private knownFooters: readonly ColumnFooter[] | null = null;

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
    return await scanStrata(this.database, relation, { keys, outliers, onOutline }, control);
  }

  async scanRows(request: RowRequest, control: Control): Promise<ScannedRows> {
    const shares = Float64Array.from(request.thresholds);
    for (;;) {
      await this.setThresholds(shares, control);
      const rows = await pullRows(
        this.database,
        this.pickStatement(request, shares),
        request.columns,
        control,
      );
      const short = shortStrata(rows.stratum, shares, request.atLeast);
      if (short.length === 0) return rows;
      for (const stratum of short) shares[stratum] = Math.min(1, 4 * Math.max(shares[stratum]!, leastShare));
    }
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

  /** Brings the thresholds into DuckDB, as priorities. */
  private async setThresholds(thresholds: Float64Array, control: Control): Promise<void> {
    await this.database.call(async (connection) => {
      await connection.run('CREATE OR REPLACE TABLE thresholds (h INTEGER, most UBIGINT)');
      const appender = await connection.createAppender('thresholds');
      for (const [stratum, share] of thresholds.entries()) {
        appender.appendInteger(stratum);
        appender.appendUBigInt(thresholdOf(share));
        appender.endRow();
        if (stratum % strataAtOnce === strataAtOnce - 1) await pauseOf(control)();
      }
      appender.closeSync();
    }, control);
  }

  /** The rows whose priority is at most their stratum's threshold. */
  private pickStatement({ seed, keys, columns, outliers = [] }: RowRequest, shares: Float64Array): string {
    const priority = this.rowPriority(seed);
    const matches = keys.map((key, place) => `t.${quoteName(key)} IS NOT DISTINCT FROM s.k${place}`);
    if (outliers.length > 0) matches.push(`${outlierTest(outliers, this.columns, 't.')} = s.o`);
    const stored = columns.map((column, place) => `${storedExpression(column)} AS c${place}`);
    const picked = [`${priority} AS u`, ...stored].join(', ');
    // No row lies beyond the greatest threshold: that a reader of files can tell by itself, where it leaves any out.
    const share = shares.reduce((most, each) => Math.max(most, each), 0);
    const greatest = share < 1 ? `${priority} <= ${thresholdOf(share)}::UBIGINT` : 'TRUE';
    if (matches.length === 0) return `SELECT 0 AS h, ${picked} FROM ${this.reader()} t WHERE ${greatest}`;
    const strata = `(SELECT * FROM strata JOIN thresholds USING (h)) s`;
    return `SELECT s.h, ${picked} FROM ${this.reader()} t JOIN ${strata} ON ${matches.join(' AND ')} WHERE ${priority} <= s.most AND ${greatest}`;
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

/** Strata with fewer rows than they must have, though not all of theirs were asked for. */
function shortStrata(stratum: Int32Array, shares: Float64Array, atLeast: Float64Array): number[] {
  const counts = new Int32Array(shares.length);
  for (let row = 0; row < stratum.length; row++) counts[stratum[row]!]!++; // row < length, one entry a stratum
  return [...shares.keys()].filter((each) => shares[each]! < 1 && counts[each]! < atLeast[each]!);
}

/** A share of the priorities' range as a priority, never less than it. */
function thresholdOf(share: number): bigint {
  const threshold = BigInt(Math.ceil(share * priorityRange)) + priorityStep;
  return threshold < priorityMax ? threshold : priorityMax;
}

/**
 * A row's priority, in SQL: a hash of its identity and the seed. The hash is applied twice: DuckDB's hash of several values mixes
 * the last one in so weakly that the small priorities of neighbouring seeds depend on each other.
 * @param file the catalog's number of the row's file @param row its place in the file
 */
export function priorityExpression(file: string, row: string, seed: string): string {
  return `hash(hash(${file}::BIGINT, ${row}::BIGINT, ${seed}::BIGINT))`;
}
