import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alignEstimates, formatEstimate } from '../../src/cli/format-estimate.ts';
import { estimate } from './support.ts';

const around = (value: number, below: number, above = below) =>
  estimate({ value, low: value - below, high: value + above });
const shown = (...cells: ReturnType<typeof estimate>[]) => alignEstimates(cells.map(formatEstimate));

describe('one estimate', () => {
  test.each([
    ['two digits of the half-width', around(6.6712, 0.1151), '6.67 ± 0.12'],
    ['thousands', around(152_194, 3_049), '152,194 ± 3,100'],
    ['a half-width that rounds up to a new digit', around(5.6, 0.9951), '5.6 ± 1.0'],
    ['one that needs no rounding', around(5, 0.07), '5.000 ± 0.070'],
    ['larger than the value', around(-0.5, 12.3), '-1 ± 13'],
    ['small numbers', around(1.234e-7, 2.34e-9), '1.234e-7 ± 2.4e-9'],
    ['small enough for plain digits', around(0.00012346, 0.0000012), '0.0001235 ± 0.0000012'],
    ['large numbers', around(3.17724e18, 3.4e17), '3.18e+18 ± 3.4e+17'],
    ['slightly unequal ends: the wider one', around(1000, 95, 100), '1,000 ± 100'],
    ['unequal ends', around(10, 4.2, 9.1), '10.0 (5.8 … 19.1)'],
    ['unequal ends are rounded outwards', around(1000, 311, 722), '1,000 (680 … 1,730)'],
    ['no interval', estimate({ value: 12.5, certified: false }), '12.5 ± ?'],
    ['one end only', estimate({ value: 12.5, low: 10.04, certified: false }), '12.5 (10.0 … ?) ?'],
    ['no value', estimate({ value: null }), 'NULL'],
    ['not certified', { ...around(7, 2), certified: false }, '7.0 ± 2.0 ?'],
    ['exact', { ...around(12_345.678, 0), exact: true }, '12,345.68'],
    ['an exact whole number in full', { ...around(123_456_789, 0), exact: true }, '123,456,789'],
  ])('%s', (_, cell, text) => {
    expect(shown(cell)).toEqual([text]);
  });

  test('what is shown is no narrower than what was found, but for the digits of the value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e9, noNaN: true }),
        (value, half) => {
          const [text = ''] = shown(around(value, half));
          const [, found = ''] = / ± (.*)$/.exec(text) ?? [];
          const shownHalf = Number(found.replaceAll(',', ''));
          const wider = Math.max(value - (value - half), value + half - value); // not quite half: doubles
          expect(shownHalf).toBeGreaterThanOrEqual(wider * (1 - 1e-9));
          expect(shownHalf).toBeLessThanOrEqual(wider * 1.1 * (1 + 1e-9));
          expect(found.replace(/^[0.]+|[.,]/g, '').replace(/e.*/, '').length).toBeGreaterThanOrEqual(2);
        },
      ),
    );
  });
});

test('signs, half-widths and marks of a column stand under each other', () => {
  const cells = [
    around(152_194, 3_100),
    { ...around(9, 2), certified: false },
    { ...around(77, 0), exact: true },
    around(10, 4, 9),
  ];
  expect(shown(...cells)).toEqual([
    '152,194 ± 3,100       ',
    '    9.0 ±   2.0      ?',
    '     77               ',
    '   10.0 (6.0 … 19.0)  ',
  ]);
});
