import type { Pieces } from '../common/index.ts';

/** Values that are put in order at once, in two to five milliseconds. */
const sortedAtOnce = 2 ** 15;
/** And that are merged at once. */
const mergedAtOnce = 2 ** 16;

/**
 * Puts values in order, −0 before 0, as the array's own sort does, piece by piece: parts are sorted, then merged.
 * @param values without NaN; overwritten
 * @returns the values in order: the same array or another one
 */
export function* sortInPieces(values: Float64Array): Pieces<Float64Array> {
  for (let from = 0; from < values.length; from += sortedAtOnce) {
    values.subarray(from, from + sortedAtOnce).sort();
    yield;
  }
  let [source, target] = [values, values.length > sortedAtOnce ? new Float64Array(values.length) : values];
  for (let width = sortedAtOnce; width < values.length; width *= 2) {
    for (let from = 0; from < values.length; from += 2 * width) {
      const end = Math.min(values.length, from + 2 * width);
      const merge = new Merge(source, target, from, Math.min(values.length, from + width), end);
      while (merge.step()) yield;
    }
    [source, target] = [target, source];
  }
  return source;
}

/** Two neighbouring ascending parts of an array that become one of another array. */
class Merge {
  private left: number;
  private right: number;
  private place: number;

  constructor(
    private readonly source: Float64Array,
    private readonly target: Float64Array,
    from: number,
    private readonly middle: number,
    private readonly end: number,
  ) {
    [this.left, this.right, this.place] = [from, middle, from];
  }

  /** Merges the next values. @returns false where none are left */
  step(): boolean {
    const { source, target, middle, end } = this;
    const last = Math.min(end, this.place + mergedAtOnce);
    let { left, right, place } = this;
    // Both places are within their parts.
    for (; place < last && left < middle && right < end; place++) {
      const a = source[left]!;
      const b = source[right]!;
      if (isBefore(b, a)) {
        target[place] = b;
        right++;
      } else {
        target[place] = a;
        left++;
      }
    }
    // One part is used up: the rest of the other follows.
    for (; place < last; place++) target[place] = left < middle ? source[left++]! : source[right++]!;
    [this.left, this.right, this.place] = [left, right, place];
    return place < end;
  }
}

/** Whether one value stands before another: −0 before 0. */
export function isBefore(a: number, b: number): boolean {
  return a < b || (a === 0 && b === 0 && Object.is(a, -0) && !Object.is(b, -0));
}
