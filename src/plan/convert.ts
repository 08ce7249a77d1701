import { microsPerDay } from '../common/index.ts';
import { parseDate, parseTime, parseTimestamp } from './parse-temporal.ts';
import { compareScalars, formatScalar, isInterval, narrowInteger, type Scalar, toDouble } from './scalar.ts';
import { commonType, formatType, type IntegerType, sameType, type SqlType } from './sql-type.ts';

/**
 * Thrown where a value cannot be computed here: it does not convert, it overflows, or DuckDB's result is not known to be ours.
 * Whoever evaluates catches it and leaves the expression to the source, which answers or raises the error that users know.
 */
export class Unevaluable extends Error {}

/** Least and greatest value of an integer type. */
export function integerRange(type: IntegerType): { readonly low: bigint; readonly high: bigint } {
  const bits = BigInt(type.bits);
  return type.signed
    ? { low: -(1n << (bits - 1n)), high: (1n << (bits - 1n)) - 1n }
    : { low: 0n, high: (1n << bits) - 1n };
}

/** The integer as a scalar of the type. @throws Unevaluable where the type does not hold it */
export function toInteger(value: bigint, type: IntegerType): Scalar {
  const { low, high } = integerRange(type);
  if (value < low || value > high) throw new Unevaluable(`${value} overflows ${formatType(type)}`);
  return narrowInteger(value);
}

/** The scaled integer as a scalar of the DECIMAL. @throws Unevaluable where it has more digits than the type */
export function toDecimal(scaled: bigint, precision: number): Scalar {
  const limit = 10n ** BigInt(precision);
  if (scaled >= limit || scaled <= -limit) throw new Unevaluable('a DECIMAL overflows');
  return narrowInteger(scaled);
}

/** The scaled integer at another scale; digits that fall away round half away from zero. */
export function rescale(scaled: bigint, from: number, to: number): bigint {
  if (to >= from) return scaled * 10n ** BigInt(to - from);
  const divisor = 10n ** BigInt(from - to);
  const half = divisor / 2n;
  return (scaled < 0n ? scaled - half : scaled + half) / divisor;
}

/** Rounds a double half to even, as DuckDB casts DOUBLE to an integer. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function toWhole(value: number): bigint {
  if (!Number.isFinite(value)) throw new Unevaluable('not a finite number');
  return BigInt(value);
}

/** A numeric or boolean value as an integer, a DECIMAL or a DOUBLE. */
function convertNumber(value: number | bigint | boolean, from: SqlType, to: SqlType): Scalar {
  switch (to.kind) {
    case 'boolean':
      return Number(value) !== 0;
    case 'integer':
      if (from.kind === 'decimal') return toInteger(rescale(BigInt(value), from.scale, 0), to);
      if (from.kind === 'float' || from.kind === 'double')
        return toInteger(toWhole(roundHalfEven(Number(value))), to);
      return toInteger(BigInt(value), to);
    case 'decimal': {
      if (from.kind === 'float' || from.kind === 'double') {
        const scaled = Number(value) * 10 ** to.scale;
        return toDecimal(toWhole(Math.sign(scaled) * Math.round(Math.abs(scaled))), to.precision);
      }
      return toDecimal(
        rescale(BigInt(value), from.kind === 'decimal' ? from.scale : 0, to.scale),
        to.precision,
      );
    }
    case 'float':
      return Math.fround(toDouble(value, from));
    case 'double':
      return toDouble(value, from);
    case 'varchar':
      // The text of a floating-point number is left to DuckDB: its digits are not JavaScript's.
      if (from.kind === 'float' || from.kind === 'double') break;
      return formatScalar(value, from);
    default:
      break;
  }
  throw new Unevaluable(`${formatType(from)} to ${formatType(to)}`);
}

const booleanWords: ReadonlyMap<string, boolean> = new Map([
  ['true', true], ['t', true], ['1', true], ['yes', true], ['y', true],
  ['false', false], ['f', false], ['0', false], ['no', false], ['n', false],
]); // prettier-ignore

function convertText(text: string, to: SqlType): Scalar {
  const known = (value: Scalar | undefined): Scalar => {
    if (value === null || value === undefined) throw new Unevaluable(`'${text}' is no ${formatType(to)}`);
    return value;
  };
  switch (to.kind) {
    case 'boolean':
      return known(booleanWords.get(text.trim().toLowerCase()));
    case 'date':
      return known(parseDate(text));
    case 'timestamp':
      return known(parseTimestamp(text));
    case 'time':
      return known(parseTime(text));
    case 'integer':
      return known(
        /^\s*[+-]?\d+\s*$/.test(text) ? toInteger(BigInt(text.trim().replace(/^\+/, '')), to) : null,
      );
    case 'float':
    case 'double':
      return known(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? convertNumber(Number(text), { kind: 'double' }, to) : null); // prettier-ignore
    case 'decimal': {
      const match = /^\s*([+-]?)(\d*)\.?(\d*)\s*$/.exec(text);
      if (match === null || (match[2] === '' && match[3] === '')) return known(null);
      const magnitude = BigInt(match[2]! + match[3]!); // the groups always match, perhaps empty
      const scaled = rescale(match[1] === '-' ? -magnitude : magnitude, match[3]!.length, to.scale);
      return toDecimal(scaled, to.precision);
    }
    default:
      throw new Unevaluable(`VARCHAR to ${formatType(to)}`);
  }
}

/** A value that CAST brings from one type to another. @throws Unevaluable where DuckDB would refuse, or only DuckDB knows */
export function convertScalar(value: Scalar, from: SqlType, to: SqlType): Scalar {
  if (value === null || sameType(from, to)) return value;
  if (typeof value === 'string') return to.kind === 'varchar' ? value : convertText(value, to);
  if (from.kind === 'date' && to.kind === 'timestamp') return Number(value) * microsPerDay;
  if (from.kind === 'timestamp' && to.kind === 'date') return Math.floor(Number(value) / microsPerDay);
  if (from.kind === 'timestamp' && to.kind === 'timestamp') return value;
  if (to.kind === 'varchar' && (isInterval(value) || ['date', 'timestamp', 'time'].includes(from.kind))) {
    return formatScalar(value, from);
  }
  const numeric = ['boolean', 'integer', 'decimal', 'float', 'double'].includes(from.kind);
  if (isInterval(value) || !numeric) throw new Unevaluable(`${formatType(from)} to ${formatType(to)}`);
  return convertNumber(value, from, to);
}

/** Compares two values that are not null after bringing them to their common type. @throws Unevaluable where there is none */
export function compareValues(a: Scalar, aType: SqlType, b: Scalar, bType: SqlType): number {
  const type = commonType(aType, bType);
  if (type === null || type.kind === 'other')
    throw new Unevaluable(`${formatType(aType)} with ${formatType(bType)}`);
  return compareScalars(convertScalar(a, aType, type), convertScalar(b, bType, type));
}
