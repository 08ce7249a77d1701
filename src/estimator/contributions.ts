import type { Moments } from '../plan/index.ts';
import {
  emptyRowSums,
  emptyStratumError,
  type RowSums,
  type StratumError,
  stratumError,
} from './design-error.ts';
import type { CellRange, PreparedOutput } from './group-totals.ts';
import type { Scope } from './scope.ts';

/**
 * What the rows read of one stratum contribute to a linearised estimate: u = Σ_j g_j z_j, 0 for rows that do not match, times the
 * row's weight where rows have their own. Everything that is known of an estimate's error is made from these.
 */
export interface Contribution extends Readonly<StratumError> {
  readonly stratum: number;
  /** N_h; the sum of all weights, where rows have their own. */
  readonly population: number;
  /** n_h, **all** rows read of the stratum. */
  readonly read: number;
  /** m_h, the rows among them that the output's aggregates take. */
  readonly support: number;
  /** Σu */
  readonly sum: number;
  /** Σu² */
  readonly squares: number;
  /** Σu³; NaN where the layout has no third moments. */
  readonly cubes: number;
}

/** Contributions in columns, one entry a stratum of a group in each: there may be tens of thousands, and objects take longer than sums. */
export class ContributionTable {
  readonly stratum: Int32Array;
  readonly isOpen: Uint8Array;
  readonly isSingleton: Uint8Array;
  readonly population: Float64Array;
  readonly read: Float64Array;
  readonly support: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly cubes: Float64Array;
  readonly spread: Float64Array;
  readonly variance: Float64Array;
  readonly openSquares: Float64Array;
  readonly third: Float64Array;
  readonly weights2: Float64Array;
  readonly weights3: Float64Array;

  constructor(readonly length: number) {
    this.stratum = new Int32Array(length);
    this.isOpen = new Uint8Array(length);
    this.isSingleton = new Uint8Array(length);
    this.population = new Float64Array(length);
    this.read = new Float64Array(length);
    this.support = new Float64Array(length);
    this.sum = new Float64Array(length);
    this.squares = new Float64Array(length);
    this.cubes = new Float64Array(length);
    this.spread = new Float64Array(length);
    this.variance = new Float64Array(length);
    this.openSquares = new Float64Array(length);
    this.third = new Float64Array(length);
    this.weights2 = new Float64Array(length);
    this.weights3 = new Float64Array(length);
  }

  /** Of contributions that are known one by one. */
  static of(contributions: readonly Contribution[]): ContributionTable {
    const table = new ContributionTable(contributions.length);
    for (const [place, each] of contributions.entries()) table.set(place, each.stratum, each, each);
    return table;
  }

  /** Puts down what a stratum contributes. */
  set(
    place: number,
    stratum: number,
    rows: Pick<RowSums, 'population' | 'read' | 'support' | 'sum' | 'squares' | 'cubes'>,
    error: Readonly<StratumError>,
  ): void {
    this.stratum[place] = stratum;
    this.population[place] = rows.population;
    this.read[place] = rows.read;
    this.support[place] = rows.support;
    this.sum[place] = rows.sum;
    this.squares[place] = rows.squares;
    this.cubes[place] = rows.cubes;
    this.isOpen[place] = error.isOpen ? 1 : 0;
    this.isSingleton[place] = error.isSingleton ? 1 : 0;
    this.spread[place] = error.spread;
    this.variance[place] = error.variance;
    this.openSquares[place] = error.openSquares;
    this.third[place] = error.third;
    this.weights2[place] = error.weights2;
    this.weights3[place] = error.weights3;
  }

  /** One of them, to look at or to change. */
  at(place: number): Contribution {
    return {
      stratum: this.stratum[place]!, // as many of each as the table is long
      population: this.population[place]!,
      read: this.read[place]!,
      support: this.support[place]!,
      sum: this.sum[place]!,
      squares: this.squares[place]!,
      cubes: this.cubes[place]!,
      isOpen: this.isOpen[place] === 1,
      isSingleton: this.isSingleton[place] === 1,
      spread: this.spread[place]!,
      variance: this.variance[place]!,
      openSquares: this.openSquares[place]!,
      third: this.third[place]!,
      weights2: this.weights2[place]!,
      weights3: this.weights3[place]!,
    };
  }
}

/** The contributions to one estimate: a range of a table. */
export interface Contributions {
  readonly table: ContributionTable;
  readonly from: number;
  readonly to: number;
}

/** Where nothing contributes. */
export const noContributions: Contributions = { table: new ContributionTable(0), from: 0, to: 0 };

/** These, in a table of their own. */
export function contributionsFrom(contributions: readonly Contribution[]): Contributions {
  return { table: ContributionTable.of(contributions), from: 0, to: contributions.length };
}

/** One by one. */
export function eachOf({ table, from, to }: Contributions): Contribution[] {
  return Array.from({ length: to - from }, (_, place) => table.at(from + place));
}

/** What is being worked out: of use again as soon as it is put down. */
const rows = emptyRowSums();
const error = emptyStratumError();

/**
 * The contributions of a group's cells.
 * @param gradient by the output's totals
 * @param table that holds the contributions of all cells to the output; missing: they get one of their own
 */
export function contributionsOf(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  { from, to }: CellRange,
  table?: ContributionTable,
): Contributions {
  const own = table ?? new ContributionTable(to - from);
  const first = table === undefined ? 0 : from;
  const { layout, cellStratum } = moments;
  const { kind } = layout.design;
  for (let cell = from; cell < to; cell++) {
    const stratum = cellStratum[cell]!; // one a cell
    sumRows(moments, prepared, gradient, cell, stratum);
    stratumError(kind, rows, error);
    own.set(first + cell - from, stratum, rows, error);
  }
  return { table: own, from: first, to: first + to - from };
}

/** Puts into `rows` what the rows of a cell come to. */
function sumRows(
  { layout, sums, rowsRead, populationRows, weightMax }: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  cell: number,
  stratum: number,
): void {
  const { supportSlots, weightSlots, sumSlots, productSlots, cubeSlots } = prepared;
  const offset = cell * layout.monomials.length;
  rows.population = populationRows[stratum]!; // one entry a stratum
  rows.read = rowsRead[stratum]!;
  rows.weightMax = weightMax === null ? 1 : weightMax[stratum]!;
  let least = 0;
  for (let place = 1; place < supportSlots.length; place++)
    if (sums[offset + supportSlots[place]!]! < sums[offset + supportSlots[least]!]!) least = place; // a sum a slot
  rows.support = sums[offset + supportSlots[least]!]!; // every aggregate has one
  if (weightSlots !== null) {
    const [once, squared, cubed] = weightSlots[least]!; // as many as of the support
    rows.weightSum = sums[offset + once]!;
    rows.weightSquares = sums[offset + squared]!;
    rows.weightCubes = sums[offset + cubed]!;
  }
  rows.sum = linear(sums, offset, sumSlots, gradient);
  addSquares(sums, offset, productSlots[0]!, gradient); // at least one power of the weight
  rows.cubes = cubeSlots === null ? Number.NaN : cubic(sums, offset, cubeSlots[0]!, gradient);
  if (productSlots.length > 1) {
    rows.squaresBelow = quadratic(sums, offset, productSlots[1]!, gradient);
    rows.cubesBelow = cubeSlots === null ? 0 : cubic(sums, offset, cubeSlots[1]!, gradient);
    rows.cubesTwiceBelow = cubeSlots === null ? 0 : cubic(sums, offset, cubeSlots[2]!, gradient);
  }
}

/** Σ_j g_j S_j */
function linear(
  sums: Float64Array,
  offset: number,
  slots: readonly number[],
  gradient: readonly number[],
): number {
  let sum = 0;
  for (let j = 0; j < slots.length; j++) {
    const partial = gradient[j]!; // one a total
    if (partial !== 0) sum += partial * sums[offset + slots[j]!]!;
  }
  return sum;
}

/** Puts Σ_jk g_j g_k S_jk into `rows`, and the sum of the terms' magnitudes. */
function addSquares(
  sums: Float64Array,
  offset: number,
  slots: Int32Array,
  gradient: readonly number[],
): void {
  const count = gradient.length;
  let value = 0;
  let magnitude = 0;
  for (let j = 0; j < count; j++) {
    const byJ = gradient[j]!; // one partial a total
    if (byJ === 0) continue;
    for (let k = 0; k < count; k++) {
      const term = byJ * gradient[k]! * sums[offset + slots[j * count + k]!]!;
      value += term;
      magnitude += Math.abs(term);
    }
  }
  rows.squares = value;
  rows.magnitude = magnitude;
}

/** Σ_jk g_j g_k S_jk */
function quadratic(
  sums: Float64Array,
  offset: number,
  slots: Int32Array,
  gradient: readonly number[],
): number {
  const count = gradient.length;
  let value = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < count; k++)
      value += gradient[j]! * gradient[k]! * sums[offset + slots[j * count + k]!]!; // one partial a total
  }
  return value;
}

/** Σ_jkl g_j g_k g_l S_jkl */
function cubic(sums: Float64Array, offset: number, slots: Int32Array, gradient: readonly number[]): number {
  const count = gradient.length;
  let value = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < count; k++) {
      const byJK = gradient[j]! * gradient[k]!; // one partial a total
      if (byJK === 0) continue;
      for (let l = 0; l < count; l++)
        value += byJK * gradient[l]! * sums[offset + slots[(j * count + k) * count + l]!]!;
    }
  }
  return value;
}

/** N_h of the strata of one row read that contribute nothing. */
export function unmatchedSingletons(
  { populationRows }: Moments,
  { singletons }: Scope,
  { table, from, to }: Contributions,
): readonly number[] {
  if (singletons.length === 0) return singletons;
  const matched = new Set(table.stratum.subarray(from, to));
  return singletons.flatMap((stratum) => (matched.has(stratum) ? [] : [populationRows[stratum]!])); // one entry a stratum
}
