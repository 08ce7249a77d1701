import type { BoundExpression } from './bound.ts';
import type { SampleDesign } from './sample-design.ts';
import type { JointMoments } from './learned.ts';

/**
 * What an aggregate reads of a row: its argument where the row passes the aggregate's FILTER and the argument is not NULL.
 * Aggregates over the same argument and filter share a measure.
 */
export interface Measure {
  /** null: `COUNT(*)`, every row counts. */
  readonly argument: BoundExpression | null;
  readonly filter: BoundExpression | null;
  /** Its values themselves are asked for, row by row, so they are not centred. */
  readonly listed: boolean;
}

/** (x − centre)^power of a measure, where it takes the row. */
export interface Factor {
  readonly measure: number;
  readonly power: number;
}

/**
 * A product of measures' powers that is summed over rows: `[]` counts the matching rows, `[{measure: 0, power: 2}]` sums squares.
 * Each measure at most once, in ascending order; power 0 still asks that the measure takes the row.
 */
export type Monomial = readonly Factor[];

/** Which sums are kept, and where the totals and their products are found among them. */
export interface MomentLayout {
  readonly measures: readonly Measure[];
  /** The base totals of the aggregates. */
  readonly totals: readonly Monomial[];
  /** The sums kept for each cell; slot 0 counts the matching rows. */
  readonly monomials: readonly Monomial[];
  /** For each total its slot. */
  readonly totalSlot: readonly number[];
  readonly design: SampleDesign;
  /** The measure of the rows' weights; null where they have none of their own. */
  readonly weightMeasure: number | null;
  /** For each total the slot of its sum with every row's weight; `totalSlot` where rows have none of their own. */
  readonly weightedSlot: readonly number[];
  /** The slot of a monomial by its key, see {@link findSlot}. */
  readonly slots: ReadonlyMap<string, number>;
  /** Set where keys were drawn, each with all its rows, instead of rows: then contributions are those of keys. */
  readonly keyed: KeyedLayout | null;
}

/**
 * The layout where the unit is the key: a total is first summed over the rows of a key, and what the slots hold are sums over keys
 * of products of these. So a count times itself is no longer the count, and products have slots of their own.
 */
export interface KeyedLayout {
  /** For each total: true where it counts the keys that have a row for it, not those rows. */
  readonly distinct: readonly boolean[];
  /** For each total the slot that counts the keys that have a row for it; asked only of totals that count. */
  readonly supportSlot: readonly number[];
  /** For each slot the totals whose product it sums; slot 0 is of none: it counts the keys with a matching row. */
  readonly products: readonly (readonly number[])[];
}

/** Exact moments of a column in every stratum of the table, over the rows where it is not NULL. */
export interface StratumMoments {
  readonly count: Float64Array;
  /** NaN where there is none. */
  readonly mean: Float64Array;
  /** Centred moments Σ(x − mean)^k for k = 2 … 6; NaN where the digits were lost. */
  readonly centred: readonly Float64Array[];
}

/**
 * Exact sums over the keys of the table that have a value of a measure: Σ nᵃ sᵇ at place 4a + b for a + b ≤ 3, with n the key's rows
 * that have a value and s its Σ (x − centre); of values that are no numbers those with b = 0, NaN elsewhere.
 */
export interface KeyMoments {
  readonly centre: number;
  readonly sums: Float64Array;
}

/** What is known of the table where keys were drawn. */
export interface KeyPopulation {
  /** Rows of the whole table. */
  readonly rows: number;
  /** Rows of the largest key. */
  readonly rowsMax: number;
  /** For each measure what its keys add up to; null: not known. */
  readonly moments: readonly (KeyMoments | null)[];
  /** For each measure whether it takes every row, so that all such have the same n. */
  readonly everyRow: readonly boolean[];
}

/** What is known of values in the whole table, not only in the rows that were read. */
export interface PopulationTerm {
  /**
   * No value of a row that matches lies outside, but for rows that are always read; infinite where nothing is known. In the values'
   * unit, not centred.
   */
  readonly low: number;
  readonly high: number;
  /** null: no moments are kept of it. */
  readonly moments: StratumMoments | null;
}

/** What is known of a measure's values. */
export interface PopulationValues extends PopulationTerm {
  /** Of multiples of columns of which the measure is the sum, where all of these have moments; none where it is no sum. */
  readonly terms: readonly PopulationTerm[];
}

/**
 * What a scan of a sample delivers, and all that the estimator sees of it: for every output group and stratum that occur
 * together (a cell) the sums of the layout's monomials over the matching rows, and for every stratum how many rows were read,
 * **matching or not**. Without the latter the randomness of the match count is lost, the classic error of published systems.
 */
export interface Moments {
  readonly layout: MomentLayout;
  /** For each measure the value that was subtracted, near its mean, so that squares lose no digits. */
  readonly centres: Float64Array;
  /** One a measure. */
  readonly population: readonly PopulationValues[];
  /** Of pairs of measures that some output depends on both of; none where nothing is known of how they go together. */
  readonly joint: readonly JointMoments[];
  readonly cellCount: number;
  /** For each cell its group, from 0; cells are sorted by group, then stratum. */
  readonly cellGroup: Int32Array;
  readonly cellStratum: Int32Array;
  /** For each cell, `monomials.length` sums. */
  readonly sums: Float64Array;
  readonly groupCount: number;
  /** For each stratum the rows of the population, N_h; the sum of all weights, where rows have their own. */
  readonly populationRows: Float64Array;
  /** For each stratum the largest weight of a row, where rows have their own; null: they weigh N_h / n_h. */
  readonly weightMax: Float64Array | null;
  /** For each stratum the rows read, n_h, matching or not. */
  readonly rowsRead: Float64Array;
  /** For each stratum 0 where the predicate excludes all of it. */
  readonly included: Uint8Array;
  /** For each total whether its contributions are constant within every stratum, so that it is exact from any two rows. */
  readonly constantInStratum: readonly boolean[];
  /** True where the group is a function of the stratum: then no group can be missing. */
  readonly groupsByStratum: boolean;
  /** null: rows were drawn. Else keys were: what is said above of rows, read, matching or of the population, then is said of keys. */
  readonly keys: KeyPopulation | null;
}

/** The product of monomials: powers of one measure add up. */
export function productOf(...monomials: readonly Monomial[]): Monomial {
  const powers = new Map<number, number>();
  for (const { measure, power } of monomials.flat()) powers.set(measure, (powers.get(measure) ?? 0) + power);
  return [...powers].map(([measure, power]) => ({ measure, power })).sort((a, b) => a.measure - b.measure);
}

/** A power of the row's weight. @param weightMeasure null: the rows have none of their own */
export function weightMonomial(weightMeasure: number | null, power: number): Monomial {
  return weightMeasure === null || power === 0 ? [] : [{ measure: weightMeasure, power }];
}

/** The monomial as it is summed: a measure that takes every row adds no condition to a product. */
export function reduceMonomial(monomial: Monomial, measures: readonly Measure[]): Monomial {
  return monomial.filter(({ measure }) => !takesEveryRow(measures[measure]!)); // factors name measures
}

const takesEveryRow = (measure: Measure): boolean => measure.argument === null && measure.filter === null;

/** A text that two monomials share exactly where they are the same. */
export function monomialKey(monomial: Monomial): string {
  return monomial.map(({ measure, power }) => `${measure}^${power}`).join('*');
}

/**
 * The slot of a product of totals; undefined where no output needs it.
 * @param weightPower how often the row's weight is multiplied in
 */
export function findSlot(
  { slots, measures, totals, weightMeasure, keyed }: MomentLayout,
  product: readonly number[],
  weightPower = 0,
): number | undefined {
  if (keyed !== null) return slots.get(productKey(product));
  const weight = weightMonomial(weightMeasure, weightPower);
  const monomial = productOf(weight, ...product.map((total) => totals[total]!)); // places of totals
  return slots.get(monomialKey(reduceMonomial(monomial, measures)));
}

/** A text that two products of totals share exactly where they are the same. */
export function productKey(product: readonly number[]): string {
  return product.toSorted((a, b) => a - b).join('*');
}
