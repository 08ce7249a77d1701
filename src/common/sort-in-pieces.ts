import { type Pieces, piecewise } from './pieces.ts';

/** So many places are sorted, or put into their order, at once. */
const placesAtOnce = 1024;

/** The places from 0 to `count` in order; those that compare as equal stay in theirs. */
export function* sortInPieces(
  count: number,
  compare: (a: number, b: number) => number,
): Pieces<readonly number[]> {
  let sorted: number[] = [];
  for (let from = 0; from < count; from += placesAtOnce) {
    const run = placesBetween(from, Math.min(count, from + placesAtOnce)).sort(compare);
    if (count <= placesAtOnce) return run;
    sorted.push(...run);
    yield;
  }
  for (let width = placesAtOnce; width < count; width *= 2) {
    const merged: number[] = [];
    for (let from = 0; from < count; from += 2 * width)
      yield* merge(sorted, merged, [from, Math.min(count, from + width), Math.min(count, from + 2 * width)], compare); // prettier-ignore
    sorted = merged;
  }
  return sorted;
}

function placesBetween(from: number, to: number): number[] {
  const places: number[] = [];
  for (let place = from; place < to; place++) places.push(place);
  return places;
}

/** Merges what is in order between the first and the second place with what is between the second and the third. */
function* merge(
  sorted: readonly number[],
  merged: number[],
  [first, second, third]: readonly [number, number, number],
  compare: (a: number, b: number) => number,
): Pieces<void> {
  let [left, right] = [first, second];
  const mergeSome = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const isLeft = right >= third || (left < second && compare(sorted[left]!, sorted[right]!) <= 0); // places of both
      merged.push(isLeft ? sorted[left++]! : sorted[right++]!); // one of them is left
    }
  };
  yield* piecewise(third - first, mergeSome, placesAtOnce);
}
