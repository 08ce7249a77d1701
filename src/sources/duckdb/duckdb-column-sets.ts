import type { ColumnSetCounts, ColumnSetScan } from '../column-sets.ts';
import type { Control, SourceTable } from '../source.ts';
import { readerOf } from './files.ts';
import type { LockedDatabase } from './locked-database.ts';
import { quoteName } from './print-literal.ts';
import { readResult } from './read-values.ts';

/** Hashes are 64-bit numbers. */
const hashRange = 2 ** 64;

/** Counts column sets with GROUP BY, in a database of its own that can read the table's files. */
export class DuckDBColumnSetScan implements ColumnSetScan {
  constructor(
    private readonly database: LockedDatabase,
    private readonly table: SourceTable,
    readonly close: () => void,
  ) {}

  async count(
    columns: readonly string[],
    caps: readonly number[],
    share: number,
    control: Control,
  ): Promise<ColumnSetCounts> {
    const groups = `SELECT count(*) AS n FROM ${this.rows(share)} GROUP BY ${columns.map(quoteName).join(', ')}`;
    const sums = share < 1 ? estimated(caps, share) : counted(caps);
    const { values } = await this.database.query(
      `SELECT ${sums.join(', ')} FROM (${groups})`,
      readResult,
      control,
    );
    const [distinct = 0, ...rest] = values.map(([value]) => Number(value ?? 0));
    return {
      distinct,
      byCap: caps.map((_, place) => ({ kept: rest[2 * place]!, rare: rest[2 * place + 1]! })), // two for each cap
    };
  }

  async spread(columns: readonly string[], share: number, control: Control): Promise<number> {
    if (columns.length === 0) return 0;
    const finite = columns.map((column, place) => {
      const value = `${quoteName(column)}::DOUBLE`;
      // Squares of what is beyond would overflow.
      return `CASE WHEN abs(${value}) < 1e150 THEN ${value} END AS x${place}`;
    });
    const spreads = columns.map((_, place) => `var_pop(x${place}) / nullif(avg(x${place}) ^ 2, 0)`);
    const { values } = await this.database.query(
      `SELECT ${spreads.join(', ')} FROM (SELECT ${finite.join(', ')} FROM ${this.rows(share)})`,
      readResult,
      control,
    );
    return Math.max(0, ...values.map(([value]) => Number(value ?? 0)).filter(Number.isFinite));
  }

  /** The table's rows, or a share of them drawn one by one: whole blocks would hold too few different values. */
  private rows(share: number): string {
    const reader = readerOf(
      'parquet',
      this.table.files.map(({ path }) => path),
    );
    if (share >= 1) return reader;
    const withPlace = reader.replace(/\)$/, ', file_row_number = true)');
    const chance = 'hash(hash(t.file_index::BIGINT, t.file_row_number::BIGINT))';
    return `(SELECT t.* FROM ${withPlace} t WHERE ${chance} < ${double(share * hashRange)})`;
  }
}

function counted(caps: readonly number[]): string[] {
  return [
    'count(*)',
    ...caps.flatMap((cap) => [`sum(least(n, ${cap}))`, `count(*) FILTER (WHERE n < ${cap})`]),
  ];
}

/**
 * The same from a share p of the rows. Values seen twice or more are taken to have n/p rows; those seen once to stand for √(1/p) values
 * each, of √(1/p) rows, so that together they have the rows that they were drawn from.
 * @see Charikar, Chaudhuri, Motwani, Narasayya, "Towards estimation error guarantees for distinct values", PODS 2000, section 4 (GEE)
 */
function estimated(caps: readonly number[], share: number): string[] {
  const standsFor = Math.sqrt(1 / share);
  const rows = `n / ${double(share)}`;
  const either = (once: number, more: string): string =>
    `sum(CASE WHEN n = 1 THEN ${double(once)} ELSE ${more} END)`;
  return [
    either(standsFor, '1'),
    ...caps.flatMap((cap) => [
      either(standsFor * Math.min(standsFor, cap), `least(${rows}, ${cap})`),
      either(standsFor < cap ? standsFor : 0, `(${rows} < ${cap})::INTEGER`),
    ]),
  ];
}

/** A literal that is no DECIMAL. */
const double = (value: number): string => `${value}::DOUBLE`;
