import { assertNever } from '../../common/index.ts';
import type { BoundBody, BoundExpression, BoundQuery, BoundRelation, BoundSelect } from '../../plan/index.ts';
import { type PrintContext, printExpression, printOrderBy } from './print-expression.ts';
import { quoteName } from './print-literal.ts';

const context: PrintContext = { relationName: (relation) => `r${relation}`, printQuery };

/**
 * A bound query in DuckDB's SQL. Nothing of the user's text is in it but names of tables and columns, in quotes, and constants.
 */
export function printQuery(query: BoundQuery): string {
  const commonTables = query.commonTables.map(({ name, columns, query: inner }) => {
    const names = columns.map((column) => quoteName(column.name)).join(', ');
    return `${quoteName(name)} (${names}) AS (${printQuery(inner)})`;
  });
  const parts = [
    commonTables.length === 0 ? '' : `WITH ${query.recursive ? 'RECURSIVE ' : ''}${commonTables.join(', ')}`,
    printBody(query.body),
    printOrderBy(query.orderBy, context).trim(),
    query.limit === null ? '' : `LIMIT ${query.limit}`,
    query.offset === 0 ? '' : `OFFSET ${query.offset}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function printBody(body: BoundBody): string {
  switch (body.kind) {
    case 'select':
      return printSelect(body);
    case 'set-operation':
      return `(${printBody(body.left)}) ${body.operator.toUpperCase()}${body.all ? ' ALL' : ''} (${printBody(body.right)})`;
    case 'query':
      return `(${printQuery(body)})`;
    default:
      return assertNever(body);
  }
}

const clause = (keyword: string, expression: BoundExpression | null): string =>
  expression === null ? '' : `${keyword} ${printExpression(expression, context)}`;

/** A constant key must not read as a position in the select list, so it is not printed bare. */
const printKey = (key: BoundExpression): string =>
  printExpression(key.kind === 'constant' ? { ...key, literal: false } : key, context);

function printSelect(select: BoundSelect): string {
  const items = select.items.map(
    ({ expression, name }) => `${printExpression(expression, context)} AS ${quoteName(name)}`,
  );
  const groupBy = select.groupBy.map(printKey).join(', ');
  const parts = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.join(', ')}`,
    select.from === null ? '' : `FROM ${printRelation(select.from)}`,
    clause('WHERE', select.where),
    groupBy === '' ? '' : `GROUP BY ${groupBy}`,
    clause('HAVING', select.having),
    clause('QUALIFY', select.qualify),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function printRelation(relation: BoundRelation): string {
  switch (relation.kind) {
    case 'table':
      return `${quoteName(relation.table)} AS r${relation.relation}`;
    case 'common':
      return `${quoteName(relation.name)} AS ${aliased(relation)}`;
    case 'derived':
      return `(${printQuery(relation.query)}) AS ${aliased(relation)}`;
    case 'join': {
      const sides = `${printRelation(relation.left)} ${relation.type.toUpperCase()} JOIN ${printRelation(relation.right)}`;
      return `(${relation.condition === null ? sides : `${sides} ON ${printExpression(relation.condition, context)}`})`;
    }
    default:
      return assertNever(relation);
  }
}

/** The alias with its columns, so that outer references find them by the names that the binder gave. */
function aliased(relation: Extract<BoundRelation, { kind: 'derived' | 'common' }>): string {
  return `r${relation.relation} (${relation.columns.map(({ name }) => quoteName(name)).join(', ')})`;
}
