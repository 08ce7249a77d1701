import { describe, expect, test } from 'vitest';
import { parseDate, parseTimestamp } from '../../src/plan/parse-temporal.ts';

const noonMicros = Date.UTC(2020, 0, 2, 12) * 1000;

describe('timestamps', () => {
  test.each([
    '2020-01-02 12:00:00',
    '2020-01-02T12:00',
    '2020-01-02   12:00:00.000000',
    ' 2020-1-2 12:00:00 ',
    '2020-01-02 12:00:00Z',
    '2020-01-02 14:30:00+02:30',
  ])('%s is noon', (text) => {
    expect(parseTimestamp(text)).toBe(noonMicros);
  });

  test('a year before the first', () => {
    expect(parseTimestamp('0001-01-01 (BC) 12:00:00')! - parseTimestamp('0001-01-01 (BC)')!).toBe(
      noonMicros - parseTimestamp('2020-01-02')!,
    );
    expect(parseDate('0001-12-31 (BC)')! + 1).toBe(parseDate('0001-01-01'));
  });

  test.each(['', '2020-02-30', '2020-01-02x', '2020-01-02 25:00:00', '2020-01-02 12', '12:00:00'])(
    '`%s` is none',
    (text) => {
      expect(parseTimestamp(text)).toBeNull();
    },
  );
});
