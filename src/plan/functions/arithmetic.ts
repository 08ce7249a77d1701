import { addInterval, microsPerDay } from '../../common/index.ts';
import type { BoundExpression } from '../bound.ts';
import { convertScalar, integerRange, rescale, toDecimal, toInteger } from '../convert.ts';
import { type Interval, isInterval, type Scalar, toDouble } from '../scalar.ts';
import {
  bigintType,
  commonType,
  dateType,
  decimalOf,
  type DecimalType,
  doubleType,
  intervalType,
  isCalendar,
  isNumeric,
  isOpaque,
  type SqlType,
  timestampType,
} from '../sql-type.ts';
import type { Invocation, ScalarFunction, Value } from './definition.ts';

/** The type that a bare integer takes on beside another integer: the other's, where it holds the value. */
function adaptLiteral(arg: BoundExpression, other: SqlType): SqlType {
  if (arg.kind !== 'constant' || !arg.literal || arg.type.kind !== 'integer' || other.kind !== 'integer')
    return arg.type;
  const { low, high } = integerRange(other);
  const value = BigInt(arg.value as number | bigint); // the form of an integer
  return value >= low && value <= high ? other : arg.type;
}

const asDecimal = (type: SqlType): DecimalType =>
  type.kind === 'integer' ? decimalOf(type) : (type as DecimalType); // called for these two only

/** DuckDB caps the digits of a sum or product at 18 while both sides fit a 64-bit DECIMAL, else at 38. */
function capped(a: DecimalType, b: DecimalType, precision: number, scale: number): SqlType {
  const limit = a.precision <= 18 && b.precision <= 18 ? 18 : 38;
  return { kind: 'decimal', precision: Math.min(precision, limit), scale };
}

/** The type of `a op b` over two numbers. */
function numericResult(operator: '+' | '-' | '*' | '%', args: readonly BoundExpression[]): SqlType | null {
  const [left, right] = args as readonly [BoundExpression, BoundExpression]; // binary operators have two
  // A bare NULL has the type of the other side.
  const a = left.type.kind === 'null' ? right.type : adaptLiteral(left, right.type);
  const b = right.type.kind === 'null' ? left.type : adaptLiteral(right, left.type);
  const common = commonType(a, b);
  if (common === null || common.kind !== 'decimal') return common?.kind === 'null' ? bigintType : common;
  const [x, y] = [asDecimal(a), asDecimal(b)];
  if (operator === '*')
    return x.scale + y.scale > 38 ? doubleType : capped(x, y, x.precision + y.precision, x.scale + y.scale);
  const scale = Math.max(x.scale, y.scale);
  if (operator === '%')
    return Math.max(x.precision - x.scale, y.precision - y.scale) + scale > 38 ? doubleType : common;
  return capped(x, y, Math.max(x.precision - x.scale, y.precision - y.scale) + scale + 1, scale);
}

const bothNumeric = (args: readonly BoundExpression[]): boolean =>
  args.every(({ type }) => isNumeric(type) || type.kind === 'null');
const opaqueOf = (args: readonly BoundExpression[]): SqlType | null =>
  args.find(({ type }) => isOpaque(type))?.type ?? null;

interface NumberOperation {
  readonly double: (a: number, b: number) => number | null;
  readonly integer: (a: bigint, b: bigint) => bigint | null;
  /** A product's scales add up; else both sides are brought to the result's scale. */
  readonly scalesAdd?: boolean;
}

/** Applies an operation in the arithmetic of the result's type. @throws Unevaluable on overflow */
function operate(
  operation: NumberOperation,
  [a, b]: readonly Value[],
  { argumentTypes, type }: Invocation,
): Scalar {
  const [aType, bType] = argumentTypes as readonly [SqlType, SqlType];
  const [x, y] = [a as number | bigint, b as number | bigint]; // numeric parameters
  if (type.kind === 'integer') {
    const result = operation.integer(BigInt(x), BigInt(y));
    return result === null ? null : toInteger(result, type);
  }
  if (type.kind === 'decimal') {
    const [from, to] = [asDecimal(aType).scale, asDecimal(bType).scale];
    const result = operation.scalesAdd
      ? operation.integer(BigInt(x), BigInt(y))
      : operation.integer(rescale(BigInt(x), from, type.scale), rescale(BigInt(y), to, type.scale));
    return result === null ? null : toDecimal(result, type.precision);
  }
  const result = operation.double(toDouble(x, aType), toDouble(y, bType));
  return result === null || type.kind === 'double' ? result : Math.fround(result);
}

const plus: NumberOperation = { double: (a, b) => a + b, integer: (a, b) => a + b };
const minus: NumberOperation = { double: (a, b) => a - b, integer: (a, b) => a - b };
const times: NumberOperation = { double: (a, b) => a * b, integer: (a, b) => a * b, scalesAdd: true };
const modulo: NumberOperation = {
  double: (a, b) => (b === 0 ? null : a % b),
  integer: (a, b) => (b === 0n ? null : a % b),
};
const quotient: NumberOperation = {
  double: (a, b) => (b === 0 ? null : a / b),
  integer: (a, b) => (b === 0n ? null : a / b),
};

/** Microseconds of a DATE or TIMESTAMP value. */
const toMicros = (value: Value, type: SqlType): number => Number(convertScalar(value, type, timestampType));

function shift(value: Value, type: SqlType, by: Interval, sign: 1 | -1): number {
  return addInterval(toMicros(value, type), sign * by.months, sign * by.days, sign * by.micros);
}

/** `date + integer`, `point + interval`, `interval + interval`; the sign tells + from −. */
function temporalSum([a, b]: readonly Value[], { argumentTypes, type }: Invocation, sign: 1 | -1): Scalar {
  const [aType, bType] = argumentTypes as readonly [SqlType, SqlType];
  if (isInterval(a!) && isInterval(b!)) {
    return {
      months: a.months + sign * b.months,
      days: a.days + sign * b.days,
      micros: a.micros + sign * b.micros,
    };
  }
  if (isInterval(b!)) return shift(a!, aType, b, sign);
  if (isInterval(a!)) return shift(b!, bType, a, 1);
  return type.kind === 'date' ? Number(a) + sign * Number(b) : Number(a) - Number(b);
}

function sumType(args: readonly BoundExpression[]): SqlType | null {
  const [a, b] = args.map((arg) => arg.type) as [SqlType, SqlType];
  if (bothNumeric(args)) return numericResult('+', args);
  if (isOpaque(a) || isOpaque(b)) return opaqueOf(args);
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    if (x.kind === 'date' && y.kind === 'integer') return dateType;
    if (isCalendar(x) && y.kind === 'interval') return x.kind === 'date' ? timestampType : x;
  }
  return a.kind === 'interval' && b.kind === 'interval' ? intervalType : null;
}

function differenceType(args: readonly BoundExpression[]): SqlType | null {
  const [a, b] = args.map((arg) => arg.type) as [SqlType, SqlType];
  if (bothNumeric(args)) return numericResult('-', args);
  if (isOpaque(a) || isOpaque(b)) return opaqueOf(args);
  if (a.kind === 'date' && b.kind === 'date') return bigintType;
  if (a.kind === 'date' && b.kind === 'integer') return dateType;
  if (isCalendar(a) && b.kind === 'interval') return a.kind === 'date' ? timestampType : a;
  if (isCalendar(a) && isCalendar(b)) return intervalType;
  return a.kind === 'interval' && b.kind === 'interval' ? intervalType : null;
}

const isTemporal = (call: Invocation): boolean =>
  call.argumentTypes.some((type) => isCalendar(type) || type.kind === 'interval');

const binary = { parameters: ['any', 'any'] as const, syntaxOnly: true };
const numberOnly = (result: (args: readonly BoundExpression[]) => SqlType | null): ScalarFunction['result'] =>
  (args) => (bothNumeric(args) ? result(args) : opaqueOf(args)); // prettier-ignore

/** + − * / // % ^ and the minus sign. */
export const arithmeticFunctions: readonly ScalarFunction[] = [
  {
    ...binary,
    name: '+',
    result: sumType,
    evaluate: (args, call) => (isTemporal(call) ? temporalSum(args, call, 1) : operate(plus, args, call)),
  },
  {
    ...binary,
    name: '-',
    result: differenceType,
    evaluate: (args, call) =>
      isTemporal(call) ? temporalDifference(args, call) : operate(minus, args, call),
  },
  {
    ...binary,
    name: '*',
    result: (args) => {
      const [a, b] = args.map((arg) => arg.type) as [SqlType, SqlType];
      if (bothNumeric(args)) return numericResult('*', args);
      if (isOpaque(a) || isOpaque(b)) return opaqueOf(args);
      const scaled =
        (a.kind === 'interval' && b.kind === 'integer') || (a.kind === 'integer' && b.kind === 'interval');
      return scaled ? intervalType : null;
    },
    evaluate: (args, call) => (isTemporal(call) ? intervalTimes(args) : operate(times, args, call)),
  },
  {
    ...binary,
    name: '/',
    result: numberOnly((args) => (args.some(({ type }) => type.kind === 'float') && !args.some(({ type }) => type.kind === 'double') ? { kind: 'float' } : doubleType)), // prettier-ignore
    evaluate: (args, call) => operate(quotient, args, call),
  },
  {
    ...binary,
    name: '//',
    result: numberOnly((args) => {
      const type = numericResult('+', args);
      return type?.kind === 'decimal' ? doubleType : type;
    }),
    evaluate: (args, call) => operate(quotient, args, call),
  },
  {
    name: '%',
    aliases: ['mod'],
    parameters: ['number', 'number'],
    result: (args) => numericResult('%', args),
    evaluate: (args, call) => operate(modulo, args, call),
  },
  {
    name: 'pow',
    aliases: ['power', '^'],
    parameters: ['number', 'number'],
    result: () => doubleType,
    evaluate: ([a, b], { argumentTypes }) =>
      toDouble(a as number, argumentTypes[0]!) ** toDouble(b as number, argumentTypes[1]!),
  },
  {
    name: 'negate',
    parameters: ['any'],
    syntaxOnly: true,
    result: ([arg]) =>
      isNumeric(arg!.type) || isOpaque(arg!.type) || arg!.type.kind === 'interval' ? arg!.type : null,
    evaluate: ([a], call) => {
      if (isInterval(a!))
        return temporalSum(
          [{ months: 0, days: 0, micros: 0 }, a],
          { ...call, argumentTypes: [call.type, call.type] },
          -1,
        );
      return operate(minus, [0, a!], { type: call.type, argumentTypes: [call.type, call.type] });
    },
  },
];

/** Differences: of two dates in days, else as {@link temporalSum}; two timestamps differ by an INTERVAL. */
function temporalDifference(args: readonly Value[], call: Invocation): Scalar {
  const [aType, bType] = call.argumentTypes as readonly [SqlType, SqlType];
  if (call.type.kind === 'interval' && isCalendar(aType) && isCalendar(bType)) {
    const micros = toMicros(args[0]!, aType) - toMicros(args[1]!, bType);
    const days = Math.trunc(micros / microsPerDay);
    return { months: 0, days, micros: micros - days * microsPerDay };
  }
  return temporalSum(args, call, -1);
}

function intervalTimes([a, b]: readonly Value[]): Scalar {
  const [interval, factor] = isInterval(a!) ? [a, Number(b)] : [b as Interval, Number(a)];
  return { months: interval.months * factor, days: interval.days * factor, micros: interval.micros * factor };
}
