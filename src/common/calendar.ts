/*
 * The proleptic Gregorian calendar over plain numbers: days since 1970-01-01 and microseconds since its midnight, UTC.
 * Whole-number arithmetic on doubles; exact for years ±200,000 and for microseconds within ±2^53.
 * Source of the day/civil conversions: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */

export const microsPerDay = 86_400_000_000;

export interface CivilDate {
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly day: number;
}

/** Days since 1970-01-01 of a civil date; the month may be any integer, the day too. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const y0 = Math.floor(months / 12);
  const m = months - y0 * 12 + 1;
  const y = m <= 2 ? y0 - 1 : y0;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (m + (m > 2 ? -3 : 9)) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468 + (day - 1);
}

/** The day in its 400-year era and what follows from it; shared by the three readings below. */
function eraOf(days: number): { era: number; yearOfEra: number; dayOfYear: number } {
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  return { era, yearOfEra, dayOfYear };
}

/** The civil date of a day. */
export function civilFromDays(days: number): CivilDate {
  const { era, yearOfEra, dayOfYear } = eraOf(days);
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Monday 1 … Sunday 7. */
export function isoWeekday(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

/** ISO 8601 week number (1..53) and the year that it belongs to. */
function isoWeek(days: number): { readonly week: number; readonly year: number } {
  const thursday = days - isoWeekday(days) + 4;
  const { year } = civilFromDays(thursday);
  return { week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1, year };
}

/** The units that EXTRACT and date_part read from a date or timestamp. */
export const dateParts = [
  'year', 'month', 'day', 'hour', 'minute', 'second', 'millisecond', 'microsecond', 'quarter', 'week', 'isoyear', 'dow', 'isodow',
  'doy', 'decade', 'century', 'epoch',
] as const; // prettier-ignore
export type DatePart = (typeof dateParts)[number];

/**
 * One part of a point in time.
 * @param micros microseconds since 1970, UTC
 * @returns an integer; for `epoch` seconds with decimals
 */
export function datePart(part: DatePart, micros: number): number {
  const days = Math.floor(micros / microsPerDay);
  const ofDay = micros - days * microsPerDay;
  switch (part) {
    case 'year':
      return civilFromDays(days).year;
    case 'month':
      return civilFromDays(days).month;
    case 'day':
      return civilFromDays(days).day;
    case 'hour':
      return Math.floor(ofDay / 3_600_000_000);
    case 'minute':
      return Math.floor(ofDay / 60_000_000) % 60;
    case 'second':
      return Math.floor(ofDay / 1_000_000) % 60;
    case 'millisecond':
      return Math.floor((ofDay % 60_000_000) / 1000);
    case 'microsecond':
      return ofDay % 60_000_000;
    case 'quarter':
      return Math.ceil(civilFromDays(days).month / 3);
    case 'week':
      return isoWeek(days).week;
    case 'isoyear':
      return isoWeek(days).year;
    case 'dow':
      return isoWeekday(days) % 7;
    case 'isodow':
      return isoWeekday(days);
    case 'doy':
      return days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1;
    case 'decade':
      return Math.trunc(civilFromDays(days).year / 10);
    case 'century':
      return Math.ceil(civilFromDays(days).year / 100);
    case 'epoch':
      return micros / 1e6;
  }
}

/** The units that date_trunc cuts to. */
export const truncationUnits = [
  'microsecond', 'millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'decade', 'century',
] as const; // prettier-ignore
export type TruncationUnit = (typeof truncationUnits)[number];

const fixedUnits: Partial<Record<TruncationUnit, number>> = {
  microsecond: 1,
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
  day: microsPerDay,
};

/**
 * The start of the unit that a point in time lies in.
 * @param micros microseconds since 1970, UTC; the result too
 */
export function truncateTo(unit: TruncationUnit, micros: number): number {
  const fixed = fixedUnits[unit];
  if (fixed !== undefined) return Math.floor(micros / fixed) * fixed;
  const days = Math.floor(micros / microsPerDay);
  if (unit === 'week') return (days - isoWeekday(days) + 1) * microsPerDay;
  const { year, month } = civilFromDays(days);
  const start = {
    month: () => daysFromCivil(year, month, 1),
    quarter: () => daysFromCivil(year, month - ((month - 1) % 3), 1),
    year: () => daysFromCivil(year, 1, 1),
    decade: () => daysFromCivil(Math.floor(year / 10) * 10, 1, 1),
    century: () => daysFromCivil(Math.floor(year / 100) * 100, 1, 1),
  }[unit as 'month' | 'quarter' | 'year' | 'decade' | 'century']; // the others returned above
  return start() * microsPerDay;
}

/**
 * A point in time moved by an interval: months first (the day cut to the month's last), then days, then microseconds.
 * @param micros microseconds since 1970, UTC; the result too
 */
export function addInterval(micros: number, months: number, days: number, extraMicros: number): number {
  let moved = micros;
  if (months !== 0) {
    const day = Math.floor(micros / microsPerDay);
    const civil = civilFromDays(day);
    const first = daysFromCivil(civil.year, civil.month + months, 1);
    const length = daysFromCivil(civil.year, civil.month + months + 1, 1) - first;
    moved = (first + Math.min(civil.day, length) - 1) * microsPerDay + (micros - day * microsPerDay);
  }
  return moved + days * microsPerDay + extraMicros;
}
