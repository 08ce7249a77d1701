import { type Pieces, piecewise } from '../common/index.ts';

/** How many rows (keys, where these were drawn), and the sums of their weights to the powers 1, 2 and 3. */
export interface UnitCount {
  readonly count: number;
  /** Where rows have no weights of their own these are 1. */
  readonly weights: readonly [number, number, number];
  /** Σr² and Σr³ over the units, r their rows that are counted: 1, but for keys. */
  readonly rows2: number;
  readonly rows3: number;
}

/** What the rows of one stratum that a measure takes are, each given a number u that depends on whether its value is up to a bound. */
export interface StratumSides {
  readonly stratum: number;
  readonly all: UnitCount;
  /** Units with a value up to the bound, and with one above it: a key may have both. */
  readonly below: UnitCount;
  readonly above: UnitCount;
  /** Σ wʲuᵏ over units at place 3(j − 1) + k − 1, j and k from 1 to 3; u is summed over a key first. */
  readonly sums: Float64Array;
}

/** Sums over the units of a stratum. */
export class UnitSums {
  private readonly sums = new Float64Array(9);
  /** Count, three powers of weights and two of rows: of all, of those below, of those above. */
  private readonly counts = new Float64Array(18);

  /** @param below rows up to the bound @param above rows above it */
  add(weight: number, u: number, below: number, above: number): void {
    for (let j = 0, w = weight; j < 3; j++, w *= weight)
      for (let k = 0, power = u; k < 3; k++, power *= u) this.sums[3 * j + k]! += w * power; // 9 sums
    this.count(0, weight, below + above);
    if (below > 0) this.count(6, weight, below);
    if (above > 0) this.count(12, weight, above);
  }

  private count(from: number, weight: number, rows: number): void {
    const { counts } = this;
    counts[from]! += 1; // 18 counts
    counts[from + 1]! += weight;
    counts[from + 2]! += weight * weight;
    counts[from + 3]! += weight * weight * weight;
    counts[from + 4]! += rows * rows;
    counts[from + 5]! += rows * rows * rows;
  }

  taken(): Omit<StratumSides, 'stratum'> {
    const [all, below, above] = [0, 6, 12].map((from): UnitCount => {
      const [count, first, second, third, rows2, rows3] = this.counts.subarray(from, from + 6);
      return { count: count!, weights: [first!, second!, third!], rows2: rows2!, rows3: rows3! }; // 18 counts
    });
    return { all: all!, below: below!, above: above!, sums: this.sums }; // three
  }
}

/**
 * Of rows that weigh the same in a stratum, and are drawn one by one: to count them is enough.
 * @param rows places of rows
 * @param counts two for each stratum, all 0; they are again at the end
 */
export function* sidesOfEvenRows(
  rows: Int32Array,
  source: Float64Array,
  stratum: Int32Array,
  bound: number,
  up: number,
  down: number,
  counts: Int32Array,
): Pieces<StratumSides[]> {
  const sides: StratumSides[] = [];
  yield* piecewise(rows.length, (from, to) => countSides(rows, source, stratum, bound, counts, from, to));
  yield* piecewise(rows.length, (from, to) => {
    let last = -1;
    for (let place = from; place < to; place++) {
      const own = stratum[rows[place]!]!; // place < length, and a row's place
      // Rows of a stratum often follow each other.
      if (own === last) continue;
      last = own;
      const [below, above] = [counts[2 * own]!, counts[2 * own + 1]!]; // two a stratum
      if (below + above > 0) sides.push(ofCounts(own, below, above, up, down));
      counts.fill(0, 2 * own, 2 * own + 2);
    }
  });
  return sides.sort((a, b) => a.stratum - b.stratum);
}

/** Counts rows up to the bound in the first entry of their stratum, and others in the second; NaN in none. */
function countSides(
  rows: Int32Array,
  source: Float64Array,
  stratum: Int32Array,
  bound: number,
  counts: Int32Array,
  from: number,
  to: number,
): void {
  for (let place = from; place < to; place++) {
    const row = rows[place]!; // place < length
    const value = source[row]!; // a row's place
    if (value <= bound) counts[2 * stratum[row]!]!++;
    else if (value > bound) counts[2 * stratum[row]! + 1]!++;
  }
}

const units = (count: number): UnitCount => ({
  count,
  weights: [count, count, count],
  rows2: count,
  rows3: count,
});

function ofCounts(stratum: number, below: number, above: number, up: number, down: number): StratumSides {
  const power = (k: number): number => below * up ** k + above * down ** k;
  const ofWeight = [power(1), power(2), power(3)];
  return {
    stratum,
    all: units(below + above),
    below: units(below),
    above: units(above),
    sums: Float64Array.from([...ofWeight, ...ofWeight, ...ofWeight]),
  };
}
