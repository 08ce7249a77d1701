import { assertNever } from '../../common/index.ts';
import {
  type BoundBody,
  type BoundExpression,
  type BoundQuery,
  type BoundRelation,
  type BoundSelect,
  callsIn,
} from '../../plan/index.ts';
import { type PrintContext, printExpression, printOrderBy } from './print-expression.ts';
import { quoteName } from './print-literal.ts';
import { textLimit } from './print-bounded.ts';

/**
 * A bound query in DuckDB's SQL. Nothing of the user's text is in it but names of tables and columns, in quotes, and constants.
 */
export function printQuery(query: BoundQuery): string {
  const texts = callsIn(query).filter(({ type }) => type.kind === 'varchar');
  const context: PrintContext = {
    relationName: (relation) => `r${relation}`,
    printQuery: (inner) => print(inner, context),
    textBytesMax: textLimit(texts.length),
  };
  return print(query, context);
}

function print(query: BoundQuery, context: PrintContext): string {
  const commonTables = query.commonTables.map(({ name, columns, query: inner }) => {
    const names = columns.map((column) => quoteName(column.name)).join(', ');
    return `${quoteName(name)} (${names}) AS (${print(inner, context)})`;
  });
  const parts = [
    commonTables.length === 0 ? '' : `WITH ${query.recursive ? 'RECURSIVE ' : ''}${commonTables.join(', ')}`,
    printBody(query.body, context),
    printOrderBy(query.orderBy, context).trim(),
    query.limit === null ? '' : `LIMIT ${query.limit}`,
    query.offset === 0 ? '' : `OFFSET ${query.offset}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function printBody(body: BoundBody, context: PrintContext): string {
  switch (body.kind) {
    case 'select':
      return printSelect(body, context);
    case 'set-operation':
      return `(${printBody(body.left, context)}) ${body.operator.toUpperCase()}${body.all ? ' ALL' : ''} (${printBody(body.right, context)})`;
    case 'query':
      return `(${print(body, context)})`;
    default:
      return assertNever(body);
  }
}

const clause = (keyword: string, expression: BoundExpression | null, context: PrintContext): string =>
  expression === null ? '' : `${keyword} ${printExpression(expression, context)}`;

/** A constant key must not read as a position in the select list, so it is not printed bare. */
const printKey = (key: BoundExpression, context: PrintContext): string =>
  printExpression(key.kind === 'constant' ? { ...key, literal: false } : key, context);

function printSelect(select: BoundSelect, context: PrintContext): string {
  const items = select.items.map(
    ({ expression, name }) => `${printExpression(expression, context)} AS ${quoteName(name)}`,
  );
  const groupBy = select.groupBy.map((key) => printKey(key, context)).join(', ');
  const parts = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.join(', ')}`,
    select.from === null ? '' : `FROM ${printRelation(select.from, context)}`,
    clause('WHERE', select.where, context),
    groupBy === '' ? '' : `GROUP BY ${groupBy}`,
    clause('HAVING', select.having, context),
    clause('QUALIFY', select.qualify, context),
  ];
  return parts.filter((part) => part !== '').join(' ');
}

function printRelation(relation: BoundRelation, context: PrintContext): string {
  switch (relation.kind) {
    case 'table':
      return `${quoteName(relation.table)} AS r${relation.relation}`;
    case 'common':
      return `${quoteName(relation.name)} AS ${aliased(relation)}`;
    case 'derived':
      return `(${print(relation.query, context)}) AS ${aliased(relation)}`;
    case 'join': {
      const sides = `${printRelation(relation.left, context)} ${relation.type.toUpperCase()} JOIN ${printRelation(relation.right, context)}`;
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
