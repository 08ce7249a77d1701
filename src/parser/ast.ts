import type { Span } from '../common/index.ts';
import type { Expression } from './expression.ts';

/*
 * The syntax tree: what was written, nothing resolved. Nodes are readonly plain data, unions on `kind`; a span covers the
 * node's own text. Keywords are gone, names keep their letter case, numbers keep their text.
 */

/** A name as written, without quotes. Names match without regard to case, quoted or not, as in DuckDB. */
export interface Identifier {
  readonly name: string;
  readonly span: Span;
}

// ── Statements ──────────────────────────────────────────────────────────────────────────────────────────────────────

export type Statement =
  | SelectStatement
  | ExplainStatement
  | ExplainSamplesStatement
  | CreateTableStatement
  | CreateSampleStatement
  | CreateSamplesStatement
  | CreateSampleListStatement
  | RefreshSamplesStatement
  | DropStatement
  | DescribeStatement
  | ShowStatement;

/** A query with what it asks of its answer. */
export interface SelectStatement {
  readonly kind: 'select-statement';
  /** `EXACT SELECT …` */
  readonly exact: boolean;
  readonly query: Query;
  readonly bounds: Bounds;
  readonly span: Span;
}

/** The clauses behind a query. All null or false: nothing was asked. */
export interface Bounds {
  readonly error: ErrorBound | null;
  /** `AT CONFIDENCE c%`, a percentage in (0, 100); the text as written. */
  readonly confidence: NumberWithSpan | null;
  readonly deadline: Deadline | null;
  readonly onMiss: { readonly policy: OnMiss; readonly span: Span } | null;
  readonly simultaneous: boolean;
}
export type OnMiss = 'exact' | 'best-effort' | 'fail';

/** `ERROR WITHIN 10%` (relative) or `ERROR WITHIN 10` (absolute, in the aggregate's unit). */
export interface ErrorBound {
  readonly amount: NumberWithSpan;
  readonly relative: boolean;
  readonly span: Span;
}
/** `WITHIN 5 SECONDS` */
export interface Deadline {
  readonly amount: NumberWithSpan;
  readonly unit: 'milliseconds' | 'seconds' | 'minutes';
  readonly span: Span;
}
/** A number written in a clause; its value may be out of range: the planner refuses it with this span. */
export interface NumberWithSpan {
  readonly value: number;
  readonly span: Span;
}

/** `EXPLAIN [ANALYZE] select` */
export interface ExplainStatement {
  readonly kind: 'explain';
  readonly analyze: boolean;
  readonly statement: SelectStatement;
  readonly span: Span;
}

/** `CREATE TABLE [IF NOT EXISTS] t FROM 'file or glob' [SAMPLED …]` */
export interface CreateTableStatement {
  readonly kind: 'create-table';
  readonly name: Identifier;
  readonly ifNotExists: boolean;
  readonly source: StringWithSpan;
  readonly sampled: SampledClause | null;
  readonly span: Span;
}
export interface StringWithSpan {
  readonly value: string;
  readonly span: Span;
}
/** `SAMPLED [STRATIFIED BY (a, …)] { POPULATION col | WEIGHT col }`: the data are already a sample. */
export interface SampledClause {
  readonly stratifiedBy: readonly Identifier[];
  readonly source: 'population' | 'weight';
  readonly column: Identifier;
  readonly span: Span;
}

/** `CREATE SAMPLE [IF NOT EXISTS] [s] ON t … [OUTLIERS OF (x, …)] [SEED n]` */
export interface CreateSampleStatement {
  readonly kind: 'create-sample';
  readonly name: Identifier | null;
  readonly ifNotExists: boolean;
  readonly table: Identifier;
  readonly method: SampleMethod;
  readonly outliersOf: readonly Identifier[];
  readonly seed: NumberWithSpan | null;
  readonly span: Span;
}
export type SampleMethod =
  | { readonly kind: 'uniform'; readonly size: SampleSize; readonly span: Span }
  | {
      readonly kind: 'stratified';
      readonly columns: readonly Identifier[];
      readonly cap: NumberWithSpan;
      readonly span: Span;
    }
  | {
      readonly kind: 'universe';
      readonly columns: readonly Identifier[];
      readonly percent: NumberWithSpan;
      readonly span: Span;
    };
export interface SampleSize {
  readonly unit: 'rows' | 'percent';
  readonly amount: NumberWithSpan;
}

/** `CREATE SAMPLES ON t BUDGET {n% | n ROWS} [FOR (a), (a, b), …]` */
export interface CreateSamplesStatement {
  readonly kind: 'create-samples';
  readonly table: Identifier;
  readonly budget: SampleSize;
  readonly columnSets: readonly (readonly Identifier[])[];
  readonly span: Span;
}
/** `CREATE SAMPLES [IF NOT EXISTS] ON t method [OUTLIERS OF (x, …)] [AS s], … [SEED n]` */
export interface CreateSampleListStatement {
  readonly kind: 'create-sample-list';
  readonly ifNotExists: boolean;
  readonly table: Identifier;
  /** At least one. */
  readonly samples: readonly SampleItem[];
  /** Of them all. */
  readonly seed: NumberWithSpan | null;
  readonly span: Span;
}
export interface SampleItem {
  readonly name: Identifier | null;
  readonly method: SampleMethod;
  readonly outliersOf: readonly Identifier[];
  readonly span: Span;
}
/** `EXPLAIN CREATE SAMPLES ON t BUDGET …` */
export interface ExplainSamplesStatement {
  readonly kind: 'explain-samples';
  readonly statement: CreateSamplesStatement;
  readonly span: Span;
}
/** `REFRESH SAMPLES ON t` */
export interface RefreshSamplesStatement {
  readonly kind: 'refresh-samples';
  readonly table: Identifier;
  readonly span: Span;
}
/** `DROP {TABLE | SAMPLE} [IF EXISTS] name` */
export interface DropStatement {
  readonly kind: 'drop';
  readonly what: 'table' | 'sample';
  readonly name: Identifier;
  readonly ifExists: boolean;
  readonly span: Span;
}
/** `DESCRIBE t` */
export interface DescribeStatement {
  readonly kind: 'describe';
  readonly table: Identifier;
  readonly span: Span;
}
/** `SHOW {TABLES | SAMPLES | QUERIES | JOBS | LEASES}` */
export interface ShowStatement {
  readonly kind: 'show';
  readonly what: 'tables' | 'samples' | 'queries' | 'jobs' | 'leases';
  readonly span: Span;
}

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Query {
  readonly kind: 'query';
  readonly with: WithClause | null;
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly limit: Expression | null;
  readonly offset: Expression | null;
  readonly span: Span;
}
export interface WithClause {
  readonly recursive: boolean;
  readonly tables: readonly CommonTable[];
  readonly span: Span;
}
export interface CommonTable {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly query: Query;
  readonly span: Span;
}
/** A query in parentheses is a QueryBody only where it needs its own WITH, ORDER BY or LIMIT; else the parentheses are dropped. */
export type QueryBody = Select | SetOperation | Query;

export interface SetOperation {
  readonly kind: 'set-operation';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: QueryBody;
  readonly right: QueryBody;
  readonly span: Span;
}
export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: TableReference | null;
  readonly where: Expression | null;
  /** Expressions, positions (number literals) and aliases (column nodes) alike; `'all'` for `GROUP BY ALL`. */
  readonly groupBy: readonly Expression[] | 'all';
  readonly having: Expression | null;
  readonly qualify: Expression | null;
  readonly span: Span;
}
export type SelectItem =
  | {
      readonly kind: 'item';
      readonly expression: Expression;
      readonly alias: Identifier | null;
      readonly span: Span;
    }
  | { readonly kind: 'star'; readonly qualifier: Identifier | null; readonly span: Span };

export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
  /** null: not written, the default of the engine (last). */
  readonly nulls: 'first' | 'last' | null;
  readonly span: Span;
}

export type TableReference = NamedTable | DerivedTable | Join;
export interface NamedTable {
  readonly kind: 'table';
  readonly name: Identifier;
  readonly alias: TableAlias | null;
  readonly span: Span;
}
export interface DerivedTable {
  readonly kind: 'derived';
  readonly query: Query;
  readonly alias: TableAlias | null;
  readonly span: Span;
}
export interface TableAlias {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
}
/** A comma in FROM is a cross join. */
export interface Join {
  readonly kind: 'join';
  readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
  readonly left: TableReference;
  readonly right: TableReference;
  readonly condition:
    | { readonly kind: 'on'; readonly expression: Expression }
    | { readonly kind: 'using'; readonly columns: readonly Identifier[] }
    | null;
  readonly span: Span;
}
