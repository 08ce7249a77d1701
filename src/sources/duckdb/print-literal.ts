import {
  formatDecimal,
  formatScalar,
  formatType,
  isInterval,
  type Scalar,
  type SqlType,
} from '../../plan/index.ts';

/** A text in quotes. DuckDB reads a statement up to its first NUL, so a NUL is written as `chr(0)`. */
export function quoteText(text: string): string {
  const quoted = text.split('\0').map((piece) => `'${piece.replaceAll("'", "''")}'`);
  return quoted.length === 1 ? quoted[0]! : `(${quoted.join(' || chr(0) || ')})`;
}

/** A name in quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const isNegative = (value: Scalar): boolean =>
  (typeof value === 'number' || typeof value === 'bigint') && value < 0;

/**
 * A constant as DuckDB reads it back with its value and type.
 * @param literal it was written as a bare number or text and may take on the type of its place
 */
export function printLiteral(value: Scalar, type: SqlType, literal: boolean): string {
  if (value === null)
    return literal || type.kind === 'null' || type.kind === 'other'
      ? 'NULL'
      : `CAST(NULL AS ${formatType(type)})`;
  if (isInterval(value)) {
    return `(to_months(${value.months}) + to_days(${value.days}) + to_microseconds(${value.micros}))`;
  }
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'TRUE' : 'FALSE';
    case 'integer':
      return literal && !isNegative(value)
        ? String(value)
        : `CAST(${quoteText(String(value))} AS ${formatType(type)})`;
    case 'decimal': {
      const text = formatDecimal(value as number | bigint, type.scale); // the form of DECIMAL
      return literal && !isNegative(value) ? text : `CAST(${quoteText(text)} AS ${formatType(type)})`;
    }
    case 'float':
    case 'double':
      return `CAST(${quoteText(formatScalar(value, type))} AS ${formatType(type)})`;
    case 'varchar':
      return quoteText(value as string); // the form of VARCHAR
    default:
      return `CAST(${quoteText(formatScalar(value, type))} AS ${formatType(type)})`;
  }
}
