import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QueryError } from '../../src/common/index.ts';
import {
  formatScalar,
  formatType,
  type Scalar,
  scalarFunctions,
  type SqlType,
} from '../../src/plan/index.ts';
import { bindExpression } from '../support/bind.ts';
import { ReferenceDuckDB } from '../support/duckdb.ts';

/* Every function and operator that is evaluated here, against DuckDB's own value of the same text. */

const integers = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '-7',
  '10',
  '100',
  '2147483647',
  '-2147483648',
  '9007199254740993',
  '300::SMALLINT',
  '7::TINYINT',
  '200::UTINYINT',
  '5::UBIGINT',
  '12345678901234567890123::HUGEINT',
];
const decimals = ['0.0', '2.5', '-2.5', '0.005', '1234.567', '-0.5', '99999.99', '3.25::DECIMAL(10,4)'];
const doubles = ['0e0', '1e0', '-2.5e0', '2.5e0', '3.5e0', '0.1e0', '1e20', '-1e-7', '1234.5678e0'];
const numbers = [...integers, ...decimals, ...doubles];
const texts = ["''", "'a'", "'Hello World'", "'héllo'", "'a_b%c'", "'😀x'", "'  pad '", "'ABC'", "'aXbXc'"];
const dates = [
  "DATE '2001-01-31'",
  "DATE '2004-02-29'",
  "DATE '1969-12-31'",
  "DATE '1900-03-01'",
  "DATE '2000-12-31'",
  "DATE '2005-01-01'",
  "DATE '1582-10-04'",
];
const timestamps = [
  "TIMESTAMP '2001-01-31 12:34:56.789012'",
  "TIMESTAMP '1969-12-31 23:59:59.5'",
  "TIMESTAMP '2004-02-29 00:00:00'",
  "TIMESTAMP '2020-06-15 06:00:01'",
];
const calendar = [...dates, ...timestamps];
const intervals = [
  "INTERVAL '3 days'",
  "INTERVAL '1 month'",
  "INTERVAL '-2 hours'",
  "INTERVAL '1 year 2 months 3 days 04:05:06'",
  "INTERVAL '13 months -1 day'",
];
const booleans = ['TRUE', 'FALSE', 'NULL::BOOLEAN'];
const parts = [
  'year',
  'month',
  'day',
  'hour',
  'minute',
  'second',
  'millisecond',
  'microsecond',
  'quarter',
  'week',
  'isoyear',
  'dow',
  'isodow',
  'doy',
  'decade',
  'century',
  'epoch',
];
const units = [
  'microsecond',
  'millisecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  'decade',
  'century',
];

const pairs = (left: readonly string[], operators: readonly string[], right: readonly string[]): string[] =>
  left.flatMap((a) => operators.flatMap((operator) => right.map((b) => `${a} ${operator} ${b}`)));
const calls = (names: readonly string[], ...args: (readonly string[])[]): string[] =>
  names.flatMap((name) =>
    args
      .reduce<string[]>(
        (lists, next) => lists.flatMap((list) => next.map((arg) => (list === '' ? arg : `${list}, ${arg}`))),
        [''],
      )
      .map((list) => `${name}(${list})`),
  );

const expressions: Readonly<Record<string, readonly string[]>> = {
  arithmetic: pairs(numbers, ['+', '-', '*', '/', '//', '%'], numbers),
  comparison: [
    ...pairs(numbers, ['=', '<', '>='], numbers),
    ...pairs(texts, ['=', '<>', '<', '<=', '>', '>='], texts),
    ...pairs(calendar, ['=', '<', '>='], calendar),
    ...pairs(booleans, ['=', '<'], booleans),
  ],
  logic: [
    ...pairs(booleans, ['AND', 'OR'], booleans),
    ...booleans.flatMap((b) => [
      `NOT ${b}`,
      `${b} IS TRUE`,
      `${b} IS FALSE`,
      `${b} IS NULL`,
      `${b} IS NOT NULL`,
    ]),
    ...pairs(['1', 'NULL', '2.0'], ['IS DISTINCT FROM', 'IS NOT DISTINCT FROM'], ['1', 'NULL']),
  ],
  nulls: [
    'coalesce(NULL, 1, 2)',
    'coalesce(NULL, NULL)',
    'coalesce(1, 2.5)',
    'ifnull(NULL, 3)',
    'nullif(1, 1)',
    'nullif(1, 2)',
    "nullif('a', 'b')",
    'least(3, 1, NULL)',
    'greatest(1, 2.5)',
    "least('b', 'a')",
    "greatest(DATE '2001-01-01', TIMESTAMP '2001-01-01 01:00:00')",
    '1 IN (1, 2)',
    '1 IN (2, NULL)',
    '1 NOT IN (2, 3)',
    'NULL IN (1)',
    "'a' IN ('b', 'a')",
    '5 BETWEEN 1 AND 5',
    '0 NOT BETWEEN 1 AND 5',
    "CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END",
    'CASE 3 WHEN 1 THEN 1.5 WHEN 3 THEN 2 END',
    'CASE WHEN NULL THEN 1 END',
  ],
  unary: [
    ...numbers.map((n) => `-(${n})`),
    ...calls(
      [
        'abs',
        'sign',
        'floor',
        'ceil',
        'trunc',
        'round',
        'sqrt',
        'cbrt',
        'exp',
        'ln',
        'log10',
        'log2',
        'atan',
        'radians',
        'degrees',
      ],
      numbers,
    ),
  ],
  rounding: [
    ...calls(['round'], [...decimals, ...doubles, '1234', '-1250'], ['0', '1', '2', '-1', '-2']),
    ...calls(['pow'], ['2', '2.5', '0', '4e0'], ['0', '3', '0.5', '-1']),
  ],
  casts: [
    ...numbers.flatMap((n) =>
      [
        'INTEGER',
        'BIGINT',
        'TINYINT',
        'DOUBLE',
        'DECIMAL(10,2)',
        'DECIMAL(18,6)',
        'VARCHAR',
        'BOOLEAN',
        'FLOAT',
      ].map((type) => `CAST(${n} AS ${type})`),
    ),
    ...calendar.flatMap((d) => ['DATE', 'TIMESTAMP', 'VARCHAR'].map((type) => `CAST(${d} AS ${type})`)),
    ...["'12'", "'-3.7'", "' 4 '", "'x'", "'1e3'", "'true'", "'2001-02-03'", "'2001-02-30'"].flatMap((t) =>
      ['INTEGER', 'DOUBLE', 'DECIMAL(10,1)', 'BOOLEAN', 'DATE', 'TIMESTAMP'].flatMap((type) => [
        `CAST(${t} AS ${type})`,
        `TRY_CAST(${t} AS ${type})`,
      ]),
    ),
  ],
  text: [
    ...calls(['lower', 'upper', 'length', 'strlen', 'trim', 'ltrim', 'rtrim', 'reverse', 'ascii'], texts),
    ...calls(['substring'], texts, ['0', '1', '2', '-2'], ['0', '1', '3', '-1']),
    ...calls(['substr'], texts, ['1', '2', '-3', '0']),
    ...calls(['left', 'right'], texts, ['0', '1', '2', '-1', '50']),
    ...calls(['replace'], texts, ["'a'", "''", "'X'"], ["'z'", "''", "'$&'"]),
    ...calls(['starts_with', 'ends_with', 'contains', 'strpos'], texts, ["''", "'a'", "'X'", "'llo'", "'x'"]),
    ...calls(['trim', 'ltrim', 'rtrim'], ["'xxaxx'", "'abcba'"], ["'x'", "'ab'"]),
    ...pairs(texts, ['||'], [...texts.slice(0, 4), '1', '2.50', "DATE '2001-01-01'", 'NULL']),
    "concat('a', NULL, 1, TRUE)",
    "concat('é')",
  ],
  like: pairs(
    [...texts, "'%'", "'abcabcabd'"],
    ['LIKE', 'ILIKE', 'NOT LIKE'],
    ["'%'", "''", "'_'", "'a%'", "'%c'", "'%b%'", "'h_llo'", "'%a%b%'", "'a_b%c'", "'A%'", "'%abd'", "'😀_'"],
  ).concat(["'a%c' LIKE 'a!%c' ESCAPE '!'", "'abc' LIKE 'a!%c' ESCAPE '!'", "'a_c' LIKE 'a#_c' ESCAPE '#'"]),
  parts: calendar.flatMap((d) =>
    parts.flatMap((part) => [`extract(${part} FROM ${d})`, `date_part('${part}', ${d})`]),
  ),
  partFunctions: calls(
    [
      'year',
      'quarter',
      'month',
      'week',
      'day',
      'dayofweek',
      'isodow',
      'dayofyear',
      'hour',
      'minute',
      'second',
      'epoch',
    ],
    calendar,
  ),
  truncation: calendar.flatMap((d) => units.map((unit) => `date_trunc('${unit}', ${d})`)),
  temporal: [
    ...pairs(calendar, ['+', '-'], intervals),
    ...pairs(dates, ['+', '-'], ['1', '-30', '365']),
    ...pairs(dates, ['-'], dates),
    ...pairs(intervals, ['+', '-'], intervals),
    ...intervals.map((i) => `-${i}`),
  ],
};

/** Doubles may differ in the last digits where a library computes them; everything else is the same. */
function sameValue(a: Scalar, b: Scalar, type: SqlType): boolean {
  if (a === null || b === null) return a === b;
  if (typeof a === 'number' && typeof b === 'number' && (type.kind === 'double' || type.kind === 'float')) {
    return Object.is(a, b) || Math.abs(a - b) <= 4e-15 * Math.max(Math.abs(a), Math.abs(b)) || a === b;
  }
  return formatScalar(a, type) === formatScalar(b, type);
}

let duckdb: ReferenceDuckDB;
beforeAll(async () => {
  duckdb = await ReferenceDuckDB.open();
});
afterAll(() => duckdb.close());

describe.each(Object.entries(expressions))('%s', (_, list) => {
  test(`${list.length} expressions have DuckDB's value and type, or are left to it`, async () => {
    const wrong: string[] = [];
    let evaluated = 0;
    for (const expression of list) {
      const expected = await duckdb.value(expression);
      let bound;
      try {
        bound = bindExpression(expression);
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        // Stricter about types than DuckDB is fine; laxer is not.
        continue;
      }
      if (bound.kind !== 'constant') continue;
      evaluated++;
      const found =
        bound.value === null ? 'NULL' : `${formatScalar(bound.value, bound.type)} ${formatType(bound.type)}`;
      if (expected === null) wrong.push(`${expression}: ${found}, but DuckDB raises an error`);
      else if (
        !sameValue(bound.value, expected.value, expected.type) ||
        (bound.value !== null && formatType(bound.type) !== formatType(expected.type))
      ) {
        wrong.push(
          `${expression}: ${found}, but DuckDB has ${expected.value === null ? 'NULL' : formatScalar(expected.value, expected.type)} ${formatType(expected.type)}`,
        );
      }
    }
    expect(wrong).toEqual([]);
    expect(evaluated).toBeGreaterThan(list.length / 2);
  });
});

test('every function that the source is asked for exists there', async () => {
  const named = scalarFunctions
    .filter(({ syntaxOnly = false, name }) => !syntaxOnly && /^\w+$/.test(name))
    .map(({ name }) => name);
  const [known] = await duckdb.columns('SELECT DISTINCT function_name FROM duckdb_functions()');
  const builtIn = ['coalesce', 'nullif']; // part of the grammar, not of the catalog of functions
  expect(named.filter((name) => !known!.values.includes(name) && !builtIn.includes(name))).toEqual([]);
});
