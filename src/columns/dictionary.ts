import { compareText } from '../common/index.ts';

/** The texts of a column, each once, in UTF-8 byte order: codes compare as their texts do. The code after the last is NULL. */
export type Dictionary = readonly string[];

/** How many entries come before the text: its code if it is in the dictionary. */
export function lowerBound(dictionary: Dictionary, text: string): number {
  let [low, high] = [0, dictionary.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareText(dictionary[middle]!, text) < 0)
      low = middle + 1; // low ≤ middle < high ≤ length
    else high = middle;
  }
  return low;
}

/** The text's code, or −1. */
export function codeOf(dictionary: Dictionary, text: string): number {
  const place = lowerBound(dictionary, text);
  return dictionary[place] === text ? place : -1;
}

/** The union of dictionaries in order, and for each the new codes of its old ones (NULL's included). */
export function mergeDictionaries(parts: readonly Dictionary[]): {
  merged: Dictionary;
  codes: readonly Int32Array[];
} {
  const merged = [...new Set(parts.flat())].sort(compareText);
  const place = new Map(merged.map((text, code) => [text, code]));
  const codes = parts.map((part) =>
    Int32Array.from([...part.map((text) => place.get(text)!), merged.length]),
  ); // every text is in the union
  return { merged, codes };
}
