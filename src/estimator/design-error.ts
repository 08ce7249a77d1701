import type { SampleDesign } from '../plan/index.ts';

/**
 * Sums over the rows of a stratum that match: of their contributions u to a linearised estimate, and of their weights w. Where rows
 * have no weights of their own, w is 1 in these sums and N_h / n_h is put in front.
 */
export interface RowSums {
  /** N_h */
  population: number;
  /** n_h, **all** rows read of the stratum. */
  read: number;
  /** m_h, the rows among them that the output's aggregates take. */
  support: number;
  /** Σwu */
  sum: number;
  /** Σw²u², and the sum of the magnitudes of its parts: where these cancel so far, what is left is their rounding error. */
  squares: number;
  magnitude: number;
  /** Σw³u³; NaN where the layout has no third moments. */
  cubes: number;
  /** Σwu²; Σw²u³ and Σwu³: of independent rows only, else 0. */
  squaresBelow: number;
  cubesBelow: number;
  cubesTwiceBelow: number;
  /** Σw, Σw² and Σw³ over the rows of the support. */
  weightSum: number;
  weightSquares: number;
  weightCubes: number;
  /** The largest weight of any row of the stratum, matching or not. */
  weightMax: number;
}

/** What a stratum adds to the error of a linearised estimate. */
export interface StratumError {
  /** There are rows beside those read. */
  isOpen: boolean;
  /** One row was read, which has no spread of its own. */
  isSingleton: boolean;
  /** s²_h, the sample variance of the (weighted) contributions over all n_h rows; 0 where n_h < 2, and of independent rows. */
  spread: number;
  /** v_h; 0 of a singleton. */
  variance: number;
  /** Σ w²(1−f)u² */
  openSquares: number;
  /** The third central moment of its part of the estimate. */
  third: number;
  /** Σ w²(1−f) and Σ w³(1−f) over the matching rows. */
  weights2: number;
  weights3: number;
}

/** Sums of nothing, to be filled. */
export function emptyRowSums(): RowSums {
  return {
    population: 0,
    read: 0,
    support: 0,
    sum: 0,
    squares: 0,
    magnitude: 0,
    cubes: 0,
    squaresBelow: 0,
    cubesBelow: 0,
    cubesTwiceBelow: 0,
    weightSum: 0,
    weightSquares: 0,
    weightCubes: 0,
    weightMax: 1,
  };
}

/** The error of nothing, to be filled. */
export function emptyStratumError(): StratumError {
  return {
    isOpen: false,
    isSingleton: false,
    spread: 0,
    variance: 0,
    openSquares: 0,
    third: 0,
    weights2: 0,
    weights3: 0,
  };
}

/** Where terms cancel so far, what is left of a sum of squares is their rounding error. */
const roundingShare = 1e-12;

/**
 * What a stratum adds to the error under a design: the one place where designs differ in that.
 * @param into is filled with it: there may be very many strata and groups, and a new object takes as long as the sums
 */
export function stratumError(kind: SampleDesign['kind'], rows: RowSums, into: StratumError): void {
  byDesign[kind](rows, into);
}

const byDesign: Readonly<Record<SampleDesign['kind'], (rows: RowSums, into: StratumError) => void>> = {
  strata: withoutReplacement,
  'weights-in-strata': withReplacement,
  'independent-weights': independently,
};

/** Σ(u − ū)² / (n − 1) */
function spreadOf({ read, sum, squares, magnitude }: RowSums): number {
  const deviations = read < 2 ? 0 : squares - (sum * sum) / read;
  return deviations <= magnitude * roundingShare ? 0 : deviations / (read - 1);
}

/** Σ(u − ū)³ */
const centralCubes = ({ read, sum, squares, cubes }: RowSums): number =>
  cubes - (3 * sum * squares) / read + (2 * sum * sum * sum) / (read * read);

/**
 * v_h = N_h² (1 − f_h) s²_h / n_h
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, ch. 3.7 (variance) and 5.5 (linearisation)
 */
function withoutReplacement(rows: RowSums, into: StratumError): void {
  const { population, read, support, squares } = rows;
  const isOpen = read > 0 && read < population;
  const spread = spreadOf(rows);
  const weight = population / read;
  const f = read / population;
  const second = isOpen ? weight * weight * (1 - f) : 0;
  const third = isOpen ? weight * second : 0;
  into.isOpen = isOpen;
  into.isSingleton = isOpen && read === 1;
  into.spread = spread;
  into.variance = isOpen ? varianceOfRows(population, read, spread) : 0;
  into.openSquares = second * squares;
  into.third = third * (1 - 2 * f) * centralCubes(rows);
  into.weights2 = second * support;
  into.weights3 = third * support;
}

/** N_h² (1 − f_h) s²_h / n_h */
function varianceOfRows(population: number, read: number, spread: number): number {
  return (population * (population - read) * spread) / read;
}

/**
 * v_h = n_h/(n_h − 1) Σ(z′ − z̄′)² = n_h s²_h of the weighted contributions z′ = wu, as if rows were drawn with replacement.
 * @see Lumley, "Complex Surveys", 2010, ch. 2.3; R's `svydesign(strata =, weights =)` without fpc
 */
function withReplacement(rows: RowSums, into: StratumError): void {
  const { read, squares } = rows;
  const spread = spreadOf(rows);
  into.isOpen = read > 0;
  into.isSingleton = read === 1;
  into.spread = spread;
  into.variance = read * spread;
  into.openSquares = squares;
  into.third = centralCubes(rows);
  into.weights2 = rows.weightSquares;
  into.weights3 = rows.weightCubes;
}

/**
 * v = Σ w(w − 1)u², and Σ w(w − 1)(w − 2)u³ for the third moment: each row is in the sample by itself, with probability 1/w.
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, ch. 3.5: Poisson sampling, Horvitz–Thompson
 */
function independently(rows: RowSums, into: StratumError): void {
  const { squares, squaresBelow, magnitude, cubes, cubesBelow, cubesTwiceBelow } = rows;
  const open = squares - squaresBelow;
  const variance = open <= magnitude * roundingShare ? 0 : open;
  into.isOpen = rows.weightMax > 1;
  into.isSingleton = false;
  into.spread = 0;
  into.variance = variance;
  into.openSquares = variance;
  into.third = cubes - 3 * cubesBelow + 2 * cubesTwiceBelow;
  into.weights2 = rows.weightSquares - rows.weightSum;
  into.weights3 = rows.weightCubes - rows.weightSquares;
}

/**
 * v_h, were so many rows of the stratum read. Only strata without weights are ever read in part.
 * @param rows rows of the stratum
 * @param population N_h @param read n_h @param spread s²_h @param variance v_h of the rows read
 */
export function varianceAt(
  rows: number,
  population: number,
  read: number,
  spread: number,
  variance: number,
): number {
  if (rows === read) return variance;
  const most = Math.min(population, rows);
  // A spread that is not known yet is infinite; of all rows there is still no error.
  return most > 0 && most < population ? varianceOfRows(population, most, spread) : 0;
}
