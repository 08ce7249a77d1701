import { Unevaluable } from '../convert.ts';
import { formatScalar } from '../scalar.ts';
import { bigintType, booleanType, integerType, isOpaque, type SqlType, varcharType } from '../sql-type.ts';
import type { Invocation, ScalarFunction, Value } from './definition.ts';
import { likeMatcher } from './like.ts';

// oxlint-disable-next-line no-control-regex -- the range is ASCII
const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/** The text, where changing its case is the same here and in DuckDB. @throws Unevaluable for letters beyond ASCII */
function asciiOnly(text: string): string {
  if (!isAscii(text)) throw new Unevaluable('letter case beyond ASCII is left to the source');
  return text;
}

/** Letters of a text that is made here, and pairs of letters that are compared: the source says whether there may be more. */
const [madeMax, pairsMax] = [2 ** 16, 2 ** 22];

/** Refuses to make a text of so many letters. @throws Unevaluable where they are too many */
function checkMade(letters: number): void {
  if (letters > madeMax) throw new Unevaluable('a long text is left to the source');
}

/** Refuses to look for a text in another, for which every place may be tried. @throws Unevaluable where both are long */
function checkPairs(text: string, sought: string): void {
  if (text.length * Math.min(text.length, sought.length) > pairsMax)
    throw new Unevaluable('a search in a long text is left to the source');
}

function replace(text: string, from: string, to: string): string {
  if (from === '') return text;
  checkPairs(text, from);
  checkMade((text.length / from.length) * to.length);
  return text.replaceAll(from, () => to);
}

function contains(text: string, sought: string): boolean {
  checkPairs(text, sought);
  return text.includes(sought);
}

/** The place of a text in another, from 1; 0: it is not there. */
function placeOf(text: string, sought: string): number {
  checkPairs(text, sought);
  const found = text.indexOf(sought);
  return found < 0 ? 0 : length(text.slice(0, found)) + 1;
}

/** Code points from a place (1 is the first, negative counts from the end), as DuckDB's substring. */
function substring(text: string, start: number, length: number | undefined): string {
  const points = Array.from(text);
  let from = start > 0 ? start - 1 : start === 0 ? -1 : points.length + start;
  if (start === 0 && length === undefined) from = 0;
  let to = length === undefined ? points.length : from + length;
  if (to < from) [from, to] = [to, from];
  return points.slice(Math.max(0, from), Math.max(0, to)).join('');
}

/** A text function of its texts and integers. */
function text(
  name: string,
  parameters: ScalarFunction['parameters'],
  type: SqlType,
  evaluate: (args: readonly Value[]) => Value,
  options: { aliases?: readonly string[]; optional?: number; syntaxOnly?: boolean } = {},
): ScalarFunction {
  return { name, parameters, ...options, result: () => type, evaluate };
}

/** Removes the given characters (spaces when none are given) from one or both ends. */
function trimmer(name: string, left: boolean, right: boolean): ScalarFunction {
  return text(name, ['text', 'text'], varcharType, ([a, characters = ' ']) => {
    const points = Array.from(a as string);
    const removed = new Set(characters as string);
    let [start, end] = [0, points.length];
    if (left) while (start < end && removed.has(points[start]!)) start++;
    if (right) while (end > start && removed.has(points[end - 1]!)) end--;
    return points.slice(start, end).join('');
  }, { optional: 1 }); // prettier-ignore
}

const spell = (value: Value, type: SqlType): string => {
  if (type.kind === 'float' || type.kind === 'double' || isOpaque(type))
    throw new Unevaluable('the text of a number');
  return formatScalar(value, type);
};

function concatenate(args: readonly (Value | null)[], { argumentTypes }: Invocation): string {
  const parts = args.map((arg, place) => (arg === null ? '' : spell(arg, argumentTypes[place]!))); // one type an argument
  checkMade(parts.reduce((letters, part) => letters + part.length, 0));
  return parts.join('');
}

function like(name: string, fold: (text: string) => string): ScalarFunction {
  return text(
    name,
    ['text', 'text', 'text'],
    booleanType,
    ([a, pattern, escape = '']) => {
      checkPairs(a as string, pattern as string);
      return likeMatcher(fold(pattern as string), escape as string)(fold(a as string));
    },
    { optional: 1, syntaxOnly: true },
  );
}

const length = (value: Value | undefined): number => Array.from(value as string).length; // a text by its parameter

/** Functions of text. Places and lengths count code points, as in DuckDB. */
export const textFunctions: readonly ScalarFunction[] = [
  like('like', (value) => value),
  like('ilike', (value) => asciiOnly(value).toLowerCase()),
  text('lower', ['text'], varcharType, ([a]) => asciiOnly(a as string).toLowerCase(), { aliases: ['lcase'] }),
  text('upper', ['text'], varcharType, ([a]) => asciiOnly(a as string).toUpperCase(), { aliases: ['ucase'] }),
  text('length', ['text'], bigintType, ([a]) => length(a), {
    aliases: ['len', 'char_length', 'character_length'],
  }),
  text('strlen', ['text'], bigintType, ([a]) => Buffer.byteLength(a as string)),
  text(
    'substring',
    ['text', 'integer', 'integer'],
    varcharType,
    ([a, start, count]) =>
      substring(a as string, Number(start), count === undefined ? undefined : Number(count)),
    { aliases: ['substr'], optional: 1 },
  ),
  text('left', ['text', 'integer'], varcharType, ([a, n]) =>
    Array.from(a as string).slice(0, Number(n)).join('')), // prettier-ignore
  text('right', ['text', 'integer'], varcharType, ([a, n]) => {
    const count = Number(n);
    return Array.from(a as string).slice(count >= 0 ? Math.max(0, length(a) - count) : -count).join(''); // prettier-ignore
  }),
  trimmer('trim', true, true),
  trimmer('ltrim', true, false),
  trimmer('rtrim', false, true),
  text('replace', ['text', 'text', 'text'], varcharType, ([a, from, to]) => replace(a as string, from as string, to as string)), // prettier-ignore
  text('reverse', ['text'], varcharType, ([a]) =>
    Array.from(asciiOnly(a as string))
      .toReversed()
      .join(''),
  ),
  text('starts_with', ['text', 'text'], booleanType, ([a, b]) => (a as string).startsWith(b as string), {
    aliases: ['prefix'],
  }),
  text('ends_with', ['text', 'text'], booleanType, ([a, b]) => (a as string).endsWith(b as string), {
    aliases: ['suffix'],
  }),
  text('contains', ['text', 'text'], booleanType, ([a, b]) => contains(a as string, b as string)),
  text('strpos', ['text', 'text'], bigintType, ([a, b]) => placeOf(a as string, b as string), {
    aliases: ['instr', 'position'],
  }),
  text('ascii', ['text'], integerType, ([a]) => (a as string).codePointAt(0) ?? 0),
  {
    name: '||',
    parameters: ['any', 'any'],
    syntaxOnly: true,
    result: () => varcharType,
    evaluate: concatenate,
  },
  {
    name: 'concat',
    parameters: ['any'],
    variadic: true,
    result: () => varcharType,
    evaluateWithNulls: concatenate,
  },
  { name: 'concat_ws', parameters: ['text', 'any'], variadic: true, result: () => varcharType },
  { name: 'lpad', parameters: ['text', 'integer', 'text'], result: () => varcharType },
  { name: 'rpad', parameters: ['text', 'integer', 'text'], result: () => varcharType },
  { name: 'repeat', parameters: ['text', 'integer'], result: () => varcharType },
  { name: 'split_part', parameters: ['text', 'text', 'integer'], result: () => varcharType },
  { name: 'md5', parameters: ['text'], result: () => varcharType },
  { name: 'sha256', parameters: ['text'], result: () => varcharType },
  { name: 'regexp_matches', parameters: ['text', 'text', 'text'], optional: 1, result: () => booleanType },
  { name: 'regexp_full_match', parameters: ['text', 'text', 'text'], optional: 1, result: () => booleanType },
  {
    name: 'regexp_replace',
    parameters: ['text', 'text', 'text', 'text'],
    optional: 1,
    result: () => varcharType,
  },
  { name: 'regexp_extract', parameters: ['text', 'text', 'integer'], optional: 1, result: () => varcharType },
  { name: 'levenshtein', parameters: ['text', 'text'], result: () => bigintType },
  { name: 'chr', parameters: ['integer'], result: () => varcharType },
];
