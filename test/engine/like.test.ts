import { afterAll, beforeAll, expect } from 'vitest';
import { fc, test } from '@fast-check/vitest';
import { Workspace } from '../support/workspace.ts';

/* LIKE with many wildcards goes to DuckDB as a regular expression: it must mean the same. */

const texts = ['', 'a', 'aaaa', 'abab', 'a%b', 'a_b', 'a!b', 'A.B', 'a\nb', 'a\\b', "it's", 'ÉTÉ', 'été', '日本語', '(a|b)*', 'a[b]$', '😀a', '%%', '__', 'ab'.repeat(20)]; // prettier-ignore
let work: Workspace;
beforeAll(async () => {
  work = await Workspace.open();
  const rows = texts.map((text, id) => `(${id}, '${text.replaceAll("'", "''")}')`);
  await work.table('w', `SELECT * FROM (VALUES ${rows.join(', ')}) v(id, text)`);
});
afterAll(() => work.close());

/** Tries every place for each %: the meaning of LIKE, in two lines, and as slow as that. */
function fits(text: readonly string[], pattern: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '%') return fits(text, rest) || (text.length > 0 && fits(text.slice(1), pattern));
  return text.length > 0 && (first === '_' || first === `=${text[0]}`) && fits(text.slice(1), rest);
}

const pieces = [
  '%',
  '%',
  '_',
  'a',
  'b',
  'B',
  '.',
  '*',
  '\\',
  '!',
  "'",
  'É',
  '日',
  '(',
  '\n',
  '😀',
  '%_',
  'ab',
];
const pattern = fc.array(fc.constantFrom(...pieces), { maxLength: 7 }).map((all) => all.join(''));

/** `%` and `_` as they are, what stands for itself behind `=`. */
function parts(text: string, escape: string): string[] | null {
  const characters = Array.from(text);
  const found: string[] = [];
  while (characters.length > 0) {
    const character = characters.shift()!; // there is one
    if (character === escape) {
      const next = characters.shift();
      if (next === undefined) return null;
      found.push(`=${next}`);
    } else found.push(character === '%' || character === '_' ? character : `=${character}`);
  }
  return found;
}

test.prop([pattern, fc.constantFrom('', '!'), fc.boolean()], { numRuns: 150 })(
  'it is what it says',
  async (text, escape, ignoresCase) => {
    const lower = (value: string): string => (ignoresCase ? value.toLowerCase() : value);
    const wanted = parts(lower(text), escape);
    const literal = `'${text.replaceAll("'", "''")}'`;
    const sql = `EXACT SELECT id FROM w WHERE text ${ignoresCase ? 'ILIKE' : 'LIKE'} ${literal}${escape && ` ESCAPE '${escape}'`} ORDER BY id`;
    if (wanted === null) {
      expect((await work.error(sql)).code).toBe('INVALID_ARGUMENT');
      return;
    }
    const expected = texts.flatMap((each, id) => (fits(Array.from(lower(each)), wanted) ? [[id]] : []));
    expect(await work.values(sql)).toEqual(expected);
  },
);

test.prop([pattern], { numRuns: 50 })('so it is where the pattern is a value of the row', async (text) => {
  const literal = `'${text.replaceAll("'", "''")}'`;
  const sql = `EXACT SELECT id FROM w WHERE text LIKE left(text, 0) || ${literal} ORDER BY id`;
  const wanted = parts(text, '')!; // without an escape there is always one
  expect(await work.values(sql)).toEqual(
    texts.flatMap((each, id) => (fits(Array.from(each), wanted) ? [[id]] : [])),
  );
});

test.each(['ab', 'é'])('%s is no escape', async (escape) => {
  expect((await work.error(`EXACT SELECT id FROM w WHERE text LIKE 'a' ESCAPE '${escape}'`)).code).toBe(
    'INVALID_ARGUMENT',
  );
});

test('an escape in such a pattern is refused', async () => {
  const error = await work.error("EXACT SELECT id FROM w WHERE text LIKE left(text, 1) || '%' ESCAPE '!'");
  expect(error.code).toBe('NOT_SUPPORTED');
});
