import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import { parseStatement } from '../parser/index.ts';
import { type AggregateQuery, isNumeric, typeFromDuckDB } from '../plan/index.ts';
import { planSelect, type ResolvedBounds } from '../planner/index.ts';
import type { EngineState } from './state.ts';

/** Of the log the latest so many different statements, and so many columns where it has none. */
const statementsMax = 5;
const columnsMax = 5;

/** A query that a sample can be asked, without what would leave groups out or end its reading. */
export interface ProbingQuery {
  readonly query: AggregateQuery;
  readonly bounds: ResolvedBounds;
}

/** What a sample is asked, and where that comes from, in words. */
export interface ProbingQueries {
  readonly queries: readonly ProbingQuery[];
  readonly origin: string;
}

/** A query, and the samples that it may be answered from. */
interface Planned extends ProbingQuery {
  readonly samples: ReadonlySet<number>;
}

/** The log's latest statements about a table that samples answer. */
export class LoggedQueries {
  private constructor(
    private readonly state: EngineState,
    private readonly table: TableEntry,
    private readonly planned: readonly Planned[],
  ) {}

  static async read(state: EngineState, table: TableEntry): Promise<LoggedQueries> {
    const planned: Planned[] = [];
    const texts = new Set((await state.log.latest()).map(({ sql }) => sql));
    for (const sql of texts) {
      const plan = plannedOn(state, table, sql);
      if (plan !== null) planned.push(plan);
    }
    return new LoggedQueries(state, table, planned);
  }

  /** What the sample is asked: statements of the log or, where none of them is for it, AVG and SUM of its first numeric columns. */
  of(sample: SampleEntry): ProbingQueries {
    const own = this.planned.filter(({ samples }) => samples.has(sample.id)).slice(0, statementsMax);
    if (own.length > 0)
      return {
        queries: own,
        origin: `${own.length === 1 ? 'a statement' : `${own.length} statements`} of the log`,
      };
    const held = new Set(sample.files.data.columns.map(({ name }) => name));
    const columns = this.table.columns
      .filter(({ name, type }) => held.has(name) && isNumeric(typeFromDuckDB(type)))
      .slice(0, columnsMax)
      .map(({ name }) => name);
    const asked = columns.map(quoted).flatMap((name) => [`AVG(${name})`, `SUM(${name})`]);
    const sql = `SELECT ${asked.length === 0 ? 'COUNT(*)' : asked.join(', ')} FROM ${quoted(this.table.name)}`;
    const plan = plannedOn(this.state, this.table, sql);
    return {
      queries: plan?.samples.has(sample.id) === true ? [plan] : [],
      origin: columns.length === 0 ? 'its number of rows' : `AVG and SUM of ${columns.join(', ')}`,
    };
  }
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** @returns null for what is no question to a sample of the table, or fits the catalog no more */
function plannedOn({ troubles, environment }: EngineState, table: TableEntry, sql: string): Planned | null {
  try {
    const statement = parseStatement(sql);
    if (statement.kind !== 'select-statement') return null;
    const { aggregate, bounds } = planSelect(statement, troubles.snapshot(), [], environment.clock);
    const sampling = aggregate?.sampling ?? null;
    if (sampling === null || sampling.query.table !== table.name) return null;
    return {
      query: { ...sampling.query, having: null, orderBy: [], limit: null, offset: 0 },
      bounds: { ...bounds, error: null, withinMs: null },
      samples: new Set(sampling.candidates.samples.map(({ id }) => id)),
    };
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}
