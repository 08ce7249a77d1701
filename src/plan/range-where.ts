import type { BoundExpression, ColumnValue, FunctionCall } from './bound.ts';
import { type ColumnRange, type Range, rangeAs } from './range.ts';
import { isNumeric, type SqlType } from './sql-type.ts';

const anything: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
const intersect = (a: Range, b: Range): Range => ({
  low: Math.max(a.low, b.low),
  high: Math.min(a.high, b.high),
});
const hull = (a: Range, b: Range): Range => ({ low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) });

/** Types whose scalars are in the order of their values. */
const isOrdered = (type: SqlType): boolean =>
  isNumeric(type) || type.kind === 'date' || type.kind === 'timestamp';

/**
 * The ranges of columns over the rows of which all conditions are true: comparisons of a column bound it, alone, in `AND`, `OR` and
 * `IN`; other conditions tell nothing. Bounds may be wider than needed, never narrower.
 * @param columnRange over all rows
 */
export function rangeWhere(conditions: readonly BoundExpression[], columnRange: ColumnRange): ColumnRange {
  return (column) => {
    const whole = columnRange(column);
    if (!isOrdered(column.type)) return whole;
    const allowed = conditions.reduce(
      (range, condition) => intersect(range, allowedBy(condition, column, columnRange)),
      anything,
    );
    const range = intersect(whole ?? anything, allowed);
    // Of no row all conditions are true where the range is empty: any range holds these.
    return Number.isFinite(range.low) && Number.isFinite(range.high) && range.low <= range.high
      ? range
      : whole;
  };
}

/** Where a column's values lie if a condition is true. */
function allowedBy(condition: BoundExpression, column: ColumnValue, columnRange: ColumnRange): Range {
  if (condition.kind !== 'function') return anything;
  const { name, arguments: args } = condition;
  const each = (): Range[] => args.map((argument) => allowedBy(argument, column, columnRange));
  switch (name) {
    case 'and':
      return each().reduce(intersect, anything);
    case 'or':
      return each().reduce(hull);
    case 'in':
      return isColumn(args[0], column)
        ? args
            .slice(1)
            .map((item) => rangeAs(item, column.type, columnRange) ?? anything)
            .reduce(hull)
        : anything;
    default:
      return comparedRange(condition, column, columnRange);
  }
}

/** The operator with its sides exchanged. */
const mirrored: Readonly<Record<string, string>> = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

function comparedRange(
  { name, arguments: [left, right] }: FunctionCall,
  column: ColumnValue,
  columnRange: ColumnRange,
): Range {
  const isLeft = isColumn(left, column);
  if (!isLeft && !isColumn(right, column)) return anything;
  const [operator, other] = isLeft ? [name, right] : [mirrored[name], left];
  if (other === undefined || !isOrdered(other.type)) return anything;
  const limit = rangeAs(other, column.type, columnRange);
  if (limit === null) return anything;
  switch (operator) {
    case '=':
      return limit;
    case '<':
    case '<=':
      return { low: Number.NEGATIVE_INFINITY, high: limit.high };
    case '>':
    case '>=':
      return { low: limit.low, high: Number.POSITIVE_INFINITY };
    default:
      return anything;
  }
}

const isColumn = (expression: BoundExpression | undefined, { column, name }: ColumnValue): boolean =>
  expression?.kind === 'column' && expression.column === column && expression.name === name;
