import {
  addInterval,
  datePart,
  dateParts,
  type DatePart,
  microsPerDay,
  truncateTo,
  type TruncationUnit,
  truncationUnits,
} from '../../common/index.ts';
import {
  type BoundExpression,
  canonicalUnit,
  type FunctionCall,
  isCalendar,
  isInterval,
  rangeAs,
  type SqlType,
  timestampType,
} from '../../plan/index.ts';
import { requireInRange, toNumber } from './arithmetic.ts';
import { type Emitter, NotOnKernels, type NumberCode, type RowCode } from './emitter.ts';

/** `year(x)` and its like, and the part that each reads. */
const partFunctions: Readonly<Record<string, DatePart>> = {
  year: 'year', quarter: 'quarter', month: 'month', week: 'week', day: 'day', dayofweek: 'dow', isodow: 'isodow', dayofyear: 'doy',
  hour: 'hour', minute: 'minute', second: 'second', epoch: 'epoch',
}; // prettier-ignore

/** Functions with code for dates and timestamps; + and − for numbers alone are not theirs. */
export const temporalFunctions: ReadonlySet<string> = new Set([
  '+',
  '-',
  'date_part',
  'date_trunc',
  ...Object.keys(partFunctions),
]);

/** Days of a table that a part or unit is looked up in. */
const tableDaysMax = 500_000;
/** So many days have microseconds that a double tells apart. */
const wordDaysMax = 100_000;
/** Parts that do not hang on the calendar: of the microseconds of a day, or of all since 1970. */
const clockParts: Partial<Readonly<Record<DatePart, (ofDay: string, micros: string) => string>>> = {
  hour: (ofDay) => `(${ofDay} / 3600000000 | 0)`,
  minute: (ofDay) => `(${ofDay} / 60000000 | 0) % 60`,
  second: (ofDay) => `(${ofDay} / 1000000 | 0) % 60`,
  millisecond: (ofDay) => `(${ofDay} % 60000000 / 1000 | 0)`,
  microsecond: (ofDay) => `${ofDay} % 60000000`,
  epoch: (_, micros) => `${micros} / 1000000`,
};

/** Code of a function of dates or timestamps; null: the call is about numbers. @throws NotOnKernels */
export function lowerTemporal(call: FunctionCall, emitter: Emitter): RowCode | null {
  const { name, arguments: args } = call;
  if (name === '+' || name === '-')
    return args.some(({ type }) => isCalendar(type) || type.kind === 'interval')
      ? shift(call, emitter)
      : null;
  const unit =
    args[0]?.kind === 'constant' && typeof args[0].value === 'string' ? canonicalUnit(args[0].value) : null;
  const operand = partFunctions[name] === undefined ? args[1]! : args[0]!; // a unit first, unless the name is the unit
  if (name === 'date_trunc')
    return truncated(
      operand,
      truncationUnits.find((known) => known === unit),
      emitter,
    );
  return partOf(operand, partFunctions[name] ?? dateParts.find((known) => known === unit), emitter);
}

/** A value for each day that the operand can lie on, by a table over days. Where the row is NULL, the table may be missed. */
function byDay(
  operand: BoundExpression,
  emitter: Emitter,
  valueOf: (startOfDay: number) => number,
): NumberCode {
  const range = rangeAs(operand, timestampType, emitter.source.range);
  const first = Math.floor((range?.low ?? Number.NaN) / microsPerDay);
  const days = Math.floor((range?.high ?? Number.NaN) / microsPerDay) - first + 1;
  if (!(days <= tableDaysMax)) throw new NotOnKernels('dates of a range that is unknown or too wide');
  const values = Array.from({ length: Math.max(0, days) }, (_, day) => valueOf((first + day) * microsPerDay));
  const isOfWords = values.every((value) => (value | 0) === value);
  const table = emitter.table(isOfWords ? Int32Array.from(values) : Float64Array.from(values));
  const point = toNumber(operand, operand.type, emitter);
  if (operand.type.kind === 'date')
    return { ...point, value: `${table}[${point.value} - ${emitter.whole(first)}]` };
  // The quotient of a day's last microsecond is further from the next day than what rounding does.
  const day =
    days <= wordDaysMax
      ? `(${point.value} - ${emitter.constant(first * microsPerDay)}) / ${microsPerDay} | 0`
      : `Math.floor(${point.value} / ${microsPerDay}) - ${emitter.whole(first)}`;
  return { ...point, value: `${table}[${day}]` };
}

function partOf(operand: BoundExpression, part: DatePart | undefined, emitter: Emitter): NumberCode {
  if (part === undefined) throw new NotOnKernels('this part of a date is left to the source');
  const clockPart = clockParts[part];
  if (clockPart === undefined) return byDay(operand, emitter, (start) => datePart(part, start));
  const micros = toNumber(operand, timestampType, emitter);
  const x = emitter.temporary(micros.value);
  const ofDay = emitter.temporary(`${x} - Math.floor(${x} / ${microsPerDay}) * ${microsPerDay}`);
  return { ...micros, value: clockPart(ofDay, x) };
}

function truncated(operand: BoundExpression, unit: TruncationUnit | undefined, emitter: Emitter): NumberCode {
  if (unit === undefined) throw new NotOnKernels('this unit is left to the source');
  const ofDay = ['microsecond', 'millisecond', 'second', 'minute', 'hour', 'day'].includes(unit);
  if (!ofDay) return byDay(operand, emitter, (start) => truncateTo(unit, start));
  const micros = toNumber(operand, timestampType, emitter);
  const width =
    truncateTo(unit, microsPerDay - 1) === 0
      ? microsPerDay
      : microsPerDay - truncateTo(unit, microsPerDay - 1);
  return { ...micros, value: `Math.floor(${micros.value} / ${width}) * ${width}` };
}

/** `date ± integer`, `date − date`, `point ± interval`. */
function shift(call: FunctionCall, emitter: Emitter): NumberCode {
  const [left, right] = call.arguments as readonly [BoundExpression, BoundExpression]; // two arguments
  if (isCalendar(left.type) && isCalendar(right.type)) {
    if (call.type.kind !== 'integer') throw new NotOnKernels('intervals are left to the source');
    return combine(left, right, left.type, right.type, '-', emitter);
  }
  const [point, by] = isCalendar(left.type) ? [left, right] : [right, left];
  if (by.type.kind === 'integer') {
    requireInRange(call, emitter);
    return combine(point, by, point.type, by.type, call.name, emitter);
  }
  const interval = by.kind === 'constant' && by.value !== null && isInterval(by.value) ? by.value : null;
  const range = rangeAs(point, timestampType, emitter.source.range);
  if (interval === null || range === null)
    throw new NotOnKernels('intervals that vary are left to the source');
  const sign = call.name === '-' ? -1 : 1;
  const [months, days, ownMicros] = [sign * interval.months, sign * interval.days, sign * interval.micros];
  const move = (micros: number): number => addInterval(micros, months, days, ownMicros);
  if (!Number.isSafeInteger(move(range.low)) || !Number.isSafeInteger(move(range.high)))
    throw new NotOnKernels('a date out of range');
  const micros = toNumber(point, timestampType, emitter);
  if (months !== 0) {
    const moved = emitter.helper({ kind: 'add-interval', months, days, micros: ownMicros });
    return { ...micros, value: `${moved}(${micros.value})` };
  }
  return { ...micros, value: `${micros.value} + ${emitter.constant(move(0))}` };
}

function combine(
  left: BoundExpression,
  right: BoundExpression,
  leftType: SqlType,
  rightType: SqlType,
  operator: string,
  emitter: Emitter,
): NumberCode {
  const [a, b] = [toNumber(left, leftType, emitter), toNumber(right, rightType, emitter)];
  const nulls = [a.isNull, b.isNull].filter((part) => part !== null);
  return {
    kind: 'number',
    value: `${a.value} ${operator} ${b.value}`,
    isNull: nulls.length === 0 ? null : `(${nulls.join(' | ')})`,
  };
}
