import {
  type BoundBody,
  type BoundExpression,
  type BoundQuery,
  type BoundRelation,
  type BoundSelect,
  childrenOf,
  type ColumnValue,
  type FunctionCall,
  isOutputOrder,
} from './bound.ts';

/** A base table where a query reads it. */
type TableRelation = Extract<BoundRelation, { readonly kind: 'table' }>;

/** What a walk through a query tells of. */
interface Visitor {
  table?(relation: TableRelation): void;
  column?(column: ColumnValue): void;
  call?(call: FunctionCall): void;
}

/** The names of all base tables that a query reads, at any depth. */
export function tablesOf(query: BoundQuery): Set<string> {
  const found = new Set<string>();
  visitQuery(query, { table: ({ table }) => void found.add(table) });
  return found;
}

/** Each base table where it is read, and the columns of it that are: a table that is read twice is there twice. */
export function columnsRead(
  query: BoundQuery,
): { readonly table: string; readonly columns: readonly ColumnValue[] }[] {
  const tables: TableRelation[] = [];
  const columns = new Map<string, ColumnValue>();
  visitQuery(query, {
    table: (relation) => void tables.push(relation),
    column: (column) => void columns.set(`${column.relation}.${column.column}`, column),
  });
  return tables.map(({ table, relation }) => ({
    table,
    columns: [...columns.values()].filter((column) => column.relation === relation),
  }));
}

/** All calls of scalar functions in a query, at any depth. */
export function callsIn(query: BoundQuery): FunctionCall[] {
  const found: FunctionCall[] = [];
  visitQuery(query, { call: (call) => void found.push(call) });
  return found;
}

function visitQuery(query: BoundQuery, visitor: Visitor): void {
  for (const common of query.commonTables) visitQuery(common.query, visitor);
  visitBody(query.body, visitor);
  for (const { by } of query.orderBy) if (!isOutputOrder(by)) visitExpression(by, visitor);
}

function visitBody(body: BoundBody, visitor: Visitor): void {
  if (body.kind === 'query') visitQuery(body, visitor);
  else if (body.kind === 'select') visitSelect(body, visitor);
  else for (const side of [body.left, body.right]) visitBody(side, visitor);
}

function visitSelect(select: BoundSelect, visitor: Visitor): void {
  if (select.from !== null) visitRelation(select.from, visitor);
  const expressions = [
    ...select.items.map(({ expression }) => expression),
    select.where,
    ...select.groupBy,
    select.having,
    select.qualify,
  ];
  for (const expression of expressions) if (expression !== null) visitExpression(expression, visitor);
}

function visitRelation(relation: BoundRelation, visitor: Visitor): void {
  if (relation.kind === 'table') visitor.table?.(relation);
  else if (relation.kind === 'derived') visitQuery(relation.query, visitor);
  else if (relation.kind === 'join') {
    for (const side of [relation.left, relation.right]) visitRelation(side, visitor);
    if (relation.condition !== null) visitExpression(relation.condition, visitor);
  }
}

function visitExpression(expression: BoundExpression, visitor: Visitor): void {
  if (expression.kind === 'column') visitor.column?.(expression);
  if (expression.kind === 'function') visitor.call?.(expression);
  if (expression.kind === 'subquery') visitQuery(expression.query, visitor);
  for (const child of childrenOf(expression)) visitExpression(child, visitor);
}
