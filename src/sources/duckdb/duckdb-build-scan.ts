import { withPauses } from '../../common/index.ts';
import type { OutputColumn, Scalar } from '../../plan/index.ts';
import type {
  FileScan,
  MagnitudeHistogram,
  OutlierRule,
  KeyRequest,
  RowRequest,
  SampledColumn,
  ScannedColumn,
  ScannedKeys,
  ScannedRows,
  ScannedStrata,
} from '../build-scan.ts';
import { type Control, type FileDescription, pauseOf, type SourceTable } from '../source.ts';
import { readCentres } from './column-centres.ts';
import { inspectParquet, readerOf } from './files.ts';
import { readRanges } from './footer-ranges.ts';
import type { LockedDatabase } from './locked-database.ts';
import { magnitudeStatement, outlierTest, readMagnitudes } from './magnitudes.ts';
import { quoteName } from './print-literal.ts';
import { scanKeys } from './scan-keys.ts';
import { pullRows } from './pull-rows.ts';
import {
  carefulTotals,
  type GetTotals,
  quickExpressions,
  statisticName,
  type TotalsByName,
  totalsOf,
  type ValueRange,
} from './quick-statistics.ts';
import { readResult } from './read-values.ts';
import { scannedColumn } from './scanned-column.ts';
import { type StatisticExpressions, statisticExpressions } from './strata-statistics.ts';

/** Strata whose thresholds are set at once. */
const strataAtOnce = 2 ** 11;
/** Priorities are 64-bit hashes; a double may lie so far from one that it stands for. */
const [priorityRange, priorityStep] = [2 ** 64, 2n ** 11n];
const priorityMax = 2n ** 64n - 1n;

/** The scans of builds, one after the other, in a database of its own that can read the table's files. */
export class DuckDBBuildScan implements FileScan {
  private knownCentres: readonly number[] | null = null;
  private knownRanges: readonly (ValueRange | null)[] | null = null;

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
  ): Promise<ScannedStrata> {
    const keyColumns = keys.map((key) => this.columns.find(({ name }) => name === key)!); // resolved against the same columns
    const centres = await this.centres(control);
    const ranges = await this.ranges(control);
    const parts = keys.map((key, place) => ({ name: `k${place}`, sql: quoteName(key) }));
    if (outliers.length > 0) parts.push({ name: 'o', sql: outlierTest(outliers, this.columns, '') });
    const named = parts.map(({ name, sql }) => `${sql} AS ${name}`);
    // Of one stratum the footer tells the ends.
    const ends = ranges.map((range) => (parts.length === 0 ? range : null));
    const statistics = this.namedStatistics(centres, (column, centre, place) => {
      const { low, high, ...others } = quickExpressions(column, centre, ranges[place]!); // one a column
      return low === undefined || high === undefined || ends[place] !== null
        ? others
        : { low, high, ...others };
    });
    const grouped = `SELECT ${[...named, 'count(*) AS n', ...statistics].join(', ')} FROM ${this.reader()} GROUP BY ALL`;
    const order = parts.length === 0 ? '1' : parts.map(({ name }) => `${name} ASC NULLS LAST`).join(', ');
    await this.database.run(
      `CREATE OR REPLACE TABLE strata AS SELECT (row_number() OVER (ORDER BY ${order}) - 1)::INTEGER AS h, * FROM (${grouped}) WHERE n > 0`,
      control,
    );
    const { rowCount, columns, values } = await this.database.query(
      'SELECT * FROM strata ORDER BY h',
      readResult,
      control,
    );
    const found = new Map(columns.map(({ name }, place) => [name, values[place]!])); // one array a column
    for (const [place, told] of ends.entries()) {
      for (const [name, end] of Object.entries(told ?? {}))
        found.set(statisticName(name, place), Array<Scalar>(rowCount).fill(end));
    }
    const quick: (GetTotals | null)[] = [];
    for (const [place, column] of this.columns.entries()) {
      const own = carefulTotals(column, rowCount, totalsOf(found, place), centres[place]!); // one a column
      quick.push(await withPauses(own, pauseOf(control)));
    }
    const careful = quick.includes(null)
      ? await this.scanCarefully(quick.map((totals) => totals === null), { named, order }, centres, control) // prettier-ignore
      : found;
    const scanned: ScannedColumn[] = [];
    for (const [place, column] of this.columns.entries()) {
      const totals = quick[place] ?? totalsOf(careful, place);
      const own = scannedColumn(column, rowCount, totals, centres[place]!); // one centre a column
      scanned.push(await withPauses(own, pauseOf(control)));
    }
    return {
      count: rowCount,
      takeAll: outliers.length === 0 ? null : Uint8Array.from(found.get('o')!, Number),
      population: Float64Array.from(found.get('n')!, Number),
      keys: keyColumns.map((column, place) => ({ column, values: found.get(`k${place}`)! })),
      columns: scanned,
    };
  }

  /** What is computed of the columns, named by them. */
  private namedStatistics(
    centres: readonly number[],
    expressionsOf: (column: OutputColumn, centre: number, place: number) => StatisticExpressions,
  ): string[] {
    return this.columns.flatMap((column, place) => {
      const named = Object.entries(expressionsOf(column, centres[place]!, place)); // one centre a column
      return named.map(([name, sql]) => `${sql} AS ${statisticName(name, place)}`);
    });
  }

  /** Totals of columns whose values are not as most are, in the order of the strata. */
  private async scanCarefully(
    columns: readonly boolean[],
    { named, order }: { readonly named: readonly string[]; readonly order: string },
    centres: readonly number[],
    control: Control,
  ): Promise<TotalsByName> {
    const statistics = this.namedStatistics(centres, (column, centre, place) =>
      columns[place] ? statisticExpressions(column, centre) : {},
    );
    const grouped = `SELECT ${[...named, 'count(*) AS n', ...statistics].join(', ')} FROM ${this.reader()} GROUP BY ALL`;
    const sql = `SELECT * FROM (${grouped}) WHERE n > 0 ORDER BY ${order}`;
    const result = await this.database.query(sql, readResult, control);
    return new Map(result.columns.map(({ name }, place) => [name, result.values[place]!])); // one array a column
  }

  async scanRows(request: RowRequest, control: Control): Promise<ScannedRows> {
    const { thresholds, atLeast } = request;
    await this.setThresholds(thresholds, control);
    const pick = this.pickStatement(request);
    // No row lies beyond the greatest threshold: that a reader of files can tell by itself.
    const greatest = thresholdOf(thresholds.reduce((most, share) => Math.max(most, share), 0));
    const first = `${this.rowPriority(request.seed)} <= ${greatest}::UBIGINT`;
    await this.database.run(`CREATE OR REPLACE TABLE picked AS ${pick} AND ${first}`, control);
    let short = await this.shortStrata(atLeast, control);
    while (short.length > 0) {
      const list = short.join(', ');
      await this.database.run(`DELETE FROM picked WHERE h IN (${list})`, control);
      await this.database.run(
        `UPDATE thresholds SET most = least(most, ${priorityMax / 4n}) * 4 + 3 WHERE h IN (${list})`,
        control,
      );
      await this.database.run(`INSERT INTO picked ${pick} AND s.h IN (${list})`, control);
      short = await this.shortStrata(atLeast, control);
    }
    return await pullRows(this.database, request.columns, control);
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

  /** Of one file for each column what its footer tells; files that differ in their columns' types would have to be read by each. */
  private async ranges(control: Control): Promise<readonly (ValueRange | null)[]> {
    const [path, ...others] = this.paths;
    if (path === undefined || others.length > 0) return this.columns.map(() => null);
    this.knownRanges ??= await readRanges(this.database, path, this.columns, control);
    return this.knownRanges;
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

  private pickStatement({ seed, keys, columns, outliers = [] }: RowRequest): string {
    const priority = this.rowPriority(seed);
    const matches = keys.map((key, place) => `t.${quoteName(key)} IS NOT DISTINCT FROM s.k${place}`);
    if (outliers.length > 0) matches.push(`${outlierTest(outliers, this.columns, 't.')} = s.o`);
    const on = matches.length === 0 ? 'TRUE' : matches.join(' AND ');
    const stored = columns.map((column, place) => `${storedExpression(column)} AS c${place}`);
    const strata = `(SELECT * FROM strata JOIN thresholds USING (h)) s`;
    return `SELECT ${['s.h', `${priority} AS u`, ...stored].join(', ')} FROM ${this.reader()} t JOIN ${strata} ON ${on} WHERE ${priority} <= s.most`;
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

  /** Strata with fewer rows than they must have, unless all their rows came back. */
  private async shortStrata(atLeast: Float64Array, control: Control): Promise<number[]> {
    const counted = await this.database.query(
      'SELECT s.h, count(p.h) FROM strata s LEFT JOIN picked p ON p.h = s.h GROUP BY s.h, s.n HAVING count(p.h) < s.n',
      readResult,
      control,
    );
    const [strata = [], counts = []] = counted.values;
    return strata.map(Number).filter((stratum, place) => Number(counts[place]) < atLeast[stratum]!); // one entry a stratum
  }
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

/** A column's value as its storage wants it, in SQL. */
function storedExpression({ name, type, storage, dictionary }: SampledColumn): string {
  const column = `t.${quoteName(name)}`;
  if (dictionary) return column;
  const sqlTypes = { int8: 'TINYINT', int16: 'SMALLINT', int32: 'INTEGER', int64: 'BIGINT', uint8: 'UTINYINT', uint16: 'USMALLINT', float32: 'FLOAT', float64: 'DOUBLE' }; // prettier-ignore
  const cast = `::${sqlTypes[storage]}`;
  if (type.kind === 'decimal') return `round(${column}::DOUBLE * 1e${type.scale})${cast}`;
  if (type.kind === 'date') return `(${column} - DATE '1970-01-01')${cast}`;
  if (type.kind === 'timestamp') return `epoch_us(${column})${cast}`;
  return `${column}${cast}`;
}
