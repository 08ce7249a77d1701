import { microsPerDay } from '../common/index.ts';
import type { BoundExpression, CaseExpression, CastExpression, ColumnValue, FunctionCall } from './bound.ts';
import type { SqlType } from './sql-type.ts';

/**
 * The least and greatest value that an expression can take, in the form that its type prescribes for scalars (a DECIMAL's scaled
 * integer, a DATE's days …). Bounds may be wider than needed, never narrower.
 */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** The range of a column, from exact minima and maxima; null where it is not known. */
export type ColumnRange = (column: ColumnValue) => Range | null;

/** Interval arithmetic over the expression; null where nothing is known. NULL values have no part in a range. */
export function rangeOf(expression: BoundExpression, columnRange: ColumnRange): Range | null {
  switch (expression.kind) {
    case 'constant': {
      const { value } = expression;
      if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return null;
      return { low: Number(value), high: Number(value) };
    }
    case 'column':
      return columnRange(expression);
    case 'function':
      return rangeOfCall(expression, columnRange);
    case 'case':
      return rangeOfCase(expression, columnRange);
    case 'cast':
      return rangeOfCast(expression, columnRange);
    case 'aggregate':
    case 'accessor':
    case 'window':
    case 'subquery':
    case 'slot':
      return null;
  }
}

const hull = (ranges: readonly (Range | null)[]): Range | null =>
  ranges.reduce(
    (a, b) =>
      a === null || b === null ? null : { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) },
    ranges[0] ?? null,
  );

const isReal = (type: SqlType): boolean => type.kind === 'double' || type.kind === 'float';
const scaleOf = (type: SqlType): number => (type.kind === 'decimal' ? type.scale : 0);

/** The range of an expression as values of another numeric or calendar type. */
export function rangeAs(expression: BoundExpression, type: SqlType, columnRange: ColumnRange): Range | null {
  const range = rangeOf(expression, columnRange);
  return range === null ? null : convertRange(range, expression.type, type);
}

function convertRange(range: Range, from: SqlType, to: SqlType): Range {
  let factor = 10 ** (scaleOf(to) - scaleOf(from));
  if (from.kind === 'date' && to.kind === 'timestamp') factor = microsPerDay;
  if (from.kind === 'timestamp' && to.kind === 'date') factor = 1 / microsPerDay;
  const [low, high] = [range.low * factor, range.high * factor];
  // Rounding to a whole number moves a value by less than one.
  return isReal(to) ? { low, high } : { low: Math.floor(low), high: Math.ceil(high) };
}

function rangeOfCast(cast: CastExpression, columnRange: ColumnRange): Range | null {
  const inner = rangeOf(cast.operand, columnRange);
  if (inner === null || cast.type.kind === 'varchar') return null;
  return convertRange(inner, cast.operand.type, cast.type);
}

function rangeOfCase(expression: CaseExpression, columnRange: ColumnRange): Range | null {
  const results = [...expression.branches.map((branch) => branch.then), expression.otherwise];
  const values = results.filter((result) => !(result.kind === 'constant' && result.value === null));
  return hull(values.map((value) => rangeAs(value, expression.type, columnRange)));
}

/** All products of the ends; an infinite end times zero is zero here. */
function productRange(a: Range, b: Range): Range {
  const products = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high].map((x) =>
    Number.isNaN(x) ? 0 : x,
  );
  return { low: Math.min(...products), high: Math.max(...products) };
}

const fixedRanges: Readonly<Record<string, Range>> = {
  quarter: { low: 1, high: 4 }, month: { low: 1, high: 12 }, week: { low: 1, high: 53 }, day: { low: 1, high: 31 }, hour: { low: 0, high: 23 },
  minute: { low: 0, high: 59 }, second: { low: 0, high: 59 }, dayofweek: { low: 0, high: 6 }, dow: { low: 0, high: 6 },
  isodow: { low: 1, high: 7 }, dayofyear: { low: 1, high: 366 }, doy: { low: 1, high: 366 }, year: { low: -200_000, high: 200_000 },
  sign: { low: -1, high: 1 }, sin: { low: -1, high: 1 }, cos: { low: -1, high: 1 }, length: { low: 0, high: 2 ** 32 }, strlen: { low: 0, high: 2 ** 32 },
  strpos: { low: 0, high: 2 ** 32 }, ascii: { low: 0, high: 0x10ffff },
}; // prettier-ignore

/** Monotone functions: their range is the range of the ends. */
const monotone: Readonly<Record<string, (x: number) => number>> = {
  sqrt: Math.sqrt, exp: Math.exp, ln: Math.log, log10: Math.log10, log2: Math.log2, cbrt: Math.cbrt, atan: Math.atan,
}; // prettier-ignore

function rangeOfCall(call: FunctionCall, columnRange: ColumnRange): Range | null {
  const { name, type } = call;
  if (name === 'date_part' && call.arguments[0]?.kind === 'constant') {
    const unit = call.arguments[0].value;
    return typeof unit === 'string' ? (fixedRanges[unit] ?? null) : null;
  }
  const fixed = fixedRanges[name];
  if (fixed !== undefined) return fixed;
  if (type.kind === 'boolean') return { low: 0, high: 1 };
  if (name === 'coalesce' || name === 'least' || name === 'greatest') {
    return hull(call.arguments.map((argument) => rangeAs(argument, type, columnRange)));
  }
  const ranges = call.arguments.map((argument) => rangeOf(argument, columnRange));
  const [a, b] = ranges;
  if (a === undefined || a === null) return null;
  if (b === undefined) return rangeOfUnary(call, a);
  return b === null ? null : rangeOfBinary(call, a, b);
}

function rangeOfUnary({ name, arguments: [argument], type }: FunctionCall, a: Range): Range | null {
  const increasing = monotone[name];
  const inUnits = convertRange(a, argument!.type, { kind: 'double' });
  if (increasing !== undefined) return { low: increasing(inUnits.low), high: increasing(inUnits.high) };
  switch (name) {
    case 'negate':
      return { low: 0 - a.high, high: 0 - a.low };
    case 'abs':
      return {
        low: a.low > 0 ? a.low : a.high < 0 ? -a.high : 0,
        high: Math.max(Math.abs(a.low), Math.abs(a.high)),
      };
    case 'floor':
    case 'ceil':
    case 'trunc':
    case 'round':
      return convertRange(
        { low: Math.floor(inUnits.low), high: Math.ceil(inUnits.high) },
        { kind: 'double' },
        type,
      );
    default:
      return null;
  }
}

function rangeOfBinary(call: FunctionCall, a: Range, b: Range): Range | null {
  const { name, type } = call;
  const [aType, bType] = call.arguments.map((argument) => argument.type) as [SqlType, SqlType]; // two arguments
  const temporal = [aType, bType].some(({ kind }) => kind === 'interval' || kind === 'timestamp');
  if (name === 'nullif') return a;
  if (temporal && type.kind !== 'double') return null;
  const [x, y] =
    type.kind === 'date' || name === '*'
      ? [a, b]
      : [convertRange(a, aType, type), convertRange(b, bType, type)];
  switch (name) {
    case '+':
      return { low: x.low + y.low, high: x.high + y.high };
    case '-':
      return { low: x.low - y.high, high: x.high - y.low };
    case '*':
      return type.kind === 'decimal' || type.kind === 'integer'
        ? productRange(a, b)
        : productRange(convertRange(a, aType, type), convertRange(b, bType, type));
    case '/':
      return quotientRange(x, y);
    case '//': {
      const quotient = quotientRange(x, y);
      return quotient === null ? null : convertRange(quotient, { kind: 'double' }, type);
    }
    case '%': {
      const limit = Math.max(Math.abs(y.low), Math.abs(y.high));
      return { low: x.low < 0 ? -limit : 0, high: x.high > 0 ? limit : 0 };
    }
    default:
      return null;
  }
}

/** A divisor whose range holds zero leaves no bound. */
function quotientRange(x: Range, y: Range): Range | null {
  if (y.low <= 0 && y.high >= 0) return null;
  return productRange(x, { low: 1 / y.high, high: 1 / y.low });
}
