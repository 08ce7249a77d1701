import { describe, expect, test } from 'vitest';
import { printQuery, type TableReference } from '../../src/parser/index.ts';
import { column, errorOf, name, nowhere as span, number, queryOf, withoutPlaces } from './support.ts';

/* Queries are compared as printed text, where that shows the tree: the printer has tests of its own. */

function printed(sql: string): string {
  return printQuery(queryOf(sql));
}

describe('clauses', () => {
  test('a select with every clause', () => {
    const { body, ...query } = withoutPlaces(
      queryOf(
        'SELECT DISTINCT a AS x, b y, t.*, * FROM t WHERE a GROUP BY 1, b HAVING c QUALIFY d ' +
          'ORDER BY 1 DESC, x ASC NULLS FIRST, y NULLS LAST LIMIT 10 OFFSET 5',
      ),
    );
    expect(body).toEqual({
      kind: 'select',
      distinct: true,
      items: [
        { kind: 'item', expression: column('a'), alias: name('x'), span },
        { kind: 'item', expression: column('b'), alias: name('y'), span },
        { kind: 'star', qualifier: name('t'), span },
        { kind: 'star', qualifier: null, span },
      ],
      from: { kind: 'table', name: name('t'), alias: null, span },
      where: column('a'),
      groupBy: [number('1'), column('b')],
      having: column('c'),
      qualify: column('d'),
      span,
    });
    expect(query).toEqual({
      kind: 'query',
      with: null,
      orderBy: [
        { expression: number('1'), descending: true, nulls: null, span },
        { expression: column('x'), descending: false, nulls: 'first', span },
        { expression: column('y'), descending: false, nulls: 'last', span },
      ],
      limit: number('10'),
      offset: number('5'),
      span,
    });
  });

  test('LIMIT and OFFSET come in either order, or alone', () => {
    const both = withoutPlaces(queryOf('SELECT 1 LIMIT 2 OFFSET 3'));
    expect(withoutPlaces(queryOf('SELECT 1 OFFSET 3 LIMIT 2'))).toEqual(both);
    expect(queryOf('SELECT 1 OFFSET 3')).toMatchObject({ limit: null, offset: { text: '3' } });
    expect(queryOf('SELECT 1 LIMIT 2')).toMatchObject({ limit: { text: '2' }, offset: null });
  });

  test('GROUP BY ALL, SELECT ALL', () => {
    expect(queryOf('SELECT ALL a FROM t GROUP BY ALL').body).toMatchObject({
      distinct: false,
      groupBy: 'all',
    });
  });
});

function tableOf(from: string): TableReference | null {
  const { body } = queryOf(`SELECT * FROM ${from}`);
  return body.kind === 'select' ? withoutPlaces(body.from) : null;
}

describe('tables', () => {
  test.each([
    ['t', 't'],
    ['t x', 't AS x'],
    ['t AS x (a, b)', 't AS x (a, b)'],
    ['(SELECT 1)', '(SELECT 1)'],
    ['(SELECT 1) x(a)', '(SELECT 1) AS x (a)'],
    ['((SELECT 1)) x', '(SELECT 1) AS x'],
    ['((SELECT 1) UNION SELECT 2) x', '(SELECT 1 UNION SELECT 2) AS x'],
    ['((SELECT 1) x JOIN t ON TRUE)', '(SELECT 1) AS x JOIN t ON TRUE'],
    ['(t)', 't'],
    ['a, b, c', 'a CROSS JOIN b CROSS JOIN c'],
    ['a, b JOIN c ON x', 'a CROSS JOIN (b JOIN c ON x)'],
    ['a JOIN b ON x, c', 'a JOIN b ON x CROSS JOIN c'],
    ['a INNER JOIN b USING (x, y)', 'a JOIN b USING (x, y)'],
    ['a LEFT JOIN b ON x RIGHT OUTER JOIN c ON y', 'a LEFT JOIN b ON x RIGHT JOIN c ON y'],
    ['a FULL OUTER JOIN (b CROSS JOIN c) ON x', 'a FULL JOIN (b CROSS JOIN c) ON x'],
    ['(a JOIN b ON x) JOIN c ON y', 'a JOIN b ON x JOIN c ON y'],
  ])('%s', (from, expected) => {
    expect(printed(`SELECT * FROM ${from}`)).toBe(`SELECT * FROM ${expected}`);
    expect(tableOf(expected)).toEqual(tableOf(from));
  });

  test('the place of a join', () => {
    const sql = 'SELECT * FROM a, (b JOIN c ON x) LEFT JOIN d USING (y), e WHERE z';
    const { body } = queryOf(sql);
    const texts: string[] = [];
    for (let table = body.kind === 'select' ? body.from : null; table !== null;) {
      texts.push(sql.slice(table.span.start, table.span.end));
      table = table.kind === 'join' ? table.left : null;
    }
    expect(texts).toEqual([
      'a, (b JOIN c ON x) LEFT JOIN d USING (y), e',
      'a, (b JOIN c ON x) LEFT JOIN d USING (y)',
      'a',
    ]);
  });

  test('an alias is no bound clause, and a bound clause no alias', () => {
    expect(tableOf('t error')).toMatchObject({ alias: { name: { name: 'error' } } });
    expect(tableOf('t within, u at WHERE a')).toMatchObject({
      left: { alias: { name: { name: 'within' } } },
      right: { alias: { name: { name: 'at' } } },
    });
    expect(tableOf('t AS error ERROR WITHIN 5%')).toMatchObject({ alias: {} });
    expect(tableOf('t ERROR WITHIN 5%')).toMatchObject({ alias: null });
  });
});

describe('queries of queries', () => {
  test.each([
    ['SELECT 1 UNION SELECT 2 EXCEPT SELECT 3', '(SELECT 1 UNION SELECT 2) EXCEPT SELECT 3'],
    ['SELECT 1 UNION SELECT 2 INTERSECT SELECT 3', 'SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3)'],
    ['SELECT 1 INTERSECT SELECT 2 UNION ALL SELECT 3', '(SELECT 1 INTERSECT SELECT 2) UNION ALL SELECT 3'],
    ['SELECT 1 UNION DISTINCT SELECT 2', '(SELECT 1) UNION (SELECT 2)'],
    ['SELECT 1 UNION SELECT 2 ORDER BY 1 LIMIT 3', '((SELECT 1) UNION (SELECT 2)) ORDER BY 1 LIMIT 3'],
  ])('%s is %s', (sql, withParentheses) => {
    expect(withoutPlaces(queryOf(sql))).toEqual(withoutPlaces(queryOf(withParentheses)));
  });

  test('parentheses stay around a query with clauses of its own', () => {
    const text = '(SELECT 1 LIMIT 1) UNION ALL (SELECT 2 ORDER BY 1) LIMIT 5';
    expect(printed(text)).toBe(text);
    expect(queryOf('(SELECT 1 LIMIT 1)').body.kind).toBe('query');
    expect(queryOf('((SELECT 1))').body.kind).toBe('select');
  });

  test('common tables', () => {
    const text =
      'WITH RECURSIVE a (x, y) AS (SELECT 1, 2), b AS (WITH c AS (SELECT 3) SELECT * FROM c) SELECT * FROM a';
    expect(printed(text)).toBe(text);
    expect(queryOf(text).with).toMatchObject({
      recursive: true,
      tables: [{ columns: [{}, {}] }, { columns: [] }],
    });
    for (const sql of [
      'WITH recursive AS (SELECT 1) SELECT 1',
      'WITH recursive (a) AS (SELECT 1) SELECT 1',
    ]) {
      expect(queryOf(sql).with).toMatchObject({
        recursive: false,
        tables: [{ name: { name: 'recursive' } }],
      });
    }
  });
});

test('a name of nothing is refused', () => {
  expect(errorOf('SELECT "" FROM t')).toMatchObject({ code: 'SYNTAX', span: { start: 7, end: 9 } });
});
