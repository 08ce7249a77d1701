import {
  type Expression,
  type Identifier,
  parseStatement,
  type Query,
  type Statement,
} from '../../src/parser/index.ts';
import { QueryError } from '../../src/common/index.ts';

/** Where every node of a tree lies once its places are taken away. */
export const nowhere = { start: 0, end: 0 };

/** The tree without the places of its nodes. */
export function withoutPlaces<Tree>(tree: Tree): Tree {
  // The shape is kept, only spans change.
  return replaceSpans(tree) as Tree;
}

function replaceSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaceSpans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, key === 'span' ? nowhere : replaceSpans(part)]),
  );
}

/** The tree of a statement, without places. */
export function parsed(sql: string): Statement {
  return withoutPlaces(parseStatement(sql));
}

/** The query of a select statement, places and all. */
export function queryOf(sql: string): Query {
  const statement = parseStatement(sql);
  if (statement.kind !== 'select-statement') throw new Error(`no select: ${sql}`);
  return statement.query;
}

/** The first item of `SELECT …`, places and all. */
export function itemOf(sql: string): Expression {
  const { body } = queryOf(sql);
  const item = body.kind === 'select' ? body.items[0] : undefined;
  if (item?.kind !== 'item') throw new Error(`no expression: ${sql}`);
  return item.expression;
}

/** The tree of an expression, without places. */
export function expressionOf(text: string): Expression {
  return withoutPlaces(itemOf(`SELECT ${text}`));
}

/** The error of a statement that is refused. */
export function errorOf(sql: string): QueryError {
  try {
    parseStatement(sql);
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
  throw new Error(`not refused: ${sql}`);
}

/** A name without a place. */
export function name(text: string): Identifier {
  return { name: text, span: nowhere };
}

/** A column without a qualifier, without a place. */
export function column(text: string): Expression {
  return { kind: 'column', qualifier: null, name: name(text), span: nowhere };
}

/** A number, without a place. */
export function number(text: string): Expression {
  return { kind: 'number', text, span: nowhere };
}
