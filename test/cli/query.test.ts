import { existsSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { QueryResultJson } from '../../src/index.ts';
import { Kept, makeWorkplace, peopleCsv, run, type Workplace } from './support.ts';

let place: Workplace;
const query = (argv: readonly string[], input?: string | Uint8Array) =>
  run([...place.options, 'query', ...argv], input === undefined ? {} : { input });

beforeAll(async () => {
  place = await makeWorkplace();
  const path = await place.write('people.csv', peopleCsv(3000));
  const made = await query([
    `CREATE TABLE people FROM '${path}'; CREATE SAMPLE ON people STRATIFIED BY (city) CAP 200 SEED 1`,
  ]);
  expect(made).toMatchObject({ code: 0, err: '' });
});
afterAll(() => place.remove());

describe('answers', () => {
  test('as tables, one statement after the other', async () => {
    const { code, out, err } = await query([
      "SELECT name, age FROM people WHERE name = 'person 7'; SELECT city, COUNT(*) AS n FROM people GROUP BY city ORDER BY n",
    ]);
    expect([code, err]).toEqual([0, '']);
    expect(out.replaceAll(/ · [\d.<]+ ms/g, '')).toBe(
      [
        ' name     │ age',
        '──────────┼─────',
        ' person 7 │  83',
        'exact · it has no aggregate to estimate',
        '',
        ' city │    n',
        '──────┼──────',
        ' Ely  │   30',
        ' York │  990',
        ' Bath │ 1980',
        'precomputed · the strata of people_by_city hold exact totals for it: no row was read',
        '',
      ].join('\n'),
    );
  });

  test('with intervals that the sample gives', async () => {
    const { out } = await query([
      'SELECT city, COUNT(*) AS n FROM people WHERE age < 30 GROUP BY city ORDER BY city',
    ]);
    expect(out).toMatch(/^ Bath │ [\d,]+ \([\d,]+ … [\d,]+\) *$/m); // few match: the ends are not equally far
    expect(out).toMatch(/^ Ely {2}│ +\d+ *$/m); // all of its rows are in the sample
    expect(out).toMatch(/^≈ 95 % · people_by_city: 430 of 430 rows · [\d.]+ ms$/m);
  });

  test('as JSON, one document a statement', async () => {
    const { out } = await query([
      '--format',
      'json',
      'SELECT AVG(age) FROM people WHERE age > 5; SHOW TABLES',
    ]);
    const [first, second, ...rest] = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as QueryResultJson);
    expect(first?.columns).toEqual([{ name: 'avg(age)', role: 'estimate', type: 'DOUBLE' }]);
    expect(first?.rows[0]?.[0]).toMatchObject({ confidence: 0.95, exact: false });
    expect(second?.rows[0]?.slice(0, 2)).toEqual(['people', 3000]);
    expect(rest).toEqual([]);
  });

  test('as CSV', async () => {
    const { out } = await query([
      '--format=csv',
      'SELECT city, AVG(age) AS a FROM people WHERE age > 5 GROUP BY city ORDER BY city; SELECT 1 AS one FROM people LIMIT 1',
    ]);
    const lines = out.split('\r\n');
    expect(lines[0]).toBe('city,a,a_low,a_high,a_stderr,a_certified');
    expect(lines[1]).toMatch(/^Bath(,\d+(\.\d+)?){4},true$/);
    expect(lines.slice(4)).toEqual(['', 'one', '1', '']);
  });

  test('quietly: without the lines under a table', async () => {
    const { out } = await query(['-q', 'SELECT 1 AS one FROM people LIMIT 1']);
    expect(out).toBe(' one\n─────\n   1\n');
  });
});

describe('where the SQL comes from', () => {
  const one = 'SELECT 1 AS one FROM people LIMIT 1';
  test('several arguments', async () => {
    expect((await query(['-q', ...one.split(' ')])).out).toBe(' one\n─────\n   1\n');
  });
  test('standard input, also with a byte order mark', async () => {
    expect((await query(['-q'], `\ufeff${one}`)).out).toBe(' one\n─────\n   1\n');
    expect((await query(['-q', '-f', '-'], one)).out).toBe(' one\n─────\n   1\n');
  });
  test('a file', async () => {
    const path = await place.write('one.sql', `-- a comment\n${one};\n`);
    expect((await query(['-q', '-f', path])).out).toBe(' one\n─────\n   1\n');
  });
  test.each(['', ' \n', '-- nothing', ';;', '/* ; */'])('nothing in %j', async (sql) => {
    const ran = await query([], sql);
    expect(ran).toEqual({ code: 0, out: '', err: 'There is no statement to run.\n' });
  });
});

describe('placeholders', () => {
  test.each([
    [['-p', '7', '-p', 'Bath'], '? AND city = ?'],
    [['--param', 'age=7', '--param', 'city=Bath'], ':age AND city = :city'],
  ])('%j', async (params, condition) => {
    const sql = `EXACT SELECT COUNT(*) AS n FROM people WHERE age = ${condition}`;
    const truth = await query([
      '-q',
      "EXACT SELECT COUNT(*) AS n FROM people WHERE age = 7 AND city = 'Bath'",
    ]);
    expect(truth.out).toMatch(/\d/);
    expect(await query(['-q', ...params, sql])).toEqual(truth);
  });
  test('a missing value', async () => {
    expect(await query(['SELECT name FROM people WHERE age = :age'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('INVALID_PARAMETER') as string,
    });
  });
});

describe('errors', () => {
  test('point into the right line of a script, and end it', async () => {
    const script =
      'SELECT 1 AS one FROM people LIMIT 1;\n\n  SELECT name,\n\tagee FROM people;\nSELECT 2 FROM people';
    const { code, out, err } = await query(['-q'], script);
    expect(code).toBe(1);
    expect(out).toBe(' one\n─────\n   1\n');
    expect(err).toBe(
      [
        'UNKNOWN_COLUMN: there is no column agee',
        'line 4:  agee FROM people;',
        '         ^^^^',
        'hint: did you mean age?',
        '',
      ].join('\n'),
    );
  });

  test('without a place tell which statement it was', async () => {
    const { code, err } = await query(
      ['-p', '1'],
      'SELECT age FROM people WHERE age = ? LIMIT 1;\nSELECT 1 FROM people',
    );
    expect(code).toBe(1);
    expect(err).toMatch(/^in the statement at line 2: INVALID_PARAMETER: /);
  });

  test('do not let the input steer the terminal', async () => {
    const { err } = await query([], 'SELECT \u001b[31m FROM people');
    expect(err).toContain('␛[31m');
    expect(err).not.toContain('\u001b');
  });
});

describe('a wrong command line', () => {
  test.each([
    [['query', '--format', 'xml', 'SELECT 1'], /Allowed choices are table, json, csv/],
    [['query', '--nonsense'], /unknown option '--nonsense'/],
    [['query', '-f', 'no/such/file.sql'], /cannot read no\/such\/file.sql: there is no such file/],
    [['query', '-f', '.'], /cannot read \.: it is a folder/],
    [['query', '-f', 'x.sql', 'SELECT 1'], /not both/],
    [['query', '-p', '1', '--param', 'a=1', 'SELECT 1'], /not both/],
    [['query', '--param', 'a', 'SELECT 1'], /name=value/],
    [['--threads', '0', 'query', 'SELECT 1'], /whole number/],
    [['--memory-limit', '1MB', 'query', 'SELECT 1'], /at least 64MiB/],
    [['--allow', 'no/such/folder', 'query', 'SELECT 1'], /There is no such folder/],
    [['nonsense'], /unknown command 'nonsense'/],
    [[], /Usage: ballpark/],
    [['serve', '--host', '0.0.0.0'], /there must be tokens/],
    [['serve', '--port', 'x'], /whole number/],
  ])('%j', async (argv, message) => {
    const ran = await run([...argv, '--data-dir', `${place.folder}/untouched`]);
    expect(ran).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) as string });
    expect(existsSync(`${place.folder}/untouched`)).toBe(false);
  });

  test('input that is no text', async () => {
    const ran = await query([], Uint8Array.of(0x53, 0xff, 0xfe));
    expect(ran).toEqual({ code: 2, out: '', err: 'error: the input is not text in UTF-8\n' });
  });
});

test.each([['--help'], ['query', '--help'], ['help', 'query'], ['--version']])('%s %s', async (...argv) => {
  const { code, out, err } = await run(argv);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/Examples:|^\d+\.\d+\.\d+\n$/);
});

test('a data folder that is a file is told without a stack trace', async () => {
  const path = await place.write('file', '');
  const { code, err } = await run(['--data-dir', path, 'query', 'SELECT 1']);
  expect(code).toBe(1);
  expect(err).toMatch(/^(error|STORAGE): [^\n]*\n$/);
});

describe('an output that breaks', () => {
  const broken = async (code: string) => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code, syscall: 'write' })),
    });
    stdout.on('error', () => undefined); // as main.ts does
    const stderr = new Kept();
    const argv = [...place.options, 'query', 'SELECT name FROM people; SELECT nonsense FROM people'];
    const { signal } = new AbortController();
    return [await runCli(argv, { stdin: Readable.from([]), stdout, stderr, signal }), stderr.text];
  };
  test('because its reader has seen enough', async () => {
    expect(await broken('EPIPE')).toEqual([0, '']);
  });
  test('because the disk is full', async () => {
    expect(await broken('ENOSPC')).toEqual([1, 'error: ENOSPC\n']);
  });
});

describe('a signal', () => {
  /** Takes seconds: every pair of rows is looked at. */
  const long = 'SELECT COUNT(*) FROM people a JOIN people b ON a.age < b.age JOIN people c ON b.age < c.age';
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('%s cancels the statement', async (name, exitCode) => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(name), 500);
    const ran = await run([...place.options, 'query', `${long}; SELECT 1 FROM people`], {
      signal: interrupt.signal,
    });
    expect(ran).toEqual({ code: exitCode, out: '', err: '' });
  });

  test('while the SQL is still being read', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort('SIGINT'), 50);
    const stdin = new Readable({ read: () => undefined });
    const [stdout, stderr] = [new Kept(), new Kept()];
    const code = await runCli([...place.options, 'query'], {
      stdin,
      stdout,
      stderr,
      signal: interrupt.signal,
    });
    expect([code, stdout.text, stderr.text]).toEqual([130, '', '']);
  });
});
