import { describe, expect, test } from 'vitest';
import { parseStatement, printExpression, printQuery, printStatement } from '../../src/parser/index.ts';
import { itemOf, parsed, queryOf } from './support.ts';

describe('expressions', () => {
  test.each([
    ['a+b*c', 'a + b * c'],
    ['((a)+((b*c)))', 'a + b * c'],
    ['(a+b)*c', '(a + b) * c'],
    ['a-(b-c)', 'a - (b - c)'],
    ['(a-b)-c', 'a - b - c'],
    ['-(-a)', '- -a'],
    ['+(-a)', '+-a'],
    ['-(a^b)', '-(a ^ b)'],
    ['(-a)^b', '-a ^ b'],
    ['(-a)::int', 'CAST(-a AS INT)'],
    ['-a::int', '-CAST(a AS INT)'],
    ['x::double', 'CAST(x AS DOUBLE)'],
    ['try_cast(x as decimal(10,2))', 'TRY_CAST(x AS DECIMAL(10, 2))'],
    ['x::timestamp(3) with time zone', 'CAST(x AS TIMESTAMP(3) WITH TIME ZONE)'],
    ['x::character varying(5)', 'CAST(x AS CHARACTER VARYING(5))'],
    ['x in (1,2)', 'x IN (1, 2)'],
    ['not (x in (1))', 'NOT x IN (1)'],
    ['(x in (1)) in (y like z)', '(x IN (1)) IN (y LIKE z)'],
    ['x between (y in (1)) and (y = 1)', 'x BETWEEN (y IN (1)) AND (y = 1)'],
    ['x not in (select 1)', 'x NOT IN (SELECT 1)'],
    ['(a=b)=c', '(a = b) = c'],
    ['(a and b) or (c and d)', 'a AND b OR c AND d'],
    ['(a or b) and not (c or d)', '(a OR b) AND NOT (c OR d)'],
    ['a and (b and c)', 'a AND (b AND c)'],
    ['not (not a)', 'NOT NOT a'],
    ['not (a = b)', 'NOT a = b'],
    ['(not a) = b', '(NOT a) = b'],
    ['(a = b) is not null', 'a = b IS NOT NULL'],
    ['a = (b is null)', 'a = (b IS NULL)'],
    ['a between (b + 1) and (c and d)', 'a BETWEEN b + 1 AND (c AND d)'],
    ["(a || b) not ilike 'x!%' escape '!'", "a || b NOT ILIKE 'x!%' ESCAPE '!'"],
    ['a isnull', 'a IS NULL'],
    ['a is not distinct from (b = c)', 'a IS NOT DISTINCT FROM b = c'],
    ['case x when 1 then a else b end', 'CASE x WHEN 1 THEN a ELSE b END'],
    ['extract(YEAR from x)', 'EXTRACT(YEAR FROM x)'],
    ["interval 3 days + interval '1 week'", "INTERVAL '3' DAY + INTERVAL '1 week'"],
    ["date '2001-02-03'", "DATE '2001-02-03'"],
    ['count(*)', 'count(*)'],
    ['f(distinct a order by b desc nulls last)', 'f(DISTINCT a ORDER BY b DESC NULLS LAST)'],
    [
      'sum(x) filter(where p)over(partition by a order by b rows between 1 preceding and current row)',
      'sum(x) FILTER (WHERE p) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)',
    ],
    ['f() over (rows (unbounded) preceding)', 'f() OVER (ROWS (unbounded) PRECEDING)'],
    ['left(a, 1)', 'left(a, 1)'],
    ['"left"', '"left"'],
    ['"Abc"."a b"', 'Abc."a b"'],
    ['"say ""hi"""', '"say ""hi"""'],
    ['"1st"', '"1st"'],
    ['"within"', 'within'],
    ["'it''s'", "'it''s'"],
    ['(select 1)', '(SELECT 1)'],
    ['? + :p', '? + :p'],
  ])('%s is %s', (text, expected) => {
    expect(printExpression(itemOf(`SELECT ${text}`))).toBe(expected);
  });
});

describe('queries and statements', () => {
  test.each([
    'WITH RECURSIVE a (x) AS (SELECT 1), b AS (SELECT 2) SELECT * FROM a',
    'SELECT DISTINCT a AS b, t.*, * FROM t AS x (y, z) WHERE a GROUP BY 1 HAVING b QUALIFY c ORDER BY 1 LIMIT 2 OFFSET 3',
    'SELECT a FROM t GROUP BY ALL',
    'SELECT * FROM a JOIN b ON x LEFT JOIN c USING (y, z) CROSS JOIN (SELECT 1) AS d',
    'SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4',
    '(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3',
    'SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 3)',
    '(SELECT 1 ORDER BY 1) UNION (SELECT 2 LIMIT 1) ORDER BY 1 DESC NULLS FIRST',
    'EXACT SELECT 1',
    'SELECT 1 ERROR WITHIN 2.5% AT CONFIDENCE 99% WITHIN 500 MILLISECONDS ON MISS BEST EFFORT SIMULTANEOUS',
    'SELECT 1 ERROR WITHIN 10',
    'EXPLAIN ANALYZE EXACT SELECT 1',
    "CREATE TABLE IF NOT EXISTS \"my table\" FROM 'it''s.csv' SAMPLED STRATIFIED BY (a, b) POPULATION n",
    "CREATE TABLE t FROM 'x' SAMPLED WEIGHT w",
    'CREATE SAMPLE ON t UNIFORM 1000 ROWS',
    'CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 5% OUTLIERS OF (x, y) SEED 7',
    'CREATE SAMPLE s ON t STRATIFIED BY (a) CAP 100',
    'CREATE SAMPLE s ON t UNIVERSE BY (a, b) 0.5%',
    'CREATE SAMPLES ON t BUDGET 10% FOR (a), (a, b)',
    'CREATE SAMPLES ON t BUDGET 1000 ROWS',
    'CREATE SAMPLES ON t UNIFORM 1%, STRATIFIED BY (a) CAP 9 AS "as"',
    'CREATE SAMPLES IF NOT EXISTS ON t UNIFORM 5 ROWS OUTLIERS OF (x) AS s, UNIVERSE BY (a, b) 2% SEED 7',
    'EXPLAIN CREATE SAMPLES ON t BUDGET 10% FOR (a)',
    'REFRESH SAMPLES ON t',
    'DROP TABLE IF EXISTS t',
    'DROP SAMPLE s',
    'DESCRIBE t',
    'SHOW LEASES',
  ])('%s is printed as written', (sql) => {
    expect(printStatement(parseStatement(sql))).toBe(sql);
  });

  test('numbers of clauses of any size', () => {
    for (const value of ['1e+21', '5e-324', '0.000001', '1.7976931348623157e+308']) {
      const sql = `SELECT 1 ERROR WITHIN ${value}%`;
      expect(parsed(printStatement(parseStatement(sql)))).toEqual(parsed(sql));
    }
  });

  test('a query by itself', () => {
    expect(printQuery(queryOf('select 1 error within 5%'))).toBe('SELECT 1');
  });
});
