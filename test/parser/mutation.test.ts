import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { QueryError } from '../../src/common/index.ts';
import { parseStatement, printStatement, splitStatements } from '../../src/parser/index.ts';
import { keywordSpellings } from '../../src/parser/keywords.ts';
import { tokenize } from '../../src/parser/lexer.ts';
import { statement } from './arbitraries/statements.ts';
import { parsed } from './support.ts';

/* Whatever the text, the parser gives a tree that prints and parses again, or a QueryError with a place in the text. */

function checkAnyText(text: string): void {
  const tree = treeOrError(text);
  if (tree instanceof QueryError) {
    expect(tree.message).not.toMatch(/undefined|NaN|\[object/);
    expect(tree.code).toMatch(/^(SYNTAX|NOT_SUPPORTED|LIMIT_EXCEEDED|INVALID_ARGUMENT)$/);
    const { start, end } = tree.span ?? { start: 0, end: 0 };
    expect(start).toBeGreaterThanOrEqual(0);
    expect(end).toBeGreaterThanOrEqual(start);
    expect(end).toBeLessThanOrEqual(text.length);
  } else {
    expect(parsed(printStatement(tree))).toEqual(parsed(text));
  }
}

function treeOrError(text: string) {
  try {
    return parseStatement(text);
  } catch (error) {
    if (error instanceof QueryError) return error;
    throw error;
  }
}

// prettier-ignore
const fragments = [
  ...keywordSpellings, 'x', '"q"', "'s'", '1', '1.5e3', '?', ':p', '(', ')', ',', '.', ';', '*', '+', '-', '/', '//', '%',
  '^', '||', '=', '<>', '<=', '::', '--', '/*', '*/', "'", '"', '\\', '\0', '\u2019', '1x', '…', '[', '{', '$1', '@', '\ud800',
];

type Mutation = (images: string[]) => void;
const place = fc.double({ min: 0, max: 0.999, noNaN: true });
const fragment = fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 3 }));

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  place.map((at) => (images: string[]) => void images.splice(at * images.length, 1)),
  place.map(
    (at) => (images: string[]) =>
      void images.splice(at * images.length, 0, images[Math.floor(at * images.length)] ?? ''),
  ),
  fc.tuple(place, fragment).map(
    ([at, text]) =>
      (images: string[]) =>
        void images.splice(at * images.length, 1, text),
  ),
  fc.tuple(place, fragment).map(
    ([at, text]) =>
      (images: string[]) =>
        void images.splice(at * images.length, 0, text),
  ),
  fc.tuple(place, place).map(([from, to]) => (images: string[]) => {
    const [moved = ''] = images.splice(from * images.length, 1);
    images.splice(to * images.length, 0, moved);
  }),
);

describe('any text', () => {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 3 });
  const images = fc.array(fragment, { maxLength: 12 });

  test.prop([statement, mutations], { numRuns: 500 })('mutated statements', (tree, mutations) => {
    const images = imagesOf(printStatement(tree));
    for (const mutate of mutations) mutate(images);
    checkAnyText(images.join(' '));
  });

  test.prop([images], { numRuns: 1000 })('words and signs in any order', (images) => {
    checkAnyText(images.join(' '));
    checkAnyText(`SELECT ${images.join(' ')}`);
  });

  test.prop([fc.string({ unit: 'binary' })], { numRuns: 1000 })('characters in any order', checkAnyText);

  test.prop([images], { numRuns: 1000 })('scripts are cut without loss', (images) => {
    const script = images.join(' ');
    const pieces = splitStatements(script);
    let end = 0;
    for (const { text, start } of pieces) {
      expect(start).toBeGreaterThanOrEqual(end);
      end = start + text.length;
      expect(script.slice(start, end)).toBe(text);
      expect(text).not.toBe('');
    }
    const left = imagesOf(script).filter((image) => image !== ';');
    expect(pieces.flatMap(({ text }) => imagesOf(text))).toEqual(left);
  });
});

function imagesOf(text: string): string[] {
  return tokenize(text).map(({ image }) => image);
}
