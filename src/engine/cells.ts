import {
  type Estimate,
  formatDecimal,
  formatScalar,
  formatTimestamp,
  isInterval,
  type Scalar,
  type SqlType,
} from '../plan/index.ts';
import type { Cell, JsonCell } from './contract.ts';

/** A value of an answer before it takes the form of a door: a scalar in the form of its type, or an estimate. */
export type Value = Scalar | Estimate;

export function isEstimate(value: Exclude<Value, null>): value is Estimate {
  return typeof value === 'object' && 'certified' in value;
}

/** Whether a decimal number of so many digits reads back from a double. */
const fitsDouble = (scaled: number | bigint): boolean => typeof scaled === 'number';

/** The value as JavaScript callers see it. */
export function toCell(value: Value, type: SqlType): Cell {
  if (value === null || isEstimate(value)) return value;
  if (isInterval(value)) return formatScalar(value, type);
  switch (type.kind) {
    case 'date':
      return new Date(Number(value) * 86_400_000);
    case 'timestamp':
      return new Date(Number(value) / 1000);
    case 'time':
      return formatScalar(value, type);
    case 'decimal':
      return decimalCell(value as number | bigint, type.scale); // the form of DECIMAL
    default:
      return value;
  }
}

function decimalCell(scaled: number | bigint, scale: number): number | string {
  return fitsDouble(scaled) ? Number(scaled) / 10 ** scale : formatDecimal(scaled, scale);
}

/** The value as JSON has it. */
export function toJsonCell(value: Value, type: SqlType): JsonCell {
  if (value === null || isEstimate(value)) return value;
  if (isInterval(value)) return formatScalar(value, type);
  switch (type.kind) {
    case 'date':
    case 'time':
      return formatScalar(value, type);
    case 'timestamp':
      return isoTimestamp(value as number | bigint, type.zone); // the form of TIMESTAMP
    case 'decimal':
      return decimalCell(value as number | bigint, type.scale); // the form of DECIMAL
    default:
      break;
  }
  if (typeof value === 'bigint') return String(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** `2001-02-03T04:05:06.000007`, with `Z` where the type has a zone (its values are in UTC). */
function isoTimestamp(micros: number | bigint, zone: boolean): string {
  const [date = '', time = ''] = formatTimestamp(micros, false).split(' ');
  const [seconds, fraction = ''] = time.split('.');
  return `${date}T${seconds}.${fraction.padEnd(6, '0')}${zone ? 'Z' : ''}`;
}
