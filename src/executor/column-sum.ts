import { type BoundExpression, type ColumnValue, isNumeric, toDouble } from '../plan/index.ts';

/** A column, and by what it is multiplied. */
export interface Multiple {
  readonly column: ColumnValue;
  readonly scale: number;
}

/** Σ scale · x + offset over columns x, each once. */
export interface ColumnSum {
  readonly multiples: readonly Multiple[];
  readonly offset: number;
}

/** scale · x + offset of a column x. */
export interface Affine {
  readonly column: string;
  readonly scale: number;
  readonly offset: number;
}

/** The expression as a sum of multiples of numeric columns and a constant; null where it is none. */
export function columnSumOf(expression: BoundExpression): ColumnSum | null {
  switch (expression.kind) {
    case 'column':
      return isNumeric(expression.type) ? { multiples: [{ column: expression, scale: 1 }], offset: 0 } : null;
    case 'cast': {
      const isExact = expression.type.kind === 'double' || expression.type.kind === 'float';
      return isExact && isNumeric(expression.operand.type) ? columnSumOf(expression.operand) : null;
    }
    case 'function':
      return sumOfCall(expression.name, expression.arguments);
    default:
      return null;
  }
}

/** The expression as a multiple of one column and a constant; null where it is none. */
export function affineOf(expression: BoundExpression): Affine | null {
  const sum = columnSumOf(expression);
  const [only, another] = sum?.multiples ?? [];
  return sum === null || only === undefined || another !== undefined
    ? null
    : { column: only.column.name, scale: only.scale, offset: sum.offset };
}

function sumOfCall(name: string, [left, right]: readonly BoundExpression[]): ColumnSum | null {
  if (left === undefined) return null;
  if (right === undefined) {
    const inner = name === 'negate' ? columnSumOf(left) : null;
    return inner === null ? null : scaled(inner, -1);
  }
  const [a, b] = [termOf(left), termOf(right)];
  if (a === null || b === null) return null;
  if (name === '+') return added(a, b);
  if (name === '-') return added(a, scaled(b, -1));
  if (name === '*' && isConstant(b)) return scaled(a, b.offset);
  if (name === '*' && isConstant(a)) return scaled(b, a.offset);
  return name === '/' && isConstant(b) && b.offset !== 0 ? scaled(a, 1 / b.offset) : null;
}

const isConstant = ({ multiples }: ColumnSum): boolean => multiples.length === 0;

function termOf(expression: BoundExpression): ColumnSum | null {
  const constant = constantOf(expression);
  return constant === null ? columnSumOf(expression) : { multiples: [], offset: constant };
}

const scaled = ({ multiples, offset }: ColumnSum, by: number): ColumnSum => ({
  multiples: multiples.map(({ column, scale }) => ({ column, scale: scale * by })),
  offset: offset * by,
});

function added(a: ColumnSum, b: ColumnSum): ColumnSum {
  const multiples = new Map(a.multiples.map((each) => [each.column.name, each]));
  for (const { column, scale } of b.multiples)
    multiples.set(column.name, { column, scale: scale + (multiples.get(column.name)?.scale ?? 0) });
  return { multiples: [...multiples.values()], offset: a.offset + b.offset };
}

function constantOf(expression: BoundExpression): number | null {
  if (expression.kind === 'cast') return constantOf(expression.operand);
  const isNumber =
    expression.kind === 'constant' &&
    (typeof expression.value === 'number' || typeof expression.value === 'bigint');
  return isNumber ? toDouble(expression.value, expression.type) : null;
}
