import { describe, expect, test } from 'vitest';
import { parseStatement, printStatement } from '../../src/parser/index.ts';
import { errorOf, parsed } from './support.ts';

const nested = (depth: number, opening: string, core: string, closing: string): string =>
  opening.repeat(depth) + core + closing.repeat(depth);

/** Each makes a statement that nests so deep. */
const nestings: Readonly<Record<string, (depth: number) => string>> = {
  parentheses: (depth) => `SELECT ${nested(depth, '(', '1', ')')}`,
  calls: (depth) => `SELECT ${nested(depth, 'f(', '1', ')')}`,
  'ordered arguments': (depth) => `SELECT ${nested(depth, 'f(1 ORDER BY ', '1', ')')}`,
  filters: (depth) => `SELECT ${nested(depth, 'f() FILTER (WHERE ', '1', ')')}`,
  windows: (depth) => `SELECT ${nested(depth, 'f() OVER (ORDER BY ', '1', ')')}`,
  casts: (depth) => `SELECT ${nested(depth, 'CAST(', '1', ' AS INT)')}`,
  extracts: (depth) => `SELECT ${nested(depth, 'EXTRACT(year FROM ', '1', ')')}`,
  'CASE results': (depth) => `SELECT ${nested(depth, 'CASE WHEN a THEN ', '1', ' END')}`,
  'CASE operands': (depth) => `SELECT ${nested(depth, 'CASE ', '1', ' WHEN 1 THEN 2 END')}`,
  'calls of CASE': (depth) => `SELECT ${nested(depth / 2, 'f(CASE WHEN ', '1', ' THEN 1 END)')}`,
  'IN lists': (depth) => `SELECT ${nested(depth, 'a IN (', '1', ')')}`,
  'scalar queries': (depth) => `SELECT ${nested(depth, '1 + (SELECT ', '1', ')')}`,
  'EXISTS queries': (depth) => `SELECT 1 WHERE ${nested(depth, 'EXISTS (SELECT 1 WHERE ', 'a', ')')}`,
  'IN queries in joins': (depth) => nested(depth, 'SELECT 1 FROM a JOIN b ON a IN (', 'SELECT 1', ')'),
  'queries in HAVING': (depth) => nested(depth, 'SELECT 1 HAVING EXISTS (', 'SELECT 1', ')'),
  'queries in GROUP BY': (depth) => `SELECT 1 ${nested(depth, 'GROUP BY (SELECT 1 ', '', ')')}`,
  'derived tables': (depth) => `SELECT * FROM ${nested(depth, '(SELECT * FROM ', 't', ')')}`,
  'joins in parentheses': (depth) => `SELECT * FROM ${nested(depth, '(', 't', ' CROSS JOIN u)')}`,
  'queries in parentheses': (depth) => nested(depth, '(', 'SELECT 1', ')'),
  'set operations': (depth) => nested(depth, '(SELECT 1 UNION ', 'SELECT 1', ')'),
  'common tables': (depth) => nested(depth, 'WITH a AS (', 'SELECT 1', ') SELECT 1'),
  NOT: (depth) => `SELECT ${'NOT '.repeat(depth)}a`,
  'minus signs': (depth) => `SELECT ${'- '.repeat(depth)}a`,
  'NOT and parentheses': (depth) => `SELECT ${nested(depth / 2, 'NOT (', 'a', ')')}`,
};

describe('nesting', () => {
  test.each(Object.entries(nestings))('64 levels of %s parse, 65 do not', (_, statementOf) => {
    const sql = statementOf(64);
    expect(parsed(printStatement(parseStatement(sql)))).toEqual(parsed(sql));
    expect(errorOf(statementOf(66))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'the statement nests more than 64 levels deep',
    });
  });

  test('the place is the first level too many', () => {
    const sql = `SELECT ${nested(70, '(', '1', ')')}`;
    expect(errorOf(sql).span).toEqual({ start: 'SELECT '.length + 64, end: 'SELECT '.length + 65 });
    expect(errorOf(`SELECT ${'NOT '.repeat(65)}a`).span).toEqual({ start: 7 + 64 * 4, end: 7 + 64 * 4 + 3 });
  });

  test('operators between operands do not nest', () => {
    expect(parsed(`SELECT ${nested(64, '(', '1 + 2 - 3 AND a IS NOT NULL', ')')}`)).toBeDefined();
    expect(
      parsed(`SELECT ${Array.from({ length: 100 }, () => 'a - 1 > -b AND NOT c').join(' AND ')}`),
    ).toBeDefined();
  });
});

describe('chains', () => {
  const chains: Readonly<Record<string, (links: number) => string>> = {
    sums: (links) => `SELECT 1${' + 1'.repeat(links)}`,
    products: (links) => `SELECT 1${' * 1'.repeat(links)}`,
    powers: (links) => `SELECT 1${' ^ 1'.repeat(links)}`,
    concatenations: (links) => `SELECT 1${' || 1'.repeat(links)}`,
    tests: (links) => `SELECT a${' IS NULL'.repeat(links)}`,
    joins: (links) => `SELECT * FROM t${' JOIN u USING (k)'.repeat(links)}`,
    'tables with commas': (links) => `SELECT * FROM t${', u'.repeat(links)}`,
    unions: (links) => `SELECT 1${' UNION SELECT 1'.repeat(links)}`,
    intersections: (links) => `SELECT 1${' INTERSECT SELECT 1'.repeat(links)}`,
  };

  test.each(Object.entries(chains))('256 links of %s parse, 257 do not', (_, statementOf) => {
    const sql = statementOf(256);
    expect(parsed(printStatement(parseStatement(sql)))).toEqual(parsed(sql));
    expect(errorOf(statementOf(257))).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'more than 256 operators in one chain',
      span: {},
    });
  });

  test('256 casts in a chain parse, 257 do not', () => {
    // They print as calls of CAST, one in the other: that is nesting.
    expect(parsed(`SELECT 1${'::INT'.repeat(256)}`)).toBeDefined();
    expect(errorOf(`SELECT 1${'::INT'.repeat(257)}`).code).toBe('LIMIT_EXCEEDED');
  });

  test('the place is the first operator too many', () => {
    expect(errorOf(`SELECT 1${'+1'.repeat(300)}`).span).toEqual({
      start: 7 + 1 + 2 * 256,
      end: 7 + 2 + 2 * 256,
    });
  });

  test.each([
    ['sums of sums', `SELECT ${nested(30, '(', '1', `${' + 1'.repeat(60)})`)}`],
    ['unions of unions', nested(20, '(', 'SELECT 1', `${' UNION SELECT 1'.repeat(100)})`)],
    ['joins of joins', `SELECT * FROM ${nested(40, '(', 't', `${' CROSS JOIN t'.repeat(60)})`)}`],
  ])('%s make no tree too deep to walk', (_, sql) => {
    expect(errorOf(sql)).toMatchObject({ code: 'LIMIT_EXCEEDED', span: {} });
    expect(errorOf(sql).message).toContain('512 nodes deep');
  });
});

describe('size', () => {
  test('64 KiB of UTF-8', () => {
    const sql = `SELECT '${'é'.repeat((64 * 1024 - "SELECT ''".length - 1) / 2)}'`;
    expect(Buffer.byteLength(sql)).toBe(64 * 1024 - 1);
    expect(parsed(sql)).toBeDefined();
    expect(parsed(`${sql} `)).toBeDefined();
    expect(errorOf(`${sql}  `)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'the statement has 65537 bytes, more than 65536',
    });
  });

  test('10,000 tokens', () => {
    const sql = `SELECT a IN (1${',1'.repeat(4_997)})`;
    expect(parsed(sql)).toBeDefined();
    expect(errorOf(`${sql};`)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'the statement has more than 10000 tokens',
      span: { start: sql.length, end: sql.length + 1 },
    });
  });

  test.each([
    ['OR', `SELECT a${' OR a'.repeat(4_999)}`],
    ['AND', `SELECT a${' AND a'.repeat(4_999)}`],
    ['items', `SELECT a${',a'.repeat(4_999)}`],
    ['CASE branches', `SELECT CASE${' WHEN a THEN b'.repeat(2_499)} END`],
    ['common tables', `WITH a AS (SELECT 1)${', a AS (SELECT 1)'.repeat(1_426)} SELECT 1`],
  ])('%s are flat', (_, sql) => {
    expect(parsed(sql)).toBeDefined();
  });

  test.each([
    ['+', `SELECT 1${'+1'.repeat(4_999)}`],
    ['=', `SELECT 1${'=1'.repeat(4_999)}`],
    ['||', `SELECT 1${'||1'.repeat(4_999)}`],
    ['^', `SELECT 1${'^1'.repeat(4_999)}`],
    ['::', `SELECT 1${'::x'.repeat(4_999)}`],
    ['IS NULL', `SELECT 1${' IS NULL'.repeat(4_999)}`],
    ['UNION', `SELECT 1${' UNION SELECT 1'.repeat(3_332)}`],
    ['JOIN', `SELECT 1 FROM a${' JOIN a ON x'.repeat(1_998)}`],
    ['NOT', `SELECT ${'NOT '.repeat(9_999)}`],
    ['-', `SELECT ${'- '.repeat(9_999)}`],
    ['opening parentheses', '('.repeat(10_000)],
    ['closing parentheses', ')'.repeat(10_000)],
    ['CASE', 'CASE '.repeat(10_000)],
    ['END', `SELECT ${'END '.repeat(9_999)}`],
    ['names', 'a '.repeat(10_000)],
    ['semicolons', ';'.repeat(10_000)],
    ['an unclosed string', `SELECT '${"''".repeat(60_000)}`],
    ['an unclosed name', `SELECT "${'""'.repeat(30_000)}`],
    ['an unclosed comment', `SELECT /*${'*'.repeat(60_000)}`],
    ['digits', `SELECT ${'1'.repeat(60_000)}x`],
    ['a long name', `SELECT a ${'b'.repeat(60_000)} c`],
    ['misspelt words', `SELECT a${' FORM'.repeat(9_990)}`],
  ])('10,000 tokens of %s are refused quickly', (_, sql) => {
    const start = performance.now();
    expect(errorOf(sql).code).toMatch(/SYNTAX|LIMIT_EXCEEDED/);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  test('the parser still works', () => {
    expect(parsed('SELECT 1')).toBeDefined();
  });
});

test('a parser that was left no stack works again afterwards', () => {
  const deepest = dive(Infinity, () => {});
  const sql = `SELECT ${nested(64, '(', '1', ')')}`;
  const parse = (): void => void parseStatement(sql);
  // Where the stack ends is not for this test to say: only that it does, somewhere here.
  const overflows = [0.7, 0.8, 0.9, 0.95].filter((share) => dive(Math.floor(deepest * share), parse) > 0);
  expect(overflows).not.toEqual([]);
  expect(parsed('SELECT 1')).toBeDefined();
  expect(errorOf('SELECT a FROM t WHERE').message).toBe('expected an expression, found end of statement');
});

/** Acts so many calls deep; tells how deep the calls went where the stack ended, or 0 where it did not. */
function dive(depth: number, action: () => void): number {
  let reached = 0;
  const descend = (left: number): void => {
    reached += 1;
    if (left > 0) descend(left - 1);
    else action();
  };
  try {
    descend(depth);
    return 0;
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    return reached;
  }
}
