import { describe, expect, test } from 'vitest';
import { parseStatement, type Statement } from '../../src/parser/index.ts';
import { errorOf, name, nowhere, parsed } from './support.ts';

const amount = (value: number) => ({ value, span: nowhere });

describe('statements about tables and samples', () => {
  const readings: readonly (readonly [sql: string, statement: Statement])[] = [
    [
      "CREATE TABLE t FROM 'data/*.parquet'",
      {
        kind: 'create-table',
        name: name('t'),
        ifNotExists: false,
        source: { value: 'data/*.parquet', span: nowhere },
        sampled: null,
        span: nowhere,
      },
    ],
    [
      'create table if not exists "My Table" from \'it\'\'s.csv\' sampled stratified by (a, "b c") population n;',
      {
        kind: 'create-table',
        name: name('My Table'),
        ifNotExists: true,
        source: { value: "it's.csv", span: nowhere },
        sampled: {
          stratifiedBy: [name('a'), name('b c')],
          source: 'population',
          column: name('n'),
          span: nowhere,
        },
        span: nowhere,
      },
    ],
    [
      "CREATE TABLE t FROM 'x' SAMPLED WEIGHT weight",
      {
        kind: 'create-table',
        name: name('t'),
        ifNotExists: false,
        source: { value: 'x', span: nowhere },
        sampled: { stratifiedBy: [], source: 'weight', column: name('weight'), span: nowhere },
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLE ON t UNIFORM 1000 ROWS',
      {
        kind: 'create-sample',
        name: null,
        ifNotExists: false,
        table: name('t'),
        method: { kind: 'uniform', size: { unit: 'rows', amount: amount(1000) }, span: nowhere },
        outliersOf: [],
        seed: null,
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 2.5% OUTLIERS OF (x, y) SEED 7',
      {
        kind: 'create-sample',
        name: name('s'),
        ifNotExists: true,
        table: name('t'),
        method: { kind: 'uniform', size: { unit: 'percent', amount: amount(2.5) }, span: nowhere },
        outliersOf: [name('x'), name('y')],
        seed: amount(7),
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLE s ON t STRATIFIED BY (a, b) CAP 1_000',
      {
        kind: 'create-sample',
        name: name('s'),
        ifNotExists: false,
        table: name('t'),
        method: { kind: 'stratified', columns: [name('a'), name('b')], cap: amount(1000), span: nowhere },
        outliersOf: [],
        seed: null,
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLE s ON t UNIVERSE BY (id) 1e1%',
      {
        kind: 'create-sample',
        name: name('s'),
        ifNotExists: false,
        table: name('t'),
        method: { kind: 'universe', columns: [name('id')], percent: amount(10), span: nowhere },
        outliersOf: [],
        seed: null,
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLES ON t BUDGET 5%',
      {
        kind: 'create-samples',
        table: name('t'),
        budget: { unit: 'percent', amount: amount(5) },
        columnSets: [],
        span: nowhere,
      },
    ],
    [
      'CREATE SAMPLES ON t BUDGET 100 ROWS FOR (a), (a, b)',
      {
        kind: 'create-samples',
        table: name('t'),
        budget: { unit: 'rows', amount: amount(100) },
        columnSets: [[name('a')], [name('a'), name('b')]],
        span: nowhere,
      },
    ],
    ['REFRESH SAMPLES ON t', { kind: 'refresh-samples', table: name('t'), span: nowhere }],
    ['DROP TABLE t', { kind: 'drop', what: 'table', name: name('t'), ifExists: false, span: nowhere }],
    [
      'DROP SAMPLE IF EXISTS s;',
      { kind: 'drop', what: 'sample', name: name('s'), ifExists: true, span: nowhere },
    ],
    ['DESCRIBE t', { kind: 'describe', table: name('t'), span: nowhere }],
    ['SHOW TABLES', { kind: 'show', what: 'tables', span: nowhere }],
    ['SHOW SAMPLES', { kind: 'show', what: 'samples', span: nowhere }],
    ['SHOW QUERIES', { kind: 'show', what: 'queries', span: nowhere }],
    ['SHOW JOBS', { kind: 'show', what: 'jobs', span: nowhere }],
    ['show leases', { kind: 'show', what: 'leases', span: nowhere }],
  ];

  test.each(readings)('%s', (sql, statement) => {
    expect(parsed(sql)).toEqual(statement);
  });
});

function selectStatement(sql: string) {
  const statement = parsed(sql);
  if (statement.kind !== 'select-statement') throw new Error(`no select: ${sql}`);
  return statement;
}

describe('select statements', () => {
  const unbound = { error: null, confidence: null, deadline: null, onMiss: null, simultaneous: false };
  const error = (value: number, relative: boolean) => ({ amount: amount(value), relative, span: nowhere });

  test('without bounds nothing is asked', () => {
    const statement = selectStatement('SELECT 1');
    expect(statement.exact).toBe(false);
    expect(statement.bounds).toEqual(unbound);
  });

  test.each([
    ['ERROR WITHIN 10%', { error: error(10, true) }],
    ['ERROR WITHIN 10', { error: error(10, false) }],
    ['ERROR WITHIN .5 % AT CONFIDENCE 99.9%', { error: error(0.5, true), confidence: amount(99.9) }],
    ['AT CONFIDENCE 90%', { confidence: amount(90) }],
    ['WITHIN 5 SECONDS', { deadline: { amount: amount(5), unit: 'seconds', span: nowhere } }],
    ['WITHIN 1 SECOND', { deadline: { amount: amount(1), unit: 'seconds', span: nowhere } }],
    ['WITHIN 250 MILLISECONDS', { deadline: { amount: amount(250), unit: 'milliseconds', span: nowhere } }],
    ['WITHIN 2 MINUTES', { deadline: { amount: amount(2), unit: 'minutes', span: nowhere } }],
    ['ON MISS EXACT', { onMiss: { policy: 'exact', span: nowhere } }],
    ['ON MISS BEST EFFORT', { onMiss: { policy: 'best-effort', span: nowhere } }],
    ['ON MISS FAIL', { onMiss: { policy: 'fail', span: nowhere } }],
    ['SIMULTANEOUS', { simultaneous: true }],
    [
      'SIMULTANEOUS ON MISS FAIL WITHIN 5 SECONDS AT CONFIDENCE 95% ERROR WITHIN 5%',
      {
        error: error(5, true),
        confidence: amount(95),
        deadline: { amount: amount(5), unit: 'seconds', span: nowhere },
        onMiss: { policy: 'fail', span: nowhere },
        simultaneous: true,
      },
    ],
  ])('%s stands behind every query', (clauses, bounds) => {
    const queries = [
      'SELECT 1',
      'SELECT a',
      'SELECT a FROM t',
      'SELECT a FROM t AS x',
      'SELECT a FROM t x',
      'SELECT a FROM (SELECT 1)',
      'SELECT a FROM t CROSS JOIN u',
      'SELECT a FROM t JOIN u USING (k)',
      'SELECT a FROM t JOIN u ON t.k = u.k',
      'SELECT a FROM t WHERE a > 5',
      'SELECT a FROM t GROUP BY a',
      'SELECT a FROM t GROUP BY ALL HAVING COUNT(*) > 5',
      'SELECT a FROM t ORDER BY a',
      'SELECT a FROM t ORDER BY a DESC NULLS LAST',
      'SELECT a FROM t LIMIT 5',
      'SELECT a FROM t UNION SELECT b FROM u',
      '(SELECT a FROM t)',
      'WITH t AS (SELECT 1 AS a) SELECT a FROM t',
    ];
    for (const query of queries) {
      const statement = selectStatement(`${query} ${clauses}`);
      expect(statement.bounds, query).toEqual({ ...unbound, ...bounds });
      expect(statement.query, query).toEqual(selectStatement(query).query);
    }
  });

  test.each([
    'ERROR WITHIN 5% ERROR WITHIN 6%',
    'AT CONFIDENCE 90% AT CONFIDENCE 90%',
    'WITHIN 1 SECOND WITHIN 2 SECONDS',
    'ON MISS FAIL ON MISS EXACT',
    'SIMULTANEOUS SIMULTANEOUS',
  ])('%s is refused at the second', (clauses) => {
    const sql = `SELECT COUNT(*) FROM t ${clauses}`;
    const { code, message, span } = errorOf(sql);
    expect(code).toBe('SYNTAX');
    expect(message).toContain('once');
    expect(span!.start).toBeGreaterThan('SELECT COUNT(*) FROM t '.length);
    expect(span!.end).toBe(sql.length);
  });

  test('a number beyond all doubles is refused', () => {
    expect(errorOf('SELECT a FROM t ERROR WITHIN 1e999%')).toMatchObject({
      code: 'INVALID_ARGUMENT',
      span: { start: 29, end: 35 },
    });
  });

  test('EXPLAIN CREATE SAMPLES', () => {
    const text = 'EXPLAIN CREATE SAMPLES ON t BUDGET 5%';
    const statement = parsed('CREATE SAMPLES ON t BUDGET 5%');
    expect(parsed(text)).toEqual({ kind: 'explain-samples', statement, span: nowhere });
    expect(parseStatement(text)).toMatchObject({ statement: { span: { start: 8, end: text.length } } });
    for (const other of [
      'EXPLAIN ANALYZE CREATE SAMPLES ON t BUDGET 5%',
      "EXPLAIN CREATE TABLE t FROM 'f'",
      'EXPLAIN CREATE SAMPLES ON t UNIFORM 5%',
    ])
      expect(errorOf(other)).toMatchObject({ code: 'SYNTAX' });
  });

  test('EXACT and EXPLAIN', () => {
    expect(selectStatement('EXACT SELECT 1').exact).toBe(true);
    expect(selectStatement('EXACT WITH a AS (SELECT 1) SELECT * FROM a').exact).toBe(true);
    const statement = selectStatement('EXACT SELECT a FROM t WITHIN 1 SECOND');
    const explained = 'EXACT SELECT a FROM t WITHIN 1 SECOND';
    expect(parsed(`EXPLAIN ${explained}`)).toEqual({
      kind: 'explain',
      analyze: false,
      statement,
      span: nowhere,
    });
    expect(parsed(`explain analyze ${explained};`)).toEqual({
      kind: 'explain',
      analyze: true,
      statement,
      span: nowhere,
    });
  });
});
