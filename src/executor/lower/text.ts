import { type Dictionary, lowerBound, mergeDictionaries } from '../../columns/index.ts';
import type { BooleanCode, Emitter, TextCode } from './emitter.ts';

/** A text code with the table that brings it into a merged dictionary. */
export interface RemappedText {
  readonly text: TextCode;
  readonly codes: Int32Array;
}

/** Brings texts of several dictionaries into one. */
export function mergeTexts(texts: readonly TextCode[]): {
  merged: Dictionary;
  texts: readonly RemappedText[];
} {
  const { merged, codes } = mergeDictionaries(texts.map(({ dictionary }) => dictionary));
  return { merged, texts: texts.map((text, place) => ({ text, codes: codes[place]! })) }; // one table a dictionary
}

/** The code in the merged dictionary. */
export function remapped({ text, codes }: RemappedText, emitter: Emitter): string {
  const constant = emitter.constantOf(text.code);
  return constant === null ? `${emitter.table(codes)}[${text.code}]` : emitter.whole(codes[constant]!); // a code of its dictionary
}

/** True where the text is NULL. */
export function textIsNull({ code, dictionary }: TextCode, emitter: Emitter): string {
  return `${code} === ${emitter.whole(dictionary.length)}`;
}

/** Compares two texts. Dictionaries are sorted, so codes compare as texts do; a constant becomes a place in the dictionary. */
export function compareTexts(
  operator: string,
  left: TextCode,
  right: TextCode,
  emitter: Emitter,
): BooleanCode {
  if (right.code === '0' && right.dictionary.length === 1)
    return compareWithConstant(operator, left, right.dictionary[0]!, emitter);
  if (left.code === '0' && left.dictionary.length === 1) {
    return compareWithConstant(mirrored[operator] ?? operator, right, left.dictionary[0]!, emitter);
  }
  const { merged, texts } = mergeTexts([left, right]);
  const [a, b] = texts.map((text) => emitter.temporary(remapped(text, emitter))) as [string, string]; // two texts
  const isNull = emitter.temporary(
    `(${a} === ${emitter.whole(merged.length)} | ${b} === ${emitter.whole(merged.length)})`,
  );
  return { kind: 'boolean', value: `(!${isNull} & ${a} ${javascriptOperator(operator)} ${b})`, isNull };
}

/** Comparisons with their sides exchanged; those that are not there are the same then. */
export const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' };

/** SQL's comparison operators in JavaScript. */
export function javascriptOperator(operator: string): string {
  return operator === '=' ? '===' : operator === '<>' ? '!==' : operator;
}

/** How many codes stand for texts before a text, and for those and itself: one more where it is in the dictionary. */
export function codesAround(
  dictionary: Dictionary,
  text: string,
): { readonly before: number; readonly after: number } {
  const before = lowerBound(dictionary, text);
  return { before, after: dictionary[before] === text ? before + 1 : before };
}

function compareWithConstant(
  operator: string,
  text: TextCode,
  constant: string,
  emitter: Emitter,
): BooleanCode {
  const { code, dictionary } = text;
  const { before, after } = codesAround(dictionary, constant);
  const found = after > before;
  const end = emitter.whole(dictionary.length);
  const at = (place: number): string => emitter.whole(place);
  const isNull = emitter.temporary(`${code} === ${end}`);
  const conditions: Readonly<Record<string, () => string>> = {
    '=': () => (found ? `${code} === ${at(before)}` : 'false'),
    '<>': () => (found ? `(!${isNull} & ${code} !== ${at(before)})` : `!${isNull}`),
    '<': () => `${code} < ${at(before)}`,
    '<=': () => `${code} < ${at(after)}`,
    '>': () => `(${code} >= ${at(after)} & !${isNull})`,
    '>=': () => `(${code} >= ${at(before)} & !${isNull})`,
  };
  return { kind: 'boolean', value: conditions[operator]!(), isNull }; // all six are listed
}
