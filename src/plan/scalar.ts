import { assertNever, compareText } from '../common/index.ts';
import type { SqlType } from './sql-type.ts';

/** A span of time as SQL has it: its three parts do not convert into each other. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly micros: number;
}

/**
 * One value, in the form that its SQL type prescribes:
 * integers a number, beyond ±2^53 a bigint · DECIMAL the scaled integer, likewise · FLOAT, DOUBLE a number · DATE days since 1970 ·
 * TIMESTAMP (with zone: in UTC) and TIME microseconds, beyond ±2^53 a bigint · VARCHAR and types passed through their text.
 */
export type Scalar = null | boolean | number | bigint | string | Interval;

/** The integer as a number where a number holds it exactly, else as it is. */
export function narrowInteger(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The value of a numeric scalar as a double: a DECIMAL is brought to its unit. */
export function toDouble(value: number | bigint | boolean, type: SqlType): number {
  return type.kind === 'decimal' ? Number(value) / 10 ** type.scale : Number(value);
}

export function isInterval(value: Scalar): value is Interval {
  return typeof value === 'object' && value !== null;
}

/**
 * Compares two values of one type that are not null. NaN is greatest and equals itself, −0 equals 0, false < true.
 * @returns negative, zero or positive
 */
export function compareScalars(a: Scalar, b: Scalar): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (isInterval(a) && isInterval(b)) return intervalMicros(a) - intervalMicros(b);
  const x = a as number | bigint | boolean; // numbers, bigints and booleans compare with each other
  const y = b as number | bigint | boolean;
  if (x < y) return -1;
  if (x > y) return 1;
  if (x == y) return 0; // oxlint-disable-line eqeqeq -- a number and a bigint may be equal
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

/** An interval's length with months of 30 days, as DuckDB compares them. */
function intervalMicros(interval: Interval): number {
  return (interval.months * 30 + interval.days) * 86_400 * 1e6 + interval.micros;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** `2001-02-03`; years before 1 with ` (BC)`, as DuckDB writes them. */
function formatDate(days: number): string {
  const date = new Date(days * 86_400_000);
  const year = date.getUTCFullYear();
  const text = `${pad(year > 0 ? year : 1 - year, 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;
  return year > 0 ? text : `${text} (BC)`;
}

/** `03:04:05`, with up to six decimals where the microseconds need them. */
function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6);
  const fraction = micros - seconds * 1e6;
  const text = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return fraction === 0 ? text : `${text}.${pad(fraction, 6).replace(/0+$/, '')}`;
}

/** `2001-02-03 04:05:06.000007`, decimals only where needed. */
export function formatTimestamp(micros: number | bigint, zone: boolean): string {
  const whole = BigInt(micros);
  const perDay = 86_400_000_000n;
  const days = whole / perDay - (whole % perDay < 0n ? 1n : 0n);
  return `${formatDate(Number(days))} ${formatTime(Number(whole - days * perDay))}${zone ? '+00' : ''}`;
}

/** The scaled integer as a decimal number: `formatDecimal(12345, 2)` is `123.45`. */
export function formatDecimal(scaled: number | bigint, scale: number): string {
  const digits = String(scaled < 0 ? -scaled : scaled).padStart(scale + 1, '0');
  const sign = scaled < 0 ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function formatInterval({ months, days, micros }: Interval): string {
  const parts: string[] = [];
  const part = (count: number, unit: string): void => {
    if (count !== 0) parts.push(`${count} ${unit}${Math.abs(count) === 1 ? '' : 's'}`);
  };
  part(Math.trunc(months / 12), 'year');
  part(months % 12, 'month');
  part(days, 'day');
  if (micros !== 0 || parts.length === 0) parts.push((micros < 0 ? '-' : '') + formatTime(Math.abs(micros)));
  return parts.join(' ');
}

/** A double as SQL text: with a point or an exponent, so that it reads back as a DOUBLE. */
function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const text = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** The value as people read it and as CAST to VARCHAR gives it. */
export function formatScalar(value: Exclude<Scalar, null>, type: SqlType): string {
  if (isInterval(value)) return formatInterval(value);
  switch (type.kind) {
    case 'date':
      return formatDate(Number(value));
    case 'timestamp':
      return formatTimestamp(value as number | bigint, type.zone); // the form of TIMESTAMP
    case 'time':
      return formatTime(Number(value));
    case 'decimal':
      return formatDecimal(value as number | bigint, type.scale); // the form of DECIMAL
    case 'float':
    case 'double':
      return formatDouble(Number(value));
    case 'boolean':
    case 'integer':
    case 'varchar':
    case 'interval':
    case 'null':
    case 'other':
      return String(value);
    default:
      return assertNever(type);
  }
}
