import { type Pieces, piecewise } from '../common/index.ts';
import { isBefore, sortInPieces } from './sort-pieces.ts';

/** Different weights at most whose values are put in order by themselves and then merged. */
export const mergedWeightsMax = 64;
/** Values that are merged, or given their weights, at once. */
const mergedAtOnce = 2 ** 16;

/** Values in ascending order, −0 before 0, and the weight of each. */
export interface OrderedWeights {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Values in order with the places of their weights among those that there are. */
interface Run {
  readonly values: Float64Array;
  readonly places: Uint8Array;
}

/**
 * Puts values in order with their weights, where few weights are different, as of rows in strata: those of each weight first, and
 * then these together.
 * @param values without NaN
 * @param weightAt the weight of a place of values
 * @returns null where there are more than {@link mergedWeightsMax} different weights
 */
export function* orderWithWeights(
  values: Float64Array,
  weightAt: (place: number) => number,
): Pieces<OrderedWeights | null> {
  const parted = yield* partByWeight(values, weightAt);
  if (parted === null) return null;
  const { weights: known, parts } = parted;
  let runs: Run[] = [];
  for (const [place, part] of parts.entries()) {
    const ordered = yield* sortInPieces(part);
    runs.push({ values: ordered, places: new Uint8Array(ordered.length).fill(place) });
  }
  while (runs.length > 1) {
    const merged: Run[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      const [a, b] = [runs[at]!, runs[at + 1]]; // at < length
      merged.push(b === undefined ? a : yield* mergeRuns(a, b));
    }
    runs = merged;
  }
  const run = runs[0] ?? { values: new Float64Array(0), places: new Uint8Array(0) };
  const weights = new Float64Array(run.values.length);
  yield* piecewise(weights.length, (from, to) => {
    for (let place = from; place < to; place++) weights[place] = known[run.places[place]!]!; // a place of the run, and of weights
  });
  return { values: run.values, weights };
}

/** The values of each weight; null where there are too many different ones. */
function* partByWeight(
  values: Float64Array,
  weightAt: (place: number) => number,
): Pieces<{ readonly weights: readonly number[]; readonly parts: readonly Float64Array[] } | null> {
  const placeOf = new Map<number, number>();
  const places = new Uint8Array(values.length);
  const counts: number[] = [];
  // Rows of a stratum often follow each other.
  let [weight, own] = [Number.NaN, 0];
  for (let from = 0; from < values.length; from += mergedAtOnce) {
    const to = Math.min(values.length, from + mergedAtOnce);
    for (let place = from; place < to; place++) {
      if (weightAt(place) !== weight) {
        weight = weightAt(place);
        own = placeOf.get(weight) ?? placeOf.size;
        if (own === mergedWeightsMax) return null;
        placeOf.set(weight, own);
        counts[own] ??= 0;
      }
      places[place] = own;
      counts[own]!++; // set where it was met
    }
    yield;
  }
  const parts = counts.map((count) => new Float64Array(count));
  const filled = counts.map(() => 0);
  yield* piecewise(values.length, (from, to) => {
    for (let place = from; place < to; place++) {
      const part = places[place]!; // a place of values
      parts[part]![filled[part]!++] = values[place]!; // a part has room for its values
    }
  });
  return { weights: [...placeOf.keys()], parts };
}

/** Two runs as one. */
function* mergeRuns(a: Run, b: Run): Pieces<Run> {
  const length = a.values.length + b.values.length;
  const merged = { values: new Float64Array(length), places: new Uint8Array(length) };
  let [left, right] = [0, 0];
  yield* piecewise(length, (from, to) => {
    [left, right] = mergeInto(merged, a, b, from, to, left, right);
  });
  return merged;
}

/** Merges the next values of two runs. @returns how far it came in both */
function mergeInto(
  { values, places }: Run,
  { values: aValues, places: aPlaces }: Run,
  { values: bValues, places: bPlaces }: Run,
  from: number,
  to: number,
  left: number,
  right: number,
): [left: number, right: number] {
  for (let place = from; place < to; place++) {
    const takesRight = left >= aValues.length || (right < bValues.length && isBefore(bValues[right]!, aValues[left]!)); // prettier-ignore
    values[place] = takesRight ? bValues[right]! : aValues[left]!; // not beyond the end of either
    places[place] = takesRight ? bPlaces[right]! : aPlaces[left]!;
    if (takesRight) right++;
    else left++;
  }
  return [left, right];
}
