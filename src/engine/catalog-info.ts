import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { describeMethod } from './describe.ts';
import { samplingRole } from './sampled-tables.ts';
import type { EngineState } from './state.ts';
import type { Staleness } from './staleness.ts';
import { requireTable } from './tables.ts';

/** A table of the catalog. */
export interface TableSummary {
  readonly name: string;
  readonly rows: number;
  readonly columnCount: number;
  /** Drawn from it; a table that is itself a sample counts for none. */
  readonly sampleCount: number;
  readonly fileCount: number;
  readonly format: TableEntry['format'];
  /** The file or glob that it was made from. */
  readonly source: string;
  /** ISO text. */
  readonly created: string;
  /** How it was sampled that is itself a sample; null: it is none. */
  readonly sampledBy: string | null;
}

/** All that is known of a table. */
export interface TableInfo extends TableSummary {
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
    /** What the column says of the sampling, in a table that is a sample. */
    readonly sampling: string | null;
  }[];
  readonly files: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly rows: number;
    readonly modified: string;
  }[];
  readonly samples: readonly SampleInfo[];
  /** What its files have become since it was made or refreshed; null: nothing has, as far as is known. */
  readonly stale: Staleness | null;
}

/** A sample of the catalog. Where its entry is damaged nothing of it is told but its name and what is wrong. */
export interface SampleInfo {
  readonly name: string;
  /** null: it was dropped meanwhile. */
  readonly table: string | null;
  readonly method: string | null;
  readonly rows: number | null;
  /** Rows that the table had when the sample was drawn. */
  readonly populationRows: number | null;
  readonly share: number | null;
  readonly strata: number | null;
  readonly bytes: number | null;
  readonly seed: number | null;
  readonly version: number | null;
  readonly created: string | null;
  /** Logged statements that were answered from it. */
  readonly uses: number | null;
  /** Rows that came to the table's files since, about. */
  readonly staleRows: number | null;
  readonly drift: number | null;
  readonly why: string | null;
  readonly state: 'sound' | 'damaged' | 'unavailable';
  readonly trouble: string | null;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What the catalog has, for reading. */
export class CatalogInfo {
  constructor(private readonly state: EngineState) {}

  tables(): TableSummary[] {
    const { tables, samples } = this.state.catalog.snapshot();
    return tables.map((table) => summaryOf(table, samples));
  }

  /** @throws QueryError UNKNOWN_TABLE, DAMAGED_CATALOG */
  async table(name: string): Promise<TableInfo> {
    const table = requireTable(this.state, { name, span: { start: 0, end: name.length } });
    const { samples } = this.state.catalog.snapshot();
    const given = samples.find((sample) => isGiven(sample, table));
    return {
      ...summaryOf(table, samples),
      columns: table.columns.map((column) => ({
        name: column.name,
        type: column.type,
        sampling: given === undefined ? null : samplingRole(given, column.name),
      })),
      files: table.files.map(({ path, bytes, rows, modifiedMs }) => ({
        path,
        bytes,
        rows,
        modified: isoOf(modifiedMs),
      })),
      samples: (await this.samples()).filter((sample) => sample.table === table.name),
      stale: await this.state.staleness.now(table),
    };
  }

  async samples(): Promise<SampleInfo[]> {
    const { log, troubles, staleness } = this.state;
    const uses = await log.sampleUses();
    const { tables, samples } = troubles.snapshot();
    const looks = await Promise.all(tables.map((table) => staleness.now(table)));
    return samples.map((sample) => {
      const place = tables.findIndex(({ id }) => id === sample.tableId);
      const table = tables[place]?.name ?? null;
      return sampleOf(sample, table, uses.get(sample.id) ?? 0, looks[place]?.rowsAdded ?? 0);
    });
  }
}

function summaryOf(table: TableEntry, samples: readonly SampleEntry[]): TableSummary {
  const { id, name, rows, columns, files, format, source, createdMs } = table;
  const given = samples.find((sample) => isGiven(sample, table));
  return {
    name,
    rows,
    columnCount: columns.length,
    sampleCount: samples.filter(({ tableId, method }) => tableId === id && method.kind !== 'given').length,
    fileCount: files.length,
    format,
    source,
    created: isoOf(createdMs),
    sampledBy: given === undefined ? null : describeMethod(given.method),
  };
}

const isGiven = ({ tableId, method }: SampleEntry, { id }: TableEntry): boolean =>
  tableId === id && method.kind === 'given';

function sampleOf(entry: SampleEntry, table: string | null, uses: number, staleRows: number): SampleInfo {
  const { name, method, rows, populationRows, strata, bytes, seed, version, createdMs, trouble } = entry;
  const state = { state: trouble?.kind ?? 'sound', trouble: trouble?.reason ?? null } as const;
  if (trouble?.ofEntry === true) return { name, table, ...nothingKnown, ...state };
  return {
    name,
    table,
    method: describeMethod(method),
    rows,
    populationRows,
    share: populationRows === 0 ? null : rows / populationRows,
    strata,
    bytes,
    seed,
    version,
    created: isoOf(createdMs),
    uses,
    staleRows,
    drift: entry.drift?.distance ?? 0,
    why: entry.advice ?? (method.kind === 'given' ? 'the table is a sample' : 'created by hand'),
    ...state,
  };
}

const nothingKnown = {
  method: null,
  rows: null,
  populationRows: null,
  share: null,
  strata: null,
  bytes: null,
  seed: null,
  version: null,
  created: null,
  uses: null,
  staleRows: null,
  drift: null,
  why: null,
} as const;
