import type { Dictionary } from '../columns/index.ts';
import { type BoundExpression, type Scalar } from '../plan/index.ts';
import { internedMax } from './helpers.ts';
import { type Emitter, NotOnKernels } from './lower/emitter.ts';

/** A key as a small whole number: codes from 0, below `codes`. */
export interface KeyCode {
  /** JavaScript expression of the row's code. */
  readonly code: string;
  /** Codes are below this. */
  readonly codes: number;
  /** The key's value for a code, in the form of its type. */
  readonly decode: (code: number) => Scalar;
  /** The place of the interner that gives the codes; undefined: codes are the same whoever reads the rows. */
  readonly interner?: number;
}

/** Widest range of whole numbers that are coded by their distance from the least. */
const rangeCodesMax = 2 ** 20;

/** Gives a key codes: a text its dictionary's, whole numbers of a narrow range their distance, others in order of appearance. */
export function keyCode(key: BoundExpression, emitter: Emitter): KeyCode {
  const code = emitter.lower(key);
  if (code.kind === 'text') return textKey(code.code, code.dictionary);
  if (code.kind === 'boolean') {
    const value = `(+(${code.value})${code.isNull === null ? '' : ` + 2 * +(${code.isNull})`})`;
    return { code: value, codes: 3, decode: (c) => (c === 2 ? null : c === 1) };
  }
  const range = emitter.rangeOf(key);
  const whole = ['integer', 'decimal', 'date', 'timestamp'].includes(key.type.kind);
  if (whole && range !== null && range.high - range.low < rangeCodesMax) {
    const low = Math.floor(range.low);
    const codes = Math.max(0, Math.ceil(range.high) - low) + 1;
    const value = `${code.value} - ${emitter.whole(low)}`;
    const withNull =
      code.isNull === null ? `(${value})` : `(${code.isNull} ? ${emitter.whole(codes)} : ${value})`;
    return { code: withNull, codes: codes + 1, decode: (c) => (c === codes ? null : c + low) };
  }
  return internedKey(code.value, code.isNull, emitter);
}

function textKey(code: string, dictionary: Dictionary): KeyCode {
  return { code, codes: dictionary.length + 1, decode: (c) => dictionary[c] ?? null };
}

function internedKey(value: string, isNull: string | null, emitter: Emitter): KeyCode {
  const { place, interner } = emitter.interner();
  const intern = emitter.helper({ kind: 'intern', place });
  const code = isNull === null ? `${intern}(${value})` : `(${isNull} ? 0 : ${intern}(${value}))`;
  return {
    code,
    codes: internedMax + 2,
    decode: (c) => (c === 0 ? null : interner.at(c - 1)),
    interner: place,
  };
}

/** The keys of a query as one number: mixed radix over their codes, the first key's most significant. */
export interface CombinedKeys {
  readonly code: string;
  readonly codes: number;
  readonly decode: (code: number, key: number) => Scalar;
  /**
   * The code here of a row that has another one elsewhere, where other rows came first; null: codes are the same everywhere.
   * @param translate turns a code of an interner elsewhere into the code here
   */
  readonly recode: ((code: number, translate: (interner: number, code: number) => number) => number) | null;
}

/** @throws NotOnKernels where the combinations go beyond what a double counts exactly */
export function combineKeys(keys: readonly KeyCode[]): CombinedKeys {
  let codes = 1;
  const parts: string[] = [];
  const radices: number[] = [];
  for (const key of keys.toReversed()) {
    parts.unshift(codes === 1 ? key.code : `${key.code} * ${codes}`);
    radices.unshift(codes);
    codes *= key.codes;
  }
  if (codes > Number.MAX_SAFE_INTEGER) throw new NotOnKernels('too many combinations of keys');
  const recode: CombinedKeys['recode'] = (code, translate) =>
    keys.reduce((sum, { codes, interner }, key) => {
      const own = Math.floor(code / radices[key]!) % codes; // one radix a key
      return sum + radices[key]! * (interner === undefined ? own : translate(interner, own));
    }, 0);
  return {
    code: parts.length === 0 ? '0' : parts.join(' + '),
    codes,
    recode: keys.some(({ interner }) => interner !== undefined) ? recode : null,
    decode: (code, key) => keys[key]!.decode(Math.floor(code / radices[key]!) % keys[key]!.codes), // one radix a key
  };
}
