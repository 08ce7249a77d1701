import type { SampleDesign } from '../plan/index.ts';

/**
 * Sums over the rows of a stratum that match: of their contributions u to a linearised estimate, and of their weights w. Where rows
 * have no weights of their own, w is 1 in these sums and N_h / n_h is put in front.
 */
export interface RowSums {
  /** N_h */
  readonly population: number;
  /** n_h, **all** rows read of the stratum. */
  readonly read: number;
  /** m_h, the rows among them that the output's aggregates take. */
  readonly support: number;
  /** Σwu */
  readonly sum: number;
  /** Σw²u², and the sum of the magnitudes of its parts: where these cancel so far, what is left is their rounding error. */
  readonly squares: number;
  readonly magnitude: number;
  /** Σw³u³; NaN where the layout has no third moments. */
  readonly cubes: number;
  /** Σwu²; Σw²u³ and Σwu³: of independent rows only, else 0. */
  readonly squaresBelow: number;
  readonly cubesBelow: readonly [number, number];
  /** Σw, Σw² and Σw³ over the rows of the support. */
  readonly weights: readonly [number, number, number];
  /** The largest weight of any row of the stratum, matching or not. */
  readonly weightMax: number;
}

/** What a stratum adds to the error of a linearised estimate. */
export interface StratumError {
  /** There are rows beside those read. */
  readonly isOpen: boolean;
  /** One row was read, which has no spread of its own. */
  readonly isSingleton: boolean;
  /** s²_h, the sample variance of the (weighted) contributions over all n_h rows; 0 where n_h < 2, and of independent rows. */
  readonly spread: number;
  /** v_h; 0 of a singleton. */
  readonly variance: number;
  /** Σ w²(1−f)u² */
  readonly openSquares: number;
  /** The third central moment of its part of the estimate. */
  readonly third: number;
  /** Σ w²(1−f) and Σ w³(1−f) over the matching rows. */
  readonly weights2: number;
  readonly weights3: number;
}

/** Where terms cancel so far, what is left of a sum of squares is their rounding error. */
const roundingShare = 1e-12;

/** What a stratum adds to the error under a design: the one place where designs differ in that. */
export function stratumError(kind: SampleDesign['kind'], rows: RowSums): StratumError {
  return byDesign[kind](rows);
}

const byDesign: Readonly<Record<SampleDesign['kind'], (rows: RowSums) => StratumError>> = {
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
  cubes - (3 * sum * squares) / read + (2 * sum ** 3) / read ** 2;

/**
 * v_h = N_h² (1 − f_h) s²_h / n_h
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, ch. 3.7 (variance) and 5.5 (linearisation)
 */
function withoutReplacement(rows: RowSums): StratumError {
  const { population, read, support, squares } = rows;
  const isOpen = read > 0 && read < population;
  const spread = spreadOf(rows);
  const [weight, f] = [population / read, read / population];
  const [second, third] = isOpen ? [weight ** 2 * (1 - f), weight ** 3 * (1 - f)] : [0, 0];
  return {
    isOpen,
    isSingleton: isOpen && read === 1,
    spread,
    variance: isOpen ? varianceOfRows(population, read, spread) : 0,
    openSquares: second * squares,
    third: third * (1 - 2 * f) * centralCubes(rows),
    weights2: second * support,
    weights3: third * support,
  };
}

/** N_h² (1 − f_h) s²_h / n_h */
function varianceOfRows(population: number, read: number, spread: number): number {
  return (population * (population - read) * spread) / read;
}

/**
 * v_h = n_h/(n_h − 1) Σ(z′ − z̄′)² = n_h s²_h of the weighted contributions z′ = wu, as if rows were drawn with replacement.
 * @see Lumley, "Complex Surveys", 2010, ch. 2.3; R's `svydesign(strata =, weights =)` without fpc
 */
function withReplacement(rows: RowSums): StratumError {
  const { read, squares, weights } = rows;
  const spread = spreadOf(rows);
  return {
    isOpen: read > 0,
    isSingleton: read === 1,
    spread,
    variance: read * spread,
    openSquares: squares,
    third: centralCubes(rows),
    weights2: weights[1],
    weights3: weights[2],
  };
}

/**
 * v = Σ w(w − 1)u², and Σ w(w − 1)(w − 2)u³ for the third moment: each row is in the sample by itself, with probability 1/w.
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, ch. 3.5: Poisson sampling, Horvitz–Thompson
 */
function independently(rows: RowSums): StratumError {
  const { squares, squaresBelow, magnitude, cubes, cubesBelow, weights, weightMax } = rows;
  const open = squares - squaresBelow;
  const variance = open <= magnitude * roundingShare ? 0 : open;
  return {
    isOpen: weightMax > 1,
    isSingleton: false,
    spread: 0,
    variance,
    openSquares: variance,
    third: cubes - 3 * cubesBelow[0] + 2 * cubesBelow[1],
    weights2: weights[1] - weights[0],
    weights3: weights[2] - weights[1],
  };
}

/**
 * v_h, were so many rows of the stratum read. Only strata without weights are ever read in part.
 * @param rows rows of the stratum
 */
export function varianceAt(
  {
    population,
    read,
    spread,
    variance,
  }: Pick<StratumError & RowSums, 'population' | 'read' | 'spread' | 'variance'>,
  rows: number,
): number {
  if (rows === read) return variance;
  const most = Math.min(population, rows);
  // A spread that is not known yet is infinite; of all rows there is still no error.
  return most > 0 && most < population ? varianceOfRows(population, most, spread) : 0;
}
