import type { CatalogSnapshot, SampleEntry } from '../catalog/index.ts';
import { type Clock, QueryError } from '../common/index.ts';
import type { SelectStatement } from '../parser/index.ts';
import {
  type AggregateQuery,
  type BoundQuery,
  columnsOf,
  contains,
  tablesOf,
  typeFromDuckDB,
} from '../plan/index.ts';
import { analyseQuery } from './aggregate-query.ts';
import { asEstimates } from './as-estimates.ts';
import { BindContext, type KnownTable, type Parameters } from './bind/context.ts';
import { QueryBinder } from './bind/bind-query.ts';
import { type ResolvedBounds, resolveBounds } from './bounds.ts';

/** What a SELECT may be answered from, cheapest first. */
export interface SelectPlan {
  readonly query: BoundQuery;
  readonly bounds: ResolvedBounds;
  /** For each output column whether it labels groups. */
  readonly labels: readonly boolean[];
  /** What it asks of one table, whether or not that has samples; null: it is not for samples, or asks for EXACT. */
  readonly asked: AggregateQuery | null;
  /** Set where strata tables and samples come into question. */
  readonly aggregate: AggregatePlan | null;
  /** Why the source is asked where nothing cheaper answers. */
  readonly exactReason: string;
  /** A table of the query that is itself a sample, so that the source has no exact answer; null: there is none. */
  readonly sampledTable: string | null;
  /** Samples that came into question, had they no trouble. */
  readonly leftOut: readonly SampleEntry[];
}
export interface AggregatePlan {
  readonly query: AggregateQuery;
  /** Samples whose strata table may hold the answer, the smallest first. */
  readonly precomputed: readonly SampleEntry[];
  /** The query over estimates, and the samples to estimate from in the order to try them; null where samples cannot. */
  readonly sampling: { readonly query: AggregateQuery; readonly candidates: SampleCandidates } | null;
  /** What samples of rows may tell where no sample of keys does. */
  readonly distinct: DistinctCount | null;
}

/** One COUNT(DISTINCT x) of a plain column that no sample of keys tells, and samples of rows, the largest first. */
export interface DistinctCount {
  readonly query: AggregateQuery;
  readonly samples: readonly SampleEntry[];
}

/** Samples to choose from. */
export interface SampleCandidates {
  readonly samples: readonly SampleEntry[];
  /** The strata of these cover the query's columns: the first is taken. Else some are probed. */
  readonly covering: boolean;
}

const strataColumns = ({ method }: SampleEntry): readonly string[] =>
  method.kind === 'stratified' || method.kind === 'given' ? method.columns : [];

/** The columns that a query filters and groups by: its query column set. */
export function queryColumnSet({ filter, keys }: AggregateQuery): Set<string> {
  return new Set([...filter, ...keys].flatMap(columnsOf).map(({ name }) => name));
}

/**
 * Whether strata are made of a column that the query reads, or of its outliers; else they are, to the query, at random. Of keys
 * only a probe can tell how alike their rows are to a query.
 */
export function concernsStrata(sample: SampleEntry, query: AggregateQuery): boolean {
  if (sample.method.kind === 'universe') return true;
  const { filter, keys, aggregates } = query;
  const measured = aggregates.flatMap((call) => [
    ...call.arguments,
    ...(call.filter === null ? [] : [call.filter]),
  ]);
  const columns = new Set([...filter, ...keys, ...measured].flatMap(columnsOf).map(({ name }) => name));
  const outliers = sample.method.outliers?.columns.map(({ name }) => name) ?? [];
  return [...strataColumns(sample), ...outliers].some((column) => columns.has(column));
}

const covers = (sample: SampleEntry, columns: ReadonlySet<string>): boolean =>
  [...columns].every((column) => strataColumns(sample).includes(column));

/**
 * Orders the samples of the query's table.
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 4.1: the smallest covering sample, else probing
 */
function rankSamples(
  query: AggregateQuery,
  bounds: ResolvedBounds,
  samples: readonly SampleEntry[],
): SampleCandidates {
  const columns = queryColumnSet(query);
  const bySize = samples.toSorted((a, b) => a.rows - b.rows || a.id - b.id);
  // A bare deadline is best spent on the largest sample; a bound on the smallest that can keep it.
  const ordered = bounds.error === null && bounds.withinMs !== null ? bySize.toReversed() : bySize;
  const covering = columns.size === 0 ? [] : ordered.filter((sample) => covers(sample, columns));
  return covering.length > 0 ? { samples: covering, covering: true } : { samples: ordered, covering: false };
}

/** The columns whose different values the query counts. */
function countedDistinct({ aggregates }: AggregateQuery): string[] {
  return aggregates.filter(({ distinct }) => distinct).flatMap((call) => call.arguments.flatMap(columnsOf).map(({ name }) => name)); // prettier-ignore
}

/** Whether the query counts the different values of one column, and shows nothing else but keys. */
function countsDistinctOnly({ aggregates, outputs, accessors }: AggregateQuery): boolean {
  const [call, another] = aggregates;
  return (
    call?.distinct === true &&
    call.filter === null &&
    another === undefined &&
    accessors.length === 0 &&
    outputs.every(({ isKey, expression }) => isKey || expression.kind === 'slot')
  );
}

/** Whether a sample can estimate all that the query counts: different values only where they were what was drawn. */
function canCount({ method }: SampleEntry, distinct: readonly string[]): boolean {
  return distinct.every(
    (name) => method.kind === 'universe' && method.columns.length === 1 && method.columns[0] === name,
  );
}

/** Samples whose strata tell every condition and key, the fewest strata first. */
function precomputedFrom(query: AggregateQuery, samples: readonly SampleEntry[]): SampleEntry[] {
  const filters = query.aggregates.map(({ filter }) => filter).filter((filter) => filter !== null);
  const columns = new Set(
    [...query.filter, ...query.keys, ...filters].flatMap(columnsOf).map(({ name }) => name),
  );
  return samples
    .filter((sample) => covers(sample, columns) && holdsTotals(sample, query))
    .toSorted((a, b) => a.strata - b.strata || a.id - b.id);
}

/** Whether the totals of the strata are the population's: where the table itself is a sample, at most the numbers of rows are. */
function holdsTotals({ method }: SampleEntry, { aggregates }: AggregateQuery): boolean {
  if (method.kind !== 'given') return true;
  const counts = aggregates.every(({ name, arguments: args }) => name === 'count' && args.length === 0);
  return method.source === 'population' && counts;
}

/** The first table of the query that is itself a sample. */
function sampledTableOf(query: BoundQuery, { tables }: CatalogSnapshot): string | null {
  const read = tablesOf(query);
  return tables.find(({ isSample, name }) => isSample && read.has(name))?.name ?? null;
}

/** The catalog's tables as binding knows them. */
export function knownTables({ tables }: Pick<CatalogSnapshot, 'tables'>): KnownTable[] {
  return tables.map(({ name, columns, trouble }) => ({
    name,
    trouble,
    columns: columns.map((column) => ({ name: column.name, type: typeFromDuckDB(column.type) })),
  }));
}

/**
 * Plans a SELECT: binds it, checks its bounds, and finds what may answer it.
 * @throws QueryError with the place of what does not fit
 */
export function planSelect(
  statement: SelectStatement,
  snapshot: CatalogSnapshot,
  parameters: Parameters,
  clock: Clock,
): SelectPlan {
  const asked = resolveBounds(statement.bounds);
  const context = new BindContext(knownTables(snapshot), parameters, clock);
  const query = new QueryBinder(context).bindQuery(statement.query, null);
  context.checkAllUsed();
  const labels = groupLabels(query);
  const sampledTable = sampledTableOf(query, snapshot);
  // Without an exact answer to fall back to, the best effort is all there is.
  const bounds: ResolvedBounds =
    sampledTable !== null && asked.onMiss === 'exact' ? { ...asked, onMiss: 'best-effort' } : asked;
  const exactly = (
    exactReason: string,
    aggregates: AggregateQuery | null,
    leftOut: readonly SampleEntry[] = [],
  ): SelectPlan => ({
    leftOut,
    query,
    bounds,
    labels,
    asked: aggregates,
    aggregate: null,
    exactReason,
    sampledTable,
  });
  if (statement.exact) return exactly('the statement asks for EXACT', null);
  const analysis = analyseQuery(query);
  if (analysis.kind === 'other') return exactly(analysis.reason, null);
  const table = snapshot.tables.find(({ name }) => name === analysis.query.table);
  if (table === undefined) throw new QueryError('UNKNOWN_TABLE', `there is no table ${analysis.query.table}`);
  const known = snapshot.samples.filter(({ tableId }) => tableId === table.id);
  const samples = known.filter(({ trouble }) => trouble === undefined);
  const leftOut = known.filter(({ trouble }) => trouble !== undefined);
  if (sampledTable !== null && samples.length === 0) throw unusableTable(sampledTable, leftOut);
  if (samples.length === 0 && leftOut.length > 0)
    return exactly(`${table.name} has no usable sample`, analysis.query, leftOut);
  if (samples.length === 0) return exactly(`${table.name} has no samples`, analysis.query);
  const estimates = analysis.samplingRefusal === null ? asEstimates(analysis.query) : null;
  const distinct = countedDistinct(analysis.query);
  const able = samples.filter((sample) => canCount(sample, distinct));
  return {
    query,
    bounds,
    labels,
    leftOut,
    asked: analysis.query,
    aggregate: {
      query: analysis.query,
      precomputed: precomputedFrom(analysis.query, samples),
      sampling:
        estimates === null || able.length === 0
          ? null
          : { query: estimates, candidates: rankSamples(estimates, bounds, able) },
      distinct:
        estimates === null || able.length > 0 || !countsDistinctOnly(estimates)
          ? null
          : { query: estimates, samples: samples.filter(({ method }) => method.kind === 'uniform' || method.kind === 'stratified').toSorted((a, b) => b.rows - a.rows) }, // prettier-ignore
    },
    exactReason:
      analysis.samplingRefusal ??
      (able.length === 0
        ? `no sample is drawn UNIVERSE BY ${distinct.join(' and ')} to count its different values from`
        : 'an expression over its aggregates is answered exactly'),
    sampledTable,
  };
}

/** A table that is itself a sample, and nothing else, cannot be used. */
function unusableTable(name: string, [sample]: readonly SampleEntry[]): QueryError {
  const lost = { kind: 'damaged', reason: 'the catalog has lost its sample' } as const;
  const { kind, reason } = sample?.trouble ?? lost;
  const isDamaged = kind === 'damaged';
  return new QueryError(
    isDamaged ? 'DAMAGED_SAMPLE' : 'STORAGE',
    `${name} is itself a sample, and ${isDamaged ? 'damaged' : 'cannot be read now'}: ${reason}`,
    { hint: isDamaged ? `DROP TABLE ${name} and create it again from its file` : 'it is tried again later' },
  );
}

/** The outputs of a grouped SELECT that hold no aggregate. */
function groupLabels({ body, columns }: BoundQuery): boolean[] {
  if (body.kind !== 'select' || body.groupBy.length === 0) return columns.map(() => false);
  return body.items.map(({ expression }) => !contains(expression, ({ kind }) => kind === 'aggregate'));
}
