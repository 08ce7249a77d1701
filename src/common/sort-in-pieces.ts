import type { Pieces } from './pieces.ts';

/** So many places are sorted, or put into their order, at once. */
const placesAtOnce = 1024;

/** The places from 0 to `count` in order; those that compare as equal stay in theirs. */
export function* sortInPieces(count: number, compare: (a: number, b: number) => number): Pieces<Int32Array> {
  let sorted = Int32Array.from({ length: count }, (_, place) => place);
  for (let from = 0; from < count; from += placesAtOnce) {
    sorted.subarray(from, from + placesAtOnce).sort(compare);
    if (count > placesAtOnce) yield;
  }
  let merged = new Int32Array(count > placesAtOnce ? count : 0);
  for (let width = placesAtOnce; width < count; width *= 2) {
    for (let from = 0; from < count; from += 2 * width)
      yield* merge(sorted, merged, from, Math.min(count, from + width), Math.min(count, from + 2 * width), compare); // prettier-ignore
    [sorted, merged] = [merged, sorted];
  }
  return sorted;
}

/** Merges what is in order [from, middle) with what is [middle, to). */
function* merge(
  sorted: Int32Array,
  merged: Int32Array,
  from: number,
  middle: number,
  to: number,
  compare: (a: number, b: number) => number,
): Pieces<void> {
  let [left, right] = [from, middle];
  for (let at = from; at < to; at++) {
    const isLeft = right >= to || (left < middle && compare(sorted[left]!, sorted[right]!) <= 0); // places of both
    merged[at] = isLeft ? sorted[left++]! : sorted[right++]!; // one of them is left
    if (at % placesAtOnce === 0) yield;
  }
}
