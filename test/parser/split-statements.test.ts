import { describe, expect, test } from 'vitest';
import { parseStatement, splitStatements } from '../../src/parser/index.ts';

describe('scripts', () => {
  test.each([
    ['', []],
    [' \n\t', []],
    ['-- nothing', []],
    ['/* nothing */ ; ;;', []],
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;', ['SELECT 1;']],
    ['  SELECT 1 ; SELECT 2;\n', ['SELECT 1;', 'SELECT 2;']],
    ['SELECT 1; -- the end', ['SELECT 1;']],
    ['SELECT 1 -- no; end\n, 2; SELECT 3', ['SELECT 1 -- no; end\n, 2;', 'SELECT 3']],
    ['SELECT \'a;b\', "c;d" /* ; */ ; x', ['SELECT \'a;b\', "c;d";', 'x']],
    ["SELECT 'it''s;'; y", ["SELECT 'it''s;';", 'y']],
    ['SELECT (1; 2)', ['SELECT (1;', '2)']],
    ['§;\0;1x;', ['§;', '\0;', '1x;']],
    ["SELECT 1; SELECT 'open; SELECT 2;", ['SELECT 1;', "SELECT 'open; SELECT 2;"]],
    ['SELECT "open; SELECT 2;', ['SELECT "open; SELECT 2;']],
    ['SELECT 1; /* open; ', ['SELECT 1;', '/* open; ']],
  ])('%j', (script, expected) => {
    const pieces = splitStatements(script);
    expect(pieces.map(({ text, terminated }) => (terminated ? `${text};` : text))).toEqual(expected);
    for (const { text, start } of pieces) expect(script.slice(start, start + text.length)).toBe(text);
  });

  test('what is left open is not terminated', () => {
    for (const script of ['SELECT 1', "SELECT 'a;", 'SELECT "a;', '/* ;', "SELECT 1; 'it''s;"]) {
      expect(splitStatements(script).at(-1), script).toMatchObject({ terminated: false });
    }
  });

  test('a script may be longer than a statement', () => {
    const script = 'SELECT 1;\n'.repeat(20_000);
    const pieces = splitStatements(script);
    expect(pieces).toHaveLength(20_000);
    expect(parseStatement(pieces.at(-1)!.text)).toBeDefined();
  });
});
