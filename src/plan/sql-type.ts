/**
 * A type of SQL, as DuckDB has them. `other` is a type that Ballpark passes through without looking inside (lists, structs,
 * UUID, BLOB …); `null` is the type of a bare NULL and fits everywhere.
 */
export type SqlType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64 | 128; readonly signed: boolean }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'float' }
  | { readonly kind: 'double' }
  | { readonly kind: 'varchar' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'timestamp'; readonly zone: boolean }
  | { readonly kind: 'interval' }
  | { readonly kind: 'null' }
  | { readonly kind: 'other'; readonly name: string };
export type DecimalType = Extract<SqlType, { kind: 'decimal' }>;
export type IntegerType = Extract<SqlType, { kind: 'integer' }>;

export const booleanType: SqlType = { kind: 'boolean' };
export const integerType: IntegerType = { kind: 'integer', bits: 32, signed: true };
export const bigintType: IntegerType = { kind: 'integer', bits: 64, signed: true };
export const hugeintType: IntegerType = { kind: 'integer', bits: 128, signed: true };
export const doubleType: SqlType = { kind: 'double' };
export const varcharType: SqlType = { kind: 'varchar' };
export const dateType: SqlType = { kind: 'date' };
export const timestampType: SqlType = { kind: 'timestamp', zone: false };
export const timestampTzType: SqlType = { kind: 'timestamp', zone: true };
export const intervalType: SqlType = { kind: 'interval' };
export const nullType: SqlType = { kind: 'null' };

const integerNames: readonly (readonly [string, IntegerType['bits'], boolean])[] = [
  ['TINYINT', 8, true], ['SMALLINT', 16, true], ['INTEGER', 32, true], ['BIGINT', 64, true], ['HUGEINT', 128, true],
  ['UTINYINT', 8, false], ['USMALLINT', 16, false], ['UINTEGER', 32, false], ['UBIGINT', 64, false], ['UHUGEINT', 128, false],
]; // prettier-ignore

/** Names that SQL writers use beside DuckDB's own. */
const synonyms: ReadonlyMap<string, string> = new Map([
  ['INT', 'INTEGER'], ['INT4', 'INTEGER'], ['SIGNED', 'INTEGER'], ['INT1', 'TINYINT'], ['INT2', 'SMALLINT'], ['SHORT', 'SMALLINT'],
  ['INT8', 'BIGINT'], ['LONG', 'BIGINT'], ['BOOL', 'BOOLEAN'], ['LOGICAL', 'BOOLEAN'], ['REAL', 'FLOAT'], ['FLOAT4', 'FLOAT'],
  ['FLOAT8', 'DOUBLE'], ['DOUBLE PRECISION', 'DOUBLE'], ['NUMERIC', 'DECIMAL'], ['DEC', 'DECIMAL'], ['TEXT', 'VARCHAR'], ['STRING', 'VARCHAR'],
  ['CHAR', 'VARCHAR'], ['BPCHAR', 'VARCHAR'], ['CHARACTER VARYING', 'VARCHAR'], ['DATETIME', 'TIMESTAMP'], ['TIMESTAMP WITHOUT TIME ZONE', 'TIMESTAMP'],
  ['TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'], ['TIME WITHOUT TIME ZONE', 'TIME'],
]); // prettier-ignore

const plainTypes: ReadonlyMap<string, SqlType> = new Map<string, SqlType>([
  ...integerNames.map(([name, bits, signed]): [string, SqlType] => [name, { kind: 'integer', bits, signed }]),
  ['BOOLEAN', booleanType],
  ['FLOAT', { kind: 'float' }],
  ['DOUBLE', doubleType],
  ['VARCHAR', varcharType],
  ['DATE', dateType],
  ['TIME', { kind: 'time' }],
  ['TIMESTAMP', timestampType],
  ['TIMESTAMP WITH TIME ZONE', timestampTzType],
  ['INTERVAL', intervalType],
]);

/** The names of all types that a CAST may name, for "did you mean". */
export const typeNames: readonly string[] = [...plainTypes.keys(), 'DECIMAL', ...synonyms.keys()];

/**
 * The type that a CAST names.
 * @param name upper case, words separated by one space
 * @param parameters precision and scale of DECIMAL, a length (ignored, as DuckDB does) of VARCHAR
 * @returns null where there is no such type, or its parameters are out of range
 */
export function typeFromName(name: string, parameters: readonly number[]): SqlType | null {
  const canonical = synonyms.get(name) ?? name;
  if (canonical === 'DECIMAL') {
    const [precision = 18, scale = parameters.length === 0 ? 3 : 0] = parameters;
    const valid = Number.isInteger(precision) && precision >= 1 && precision <= 38 && Number.isInteger(scale);
    return valid && scale >= 0 && scale <= precision ? { kind: 'decimal', precision, scale } : null;
  }
  return plainTypes.get(canonical) ?? null;
}

/** The type that DuckDB names in a DESCRIBE or a result, for example `DECIMAL(10,2)` or `INTEGER[]`. */
export function typeFromDuckDB(text: string): SqlType {
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(text);
  if (decimal !== null) return { kind: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  return plainTypes.get(text) ?? (text === '"NULL"' ? nullType : { kind: 'other', name: text });
}

/** The type as SQL writes it. */
export function formatType(type: SqlType): string {
  switch (type.kind) {
    case 'integer':
      return integerNames.find(([, bits, signed]) => bits === type.bits && signed === type.signed)![0]; // the table lists all pairs
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'timestamp':
      return type.zone ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP';
    case 'other':
      return type.name;
    default:
      return type.kind.toUpperCase();
  }
}

/** Integers, DECIMAL, FLOAT and DOUBLE. */
export function isNumeric(type: SqlType): boolean {
  return (
    type.kind === 'integer' || type.kind === 'decimal' || type.kind === 'float' || type.kind === 'double'
  );
}

/** DATE and both TIMESTAMPs: the types that have a place on the calendar. */
export function isCalendar(type: SqlType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp';
}

/** Types whose values Ballpark does not look into: anything may be done with them, the source decides. */
export function isOpaque(type: SqlType): boolean {
  return type.kind === 'other' || type.kind === 'null';
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return a === b || formatType(a) === formatType(b);
}

/** The smallest DECIMAL that holds every value of the integer type, as DuckDB converts them. */
export function decimalOf(type: IntegerType): DecimalType {
  const precision = { 8: 3, 16: 5, 32: 10, 64: type.signed ? 19 : 20, 128: 38 }[type.bits];
  return { kind: 'decimal', precision, scale: 0 };
}

/** The integer type that holds both: the wider one; of mixed signs one that is wide enough for both. */
function commonInteger(a: IntegerType, b: IntegerType): IntegerType {
  if (a.signed === b.signed) return a.bits >= b.bits ? a : b;
  const [signed, unsigned] = a.signed ? [a, b] : [b, a];
  if (signed.bits > unsigned.bits) return signed;
  return unsigned.bits < 64 ? bigintType : hugeintType;
}

function commonDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const digits = Math.max(a.precision - a.scale, b.precision - b.scale);
  return { kind: 'decimal', precision: Math.min(38, digits + scale), scale };
}

/**
 * The type to which both sides of a comparison, the branches of a CASE, or the rows of a UNION are brought.
 * @returns null where DuckDB would ask for an explicit cast
 */
export function commonType(a: SqlType, b: SqlType): SqlType | null {
  if (a.kind === 'null') return b;
  if (b.kind === 'null' || sameType(a, b)) return a;
  if (a.kind === 'other' || b.kind === 'other') return a.kind === 'other' ? a : b;
  if (a.kind === 'integer' && b.kind === 'integer') return commonInteger(a, b);
  if (isNumeric(a) && isNumeric(b)) {
    if (a.kind === 'double' || b.kind === 'double') return doubleType;
    if (a.kind === 'float' || b.kind === 'float') return { kind: 'float' };
    return commonDecimal(
      a.kind === 'integer' ? decimalOf(a) : (a as DecimalType),
      b.kind === 'integer' ? decimalOf(b) : (b as DecimalType),
    ); // only integers and decimals are left
  }
  if (isCalendar(a) && isCalendar(b)) {
    return (a.kind === 'timestamp' && a.zone) || (b.kind === 'timestamp' && b.zone)
      ? timestampTzType
      : timestampType;
  }
  if (a.kind === 'boolean' && isNumeric(b)) return b;
  if (b.kind === 'boolean' && isNumeric(a)) return a;
  return null;
}
