import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/* What a user can get wrong: each gives a clear error with its place in the statement, and nothing is lost. */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    'visits',
    "SELECT i AS id, i % 10 AS pages, i * 1.5 AS spent, 'p' || (i % 4) AS place, DATE '2020-01-01' + (i % 300)::INTEGER AS day FROM range(5000) t(i)",
  );
  await work.query('CREATE SAMPLE visits_sample ON visits UNIFORM 1000 ROWS SEED 3');
  await work.writeRows('whole.parquet', 'SELECT i FROM range(100000) t(i)');
  const whole = readFileSync(work.path('whole.parquet'));
  work.write('half.parquet', whole.subarray(0, whole.length / 2));
  work.write('text.parquet', 'this is no Parquet file');
  work.write('empty.csv', '');
  work.write('notes.xyz', 'a,b');
});
afterAll(() => work.close());

const inFolder = (text: string): string => text.replaceAll('{folder}', work.folder);

/** `place` is the part of the statement that the error points to. */
type Case = readonly [what: string, sql: string, code: string, place: string, message: RegExp, hint?: RegExp];
const cases: readonly Case[] = [
  ['an unknown table', 'SELECT COUNT(*) FROM vists', 'UNKNOWN_TABLE', 'vists', /no table vists/, /visits/],
  ['an unknown table in DESCRIBE', 'DESCRIBE vists', 'UNKNOWN_TABLE', 'vists', /no table vists/, /visits/],
  [
    'an unknown column',
    'SELECT AVG(spend) FROM visits',
    'UNKNOWN_COLUMN',
    'spend',
    /no column spend/,
    /spent/,
  ],
  [
    'an unknown column in WHERE',
    'SELECT COUNT(*) FROM visits WHERE plce = 1',
    'UNKNOWN_COLUMN',
    'plce',
    /no column plce/,
    /place/,
  ],
  [
    'an unknown function',
    'SELECT aveage(spent) FROM visits',
    'UNKNOWN_FUNCTION',
    'aveage',
    /no function aveage/,
  ],
  [
    'a misspelt function',
    'SELECT cout(*) FROM visits',
    'UNKNOWN_FUNCTION',
    'cout',
    /no function cout/,
    /count/,
  ],
  [
    'a text compared with a number',
    'SELECT COUNT(*) FROM visits WHERE place > 5',
    'TYPE_MISMATCH',
    'place > 5',
    /VARCHAR with INTEGER/,
    /cast/,
  ],
  [
    'a text added to a number',
    'SELECT SUM(place + 1) FROM visits',
    'TYPE_MISMATCH',
    'place + 1',
    /\+ does not take VARCHAR, INTEGER/,
  ],
  [
    'the sum of a text',
    'SELECT SUM(place) FROM visits',
    'TYPE_MISMATCH',
    'SUM(place)',
    /SUM takes a number, found VARCHAR/,
  ],
  [
    'a number as condition',
    'SELECT COUNT(*) FROM visits WHERE pages + 1',
    'TYPE_MISMATCH',
    'pages + 1',
    /WHERE needs a condition/,
  ],
  [
    'a text that is no date',
    "SELECT COUNT(*) FROM visits WHERE day > '2020-13-01'",
    'TYPE_MISMATCH',
    "'2020-13-01'",
    /is no DATE: expected YYYY-MM-DD/,
  ],
  ['an unclosed string', "SELECT COUNT(*) FROM visits WHERE place = 'p1", 'SYNTAX', "'p1", /not closed/],
  ['a misspelt keyword', 'SELECT COUNT(*) FORM visits', 'SYNTAX', 'FORM', /FROM|FORM/, /FROM/],
  ['nothing at all', '', 'SYNTAX', '', /statement/i],
  ['a bound of 0 %', 'SELECT AVG(spent) FROM visits ERROR WITHIN 0%', 'INVALID_BOUND', '0%', /above 0/],
  [
    'a confidence of 100 %',
    'SELECT AVG(spent) FROM visits ERROR WITHIN 5% AT CONFIDENCE 100%',
    'INVALID_BOUND',
    '100%',
    /below 100/,
  ],
  ['a confidence of 0 %', 'SELECT AVG(spent) FROM visits AT CONFIDENCE 0%', 'INVALID_BOUND', '0%', /above 0/],
  ['a deadline of 0', 'SELECT AVG(spent) FROM visits WITHIN 0 SECONDS', 'INVALID_BOUND', '0', /above 0/],
  [
    'an aggregate in WHERE',
    'SELECT COUNT(*) FROM visits WHERE AVG(spent) > 1',
    'INVALID_AGGREGATE',
    'AVG(spent)',
    /WHERE cannot hold an aggregate/,
    /HAVING/,
  ],
  ['nested aggregates', 'SELECT SUM(AVG(spent)) FROM visits', 'INVALID_AGGREGATE', 'AVG(spent)', /nested/],
  [
    'a column beside an aggregate',
    'SELECT place, COUNT(*) FROM visits',
    'INVALID_AGGREGATE',
    'place',
    /GROUP BY/,
    /GROUP BY place/,
  ],
  [
    'a position that is not there',
    'SELECT place, COUNT(*) FROM visits GROUP BY 3',
    'INVALID_ARGUMENT',
    '3',
    /no column 3/,
  ],
  [
    'a negative LIMIT',
    'SELECT place FROM visits LIMIT -1',
    'INVALID_ARGUMENT',
    '-1',
    /LIMIT needs a whole number/,
  ],
  [
    'a missing parameter',
    'SELECT COUNT(*) FROM visits WHERE pages > ?',
    'INVALID_PARAMETER',
    '?',
    /no value for parameter 1/,
  ],
  [
    'a missing file',
    "CREATE TABLE t FROM 'nowhere.parquet'",
    'MISSING_FILE',
    "'nowhere.parquet'",
    /no file nowhere.parquet/,
  ],
  [
    'a table twice',
    "CREATE TABLE visits FROM 'whole.parquet'",
    'DUPLICATE_NAME',
    'visits',
    /already a table named visits/,
  ],
  [
    'a sample on a missing table',
    'CREATE SAMPLE ON vists UNIFORM 1%',
    'UNKNOWN_TABLE',
    'vists',
    /no table vists/,
    /visits/,
  ],
  [
    'a sample on a missing column',
    'CREATE SAMPLE s ON visits STRATIFIED BY (plac) CAP 10',
    'UNKNOWN_COLUMN',
    'plac',
    /no column plac/,
    /place/,
  ],
  ['a sample of 0 rows', 'CREATE SAMPLE s ON visits UNIFORM 0 ROWS', 'INVALID_ARGUMENT', '0', /1 or more/],
  [
    'a sample of more than all',
    'CREATE SAMPLE s ON visits UNIFORM 101%',
    'INVALID_ARGUMENT',
    '101%',
    /up to 100/,
  ],
  [
    'strata of a double',
    'CREATE SAMPLE s ON visits STRATIFIED BY (place, place) CAP 10',
    'INVALID_ARGUMENT',
    'place',
    /twice/,
  ],
  [
    'a sample twice',
    'CREATE SAMPLE visits_sample ON visits UNIFORM 1%',
    'DUPLICATE_NAME',
    'visits_sample',
    /already a sample/,
  ],
  [
    'dropping what is not there',
    'DROP SAMPLE visits_sampl',
    'UNKNOWN_SAMPLE',
    'visits_sampl',
    /no sample/,
    /visits_sample/,
  ],
  [
    'a file of an unknown kind',
    "CREATE TABLE t FROM '{folder}/notes.xyz'",
    'NOT_SUPPORTED',
    "'{folder}/notes.xyz'",
    /does not tell its format/,
  ],
  [
    'a file outside the allowed folders',
    "CREATE TABLE t FROM '/etc/hostname'",
    'FORBIDDEN_PATH',
    "'/etc/hostname'",
    /outside/,
  ],
  [
    'a glob outside the allowed folders',
    "CREATE TABLE t FROM '/etc/*.csv'",
    'FORBIDDEN_PATH',
    "'/etc/*.csv'",
    /outside/,
  ],
  [
    'a path that climbs out',
    "CREATE TABLE t FROM '{folder}/../../../etc/hostname'",
    'FORBIDDEN_PATH',
    "'{folder}/../../../etc/hostname'",
    /outside/,
  ],
  [
    'a web address',
    "CREATE TABLE t FROM 'https://example.org/t.parquet'",
    'NOT_SUPPORTED',
    "'https://example.org/t.parquet'",
    /local files/,
  ],
  [
    'a Parquet file cut in half',
    "CREATE TABLE t FROM '{folder}/half.parquet'",
    'INVALID_FILE',
    "'{folder}/half.parquet'",
    /half\.parquet/,
  ],
  [
    'a text file called Parquet',
    "CREATE TABLE t FROM '{folder}/text.parquet'",
    'INVALID_FILE',
    "'{folder}/text.parquet'",
    /text\.parquet/,
  ],
];

for (const [what, template, code, placeTemplate, message, hint] of cases) {
  test(what, async () => {
    const [sql, place] = [inFolder(template), inFolder(placeTemplate)];
    const error = await work.error(sql);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    if (hint !== undefined) expect(error.hint).toMatch(hint);
    expect(sql.slice(error.span!.start, error.span!.end)).toBe(place);
  });
}

test('nothing was lost by any of it', async () => {
  for (const [, template] of cases) await work.error(inFolder(template));
  const tables = await work.values('SHOW TABLES');
  expect(tables.map(([name]) => name)).toEqual(['visits']);
  const samples = await work.values('SHOW SAMPLES');
  expect(samples.map(([name]) => name)).toEqual(['visits_sample']);
  expect(await work.values('EXACT SELECT COUNT(*) FROM visits')).toEqual([[5000]]);
});

describe('division by zero is NULL', () => {
  test.each([
    ['exactly', 'EXACT SELECT SUM(spent) / COUNT(*) FILTER (WHERE pages > 99) FROM visits WHERE pages < 5'],
    ['from a sample', 'SELECT SUM(spent) / COUNT(*) FILTER (WHERE pages > 99) FROM visits WHERE pages < 5'],
    ['from strata totals', 'SELECT SUM(spent) / (COUNT(*) - COUNT(*)) FROM visits'],
    ['in a row', 'SELECT SUM(spent / (pages - pages)) FROM visits WHERE pages < 5'],
  ])('%s', async (_, sql) => {
    const [[cell]] = (await work.values(sql)) as [[unknown]];
    expect(cell === 0 ? null : cell).toBeNull();
  });
});

test('an empty CSV file is a table without rows', async () => {
  await work.query(`CREATE TABLE nothing FROM '${work.path('empty.csv')}'`);
  expect(await work.values('SELECT COUNT(*) FROM nothing')).toEqual([[0]]);
  await work.query('DROP TABLE nothing');
});

test('a statement after close is refused', async () => {
  const other = await Workspace.open();
  await other.engine.close();
  expect((await other.error('SHOW TABLES')).code).toBe('CLOSED');
  await other.close();
});
