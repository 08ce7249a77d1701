import type { RowSums, StratumError } from './design-error.ts';

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
  private others: ContributionTable | null = null;

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

  /** Room for the same contributions as others take them. */
  get other(): ContributionTable {
    return (this.others ??= new ContributionTable(this.length));
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

  /** Takes one over from a table as long. */
  copy(place: number, from: ContributionTable): void {
    this.stratum[place] = from.stratum[place]!; // a place of both
    this.isOpen[place] = from.isOpen[place]!;
    this.isSingleton[place] = from.isSingleton[place]!;
    this.population[place] = from.population[place]!;
    this.read[place] = from.read[place]!;
    this.support[place] = from.support[place]!;
    this.sum[place] = from.sum[place]!;
    this.squares[place] = from.squares[place]!;
    this.cubes[place] = from.cubes[place]!;
    this.spread[place] = from.spread[place]!;
    this.variance[place] = from.variance[place]!;
    this.openSquares[place] = from.openSquares[place]!;
    this.third[place] = from.third[place]!;
    this.weights2[place] = from.weights2[place]!;
    this.weights3[place] = from.weights3[place]!;
  }

  /** One of them. */
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
