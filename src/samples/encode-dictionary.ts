import type { Dictionary } from '../columns/index.ts';

/** The dictionary as Arrow lays out texts: offsets and UTF-8 bytes. */
export interface EncodedDictionary {
  readonly offsets: Int32Array;
  readonly bytes: Uint8Array;
}

/** Lays a dictionary out as Arrow does. */
export function encodeDictionary(dictionary: Dictionary): EncodedDictionary {
  const pieces = dictionary.map((text) => Buffer.from(text, 'utf8'));
  const offsets = new Int32Array(dictionary.length + 1);
  for (const [place, piece] of pieces.entries()) offsets[place + 1] = offsets[place]! + piece.length; // place < length
  return { offsets, bytes: Buffer.concat(pieces) };
}

/** The texts again. */
export function decodeDictionary(encoded: EncodedDictionary): Dictionary {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return Array.from({ length: encoded.offsets.length - 1 }, (_, place) =>
    decoder.decode(encoded.bytes.subarray(encoded.offsets[place], encoded.offsets[place + 1])),
  );
}
