import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  civilFromDays,
  compareText,
  daysFromCivil,
  didYouMean,
  groupDigits,
  keptWith,
  isoWeekday,
  linePositionOf,
  QueryError,
  renderError,
  seededRandom,
} from '../../src/common/index.ts';

describe('the calendar', () => {
  property.prop([fc.integer({ min: -2_000_000, max: 2_000_000 })])('agrees with Date', (days) => {
    const date = new Date(days * 86_400_000);
    const civil = civilFromDays(days);
    expect(civil).toEqual({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
    });
    expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days);
    expect(isoWeekday(days) % 7).toBe(date.getUTCDay());
  });
});

property.prop([fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })])(
  'texts compare as their UTF-8 bytes do',
  (a, b) => {
    expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
  },
);

describe('an error as people see it', () => {
  test('has its line, a caret under the place, and the hint', () => {
    const sql = 'SELECT x\nFROM t\nWHERE yy > 1';
    const error = new QueryError('UNKNOWN_COLUMN', 'there is no column yy', {
      span: { start: 22, end: 24 },
      hint: 'did you mean y?',
    });
    expect(renderError(error, sql)).toBe(
      'UNKNOWN_COLUMN: there is no column yy\nline 3: WHERE yy > 1\n              ^^\nhint: did you mean y?',
    );
    expect(linePositionOf(sql, 22)).toEqual({ line: 3, column: 7 });
  });
  test('counts characters, not UTF-16 units, and survives tabs and the end of the text', () => {
    const sql = "SELECT '😀',\tx";
    expect(renderError(new QueryError('SYNTAX', 'm', { span: { start: 13, end: 14 } }), sql)).toBe(
      "SYNTAX: m\nline 1: SELECT '😀', x\n                    ^",
    );
    expect(renderError(new QueryError('SYNTAX', 'm', { span: { start: 99, end: 99 } }), 'a')).toBe(
      'SYNTAX: m\nline 1: a\n         ^',
    );
  });
});

test.each([
  ['dely', 'did you mean delay?'],
  ['FORM', 'did you mean from?'],
  ['xyz', undefined],
])('%s: %s', (found, expected) => {
  expect(didYouMean(found, ['delay', 'from', 'distance'])).toBe(expected);
});

test('seeded numbers repeat, and fill [0, 1) evenly', () => {
  const draw = (seed: number): number[] =>
    Array.from(
      { length: 10_000 },
      (
        (random) => () =>
          random.next()
      )(seededRandom(seed)),
    );
  expect(draw(5)).toEqual(draw(5));
  const counts = Array.from({ length: 10 }, () => 0);
  for (const value of draw(6)) counts[Math.floor(value * 10)]!++;
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(900));
});

property.prop([
  fc.oneof(
    fc.nat(2 ** 31),
    fc.maxSafeNat(),
    fc.nat(99_999).map((thousandths) => thousandths / 1000),
  ),
])('digits are grouped as toLocaleString groups them', (value) => {
  expect(groupDigits(value)).toBe(value.toLocaleString('en-US'));
  if (value !== 0) expect(groupDigits(-value)).toBe((-value).toLocaleString('en-US'));
});

test('what has no digits to group is left as it is', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -Number.POSITIVE_INFINITY, 1e21])
    expect(groupDigits(value)).toBe(String(value));
});

test('what is made of an object is made once', () => {
  let made = 0;
  const sizeOf = keptWith((list: readonly number[]) => ({ size: list.length, place: made++ }));
  const [first, second] = [
    [1, 2],
    [1, 2],
  ];
  expect(sizeOf(first)).toBe(sizeOf(first));
  expect(sizeOf(second)).toEqual({ size: 2, place: 1 });
  expect(made).toBe(2);
});
