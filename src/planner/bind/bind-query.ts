import { QueryError, type Span } from '../../common/index.ts';
import type {
  CommonTable,
  Expression,
  OrderItem,
  Query,
  QueryBody,
  SetOperation,
  WithClause,
} from '../../parser/index.ts';
import {
  type BoundBody,
  type BoundCommonTable,
  type BoundExpression,
  type BoundOrder,
  type BoundQuery,
  commonType,
  formatType,
  type OutputColumn,
} from '../../plan/index.ts';
import { ExpressionBinder } from './bind-expression.ts';
import { bindSelect } from './bind-select.ts';
import type { BindContext } from './context.ts';
import { mismatch } from './literals.ts';
import { internalColumns, outputPlace } from './output-columns.ts';
import { type CommonEntry, Scope } from './scope.ts';

/** Binds queries: resolves their names, gives them types. One binder a statement. */
export class QueryBinder {
  constructor(readonly context: BindContext) {}

  /** @param parent the scope around a subquery; null at the top */
  bindQuery(query: Query, parent: Scope | null): BoundQuery {
    const { commonTables, scope } = this.bindWith(query.with, parent);
    const limit = query.limit === null ? null : this.rowCount(query.limit, 'LIMIT', scope);
    const offset = query.offset === null ? 0 : this.rowCount(query.offset, 'OFFSET', scope);
    const rest = { commonTables, recursive: query.with?.recursive ?? false, limit, offset };
    if (query.body.kind === 'select') {
      // ORDER BY of a plain SELECT may use whatever the SELECT may.
      const { select, order } = bindSelect(query.body, query.orderBy, scope, this);
      return { kind: 'query', ...rest, body: select, orderBy: order, columns: select.columns };
    }
    const body = this.bindBody(query.body, scope);
    const { columns } = body;
    const orderBy = query.orderBy.map((item) => orderByOutput(item, columns));
    return { kind: 'query', ...rest, body, orderBy, columns };
  }

  private bindBody(body: QueryBody, scope: Scope | null): BoundBody {
    if (body.kind === 'select') return bindSelect(body, [], scope, this).select;
    return body.kind === 'query' ? this.bindQuery(body, scope) : this.bindSetOperation(body, scope);
  }

  private bindSetOperation(
    { operator, all, left, right, span }: SetOperation,
    scope: Scope | null,
  ): BoundBody {
    const [a, b] = [this.bindBody(left, scope), this.bindBody(right, scope)];
    const columns = matchColumns(operator.toUpperCase(), a.columns, b.columns, span);
    return { kind: 'set-operation', operator, all, left: a, right: b, columns };
  }

  private bindWith(
    clause: WithClause | null,
    parent: Scope | null,
  ): { commonTables: BoundCommonTable[]; scope: Scope | null } {
    if (clause === null) return { commonTables: [], scope: parent };
    const commonTables: BoundCommonTable[] = [];
    const entries: CommonEntry[] = [];
    for (const table of clause.tables) {
      if (entries.some(({ name }) => name.toLowerCase() === table.name.name.toLowerCase())) {
        throw new QueryError('DUPLICATE_NAME', `WITH names ${table.name.name} twice`, {
          span: table.name.span,
        });
      }
      const name = this.context.nextCommonName();
      const seen = new Scope([], entries.slice(), parent);
      const query = clause.recursive
        ? this.bindRecursive(table, name, seen)
        : this.bindQuery(table.query, seen);
      const entry = commonEntry(table, name, query.columns);
      entries.push(entry);
      commonTables.push({ name, columns: entry.bound.columns, query });
    }
    return { commonTables, scope: new Scope([], entries, parent) };
  }

  /** A recursive table may name itself: its columns are those of the first side of its UNION. */
  private bindRecursive(table: CommonTable, name: string, seen: Scope): BoundQuery {
    const { body } = table.query;
    if (body.kind !== 'set-operation') return this.bindQuery(table.query, seen);
    const first = this.bindBody(body.left, seen);
    return this.bindQuery(
      table.query,
      new Scope([], [...seen.commonTables, commonEntry(table, name, first.columns)], seen.parent),
    );
  }

  /** A whole number that does not depend on any row. */
  private rowCount(expression: Expression, clause: string, scope: Scope | null): number {
    const place = { clause, aggregates: false, windows: false };
    const empty = new Scope([], scope?.commonTables ?? [], null);
    const binder = new ExpressionBinder(this.context, empty, place, new Map(), () => {
      throw new QueryError('NOT_SUPPORTED', `${clause} cannot be a query`, { span: expression.span });
    });
    const needs = (cause?: unknown): QueryError =>
      new QueryError('INVALID_ARGUMENT', `${clause} needs a whole number of rows, 0 or more`, {
        span: expression.span,
        cause,
      });
    let bound: BoundExpression;
    try {
      bound = binder.bind(expression);
    } catch (error) {
      // No column is in scope: the number cannot depend on a row.
      throw error instanceof QueryError && error.code === 'UNKNOWN_COLUMN' ? needs(error) : error;
    }
    const value = bound.kind === 'constant' ? bound.value : null;
    if (typeof value !== 'number' || bound.type.kind !== 'integer' || value < 0) throw needs();
    return value;
  }
}

function commonEntry(table: CommonTable, name: string, columns: readonly OutputColumn[]): CommonEntry {
  if (table.columns.length > columns.length) {
    throw mismatch(
      `${table.name.name} has ${columns.length} columns, but ${table.columns.length} names`,
      table.span,
    );
  }
  const named = columns.map((column, place) => ({
    ...column,
    name: table.columns[place]?.name ?? column.name,
  }));
  return { name: table.name.name, columns: named, bound: { name, columns: internalColumns(columns) } };
}

/** The columns of a set operation: the left side's names, types that hold both sides. */
function matchColumns(
  operator: string,
  left: readonly OutputColumn[],
  right: readonly OutputColumn[],
  span: Span,
): OutputColumn[] {
  if (left.length !== right.length)
    throw mismatch(`the sides of ${operator} have ${left.length} and ${right.length} columns`, span);
  return left.map(({ name, type }, place) => {
    const other = right[place]!.type; // as many columns
    const common = commonType(type, other);
    if (common === null)
      throw mismatch(
        `column ${place + 1} of ${operator} is ${formatType(type)} on one side and ${formatType(other)} on the other`,
        span,
        'cast one of them',
      );
    return { name, type: common };
  });
}

/** ORDER BY of a set operation names its columns, by name or place. */
function orderByOutput(
  { expression, descending, nulls, span }: OrderItem,
  columns: readonly OutputColumn[],
): BoundOrder {
  const place =
    outputPlace(expression, columns.length) ??
    columns.findIndex(
      ({ name }) =>
        expression.kind === 'column' &&
        expression.qualifier === null &&
        name.toLowerCase() === expression.name.name.toLowerCase(),
    );
  if (place < 0) {
    throw new QueryError(
      'UNKNOWN_COLUMN',
      'ORDER BY of a UNION, INTERSECT or EXCEPT needs the name or the number of a column',
      {
        span,
        hint: `the columns are ${columns.map(({ name }) => name).join(', ')}`,
      },
    );
  }
  return { by: { output: place }, descending, nulls: nulls ?? 'last' };
}
