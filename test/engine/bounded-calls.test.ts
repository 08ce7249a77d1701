import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../support/workspace.ts';

/*
 * DuckDB makes texts outside of its memory limit, and cannot be interrupted in a call: how much a call may have is asked beforehand, and
 * changes nothing else.
 */

let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  await work.table(
    't',
    `SELECT i AS x, 'ab' || i % 3 AS s, 'ö' AS u, CASE WHEN i > 0 THEN '-' END AS n, TIMESTAMP '2020-09-30 11:12:13' AS at,
            'k' || i AS k, i || repeat('a', 400) AS long
     FROM range(3000) r(i)`,
  );
  await work.query('CREATE SAMPLE a ON t UNIFORM 2000 ROWS SEED 1');
});
afterAll(() => work.close());

const first = async (expression: string): Promise<unknown> => {
  const [row] = await work.values(`EXACT SELECT ${expression} FROM t WHERE x = 1`);
  return row?.[0];
};

describe('texts that are short enough', () => {
  test.each([
    ['repeat(s, x + 1)', 'ab1ab1'],
    ['repeat(s, -x)', ''],
    ['repeat(s, NULL)', null],
    ["lpad(s, CAST(x + 4 AS INTEGER), '.')", '..ab1'],
    ["lpad(s, 5, '.')", '..ab1'],
    ["rpad(u, CAST(x + 2 AS INTEGER), '·')", 'ö··'],
    ["lpad(s, CAST(x - 5 AS INTEGER), '.')", ''],
    ["replace(s, 'b', s)", 'aab11'],
    ["replace(s, 'b', '--')", 'a--1'],
    ["replace(s, '', 'xyz')", 'ab1'],
    ['replace(s, s, u)', 'ö'],
    ['s || u', 'ab1ö'],
    ["s || u || '!' || x", 'ab1ö!1'],
    ['s || NULL', null],
    ["concat(s, NULL, u, x, '!')", 'ab1ö1!'],
    ["concat_ws(n, s, NULL, u, 'z')", 'ab1-ö-z'],
    ["regexp_replace(s, '[a-z]', '<\\0>', 'g')", '<a><b>1'],
    ["regexp_replace(s, '', s)", 'ab1ab1'],
    ["strftime(at, '%d.%m.')", '30.09.'],
    ["format('{:>4}|{}|{{}} of 1000', x, s)", '   1|ab1|{} of 1000'],
    ['levenshtein(s, u)', 3],
    ["contains(s, CASE WHEN x > 0 THEN 'b' END)", true],
    ['strpos(s, right(s, 1))', 3],
    ["split_part(s || '-' || u, n, 2)", 'ö'],
    ["regexp_matches(repeat(s, 2), 'b1a')", true],
    ["regexp_full_match(s, '[a-z]+' || x)", true],
    ["regexp_extract(s || u, '([0-9])(.)', 2)", 'ö'],
    ['upper(repeat(replace(s, u, s) || s, x + 1))', 'AB1AB1AB1AB1'],
    ["CASE WHEN x = 1 THEN 'none' ELSE repeat(s, 1000000) END", 'none'],
  ])('%s', async (expression, expected) => {
    expect(await first(expression)).toBe(expected);
  });

  test('groups, orders and conditions take them', async () => {
    const sql = `EXACT SELECT repeat(s, x % 2 + 1) AS k, COUNT(*), MAX(s || u) FROM t GROUP BY repeat(s, x % 2 + 1)
                 HAVING repeat(s, x % 2 + 1) <> 'ab1' ORDER BY repeat(s, x % 2 + 1)`;
    expect(await work.values(sql)).toEqual([
      ['ab0', 500, 'ab0ö'],
      ['ab0ab0', 500, 'ab0ö'],
      ['ab1ab1', 500, 'ab1ö'],
      ['ab2', 500, 'ab2ö'],
      ['ab2ab2', 500, 'ab2ö'],
    ]);
    const outer = `EXACT SELECT (SELECT MAX(repeat(t.s, b.x)) FROM t AS b WHERE b.x <= t.x) FROM t WHERE x = 2`;
    expect(await work.values(outer)).toEqual([['ab2ab2']]);
  });
});

describe('texts that are too long', () => {
  const long = 'repeat(s, 20000 + x)';
  const expressions = [
    'repeat(s, 9223372036854775807)',
    'repeat(s, 30000 * x)',
    "repeat('a', 100000000)",
    "lpad(s, 100000000, '.')",
    "rpad(s, CAST(x + 100000000 AS INTEGER), '.')",
    `replace(${long}, 'a', ${long})`,
    `replace(replace(replace(replace(s, 'a', '${'a'.repeat(90)}'), 'a', '${'a'.repeat(90)}'), 'a', '${'a'.repeat(90)}'), 'a', 'bb')`,
    `regexp_replace(${long}, '', 'abc', 'g')`,
    `regexp_replace(${long}, '.*', '\\0\\0\\0\\0')`,
    `${long} || ${long}`,
    `concat(${long}, ${long})`,
    `concat_ws(${long}, s, s)`,
    `strftime(at, '${'%A'.repeat(3000)}')`,
    "format('{:100000000}', x)",
    "format('{:{}}', x, 100000000)",
    "format('{:.100000000f}', x / 3.0)",
    `format(${long}, x)`,
    `levenshtein(${long}, ${long})`,
    `replace(${long}, ${long}, '')`,
    `contains(${long}, ${long})`,
    `strpos(${long}, '${'ab1'.repeat(200)}' || s)`,
    `split_part(${long}, ${long}, 2)`,
    `regexp_matches(${long}, repeat('(a|b)?', 50) || s)`,
    `regexp_full_match(s, ${long})`,
    `${long} LIKE '%' || ${long}`,
    `${long} LIKE '%${'a_'.repeat(200)}%b%'`,
    `${long} ILIKE '%${'AB'.repeat(200)}'`,
    `replace(s, 'a', '${'a'.repeat(9000)}') LIKE '%${'a'.repeat(8000)}b%'`,
    `regexp_extract(${long}, '(a|b)*a(a|b){200}')`,
  ];
  test.each(expressions.map((each) => [each.slice(0, 60), each] as const))('%s', async (_, expression) => {
    const words = / would (make a text of more than \d+ bytes|compare more than 10{6,7} pairs of letters)$/;
    const refused = { code: 'LIMIT_EXCEEDED', message: expect.stringMatching(words) };
    await expect(first(expression)).rejects.toMatchObject(refused);
    // Samples leave such a text to the source, or read none.
    const isText = !/LIKE|^(levenshtein|contains|strpos|regexp_(full_)?match)/.test(expression);
    const sampled = `SELECT COUNT(*) FROM t WHERE ${isText ? `length(${expression})` : expression} IS NOT NULL`;
    await expect(work.query(sampled)).rejects.toMatchObject(refused);
  });

  test('a text that doubles in each round ends', async () => {
    const sql = `WITH RECURSIVE r(s, n) AS (SELECT 'ab', 1 UNION ALL SELECT s || s, n + 1 FROM r WHERE n < 40) SELECT MAX(length(s)) FROM r`;
    await expect(work.query(sql)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('the more texts, the shorter each may be', async () => {
    const texts = (count: number): string =>
      Array.from({ length: count }, (_, each) => `length(repeat(s, 1000 + ${each}))`).join(' + ');
    expect(await first(texts(50))).toBe(3 * (50 * 1000 + (50 * 49) / 2));
    await expect(first(texts(100))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'repeat would make a text of more than 2621 bytes',
    });
  });
});

describe('what is computed for samples holds nobody else up', () => {
  const modeOf = async (condition: string): Promise<string> =>
    (await work.query(`SELECT COUNT(*) FROM t WHERE ${condition}`)).answer.mode;

  test('texts of all entries of a dictionary together', async () => {
    expect(await modeOf(`length(k || '${'a'.repeat(100)}') > 104`)).toBe('approximate');
    expect(await modeOf(`length(k || '${'a'.repeat(50_000)}') > 50004`)).toBe('exact');
  });

  test('searches over all of them', async () => {
    expect(await modeOf(`long LIKE '%${'b'.repeat(100)}%'`)).toBe('approximate');
    expect(await modeOf(`long LIKE '%${'b'.repeat(1500)}%'`)).toBe('exact');
  });

  test('searches in constants', async () => {
    const text = 'a'.repeat(25_000);
    await expect(modeOf(`'${text}' LIKE '%${text}b'`)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(modeOf(`strpos('${text}', '${text}b') = x`)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});

test('an answer that takes too much memory is refused', async () => {
  const sql = `SELECT ${Array.from({ length: 4 }, (_, each) => `repeat('${each}', 30000)`).join(', ')} FROM t`;
  await expect(work.query(sql)).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: 'the answer takes more than 512 MiB',
  });
});
