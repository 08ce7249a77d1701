import { type BoundExpression, type ColumnRange, rangeOf } from '../../plan/index.ts';
import type { ColumnSource } from './emitter.ts';

/** Values up to so much have finite products of a few. */
const valueMax = 1e90;

/**
 * Whether the code of an expression gives a finite number for every row of the sample, rows included that no condition lets through
 * and those where it is NULL. Only such a number may be multiplied by 0 to leave it out of a sum.
 */
export function isAlwaysFinite(expression: BoundExpression, source: ColumnSource): boolean {
  const range = rangeOf(expression, source.range);
  const isBounded = range !== null && range.low >= -valueMax && range.high <= valueMax;
  return isBounded && isDefined(expression, source);
}

/** Whether every step is a number, whatever a row holds where it is NULL. */
function isDefined(expression: BoundExpression, source: ColumnSource): boolean {
  switch (expression.kind) {
    case 'constant':
      return expression.value === null || typeof expression.value === 'number'; // 0 stands for NULL
    case 'column': {
      const { nullable, whole, dictionary } = source.columnOf(expression);
      // Where a double is NULL, anything may stand.
      return dictionary === null && (whole || !nullable);
    }
    case 'cast':
      return ['integer', 'double'].includes(expression.type.kind) && isDefined(expression.operand, source);
    case 'case':
      return [...expression.branches.map(({ then }) => then), expression.otherwise].every((result) =>
        isDefined(result, source),
      );
    case 'function': {
      const { name, arguments: args } = expression;
      if (
        !['+', '-', '*', '/', 'negate', 'abs'].includes(name) ||
        !args.every((part) => isDefined(part, source))
      )
        return false;
      const [, divisor] = args;
      return name !== '/' || (isNeverZero(divisor!, source.range) && isNeverNull(divisor!, source)); // two arguments
    }
    default:
      return false;
  }
}

/** Whether a divisor is not 0 wherever it is not NULL. What doubles are made into may be rounded to 0, whatever their ranges say. */
export function isNeverZero(divisor: BoundExpression, columnRange: ColumnRange): boolean {
  const range = rangeOf(divisor, columnRange);
  if (range === null || (range.low <= 0 && range.high >= 0)) return false;
  const given = divisor.kind === 'cast' ? divisor.operand : divisor;
  return given.kind === 'column' || given.kind === 'constant' || given.type.kind === 'integer';
}

function isNeverNull(expression: BoundExpression, source: ColumnSource): boolean {
  if (expression.kind === 'constant') return expression.value !== null;
  if (expression.kind === 'column') return !source.columnOf(expression).nullable;
  return expression.kind === 'cast' && isNeverNull(expression.operand, source);
}
