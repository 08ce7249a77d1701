/*
 * What strangers try. `{in}` is the folder that may be read, `{out}` one that may not, with a secret in it.
 */

/** Statements, and the codes that they may be refused with. */
export const statementProbes: readonly (readonly [what: string, sql: string, code: RegExp])[] = [
  ['a path outside', "CREATE TABLE x FROM '{out}/secret.csv'", /FORBIDDEN_PATH/],
  ['a way up', "CREATE TABLE x FROM '{in}/../../../../../../etc/passwd'", /FORBIDDEN_PATH/],
  ['a way up and down', "CREATE TABLE x FROM '{in}/./../{outName}/secret.csv'", /FORBIDDEN_PATH/],
  ['a relative path', "CREATE TABLE x FROM '../../../../etc/passwd'", /FORBIDDEN_PATH/],
  ['a link to a file', "CREATE TABLE x FROM '{in}/link.csv'", /FORBIDDEN_PATH/],
  ['a link to a folder', "CREATE TABLE x FROM '{in}/linked/secret.csv'", /FORBIDDEN_PATH/],
  ['a glob through a link', "CREATE TABLE x FROM '{in}/linked/*.csv'", /FORBIDDEN_PATH/],
  ['a glob through all links', "CREATE TABLE x FROM '{in}/**/secret.csv'", /FORBIDDEN_PATH|MISSING_FILE/],
  ['a glob outside', "CREATE TABLE x FROM '{out}/*.csv'", /FORBIDDEN_PATH/],
  [
    'a glob with choices',
    "CREATE TABLE x FROM '{in}/@(../../{outName}/secret|u).csv'",
    /FORBIDDEN_PATH|MISSING_FILE/,
  ],
  ['a broken link', "CREATE TABLE x FROM '{in}/broken.csv'", /FORBIDDEN_PATH|MISSING_FILE/],
  ['a link to itself', "CREATE TABLE x FROM '{in}/loop.csv'", /FORBIDDEN_PATH|MISSING_FILE|STORAGE/],
  ['a folder', "CREATE TABLE x FROM '{in}'", /MISSING_FILE/],
  ['a device', "CREATE TABLE x FROM '/dev/zero'", /FORBIDDEN_PATH/],
  ['the environment', "CREATE TABLE x FROM '/proc/self/environ'", /FORBIDDEN_PATH/],
  ['the process', "CREATE TABLE x FROM '/proc/self/root{out}/secret.csv'", /FORBIDDEN_PATH/],
  ['its open files', "CREATE TABLE x FROM '/dev/fd/0'", /FORBIDDEN_PATH/],
  ['a zero in a path', "CREATE TABLE x FROM '{in}/u.csv\u0000.csv'", /\w/],
  ['a very long path', `CREATE TABLE x FROM '{in}/${'a/'.repeat(20_000)}x.csv'`, /\w/],
  ['another machine', "CREATE TABLE x FROM 'http://127.0.0.1:1/x.csv'", /NOT_SUPPORTED/],
  ['a bucket', "CREATE TABLE x FROM 's3://bucket/x.parquet'", /NOT_SUPPORTED/],
  ['a file by its address', "CREATE TABLE x FROM 'file://{out}/secret.csv'", /NOT_SUPPORTED/],
  ['a file as a table', "SELECT * FROM '{out}/secret.csv'", /SYNTAX|UNKNOWN_TABLE|NOT_SUPPORTED/],
  ['a file as a name', 'SELECT * FROM "{out}/secret.csv"', /UNKNOWN_TABLE/],
  ...[
    'read_csv',
    'read_csv_auto',
    'read_parquet',
    'read_json',
    'read_text',
    'read_blob',
    'glob',
    'sniff_csv',
    'parquet_metadata',
  ].map(
    (name) => [name, `SELECT * FROM ${name}('{out}/secret.csv')`, /SYNTAX|NOT_SUPPORTED|UNKNOWN/] as const,
  ),
  ...['getenv', 'current_setting', 'read_text', 'pg_read_file', 'query', 'eval'].map(
    (name) => [name, `SELECT ${name}('BALLPARK_PROBE')`, /UNKNOWN_FUNCTION|NOT_SUPPORTED/] as const,
  ),
  ...[
    "ATTACH '{out}/secret.csv' AS d",
    "ATTACH '{out}/new.db'",
    "COPY t TO '{out}/copy.csv'",
    "COPY t FROM '{out}/secret.csv'",
    "EXPORT DATABASE '{out}'",
    "IMPORT DATABASE '{out}'",
    'INSTALL httpfs',
    "LOAD '{out}/evil.duckdb_extension'",
    'PRAGMA database_list',
    'SET enable_external_access = true',
    "SET GLOBAL allowed_directories = ['/']",
    'RESET allowed_paths',
    'CALL pragma_version()',
    'CREATE MACRO f(x) AS x',
    'CREATE SECRET s (TYPE s3)',
    'CREATE VIEW v AS SELECT 1',
    'INSERT INTO t VALUES (1)',
    'DELETE FROM t',
    'UPDATE t SET x = 1',
    'ALTER TABLE t ADD COLUMN y INT',
    'VACUUM',
    'CHECKPOINT',
    'SELECT 1; DROP TABLE t',
    "SELECT 1; ATTACH '{out}/new.db'",
  ].map((sql) => [sql, sql, /SYNTAX|NOT_SUPPORTED/] as const),
  ["another database's tables", 'SELECT * FROM sqlite_master', /UNKNOWN_TABLE/],
  ['tables of tables', 'SELECT * FROM information_schema.tables', /SYNTAX|UNKNOWN_TABLE|NOT_SUPPORTED/],
  ['a name with a quote', 'SELECT "x"" FROM t; DROP TABLE t --" FROM t', /UNKNOWN_COLUMN/],
];

/** Statements that are too much to parse: refused before they cost anything. */
export const parsingProbes: readonly (readonly [what: string, sql: string])[] = [
  ['parentheses 10^5 deep', `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
  ['parentheses as deep as the text may be', `SELECT ${'('.repeat(9000)}1${')'.repeat(900)}`],
  ['parentheses just too deep', `SELECT ${'('.repeat(65)}1${')'.repeat(65)}`],
  ['subqueries', `SELECT ${'(SELECT '.repeat(3000)}1${')'.repeat(3000)}`],
  ['CASE', `SELECT ${'CASE WHEN 1 THEN '.repeat(3000)}1`],
  ['NOT', `SELECT ${'NOT '.repeat(9000)}TRUE`],
  ['a sum of 10^5 terms', `SELECT 1${'+1'.repeat(100_000)} FROM t`],
  ['a sum of 30,000 terms', `SELECT 1${'+1'.repeat(30_000)} FROM t`],
  ['a sum of 4,000 terms', `SELECT 1${'+1'.repeat(4000)} FROM t`],
  ['unions', `SELECT 1${' UNION SELECT 1'.repeat(3000)}`],
  ['joins', `SELECT 1 FROM t${' JOIN t USING (x)'.repeat(1500)}`],
  ['commas', `SELECT ${'x,'.repeat(30_000)}x FROM t`],
  ['a text without an end', `SELECT '${'x'.repeat(60_000)}`],
  ['a comment without an end', `SELECT /*${'*'.repeat(60_000)}`],
  ['semicolons', ';'.repeat(60_000)],
  ['a megabyte of digits', `SELECT ${'1'.repeat(200_000)}`],
];

const json = 'Host: localhost\r\nContent-Type: application/json\r\n';
const body = '{"sql":"SHOW TABLES"}';
const query = (headers: string, content = body): string =>
  `POST /v1/query HTTP/1.1\r\n${json}${headers}\r\n\r\n${content}`;
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
/** The connection may end before whoever sends so much has read why. */
const orGone = (status: number): readonly (number | null)[] => [status, null];

// prettier-ignore
/** Requests as bytes, and the statuses that they may be refused with; null: the connection ends. */
export const requestProbes: readonly (readonly [what: string, bytes: string, statuses: readonly (number | null)[]])[] = [
  ['a path of a file', get('/etc/passwd'), [404]],
  ['a way up', get('/../../../../etc/passwd'), [404]],
  ['a way up in code', get('/%2e%2e/%2e%2e/etc/passwd'), [404]],
  ['a way up in code of code', get('/%252e%252e/etc/passwd'), [404]],
  ['a way up from a route', get('/v1/queries/../../../etc/passwd'), [404]],
  ['two slashes', get('//etc/passwd'), [404]],
  ['backslashes', get('/..\\..\\etc\\passwd'), [400, 404]],
  ['a zero', get('/livez%00'), [404]],
  ['a wrong code', get('/%c0%ae%c0%ae/'), [400, 404]],
  ['an address as a path', get('http://evil.example/'), [404]],
  ['a path without an end', get(`/${'a'.repeat(1_000_000)}`), orGone(431)],
  ['a header without an end', `GET /livez HTTP/1.1\r\nHost: localhost\r\nx: ${'a'.repeat(1_000_000)}\r\n\r\n`, orGone(431)],
  ['10^4 headers', `GET /livez HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(10_000)}\r\n`, orGone(431)],
  ['200 headers', `GET /livez HTTP/1.1\r\nHost: localhost\r\n${'a: b\r\n'.repeat(200)}\r\n`, [431]],
  ['a foreign Host', 'GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n', [403]],
  ['two Hosts', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n', [400]],
  ['a foreign Origin', query(`Origin: http://evil.example\r\nContent-Length: ${body.length}`), [403]],
  ['no page', query(`Origin: null\r\nContent-Length: ${body.length}`), [403]],
  ['a form of a foreign page', `POST /v1/query HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`, [403]],
  ['a body that is text', `POST /v1/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`, [415]],
  ['a packed body', query(`Content-Encoding: gzip\r\nContent-Length: ${body.length}`), [415]],
  ['a packed body of chunks', query('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'), [400, 415]],
  ['a body that is said to be large', query('Content-Length: 999999999999'), orGone(413)],
  ['a length below zero', query('Content-Length: -1'), [400]],
  ['a length that is none', query('Content-Length: x'), [400]],
  ['a length beyond numbers', query(`Content-Length: ${'9'.repeat(40)}`), [400]],
  ['two lengths', query(`Content-Length: ${body.length}\r\nContent-Length: 1`), [400]],
  ['a length and chunks', query(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked`), [400]],
  ['a body that is longer than said', query('Content-Length: 3'), [400]],
  ['chunks that are none', query('Transfer-Encoding: chunked', 'zz\r\nx'), [400]],
  ['chunks without an end', query('Transfer-Encoding: chunked', `1000\r\n${'x'.repeat(4096)}\r\n`.repeat(200)), orGone(413)],
  ['a chunk of any size', query('Transfer-Encoding: chunked', 'ffffffffffffffff\r\nx'), [408]],
  ['extensions of chunks', query('Transfer-Encoding: chunked', `1;${'x'.repeat(100_000)}\r\n `), orGone(413)],
  ['no HTTP', '\u0016\u0003\u0001\u0002\u0000\u0001', [400]],
  ['another HTTP', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400, null]],
  ['an unknown method', 'BREW /livez HTTP/1.1\r\nHost: localhost\r\n\r\n', [400]],
  ['a tunnel', 'CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n', [400, 404, null]],
  ['a line within a header', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nx-query-id: a\nset-cookie: b\r\n\r\n', [400]],
  ['an id that is none', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nx-query-id: <script>\r\n\r\n', [400]],
]; // prettier-ignore

/** Bodies of JSON, all refused. */
export const bodyProbes: readonly (readonly [what: string, content: string])[] = [
  ['lists 10^5 deep', '['.repeat(100_000)],
  ['lists 10^5 deep, closed', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['a deep parameter', `{"sql":"SELECT ?","params":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}`],
  ['a deep object', `{"sql":"SELECT 1","params":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`],
  ['a prototype', '{"sql":"SELECT 1","__proto__":{"role":"admin"}}'],
  ['a constructor', '{"sql":"SELECT 1","constructor":{"prototype":{"role":"admin"}}}'],
  ['a prototype as a parameter', '{"sql":"SELECT :a","params":{"__proto__":{"a":1}}}'],
  ['a length that is no text', '{"sql":{"length":3,"toString":"x"}}'],
  ['a list of texts', '{"sql":["SELECT 1"]}'],
  ['a byte that is no text', '{"sql":"SELECT 1"}\u0000'],
  ['10^5 parameters', `{"sql":"SELECT ?","params":[${'1,'.repeat(100_000)}1]}`],
];
