import {
  allocate,
  codeStorage,
  type ColumnArray,
  type Dictionary,
  type NumberArray,
} from '../../columns/index.ts';
import { type Pieces, piecewise } from '../../common/index.ts';

/** Codes of texts, and the dictionary that they are places in. */
export interface CodedTexts {
  readonly values: ColumnArray;
  readonly dictionary: Dictionary;
}

/**
 * The same texts by a dictionary of those alone that there are.
 * @param values codes; the one behind the last entry means NULL @param dictionary may hold others, which rows of another sample have
 */
export function* usedTexts(values: ColumnArray, dictionary: Dictionary): Pieces<CodedTexts> {
  const codes = values as NumberArray; // codes are numbers
  const isUsed = new Uint8Array(dictionary.length + 1);
  yield* piecewise(codes.length, (from, to) => {
    for (let row = from; row < to; row++) isUsed[codes[row]!] = 1; // row < length
  });
  const used = dictionary.filter((_, code) => isUsed[code] === 1);
  if (used.length === dictionary.length) return { values, dictionary };
  const moved = new Int32Array(dictionary.length + 1).fill(used.length);
  for (let code = 0, next = 0; code < dictionary.length; code++) if (isUsed[code] === 1) moved[code] = next++;
  const recoded = allocate(codeStorage(used.length), codes.length) as NumberArray;
  yield* piecewise(codes.length, (from, to) => {
    for (let row = from; row < to; row++) recoded[row] = moved[codes[row]!]!; // one entry a code
  });
  return { values: recoded, dictionary: used };
}
