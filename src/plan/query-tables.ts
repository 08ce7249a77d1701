import {
  type BoundBody,
  type BoundExpression,
  type BoundQuery,
  type BoundRelation,
  type BoundSelect,
  childrenOf,
  isOutputOrder,
} from './bound.ts';

/** The names of all base tables that a query reads, at any depth. */
export function tablesOf(query: BoundQuery): Set<string> {
  const found = new Set<string>();
  visitQuery(query, found);
  return found;
}

function visitQuery(query: BoundQuery, found: Set<string>): void {
  for (const common of query.commonTables) visitQuery(common.query, found);
  visitBody(query.body, found);
  for (const { by } of query.orderBy) if (!isOutputOrder(by)) visitExpression(by, found);
}

function visitBody(body: BoundBody, found: Set<string>): void {
  if (body.kind === 'query') visitQuery(body, found);
  else if (body.kind === 'select') visitSelect(body, found);
  else for (const side of [body.left, body.right]) visitBody(side, found);
}

function visitSelect(select: BoundSelect, found: Set<string>): void {
  if (select.from !== null) visitRelation(select.from, found);
  const expressions = [
    ...select.items.map(({ expression }) => expression),
    select.where,
    ...select.groupBy,
    select.having,
    select.qualify,
  ];
  for (const expression of expressions) if (expression !== null) visitExpression(expression, found);
}

function visitRelation(relation: BoundRelation, found: Set<string>): void {
  if (relation.kind === 'table') found.add(relation.table);
  else if (relation.kind === 'derived') visitQuery(relation.query, found);
  else if (relation.kind === 'join') {
    for (const side of [relation.left, relation.right]) visitRelation(side, found);
    if (relation.condition !== null) visitExpression(relation.condition, found);
  }
}

function visitExpression(expression: BoundExpression, found: Set<string>): void {
  if (expression.kind === 'subquery') visitQuery(expression.query, found);
  for (const child of childrenOf(expression)) visitExpression(child, found);
}
