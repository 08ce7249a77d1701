import { expect, test } from 'vitest';
import { renderError } from '../../src/common/index.ts';
import { errorOf } from './support.ts';

/*
 * Refused statements and the errors that people see, in golden files: `vitest run test/parser -u` writes them anew, to be
 * reviewed as a diff.
 */

function rendered(statements: readonly string[]): string {
  return statements
    .map((sql) => `${sql}\n\n${renderError(errorOf(sql), sql)}\n`)
    .join(`\n${'─'.repeat(60)}\n\n`);
}

test('what was expected and what was found', async () => {
  const statements = [
    '',
    '-- nothing but a comment',
    ';',
    'SELECT',
    'SELECT a,',
    'SELECT a b c FROM t',
    'SELECT a, FROM t',
    'SELECT a FROM',
    'SELECT a FROM t WHERE',
    'SELECT a FROM t WHERE a >',
    'SELECT a FROM t WHERE a = ) ORDER BY b',
    'SELECT a FROM t WHERE (a > 1',
    'SELECT a FROM t WHERE a > 1)',
    'SELECT a FROM t WHERE (a, b) IN (1, 2)',
    'SELECT a FROM t WHERE a IN (1 2)',
    'SELECT a FROM t WHERE a BETWEEN 1 OR 2',
    'SELECT a FROM t WHERE a LIKE',
    'SELECT a FROM t WHERE a IS 5',
    "SELECT a FROM t WHERE a 'text'",
    'SELECT a FROM t WHERE a = "quoted" "twice"',
    'SELECT a FROM t GROUP a',
    'SELECT a FROM t ORDER a',
    'SELECT a FROM t LIMIT',
    'SELECT a FROM t JOIN u',
    'SELECT a FROM t JOIN u WHERE a',
    'SELECT a FROM t LEFT u',
    'SELECT a FROM t AS WHERE a',
    'SELECT a AS select FROM t',
    'SELECT a FROM (SELECT b FROM u',
    'SELECT a FROM t x (',
    'SELECT a FROM (5)',
    'SELECT ((* 2))',
    'SELECT a FROM t WHERE a IN ((* 2))',
    'SELECT CASE a ELSE b END FROM t',
    'SELECT CASE WHEN a THEN b FROM t',
    'SELECT CAST(a INTEGER) FROM t',
    'SELECT CAST(a AS) FROM t',
    'SELECT a:: FROM t',
    'SELECT COUNT(DISTINCT) FROM t',
    'SELECT COUNT(a b) FROM t',
    'SELECT SUM(a) OVER (PARTITION a) FROM t',
    'SELECT SUM(a) OVER (ROWS 5) FROM t',
    'SELECT INTERVAL 5 FROM t',
    'WITH a AS SELECT 1',
    'SELECT a FROM t UNION',
    'SELECT mode() WITHIN GROUP (ORDER BY a, b) FROM t',
    'SELECT mode() WITHIN GROUP ORDER BY a FROM t',
    'SELECT a FROM t ERROR 5%',
    'SELECT a FROM t ERROR WITHIN',
    'SELECT a FROM t ERROR WITHIN -5%',
    'SELECT a FROM t ERROR WITHIN five',
    'SELECT a FROM t AT CONFIDENCE 95',
    'SELECT a FROM t WITHIN 5',
    'SELECT a FROM t WITHIN five SECONDS',
    'SELECT a FROM t ON MISS PANIC',
    'SELECT a FROM t ON MISS BEST',
    'EXPLAIN DROP TABLE t',
    'CREATE INDEX i ON t',
    'CREATE TABLE',
    'CREATE TABLE t',
    'CREATE TABLE t FROM file',
    "CREATE TABLE t FROM 'file' SAMPLED BY n",
    'CREATE SAMPLE s ON t',
    'CREATE SAMPLE s ON t UNIFORM 5',
    'CREATE SAMPLE s ON t STRATIFIED BY (a)',
    'CREATE SAMPLE s ON t STRATIFIED BY a CAP 5',
    'CREATE SAMPLES ON t',
    'CREATE SAMPLE ON t UNIFORM 5%, UNIFORM 6%',
    'CREATE SAMPLES s ON t UNIFORM 5%',
    'CREATE SAMPLES ON t BUDGET 5% SEED 1',
    'CREATE SAMPLES IF NOT EXISTS ON t BUDGET 5%',
    'CREATE SAMPLES ON t UNIFORM 5%,',
    'CREATE SAMPLES ON t UNIFORM 5% AS s OUTLIERS OF (x)',
    'CREATE SAMPLES ON t UNIFORM 5% AS, UNIFORM 6%',
    'CREATE SAMPLES ON t UNIFORM 5% SEED 1, UNIFORM 6%',
    'EXPLAIN CREATE SAMPLES ON t UNIFORM 5%',
    'REFRESH SAMPLE s',
    'DROP t',
    'DROP TABLE IF t',
    'DESCRIBE',
    'SHOW',
    `SELECT a FROM t\nWHERE b > 1\n  AND AND c`,
    `SELECT a FROM t ${'x'.repeat(60)} ${'y'.repeat(60)}`,
  ];
  await expect(rendered(statements)).toMatchFileSnapshot('golden/errors-expected.txt');
});

test('misspelt keywords', async () => {
  const statements = [
    'SELEC a FROM t',
    'SELECT a FORM t',
    'SELECT a FRM t',
    'SELECT COUNT(*) FORM t',
    'SELECT a, b form FORM t',
    'SELECT a FROM t WEHRE x > 1',
    'SELECT a FROM t x WHER x > 1',
    'SELECT a FROM t GRUOP BY b',
    'SELECT a FROM t WHERE x > 1 GROPU BY b',
    'SELECT a FROM t GROUP BU b',
    'SELECT a FROM t HAVIGN x > 1',
    'SELECT a FROM t ODRER BY b',
    'SELECT a FROM t LIMTI 5',
    'SELECT a FROM t JION u ON a = b',
    'SELECT a FROM t UNOIN SELECT b FROM u',
    'SELECT a FROM t WHERE a BEWTEEN 1 AND 2',
    "SELECT a FROM t WHERE a LIEK 'x'",
    'SELECT a FROM t WHERE a = 1 ADN b = 2',
    'SELECT CASE WHNE a THEN b END FROM t',
    'SELECT a FROM t ERORR WITHIN 5%',
    'SELECT a FROM t ERROR WITIHN 5%',
    'SELECT a FROM t ERROR WITHIN 5% AT CONFIDENSE 95%',
    'SELECT a FROM t AT CONFIDENSE 95%',
    'SELECT a FROM t WITHIN 5 SECODNS',
    'SELECT a FROM t WHITIN 5 SECONDS',
    'SELECT a FROM t ON MISS BST EFFORT',
    'EXPALIN SELECT a FROM t',
    "CREAT TABLE t FROM 'x'",
    "CREATE TABEL t FROM 'x'",
    'CREATE SAMPEL s ON t UNIFORM 5%',
    'CREATE SAMPLE s ON t UNIFROM 5%',
    'CREATE SAMPLE s ON t STRATIFED BY (a) CAP 5',
    'REFERSH SAMPLES ON t',
    'SHOW TABELS',
    'DESCIRBE t',
  ];
  await expect(rendered(statements)).toMatchFileSnapshot('golden/errors-misspelt.txt');
});

test('what is no token', async () => {
  const statements = [
    "SELECT 'open FROM t",
    "SELECT 'it''s open FROM t",
    "SELECT a FROM t WHERE b = 'x''",
    'SELECT "open FROM t',
    'SELECT "a""b',
    'SELECT a /* open FROM t',
    'SELECT /* closed */ a /*/ FROM t',
    'SELECT "" FROM t',
    'SELECT 1abc FROM t',
    'SELECT 1e FROM t',
    'SELECT 1__0 FROM t',
    'SELECT 0x1F FROM t',
    'SELECT 1.2.3 FROM t',
    'SELECT a FROM t WITHIN 5SECONDS',
    'SELECT a[1] FROM t',
    'SELECT a FROM t WHERE b = $1',
    'SELECT a FROM t WHERE b = ‘x’',
    'SELECT a & b FROM t',
    'SELECT “a” FROM t',
    `SELECT ${'1'.repeat(50)}x`,
    'SELECT 😀 FROM t',
  ];
  await expect(rendered(statements)).toMatchFileSnapshot('golden/errors-tokens.txt');
});

test('NUL characters are refused wherever they stand', () => {
  for (const sql of ["SELECT 'a\0b'", 'SELECT "a\0b"', 'SELECT a /*\0*/', 'SELECT a\0']) {
    const start = sql.indexOf('\0');
    expect(errorOf(sql)).toMatchObject({ code: 'SYNTAX', span: { start, end: start + 1 } });
  }
});

test('advice', async () => {
  const statements = [
    'SELECT a < b < c FROM t',
    'SELECT a = b IN (c) = d FROM t',
    'SELECT a IS NULL = b FROM t',
    'SELECT a FROM t CROSS JOIN u ON t.a = u.a',
    'SELECT a FROM t, u ON t.a = u.a',
    'SELECT MAX(SELECT a FROM t) FROM t',
    'SELECT (SELECT COUNT(*) FROM t ERROR WITHIN 5%)',
    'SELECT a FROM (SELECT b FROM t WITHIN 5 SECONDS)',
    'SELECT 1; SELECT 2',
    'SELECT 1;;',
    'SELECT a FROM t ERROR WITHIN 5% ERROR WITHIN 6%',
  ];
  await expect(rendered(statements)).toMatchFileSnapshot('golden/errors-advice.txt');
});

test('what is known and not supported', async () => {
  const statements = [
    'INSERT INTO t VALUES (1)',
    'UPDATE t SET a = 1',
    'DELETE FROM t',
    "COPY t TO 'file'",
    'SET threads = 1',
    'BEGIN',
    'VALUES (1)',
    'SELECT * FROM (VALUES (1)) AS v',
    'FROM t',
    'SELECT a FROM (FROM t)',
    'SELECT FROM t',
    'CREATE VIEW v AS SELECT 1',
    "CREATE OR REPLACE TABLE t FROM 'x'",
    'CREATE TABLE t AS SELECT 1',
    'CREATE TABLE t (a INTEGER)',
    'SELECT DISTINCT ON (a) b FROM t',
    'SELECT * EXCLUDE (a) FROM t',
    "SELECT * FROM 'file.csv'",
    'SELECT * FROM (t JOIN u ON a = b) AS j',
    "SELECT * FROM t JOIN 'file.csv' ON a = b",
    "SELECT * FROM read_csv('file.csv')",
    'SELECT * FROM t, range(5)',
    'SELECT * FROM t CROSS JOIN unnest(a)',
    'SELECT * FROM t, LATERAL (SELECT 1)',
    'SELECT * FROM main.t',
    'SELECT main.t.a FROM t',
    'SELECT * FROM t NATURAL JOIN u',
    'SELECT * FROM t SEMI JOIN u USING (a)',
    'SELECT * FROM t ANTI JOIN u USING (a)',
    'SELECT * FROM t ASOF JOIN u USING (a)',
    'SELECT * FROM t POSITIONAL JOIN u',
    'SELECT * FROM t TABLESAMPLE (10%)',
    'SELECT * FROM t TABLESAMPLE reservoir (10)',
    'SELECT * FROM t USING SAMPLE 10%',
    'SELECT a FROM t GROUP BY ROLLUP (a)',
    'SELECT a FROM t GROUP BY b, CUBE (a)',
    'SELECT a FROM t GROUP BY GROUPING SETS ((a), ())',
    'SELECT a FROM t GROUP BY a WITH ROLLUP',
    'SELECT a FROM t ORDER BY ALL',
    'SELECT a FROM t UNION BY NAME SELECT a FROM u',
    'SELECT a FROM t LIMIT ALL',
    'SELECT a FROM t FETCH FIRST 5 ROWS ONLY',
    'SELECT a FROM t WHERE a FETCH FIRST 5 ROWS ONLY',
    'SELECT a FROM t FOR UPDATE',
    'SELECT SUM(a) OVER w FROM t WINDOW w AS (ORDER BY a)',
    'SELECT a FROM t WINDOW w AS (ORDER BY a)',
    'SELECT quantile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM t',
    'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) OVER () FROM t',
    'SELECT FIRST(a IGNORE NULLS) FROM t',
    "SELECT a AT TIME ZONE 'UTC' FROM t",
    "SELECT a FROM t WHERE a AT TIME ZONE 'UTC' > b",
    'SELECT a COLLATE nocase FROM t',
    "SELECT a SIMILAR TO 'x' FROM t",
    'SELECT a = ANY (SELECT b FROM u) FROM t',
    'SELECT a > ALL (SELECT b FROM u) FROM t',
    'SELECT a = NOT b FROM t',
    'WITH a AS MATERIALIZED (SELECT 1) SELECT * FROM a',
  ];
  for (const sql of statements) expect(errorOf(sql).code, sql).toBe('NOT_SUPPORTED');
  await expect(rendered(statements)).toMatchFileSnapshot('golden/errors-unsupported.txt');
});
