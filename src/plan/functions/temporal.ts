import { datePart, dateParts, truncateTo, truncationUnits } from '../../common/index.ts';
import type { BoundExpression } from '../bound.ts';
import { convertScalar, Unevaluable } from '../convert.ts';
import {
  bigintType,
  dateType,
  doubleType,
  isCalendar,
  type SqlType,
  timestampType,
  timestampTzType,
  varcharType,
} from '../sql-type.ts';
import type { Scalar } from '../scalar.ts';
import type { ScalarFunction, Value } from './definition.ts';

/** Other spellings of the units, as DuckDB and PostgreSQL take them. */
const unitSynonyms: ReadonlyMap<string, string> = new Map([
  ['years', 'year'], ['y', 'year'], ['yr', 'year'], ['months', 'month'], ['mon', 'month'], ['days', 'day'], ['d', 'day'],
  ['dayofmonth', 'day'], ['hours', 'hour'], ['h', 'hour'], ['hr', 'hour'], ['minutes', 'minute'], ['min', 'minute'], ['m', 'minute'],
  ['seconds', 'second'], ['s', 'second'], ['sec', 'second'], ['milliseconds', 'millisecond'], ['ms', 'millisecond'],
  ['microseconds', 'microsecond'], ['us', 'microsecond'], ['quarters', 'quarter'], ['weeks', 'week'], ['w', 'week'],
  ['weekofyear', 'week'], ['dayofweek', 'dow'], ['weekday', 'dow'], ['dayofyear', 'doy'], ['decades', 'decade'], ['centuries', 'century'],
]); // prettier-ignore

/** The unit's one name, from any spelling. */
export function canonicalUnit(written: string): string {
  const name = written.toLowerCase();
  return unitSynonyms.get(name) ?? name;
}

/** All names of units that EXTRACT knows, for "did you mean". */
export const partNames: readonly string[] = [...dateParts];

/** The known unit that a value names. @throws Unevaluable where it names none */
function unitOf<Name extends string>(names: readonly Name[], written: Scalar): Name {
  const unit = typeof written === 'string' ? canonicalUnit(written) : undefined;
  const found = names.find((name) => name === unit);
  if (found === undefined) throw new Unevaluable('an unknown unit of time');
  return found;
}

/** Microseconds of a DATE or TIMESTAMP value; infinite or far dates are left to the source. */
function toMicros(value: Value, type: SqlType): number {
  const micros = Number(convertScalar(value, type, timestampType));
  if (!Number.isSafeInteger(micros)) throw new Unevaluable('a date out of range');
  return micros;
}

function part(unit: Value, value: Value, type: SqlType): number {
  return datePart(unitOf(dateParts, unit), toMicros(value, type));
}

/** A unit must be a constant that is known; a wrong one gives no type, and so the error of a wrong call. */
function hasUnit(args: readonly BoundExpression[], known: readonly string[]): boolean {
  const unit = constantText(args[0]);
  return unit === null || known.includes(canonicalUnit(unit));
}

const constantText = (arg: BoundExpression | undefined): string | null =>
  arg?.kind === 'constant' && typeof arg.value === 'string' ? arg.value : null;

const isEpoch = (arg: BoundExpression | undefined): boolean =>
  canonicalUnit(constantText(arg) ?? '') === 'epoch';

/** `year(x)` and its like: short for `date_part('year', x)`. */
const partFunction = (name: string, unit: string, aliases: readonly string[] = []): ScalarFunction => ({
  name,
  aliases,
  parameters: ['calendar'],
  result: () => (unit === 'epoch' ? doubleType : bigintType),
  evaluate: ([a], { argumentTypes }) => part(unit, a!, argumentTypes[0]!),
});

/** Functions of dates and timestamps. */
export const temporalFunctions: readonly ScalarFunction[] = [
  {
    name: 'date_part',
    aliases: ['datepart'],
    parameters: ['part', 'calendar'],
    result: (args) => (!hasUnit(args, dateParts) ? null : isEpoch(args[0]) ? doubleType : bigintType),
    evaluate: ([unit, a], { argumentTypes }) => part(unit!, a!, argumentTypes[1]!),
  },
  {
    name: 'date_trunc',
    aliases: ['datetrunc'],
    parameters: ['part', 'calendar'],
    result: (args) =>
      hasUnit(args, truncationUnits)
        ? args[1]!.type.kind === 'timestamp'
          ? args[1]!.type
          : timestampType
        : null,
    evaluate: ([unit, a], { argumentTypes }) => {
      return truncateTo(unitOf(truncationUnits, unit!), toMicros(a!, argumentTypes[1]!));
    },
  },
  partFunction('year', 'year'),
  partFunction('quarter', 'quarter'),
  partFunction('month', 'month'),
  partFunction('week', 'week', ['weekofyear']),
  partFunction('day', 'day', ['dayofmonth']),
  partFunction('dayofweek', 'dow', ['weekday']),
  partFunction('isodow', 'isodow'),
  partFunction('dayofyear', 'doy'),
  partFunction('hour', 'hour'),
  partFunction('minute', 'minute'),
  partFunction('second', 'second'),
  partFunction('epoch', 'epoch'),
  { name: 'epoch_ms', parameters: ['calendar'], result: () => bigintType },
  { name: 'epoch_us', parameters: ['calendar'], result: () => bigintType },
  { name: 'last_day', parameters: ['calendar'], result: () => dateType },
  { name: 'dayname', parameters: ['calendar'], result: () => varcharType },
  { name: 'monthname', parameters: ['calendar'], result: () => varcharType },
  { name: 'strftime', parameters: ['any', 'any'], result: () => varcharType },
  { name: 'strptime', parameters: ['text', 'text'], result: () => timestampType },
  {
    name: 'date_diff',
    aliases: ['datediff'],
    parameters: ['part', 'calendar', 'calendar'],
    result: () => bigintType,
  },
  {
    name: 'date_sub',
    aliases: ['datesub'],
    parameters: ['part', 'calendar', 'calendar'],
    result: () => bigintType,
  },
  {
    name: 'date_add',
    parameters: ['calendar', 'interval'],
    result: ([a]) => (a!.type.kind === 'date' ? timestampType : a!.type),
  },
  {
    name: 'time_bucket',
    parameters: ['interval', 'calendar'],
    result: ([, a]) => (isCalendar(a!.type) ? a!.type : timestampType),
  },
  { name: 'make_date', parameters: ['integer', 'integer', 'integer'], result: () => dateType },
  { name: 'to_timestamp', parameters: ['number'], result: () => timestampTzType },
];
