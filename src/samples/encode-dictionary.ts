import { type Pieces, piecewise } from '../common/index.ts';
import type { Dictionary } from '../columns/index.ts';

/** The dictionary as Arrow lays out texts: offsets and UTF-8 bytes. */
export interface EncodedDictionary {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** Texts that are laid out at once. */
const textsAtOnce = 2 ** 12;

/** Lays a dictionary out as Arrow does. */
export function* encodeDictionary(dictionary: Dictionary): Pieces<EncodedDictionary> {
  const texts: Uint8Array[] = [];
  const offsets = new Int32Array(dictionary.length + 1);
  yield* piecewise(
    dictionary.length,
    (from, to) => {
      for (let place = from; place < to; place++) {
        const text = Buffer.from(dictionary[place]!, 'utf8'); // place < length
        texts.push(text);
        offsets[place + 1] = offsets[place]! + text.length;
      }
    },
    textsAtOnce,
  );
  return { offsets, bytes: Buffer.concat(texts) };
}

/** The texts again. */
export function decodeDictionary(encoded: EncodedDictionary): Dictionary {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return Array.from({ length: encoded.offsets.length - 1 }, (_, place) =>
    decoder.decode(encoded.bytes.subarray(encoded.offsets[place], encoded.offsets[place + 1])),
  );
}
