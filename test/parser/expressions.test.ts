import { describe, expect, test } from 'vitest';
import type { Expression, Query, TypeName } from '../../src/parser/index.ts';
import { column, errorOf, expressionOf, itemOf, name, nowhere as span, number, parsed } from './support.ts';

const [a, b, c] = [column('a'), column('b'), column('c')];
const type = (text: string, ...numbers: number[]): TypeName => ({ name: text, arguments: numbers, span });
const cast = (operand: Expression, to: TypeName): Expression => ({
  kind: 'cast',
  operand,
  type: to,
  try: false,
  span,
});

/** `SELECT 1` */
const one: Query = {
  kind: 'query',
  with: null,
  body: {
    kind: 'select',
    distinct: false,
    items: [{ kind: 'item', expression: number('1'), alias: null, span }],
    from: null,
    where: null,
    groupBy: [],
    having: null,
    qualify: null,
    span,
  },
  orderBy: [],
  limit: null,
  offset: null,
  span,
};

function check(readings: readonly (readonly [text: string, tree: Expression])[]): void {
  test.each(readings)('%s', (text, tree) => {
    expect(expressionOf(text)).toEqual(tree);
  });
}

describe('literals', () => {
  check([
    ['NULL', { kind: 'null', span }],
    ['true', { kind: 'boolean', value: true, span }],
    ['FALSE', { kind: 'boolean', value: false, span }],
    ['1', number('1')],
    ['1.5', number('1.5')],
    ['.5', number('.5')],
    ['1.', number('1.')],
    ['1e3', number('1e3')],
    ['1.5E-3', number('1.5E-3')],
    ['1_000.000_1', number('1000.0001')],
    ["''", { kind: 'string', value: '', span }],
    ["'it''s -- no /* comment'", { kind: 'string', value: "it's -- no /* comment", span }],
    [String.raw`'back\slash'`, { kind: 'string', value: String.raw`back\slash`, span }],
    ["'two\nlines'", { kind: 'string', value: 'two\nlines', span }],
    ["DATE '2001-02-03'", { kind: 'temporal', type: 'date', text: '2001-02-03', span }],
    ["timestamp '2001-02-03 04:05'", { kind: 'temporal', type: 'timestamp', text: '2001-02-03 04:05', span }],
    ["TIMESTAMPTZ 'x'", { kind: 'temporal', type: 'timestamptz', text: 'x', span }],
    ["TIME '04:05'", { kind: 'temporal', type: 'time', text: '04:05', span }],
    ["INTERVAL '3' DAY", { kind: 'interval', text: '3', unit: 'day', span }],
    ['INTERVAL 3 days', { kind: 'interval', text: '3', unit: 'day', span }],
    ['INTERVAL 1_000.5 MICROSECONDS', { kind: 'interval', text: '1000.5', unit: 'microsecond', span }],
    ["INTERVAL '1 month 2 days'", { kind: 'interval', text: '1 month 2 days', unit: null, span }],
    [':name', { kind: 'parameter', name: 'name', index: null, span }],
  ]);

  test('positional parameters are numbered in the order of the text', () => {
    const sql = 'WITH w AS (SELECT ?) SELECT ? + ? FROM t WHERE ? OFFSET ? LIMIT ?';
    const indexes = [...JSON.stringify(parsed(sql)).matchAll(/"index":(\d)/g)].map(([, index]) =>
      Number(index),
    );
    expect(new Set(indexes)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
    expect(parsed(sql)).toMatchObject({
      query: {
        with: { tables: [{ query: { body: { items: [{ expression: { index: 0 } }] } } }] },
        body: { items: [{ expression: { left: { index: 1 }, right: { index: 2 } } }], where: { index: 3 } },
        limit: { index: 5 },
        offset: { index: 4 },
      },
    });
  });
});

describe('columns', () => {
  check([
    ['os', column('os')],
    ['OS', column('OS')],
    ['"O""S"', column('O"S')],
    ['"select"', column('select')],
    ['größe_2$', column('größe_2$')],
    ['t.os', { kind: 'column', qualifier: name('t'), name: name('os'), span }],
    ['"t x" . "os"', { kind: 'column', qualifier: name('t x'), name: name('os'), span }],
  ]);
});

describe('operators', () => {
  check([
    ['a == b', { kind: 'binary', operator: '=', left: a, right: b, span }],
    ['a != b', { kind: 'binary', operator: '<>', left: a, right: b, span }],
    ['a ** b', { kind: 'binary', operator: '^', left: a, right: b, span }],
    ['a // b', { kind: 'binary', operator: '//', left: a, right: b, span }],
    ['-a', { kind: 'unary', operator: '-', operand: a, span }],
    ['+a', { kind: 'unary', operator: '+', operand: a, span }],
    ['NOT a', { kind: 'unary', operator: 'not', operand: a, span }],
    ['a AND b AND c', { kind: 'logical', operator: 'and', operands: [a, b, c], span }],
    ['a OR b OR c', { kind: 'logical', operator: 'or', operands: [a, b, c], span }],
    [
      '(a AND b) AND c',
      {
        kind: 'logical',
        operator: 'and',
        operands: [{ kind: 'logical', operator: 'and', operands: [a, b], span }, c],
        span,
      },
    ],
    ['a BETWEEN b AND c', { kind: 'between', operand: a, low: b, high: c, negated: false, span }],
    ['a NOT BETWEEN b AND c', { kind: 'between', operand: a, low: b, high: c, negated: true, span }],
    ['a IN (b, c)', { kind: 'in-list', operand: a, items: [b, c], negated: false, span }],
    ['a NOT IN (b)', { kind: 'in-list', operand: a, items: [b], negated: true, span }],
    ['a IN (SELECT 1)', { kind: 'in-query', operand: a, query: one, negated: false, span }],
    ['a NOT IN ((SELECT 1))', { kind: 'in-query', operand: a, query: one, negated: true, span }],
    [
      'a IN ((SELECT 1), b)',
      {
        kind: 'in-list',
        operand: a,
        items: [{ kind: 'scalar-query', query: one, span }, b],
        negated: false,
        span,
      },
    ],
    [
      'a LIKE b',
      { kind: 'like', operand: a, pattern: b, escape: null, caseInsensitive: false, negated: false, span },
    ],
    [
      'a NOT ILIKE b ESCAPE c',
      { kind: 'like', operand: a, pattern: b, escape: c, caseInsensitive: true, negated: true, span },
    ],
    ['a IS NULL', { kind: 'is', operand: a, test: 'null', negated: false, span }],
    ['a IS NOT NULL', { kind: 'is', operand: a, test: 'null', negated: true, span }],
    ['a ISNULL', { kind: 'is', operand: a, test: 'null', negated: false, span }],
    ['a NOTNULL', { kind: 'is', operand: a, test: 'null', negated: true, span }],
    ['a IS TRUE', { kind: 'is', operand: a, test: 'true', negated: false, span }],
    ['a IS NOT FALSE', { kind: 'is', operand: a, test: 'false', negated: true, span }],
    ['a IS DISTINCT FROM b', { kind: 'is-distinct', left: a, right: b, negated: false, span }],
    ['a IS NOT DISTINCT FROM b', { kind: 'is-distinct', left: a, right: b, negated: true, span }],
  ]);
});

describe('values with delimiters of their own', () => {
  check([
    ['((a))', a],
    ['(SELECT 1)', { kind: 'scalar-query', query: one, span }],
    ['((SELECT 1))', { kind: 'scalar-query', query: one, span }],
    [
      '((SELECT 1) + a)',
      { kind: 'binary', operator: '+', left: { kind: 'scalar-query', query: one, span }, right: a, span },
    ],
    ['EXISTS (SELECT 1)', { kind: 'exists', query: one, span }],
    [
      'NOT EXISTS (SELECT 1)',
      { kind: 'unary', operator: 'not', operand: { kind: 'exists', query: one, span }, span },
    ],
    [
      'CASE WHEN a THEN b END',
      { kind: 'case', operand: null, branches: [{ when: a, then: b }], otherwise: null, span },
    ],
    [
      'CASE a WHEN b THEN c WHEN c THEN b ELSE a END',
      {
        kind: 'case',
        operand: a,
        branches: [
          { when: b, then: c },
          { when: c, then: b },
        ],
        otherwise: a,
        span,
      },
    ],
    ['EXTRACT(year FROM a)', { kind: 'extract', field: name('year'), operand: a, span }],
    ['EXTRACT("day of week" FROM a)', { kind: 'extract', field: name('day of week'), operand: a, span }],
  ]);
});

describe('casts and types', () => {
  check([
    ['CAST(a AS INTEGER)', cast(a, type('INTEGER'))],
    ['a::integer', cast(a, type('INTEGER'))],
    ['a::int::text', cast(cast(a, type('INT')), type('TEXT'))],
    ['TRY_CAST(a AS DATE)', { kind: 'cast', operand: a, type: type('DATE'), try: true, span }],
    ['a::decimal( 10 , 2 )', cast(a, type('DECIMAL', 10, 2))],
    ['a::varchar(10)', cast(a, type('VARCHAR', 10))],
    ['a::double precision', cast(a, type('DOUBLE PRECISION'))],
    ['a::character varying(5)', cast(a, type('CHARACTER VARYING', 5))],
    ['a::timestamp with time zone', cast(a, type('TIMESTAMP WITH TIME ZONE'))],
    ['a::timestamp(3) without time zone', cast(a, type('TIMESTAMP WITHOUT TIME ZONE', 3))],
    ['CAST(a AS time with time zone)', cast(a, type('TIME WITH TIME ZONE'))],
    ['a::interval', cast(a, type('INTERVAL'))],
  ]);

  test('a type argument is a whole number', () => {
    expect(errorOf('SELECT a::DECIMAL(1.5)')).toMatchObject({
      code: 'SYNTAX',
      message: "expected a whole number, found '1.5'",
      span: { start: 18, end: 21 },
    });
  });
});

describe('places', () => {
  test.each([
    ['(a + b) * c', '(a + b) * c'],
    ['((a))', 'a'],
    ['(a)::int', '(a)::int'],
    ['- (a)', '- (a)'],
    ['NOT (a) IS NULL', 'NOT (a) IS NULL'],
    ['(a AND b) OR (c)', '(a AND b) OR (c)'],
    ["'it''s'", "'it''s'"],
    ['"a b"', '"a b"'],
    ['( SELECT 1 )', '( SELECT 1 )'],
    ['f(a) FILTER (WHERE b)', 'f(a) FILTER (WHERE b)'],
  ])('%s covers %s', (text, covered) => {
    const sql = `SELECT ${text} FROM t`;
    const { start, end } = itemOf(sql).span;
    expect(sql.slice(start, end)).toBe(covered);
  });
});
