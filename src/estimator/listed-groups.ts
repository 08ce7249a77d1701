import { finish, type Pieces, piecewise } from '../common/index.ts';
import { cumulate, type Moments, type WeightedValues } from '../plan/index.ts';
import type { CellRange } from './group-totals.ts';
import { sidesOfEvenRows, type StratumSides, UnitSums } from './stratum-sides.ts';
import { orderByValue } from './value-order.ts';
import { groupScope, type Scope, wholeScope } from './scope.ts';

/**
 * Matching rows one by one, for what is no function of totals. They may be fewer than those behind the moments: any first rows of
 * every stratum are a random sample as well.
 */
export interface ListedRows {
  readonly count: number;
  /** The row's group, as Moments numbers them. */
  readonly group: Int32Array;
  readonly stratum: Int32Array;
  /** Where keys were drawn the row's key; rows of one key follow each other. */
  readonly key: Int32Array | null;
  /** For each measure its value; NaN where the measure does not take the row. */
  readonly values: readonly Float64Array[];
  /** For each stratum the rows (keys, where these were drawn) among which these were found, n_h, matching or not. */
  readonly rowsRead: Float64Array;
}

/** What was read of the values of one measure in one group. */
export interface ListedValues extends WeightedValues {
  /** Rows that the measure takes. */
  readonly count: number;
}

/** Rows that are looked at at once where each takes several sums. */
const rowsSidedAtOnce = 2 ** 14;

/** Where the values of a measure in a group are found. */
export interface ValueSource {
  readonly valuesOf: (group: number, measure: number) => WeightedValues;
}

/** Listed rows by group, with their weights: N_h / n_h, or their own. */
export class ListedGroups implements ValueSource {
  /** The moments with the n_h of the listed rows: for strata and weights, not for sums. */
  readonly design: Moments;
  private readonly whole: Scope;
  /** The rows of group g are `order[start[g] … start[g + 1])`. */
  private readonly order: Int32Array;
  private readonly start: Int32Array;
  private isGrouped = false;
  /** For each stratum N_h / n_h; 1 where rows have weights of their own. */
  private readonly stratumWeights: Float64Array;
  /** For each row its own weight; null where rows have none. */
  private readonly rowWeights: Float64Array | null;
  private readonly known = new Map<string, ListedValues>();
  /** Two for each stratum, 0 but while rows are counted. */
  private readonly sideCounts: Int32Array;

  constructor(
    readonly rows: ListedRows,
    moments: Moments,
  ) {
    const { groupCount, populationRows, layout } = moments;
    this.design = { ...moments, rowsRead: rows.rowsRead };
    this.whole = wholeScope(this.design);
    const { weightMeasure } = layout;
    this.rowWeights = weightMeasure === null ? null : rows.values[weightMeasure]!; // one array a measure
    this.stratumWeights = populationRows.map(
      (population, h) => (weightMeasure === null ? population / rows.rowsRead[h]! : 1), // one entry a stratum
    );
    this.sideCounts = new Int32Array(2 * populationRows.length);
    this.start = new Int32Array(groupCount + 1);
    this.order = new Int32Array(rows.count);
  }

  /** Tells the groups' rows apart, unless that is done. */
  private *grouped(): Pieces<void> {
    if (this.isGrouped) return;
    const { order } = this;
    const { group, count } = this.rows;
    const start = new Int32Array(this.start.length);
    yield* piecewise(count, (from, to) => {
      for (let row = from; row < to; row++) start[group[row]! + 1]!++; // row < count
    });
    for (let place = 1; place < start.length; place++) start[place]! += start[place - 1]!; // place ≥ 1
    const next = start.slice();
    yield* piecewise(count, (from, to) => {
      for (let row = from; row < to; row++) order[next[group[row]!]!++] = row; // row < count
    });
    this.start.set(start);
    this.isGrouped = true;
  }

  /** A row's weight. */
  weightOf(row: number): number {
    return this.stratumWeights[this.rows.stratum[row]!]! * this.ownWeightOf(row); // a row's place
  }

  private ownWeightOf(row: number): number {
    return this.rowWeights === null ? 1 : this.rowWeights[row]!; // a row's place
  }

  /** Writes the weights of rows. */
  private weigh(rows: Int32Array, weights: Float64Array, from: number, to: number): void {
    const { stratumWeights, rowWeights } = this;
    const { stratum } = this.rows;
    // Rows are places of all of these.
    if (rowWeights === null)
      for (let place = from; place < to; place++) weights[place] = stratumWeights[stratum[rows[place]!]!]!;
    else
      for (let place = from; place < to; place++)
        weights[place] = stratumWeights[stratum[rows[place]!]!]! * rowWeights[rows[place]!]!;
  }

  /** Places of a group's rows. */
  rowsOf(group: number): Int32Array {
    finish(this.grouped());
    return this.order.subarray(this.start[group], this.start[group + 1]);
  }

  /** The strata in which a group may have listed rows. */
  scopeOf(cells: CellRange): Scope {
    return this.design.groupsByStratum ? groupScope(this.design, cells) : this.whole;
  }

  /** The values of a measure in a group, in ascending order. */
  valuesOf(group: number, measure: number): ListedValues {
    return this.known.get(`${group}.${measure}`) ?? finish(this.inOrder(group, measure));
  }

  /** Puts the values of a measure in a group in order, unless that is done. */
  *inOrder(group: number, measure: number): Pieces<ListedValues> {
    const key = `${group}.${measure}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const collected = yield* this.collect(group, measure);
    this.known.set(key, collected);
    return collected;
  }

  private *collect(group: number, measure: number): Pieces<ListedValues> {
    yield* this.grouped();
    const source = this.rows.values[measure]!; // one array a measure
    const rows = this.rowsOf(group);
    const taken = new Int32Array(rows.length);
    const found = new Float64Array(rows.length);
    let count = 0;
    yield* piecewise(rows.length, (from, to) => {
      count = takeNumbers(source, rows, taken, found, count, from, to);
    });
    const { values, rows: inOrder } = yield* orderByValue(found.subarray(0, count), taken);
    const weights = new Float64Array(count);
    yield* piecewise(count, (from, to) => this.weigh(inOrder, weights, from, to));
    return { values, cumulative: cumulate(values, weights), count };
  }

  /**
   * The rows that a measure takes, by stratum.
   * @param bound tells the sides
   * @param up u of a row with a value up to the bound
   * @param down u of the others
   */
  *sidesOf(group: number, measure: number, bound: number, up: number, down: number): Pieces<StratumSides[]> {
    const { stratum, key } = this.rows;
    const source = this.rows.values[measure]!; // one array a measure
    const rows = this.rowsOf(group);
    if (key === null && this.rowWeights === null)
      return yield* sidesOfEvenRows(rows, source, stratum, bound, up, down, this.sideCounts);
    const sums = new Map<number, UnitSums>();
    for (let place = 0, yielded = 0; place < rows.length;) {
      if (place - yielded >= rowsSidedAtOnce) {
        yielded = place;
        yield;
      }
      const first = rows[place]!; // place < length
      let [u, below, above] = [0, 0, 0];
      for (const unit = key?.[first]; place < rows.length; place++) {
        const row = rows[place]!; // place < length
        if (row !== first && (key === null || key[row] !== unit)) break;
        const value = source[row]!; // a row's place
        if (Number.isNaN(value)) continue;
        u += value <= bound ? up : down;
        if (value <= bound) below++;
        else above++;
      }
      if (below + above === 0) continue;
      const own = sums.get(stratum[first]!) ?? new UnitSums(); // a row's place
      sums.set(stratum[first]!, own);
      own.add(this.ownWeightOf(first), u, below, above);
    }
    return [...sums].sort(([a], [b]) => a - b).map(([h, own]) => ({ stratum: h, ...own.taken() }));
  }
}

/** Takes of the next rows those that have a number, and this. @returns how many there are by then */
function takeNumbers(
  source: Float64Array,
  rows: Int32Array,
  taken: Int32Array,
  numbers: Float64Array,
  before: number,
  from: number,
  to: number,
): number {
  let count = before;
  for (let place = from; place < to; place++) {
    const row = rows[place]!; // place < length
    const value = source[row]!; // a row's place
    if (Number.isNaN(value)) continue;
    taken[count] = row;
    numbers[count++] = value;
  }
  return count;
}
