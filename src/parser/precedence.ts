import { assertNever } from '../common/index.ts';
import type { SetOperation } from './ast.ts';
import type { BinaryOperator, Expression } from './expression.ts';

/*
 * How tightly operators bind, as in DuckDB and PostgreSQL. The rules of the grammar nest by it, the builder ranks the operators
 * of one rule by it, the printer sets parentheses by it.
 */

/** Levels of precedence, loosest first. */
export const level = {
  or: 1,
  and: 2,
  not: 3,
  test: 4,
  comparison: 5,
  predicate: 6,
  concat: 7,
  sum: 8,
  product: 9,
  power: 10,
  sign: 11,
  primary: 12,
} as const;

const binaryLevels: Readonly<Record<BinaryOperator, number>> = {
  '=': level.comparison,
  '<>': level.comparison,
  '<': level.comparison,
  '<=': level.comparison,
  '>': level.comparison,
  '>=': level.comparison,
  '||': level.concat,
  '+': level.sum,
  '-': level.sum,
  '*': level.product,
  '/': level.product,
  '//': level.product,
  '%': level.product,
  '^': level.power,
};

/** The level of a binary operator. */
export function binaryLevel(operator: BinaryOperator): number {
  return binaryLevels[operator];
}

/** The level of an expression's outermost operator. */
export function levelOf(expression: Expression): number {
  switch (expression.kind) {
    case 'logical':
      return level[expression.operator];
    case 'unary':
      return expression.operator === 'not' ? level.not : level.sign;
    case 'binary':
      return binaryLevel(expression.operator);
    case 'is':
    case 'is-distinct':
      return level.test;
    case 'between':
    case 'in-list':
    case 'in-query':
    case 'like':
      return level.predicate;
    case 'null':
    case 'boolean':
    case 'number':
    case 'string':
    case 'temporal':
    case 'interval':
    case 'column':
    case 'parameter':
    case 'case':
    case 'cast':
    case 'extract':
    case 'call':
    case 'exists':
    case 'scalar-query':
      return level.primary;
    default:
      return assertNever(expression);
  }
}

/** The level of a set operation among set operations. */
export function setLevel(operator: SetOperation['operator']): number {
  return operator === 'intersect' ? 2 : 1;
}
