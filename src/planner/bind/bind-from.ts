import { didYouMean, QueryError } from '../../common/index.ts';
import type { DerivedTable, Join, NamedTable, TableAlias, TableReference } from '../../parser/index.ts';
import type { BoundExpression, BoundRelation, OutputColumn } from '../../plan/index.ts';
import { type BindContext, damagedTable } from './context.ts';
import { ExpressionBinder } from './bind-expression.ts';
import type { QueryBinder } from './bind-query.ts';
import { callScalar } from './build.ts';
import { mismatch } from './literals.ts';
import { internalColumns } from './output-columns.ts';
import { Scope, type ScopeColumn } from './scope.ts';

/** A bound FROM: the relation and the columns that it brings into scope. */
export interface BoundFrom {
  readonly relation: BoundRelation;
  readonly columns: readonly ScopeColumn[];
}

/** Binds a table reference. @param outer the scope that the whole query stands in */
export function bindFrom(reference: TableReference, outer: Scope | null, binder: QueryBinder): BoundFrom {
  if (reference.kind === 'table') return bindTable(reference, outer, binder.context);
  return reference.kind === 'derived'
    ? bindDerived(reference, outer, binder)
    : bindJoin(reference, outer, binder);
}

function bindTable({ name, alias, span }: NamedTable, outer: Scope | null, context: BindContext): BoundFrom {
  const common = outer?.findCommonTable(name.name);
  const relation = context.nextRelation();
  if (common !== undefined) {
    const { columns } = common.bound;
    return {
      relation: { kind: 'common', relation, name: common.bound.name, columns },
      columns: scopeColumns(relation, alias?.name.name ?? common.name, alias, columns, common.columns),
    };
  }
  const table = context.tables.find((known) => known.name.toLowerCase() === name.name.toLowerCase());
  if (table === undefined) {
    const names = context.tables.map((known) => known.name);
    const hint =
      didYouMean(name.name, names) ??
      (names.length === 0 ? "there are no tables yet: CREATE TABLE t FROM 'file.parquet'" : undefined);
    throw new QueryError('UNKNOWN_TABLE', `there is no table ${name.name}`, { span: name.span, hint });
  }
  if (table.trouble !== undefined) throw damagedTable(table.name, table.trouble, name.span);
  checkAlias(alias, table.columns.length, span);
  return {
    relation: { kind: 'table', relation, table: table.name, columns: table.columns },
    columns: scopeColumns(relation, alias?.name.name ?? table.name, alias, table.columns, table.columns),
  };
}

function bindDerived(
  { query, alias, span }: DerivedTable,
  outer: Scope | null,
  binder: QueryBinder,
): BoundFrom {
  // A derived table sees the tables of WITH, but not its neighbours' columns.
  const bound = binder.bindQuery(
    query,
    outer === null ? null : new Scope([], outer.commonTables, outer.parent),
  );
  const relation = binder.context.nextRelation();
  checkAlias(alias, bound.columns.length, span);
  const columns = internalColumns(bound.columns);
  return {
    relation: { kind: 'derived', relation, query: bound, columns },
    columns: scopeColumns(relation, alias?.name.name ?? null, alias, columns, bound.columns),
  };
}

function checkAlias(alias: TableAlias | null, columns: number, span: NamedTable['span']): void {
  const named = alias?.columns.length ?? 0;
  if (named > columns) throw mismatch(`${named} column names for ${columns} columns`, span);
}

/** @param columns as the printed statement calls them @param known as users know them, unless the alias renames them */
function scopeColumns(
  relation: number,
  qualifier: string | null,
  alias: TableAlias | null,
  columns: readonly OutputColumn[],
  known: readonly OutputColumn[],
): ScopeColumn[] {
  return columns.map(({ name, type }, column) => ({
    qualifier,
    name: alias?.columns[column]?.name ?? known[column]!.name, // as many as columns
    expression: { kind: 'column', relation, column, name, type, span: { start: 0, end: 0 } },
    qualifiedOnly: false,
  }));
}

function bindJoin(join: Join, outer: Scope | null, binder: QueryBinder): BoundFrom {
  const left = bindFrom(join.left, outer, binder);
  const right = bindFrom(join.right, outer, binder);
  refuseSameName(left, right, join);
  const { type, condition } = join;
  if (condition === null)
    return {
      relation: { kind: 'join', type, left: left.relation, right: right.relation, condition: null },
      columns: [...left.columns, ...right.columns],
    };
  if (condition.kind === 'on') {
    const columns = [...left.columns, ...right.columns];
    const scope = new Scope(columns, [], outer);
    const on = new ExpressionBinder(
      binder.context,
      scope,
      { clause: 'ON', aggregates: false, windows: false },
      new Map(),
      (query, inner) => binder.bindQuery(query, inner),
    );
    return {
      relation: {
        kind: 'join',
        type,
        left: left.relation,
        right: right.relation,
        condition: on.bindCondition(condition.expression),
      },
      columns,
    };
  }
  return bindUsing(join, condition.columns, left, right);
}

function refuseSameName(left: BoundFrom, right: BoundFrom, { span }: Join): void {
  const names = new Set(left.columns.map(({ qualifier }) => qualifier?.toLowerCase()));
  const twice = right.columns.find(
    ({ qualifier }) => qualifier !== null && names.has(qualifier.toLowerCase()),
  );
  if (twice !== undefined) {
    throw new QueryError('DUPLICATE_NAME', `FROM has two tables called ${twice.qualifier}`, {
      span,
      hint: 'give one of them an alias',
    });
  }
}

/** USING (a, …): equal columns on both sides, which are one column afterwards. */
function bindUsing(
  join: Join,
  names: readonly { readonly name: string; readonly span: Join['span'] }[],
  left: BoundFrom,
  right: BoundFrom,
): BoundFrom {
  const sides = [new Scope(left.columns, [], null), new Scope(right.columns, [], null)];
  const merged: ScopeColumn[] = [];
  const conditions: BoundExpression[] = [];
  const hidden = new Set<ScopeColumn>();
  for (const name of names) {
    const [a, b] = sides.map((side) => {
      const column = side.findColumn(null, name);
      if (column === undefined) throw side.unknownColumn(null, name, name.span);
      return column;
    }) as [ScopeColumn, ScopeColumn]; // two sides
    conditions.push(callScalar('=', [a.expression, b.expression], name.span));
    for (const column of [a, b]) hidden.add(column);
    // Where a side may be missing, the value is the other's.
    const expression =
      join.type === 'full'
        ? callScalar('coalesce', [a.expression, b.expression], name.span)
        : join.type === 'right'
          ? b.expression
          : a.expression;
    merged.push({ qualifier: null, name: a.name, expression, qualifiedOnly: false });
  }
  const rest = [...left.columns, ...right.columns].map((column) =>
    hidden.has(column) ? { ...column, qualifiedOnly: true } : column,
  );
  const condition = conditions.length === 1 ? conditions[0]! : callScalar('and', conditions, join.span);
  return {
    relation: { kind: 'join', type: join.type, left: left.relation, right: right.relation, condition },
    columns: [...merged, ...rest.filter((column) => !(column.qualifier === null && column.qualifiedOnly))],
  };
}
