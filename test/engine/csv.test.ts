import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvPieces, type Formulas } from '../../src/engine/csv.ts';
import type { QueryResultJson } from '../../src/index.ts';
import { answer, estimate } from '../cli/support.ts';

function csv({ columns, rows }: QueryResultJson, formulas: Formulas = 'keep'): string {
  const rowsJson = (from: number, to: number) => rows.slice(from, to).map((row) => [...row]);
  return [...csvPieces({ columns, rowsJson }, rows.length, formulas)].join('');
}

test('estimates become five columns, names are each there once', () => {
  const found = answer(
    [
      ['g', 'VARCHAR', 'group'],
      ['x', 'DOUBLE', 'estimate'],
      ['x', 'DOUBLE', 'estimate'],
      ['x_1', 'DOUBLE'],
    ],
    [
      [
        'a',
        estimate({ value: 1.5, low: 1, high: 2, stdError: 0.25 }),
        estimate({ value: null, stdError: null, certified: false }),
        3,
      ],
    ],
  );
  expect(csv(found)).toBe(
    'g,x,x_low,x_high,x_stderr,x_certified,x_1,x_low_1,x_high_1,x_stderr_1,x_certified_1,x_1_1\r\n' +
      'a,1.5,1,2,0.25,true,,,,,false,3\r\n',
  );
});

test('NULL is not the empty text', () => {
  expect(
    csv(
      answer(
        [
          ['a', 'VARCHAR'],
          ['b', 'VARCHAR'],
        ],
        [[null, '']],
      ),
    ),
  ).toBe('a,b\r\n,""\r\n');
});

test('all rows are there, however many pieces they take', () => {
  const rows = Array.from({ length: 2500 }, (_, row) => [row]);
  expect(csv(answer([['n', 'BIGINT']], rows)).split('\r\n')).toEqual(['n', ...rows.map(String), '']);
});

test.each([
  ['=1+1', `'=1+1`],
  ['+1+1', `'+1+1`],
  ["-1+cmd|' /C calc'!A0", `'-1+cmd|' /C calc'!A0`],
  ['@SUM(A1)', `'@SUM(A1)`],
  ['\t=1', `'\t=1`],
  ['\r=1', `"'\r=1"`],
  ['\n=1', `"'\n=1"`],
  ['＝1', `'＝1`],
  ['-9007199254740993', '-9007199254740993'],
  ['-Infinity', '-Infinity'],
  ['a=1', 'a=1'],
])('%j is no formula for a spreadsheet', (text, field) => {
  const found = answer([['=n', 'VARCHAR']], [[text]]);
  expect(csv(found, 'defuse')).toBe(`'=n\r\n${field}\r\n`);
});

test('numbers are left alone', () => {
  expect(csv(answer([['n', 'DOUBLE']], [[-1.5], [-1e-9]]), 'defuse')).toBe('n\r\n-1.5\r\n-1e-9\r\n');
});

test('any text comes back', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', ';', "'", '\ufeff') }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }), (rows) => {
      const found = csv(
        answer(
          [
            ['a', 'VARCHAR'],
            ['b', 'VARCHAR'],
          ],
          rows,
        ),
      );
      expect(parseCsv(found).slice(1)).toEqual(rows);
    }),
  );
});

/** A reader after the letter of RFC 4180, which trims fields as careless readers do. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const fields = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy;
  for (let match = fields.exec(text); match !== null; match = fields.exec(text)) {
    row.push(match[1]?.replaceAll('""', '"') ?? match[2]!.trim());
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  expect(rows.flat().length).toBeGreaterThan(0);
  return rows;
}
