import { civilFromDays, daysFromCivil, microsPerDay } from '../common/index.ts';
import type { Interval } from './scalar.ts';

const datePattern = /^\s*(-?\d{1,6})-(\d{1,2})-(\d{1,2})(\s+\(BC\))?/;
const timePattern = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const zonePattern = /^\s*(?:Z|UTC|([+-])(\d{1,2})(?::?(\d{2}))?)$/i;

/** Days since 1970 of the date that the text starts with, and what follows it. */
function readDate(text: string): { days: number; rest: string } | null {
  const match = datePattern.exec(text);
  if (match === null) return null;
  const written = Number(match[1]);
  const year = match[4] === undefined ? written : 1 - written;
  const days = daysFromCivil(year, Number(match[2]), Number(match[3]));
  const civil = civilFromDays(days);
  if (civil.month !== Number(match[2]) || civil.day !== Number(match[3])) return null;
  return { days, rest: text.slice(match[0].length) };
}

/** Microseconds of the day that the text starts with, and what follows it. */
function readTime(text: string): { micros: number; rest: string } | null {
  const match = timePattern.exec(text);
  if (match === null) return null;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 24 || minutes > 59 || seconds > 59) return null;
  const fraction = Number((match[4] ?? '').padEnd(6, '0').slice(0, 6));
  return {
    micros: ((hours * 60 + minutes) * 60 + seconds) * 1e6 + fraction,
    rest: text.slice(match[0].length),
  };
}

/**
 * A timestamp as `YYYY-MM-DD[ T]HH:MM[:SS[.ffffff]][zone]`, or a date alone; a zone is brought to UTC.
 * @returns microseconds since 1970, UTC; null where the text is no timestamp
 */
export function parseTimestamp(text: string): number | null {
  const date = readDate(text);
  if (date === null) return null;
  const start = date.days * microsPerDay;
  const rest = date.rest.trimEnd();
  if (rest === '') return start;
  const time = /^(T| +)/i.test(rest) ? readTime(rest.replace(/^(T| +)/i, '')) : null;
  if (time === null) return null;
  if (time.rest === '') return start + time.micros;
  const zone = zonePattern.exec(time.rest);
  if (zone === null) return null;
  const offset = (Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0)) * 60e6 * (zone[1] === '-' ? -1 : 1);
  return start + time.micros - offset;
}

/**
 * A date as `YYYY-MM-DD`; a time behind it is dropped, as DuckDB does.
 * @returns days since 1970; null where the text is no date
 */
export function parseDate(text: string): number | null {
  const micros = parseTimestamp(text);
  return micros === null ? null : Math.floor(micros / microsPerDay);
}

/** A time of day as `HH:MM[:SS[.ffffff]]`, in microseconds; null where the text is none. */
export function parseTime(text: string): number | null {
  const time = readTime(text.trim());
  return time === null || time.rest !== '' ? null : time.micros;
}

const monthsIn: Readonly<Record<string, number>> = { month: 1, mon: 1, quarter: 3, year: 12, yr: 12, y: 12, decade: 120, century: 1200, centurie: 1200 }; // prettier-ignore
const daysIn: Readonly<Record<string, number>> = { day: 1, d: 1, week: 7, w: 7 };
const microsIn: Readonly<Record<string, number>> = {
  hour: 3.6e9, hr: 3.6e9, h: 3.6e9, minute: 6e7, min: 6e7, m: 6e7, second: 1e6, sec: 1e6, s: 1e6,
  millisecond: 1e3, ms: 1e3, msec: 1e3, microsecond: 1, us: 1, usec: 1,
}; // prettier-ignore

/** One amount of one unit; a fraction goes on into the next smaller part (a month has 30 days). */
function partOf(amount: number, unit: string): Interval | null {
  const name = unit.toLowerCase().replace(/(?<=..)s$/, '');
  const months = Object.hasOwn(monthsIn, name) ? amount * monthsIn[name]! : 0;
  const days =
    (Object.hasOwn(daysIn, name) ? amount * daysIn[name]! : 0) + (months - Math.trunc(months)) * 30;
  const micros =
    (Object.hasOwn(microsIn, name) ? amount * microsIn[name]! : 0) + (days - Math.trunc(days)) * microsPerDay;
  const known = [monthsIn, daysIn, microsIn].some((units) => Object.hasOwn(units, name));
  return known ? { months: Math.trunc(months), days: Math.trunc(days), micros: Math.round(micros) } : null;
}

/**
 * An interval as `1 month 2 days 03:04:05`, or a number with its unit apart (`INTERVAL '3' DAY`).
 * @returns null where the text is no interval
 */
export function parseInterval(text: string, unit: string | null): Interval | null {
  if (unit !== null)
    return /^\s*[+-]?\d+(\.\d+)?\s*$/.test(text) ? partOf(Math.trunc(Number(text)), unit) : null;
  let rest = text.trim();
  if (rest === '') return null;
  let sum: Interval = { months: 0, days: 0, micros: 0 };
  while (rest !== '') {
    const clock = /^([+-]?)(\d+:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*/.exec(rest);
    const named = clock === null ? /^([+-]?\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*,?\s*/.exec(rest) : null;
    const part =
      clock !== null
        ? clockPart(clock[1]!, clock[2]!)
        : named === null
          ? null
          : partOf(Number(named[1]), named[2]!); // both groups always match
    if (part === null) return null;
    sum = { months: sum.months + part.months, days: sum.days + part.days, micros: sum.micros + part.micros };
    rest = rest.slice((clock ?? named)![0].length); // one of them matched, else part is null
  }
  return sum;
}

function clockPart(sign: string, text: string): Interval | null {
  const time = readTime(text);
  return time === null ? null : { months: 0, days: 0, micros: sign === '-' ? -time.micros : time.micros };
}
