import * as fc from 'fast-check';
import { seededRandom } from '../../../src/common/index.ts';
import { printStatement } from '../../../src/parser/index.ts';
import { keywordSpellings } from '../../../src/parser/keywords.ts';
import { scalarFunctions } from '../../../src/plan/index.ts';
import { statement as anyTree } from '../../parser/arbitraries/statements.ts';
import { QueryWriter } from '../../support/random-queries.ts';

/*
 * Statements that nobody means well: of the grammar with names that are there and functions that must not be; random trees; queries that
 * work; and all of these with words changed, or put together from two.
 */

/** Statements of every kind; `{in}` is a folder that may be read, `{out}` one that may not. */
const corpus: readonly string[] = [
  "SELECT kind, COUNT(*), AVG(amount) FROM t WHERE small > 10 AND city IN ('city_1', 'city_2') GROUP BY kind ORDER BY 2 DESC LIMIT 3 ERROR WITHIN 10% AT CONFIDENCE 95%",
  "SELECT SUM(price) / COUNT(*) FROM t WHERE word LIKE '%a%' WITHIN 50 MILLISECONDS ON MISS BEST EFFORT",
  'EXACT SELECT city, MEDIAN(amount), QUANTILE_CONT(price, 0.9) FROM t GROUP BY city HAVING COUNT(*) > 3',
  'SELECT LOWER_BOUND(SUM(small)), UPPER_BOUND(SUM(small)), STDERR(SUM(small)) FROM t WHERE tiny BETWEEN 1 AND 5 SIMULTANEOUS',
  'WITH a AS (SELECT kind, small FROM t) SELECT kind, MAX(small) FROM a GROUP BY kind UNION ALL SELECT city, 1 FROM t',
  'SELECT t.kind, u."__proto__" FROM t JOIN u ON t.tiny = u.k LEFT JOIN u AS v USING (k) WHERE EXISTS (SELECT 1 FROM u WHERE k = 1)',
  'SELECT row_number() OVER (PARTITION BY kind ORDER BY amount ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), small FROM t LIMIT 5',
  "SELECT CASE WHEN small > 1 THEN 'a' ELSE word END, CAST(day AS VARCHAR), EXTRACT(year FROM at) FROM t WHERE day > DATE '2001-01-01' - INTERVAL '1 month' LIMIT 2",
  'SELECT COUNT(DISTINCT city), MIN(day), MAX(at), STDDEV(amount), CORR(small, amount) FROM t',
  'SELECT ?, :name, $1 FROM t',
  "CREATE TABLE x FROM '{out}/secret.csv'",
  "CREATE TABLE x FROM '{in}/link.csv'",
  "CREATE TABLE x FROM '{in}/linked/*.csv'",
  "CREATE TABLE x FROM '{in}/../**/*.csv' SAMPLED STRATIFIED BY (k) POPULATION n",
  "CREATE TABLE x FROM '/proc/self/environ'",
  'EXPLAIN ANALYZE SELECT AVG(small) FROM t',
  'DROP SAMPLE IF EXISTS z',
  'DROP TABLE w',
  'DESCRIBE t',
  'SHOW TABLES',
  'SHOW QUERIES',
  "ATTACH '{out}/secret.db' AS d",
  "COPY t TO '{out}/copy.csv'",
  'INSTALL httpfs',
  "LOAD '{out}/evil.duckdb_extension'",
  'PRAGMA database_list',
  'SET enable_external_access = true',
  "SELECT * FROM read_csv('{out}/secret.csv')",
  "SELECT * FROM '{out}/secret.csv'",
  "SELECT content FROM read_text('/proc/self/environ')",
  "SELECT getenv('BALLPARK_FUZZ')",
];

/** Those that take long: they write files, or solve a problem. */
const slowCorpus: readonly string[] = [
  "CREATE TABLE IF NOT EXISTS w FROM '{in}/u.csv'",
  'CREATE SAMPLE z ON t STRATIFIED BY (kind) CAP 10 OUTLIERS OF (amount) SEED 7',
  'CREATE SAMPLES IF NOT EXISTS ON t UNIFORM 100 ROWS AS s, STRATIFIED BY (kind) CAP 10 AS z, UNIVERSE BY (city) 50% SEED 7',
  'CREATE SAMPLE IF NOT EXISTS s ON t UNIFORM 100 ROWS',
  'EXPLAIN CREATE SAMPLES ON t BUDGET 50% FOR (kind), (city, kind)',
  'REFRESH SAMPLES ON u',
];

/** Functions that read files, settings or secrets elsewhere, and others that are none of ours. */
const foreignFunctions = [
  'read_csv', 'read_csv_auto', 'read_parquet', 'read_json', 'read_text', 'read_blob', 'glob', 'getenv', 'parquet_metadata', 'sniff_csv',
  'query', 'query_table', 'duckdb_settings', 'current_setting', 'pragma_table_info', 'which_secret', 'range', 'generate_series', 'eval', 'pg_read_file',
  'repeat', 'list_transform', 'unnest', 'sleep', 'sql_auto_complete', 'checkpoint', 'force_checkpoint', 'write_log', 'nextval', 'in_search_path',
]; // prettier-ignore

const columns = ['id', 'small', 'wide', 'tiny', 'price', 'amount', 'ratio', 'flag', 'city', 'word', 'day', 'at', 'kind', 't.id', 'a.k', '"__proto__"']; // prettier-ignore
const tables = ['t', 'u', 's', 'w', 'sqlite_master', 'duckdb_tables', 'information_schema.tables', '"{out}/secret.csv"', "'{in}/u.csv'"]; // prettier-ignore
const values = [
  '0', '-1', '1e308', '1e-400', '9223372036854775808', '170141183460469231731687303715884105728', '0.1', '1.', '.5', 'NULL', 'TRUE', "''", "'x'",
  "'{out}/secret.csv'", "'{in}/linked/secret.csv'", "'../../../etc/passwd'", "'/proc/self/environ'", "'BALLPARK_FUZZ'", "'\u0000'", "'%_%_%_%'", "'2001-02-30'",
  "DATE '2001-02-28'", "TIMESTAMP '9999-12-31 23:59:59'", "INTERVAL '1 month'", "INTERVAL '9223372036854775807 years'", '?', ':p', "'\ud800'", "'é日本'",
]; // prettier-ignore
const plainValues = [
  '0',
  '1',
  '-2',
  '2.5',
  '1e3',
  "'x'",
  "'city_1'",
  'NULL',
  'TRUE',
  "DATE '2001-02-28'",
  "INTERVAL '1 month'",
];
const operators = [
  '+',
  '-',
  '*',
  '/',
  '//',
  '%',
  '^',
  '||',
  '=',
  '<>',
  '<',
  '>=',
  'AND',
  'OR',
  'LIKE',
  'ILIKE',
  'IS DISTINCT FROM',
];
const types = ['INTEGER', 'BIGINT', 'HUGEINT', 'DOUBLE', 'DECIMAL(38,37)', 'DECIMAL(99)', 'VARCHAR', 'DATE', 'TIMESTAMP', 'BLOB', 'INTEGER[]', 'STRUCT(a INT)']; // prettier-ignore
const ownFunctions = [
  ...scalarFunctions.map(({ name }) => name),
  'count', 'sum', 'avg', 'min', 'max', 'median', 'mode', 'mad', 'quantile_cont', 'stddev', 'var_pop', 'corr', 'regr_slope', 'lower_bound', 'upper_bound',
  'stderr', 'relative_error', 'certified', 'row_number', 'lag', 'rank', 'string_agg', 'list', 'approx_count_distinct', 'first', 'any_value',
]; // prettier-ignore

/** Most of the time something that is in its place. */
const mostly = (usual: fc.Arbitrary<string>, odd: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: odd });
const pick = (list: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...list);
const text = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part)))
    .map((texts) => texts.join(' '));
const listOf = (one: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength }).map((all) => all.join(', '));

const bounds = ['', '', '', '', ' ERROR WITHIN 5%', ' AT CONFIDENCE 90%', ' WITHIN 10 MILLISECONDS', ' ERROR WITHIN 1 ON MISS FAIL', ' SIMULTANEOUS']; // prettier-ignore
const tails = [' ERROR WITHIN 0', ' AT CONFIDENCE 100%', ' WITHIN 1e300 MINUTES', ' UNION SELECT 1', ' QUALIFY 1', ' TABLESAMPLE 1%', '; DROP TABLE t', ' -- x', ' /*']; // prettier-ignore

const { query } = fc.letrec<{ expression: string; query: string }>((tie) => {
  const expression = tie('expression');
  const maybe = (clause: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc.oneof({ weight: 2, arbitrary: fc.constant('') }, { weight: 1, arbitrary: clause });
  return {
    expression: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'expression' },
      {
        weight: 4,
        arbitrary: fc.oneof(pick(columns), pick(plainValues), mostly(pick(plainValues), pick(values))),
      },
      { weight: 2, arbitrary: text('(', expression, pick(operators), expression, ')') },
      {
        weight: 2,
        arbitrary: text(
          mostly(pick(ownFunctions), pick(foreignFunctions)),
          '(',
          maybe(fc.constant('DISTINCT')),
          listOf(expression, 3),
          ')',
        ),
      },
      text('CAST(', expression, 'AS', pick(types), ')'),
      text(
        '(',
        expression,
        pick(['LIKE', 'ILIKE']),
        mostly(pick(values), expression),
        pick(['', "ESCAPE '!'", "ESCAPE 'xy'"]),
        ')',
      ),
      text('CASE WHEN', expression, 'THEN', expression, 'END'),
      text(expression, pick(['IS NULL', 'IS NOT TRUE', 'IN (1, NULL)', "BETWEEN 1 AND 'x'"])),
      text(pick(['sum', 'count', 'lag']), '(', expression, ') OVER (ORDER BY', expression, ')'),
      text('sum (', expression, ') FILTER (WHERE', expression, ')'),
      text('(', tie('query'), ')'),
      text(expression, pick(['IN', '= ANY']), '(', tie('query'), ')'),
    ),
    query: text(
      pick(['SELECT', 'SELECT', 'SELECT DISTINCT']),
      listOf(expression, 3),
      fc.oneof(
        { weight: 9, arbitrary: text('FROM', mostly(pick(['t', 't', 'u']), pick(tables)), maybe(pick(['AS a', ', u', 'JOIN u ON k = tiny', 'CROSS JOIN u', 'NATURAL JOIN u']))) },
        { weight: 1, arbitrary: text('FROM', pick(foreignFunctions), '(', pick(values), ')') },
      ),
      maybe(text('WHERE', expression)),
      maybe(fc.oneof(text('GROUP BY', listOf(expression, 2)), fc.constant('GROUP BY ALL'))),
      maybe(text('HAVING', expression)),
      maybe(text('ORDER BY', listOf(expression, 2))),
      maybe(pick(['LIMIT 1', 'LIMIT -1', 'LIMIT 1e9 OFFSET 3'])),
    ), // prettier-ignore
  };
});

/** A query as a statement: with bounds, and with what must not stand behind it. */
const select = fc
  .tuple(
    pick(['', '', '', 'EXACT ', 'EXPLAIN ', 'EXPLAIN ANALYZE ']),
    query,
    mostly(pick(bounds), pick(tails)),
  )
  .map((parts) => parts.join(''));

/** Of one seed one query that works. */
const working = fc.nat(2 ** 31 - 1).map((seed) => {
  const writer = new QueryWriter(seededRandom(seed));
  return `SELECT ${writer.key()} AS g, ${writer.aggregate()} FROM t WHERE ${writer.condition(2)} GROUP BY 1`;
});

const base = fc.oneof(
  { weight: 180, arbitrary: select },
  { weight: 90, arbitrary: pick(corpus) },
  { weight: 40, arbitrary: anyTree.map(printStatement) },
  { weight: 40, arbitrary: working },
  { weight: 1, arbitrary: pick(slowCorpus) },
);

/** A statement's words and signs, not by our own lexer: it is to be tried too. */
const words = (sql: string): string[] => sql.match(/'(?:[^']|'')*'|"[^"]*"|[\w.]+|\s+|[^\w\s]/gu) ?? [];

const fragment = fc.oneof(
  pick([
    ...keywordSpellings,
    ...columns,
    ...tables,
    ...values,
    ...operators,
    ...ownFunctions,
    ...foreignFunctions,
  ]),
  pick(['(', ')', ',', '.', ';', '::', '--', '/*', '*/', "'", '"', '\\', '\0', '[', ']', '{', '}', '$1', '@', '\ud800', '\u202e', '\u00a0']), // prettier-ignore
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const place = fc.double({ min: 0, max: 0.999, noNaN: true });
const change = fc.tuple(fc.constantFrom('replace', 'insert', 'remove', 'repeat', 'cut'), place, fragment);

const mutated = fc.tuple(base, fc.array(change, { minLength: 1, maxLength: 3 })).map(([sql, changes]) => {
  const parts = words(sql);
  for (const [kind, at, piece] of changes) {
    const index = Math.floor(at * parts.length);
    if (kind === 'replace') parts.splice(index, 1, ` ${piece} `);
    else if (kind === 'insert') parts.splice(index, 0, ` ${piece} `);
    else if (kind === 'remove') parts.splice(index, 1);
    else if (kind === 'repeat') parts.splice(index, 0, ...parts.slice(index, index + 9));
    else parts.splice(index);
  }
  return parts.join('');
});

/** The head of one statement and the tail of another. */
const spliced = fc.tuple(base, base, place, place).map(([one, other, from, to]) => {
  const [head, tail] = [words(one), words(other)];
  return [...head.slice(0, from * head.length), ' ', ...tail.slice(to * tail.length)].join('');
});

/** @param folders that `{in}` and `{out}` stand for */
export function hostileStatement(folders: {
  readonly in: string;
  readonly out: string;
}): fc.Arbitrary<string> {
  return fc
    .oneof(
      { weight: 3, arbitrary: base },
      { weight: 4, arbitrary: mutated },
      { weight: 3, arbitrary: spliced },
    )
    .map((sql) => sql.replaceAll('{in}', folders.in).replaceAll('{out}', folders.out));
}
