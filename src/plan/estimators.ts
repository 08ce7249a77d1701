/** The arithmetic that an estimate is written in: plain numbers, or numbers that carry their derivatives. */
export interface Algebra<T> {
  constant(value: number): T;
  add(a: T, b: T): T;
  subtract(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  squareRoot(a: T): T;
  valueOf(a: T): number;
}

/** The arithmetic of plain numbers. */
export const plainAlgebra: Algebra<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  squareRoot: Math.sqrt,
  valueOf: (a) => a,
};

/** What an estimate is made from. */
export interface TotalsOf<T> {
  /** For each term of the aggregate the total of Π (xᵢ − centreᵢ)^pᵢ over the rows where no argument is NULL. */
  readonly totals: readonly T[];
  /** One an argument. */
  readonly centres: readonly number[];
  /** Sample rows behind them (for exact totals: rows). */
  readonly support: number;
  /** No row can have been missed: where there is none the aggregate is NULL, not an estimate of nothing seen. */
  readonly complete: boolean;
}

/** What an aggregate is of base totals. */
export interface Estimator {
  /** The totals that are needed, each by the powers of the arguments: `[0]` counts, `[1]` sums, `[1, 1]` sums products. The first counts. */
  readonly terms: readonly (readonly number[])[];
  /** Of the support its value asks only whether there is any: where there is, one formula serves columns of groups. */
  readonly isPlain?: boolean;
  /** The aggregate's value; null where SQL has NULL (no rows). */
  readonly value: <T>(algebra: Algebra<T>, from: TotalsOf<T>) => T | null;
}

/** Where the two parts of a variance cancel so far, what is left is their rounding error. */
const roundingShare = 1e-13;

/** (T₂/T₀ − (T₁/T₀)²): the plug-in variance; the centre drops out. */
function plugInVariance<T>(algebra: Algebra<T>, [t0, t1, t2]: readonly T[]): T {
  const mean = algebra.divide(t1!, t0!);
  const square = algebra.divide(t2!, t0!);
  const variance = algebra.subtract(square, algebra.multiply(mean, mean));
  return algebra.valueOf(variance) <= roundingShare * algebra.valueOf(square)
    ? algebra.constant(0)
    : variance;
}

/**
 * Variance with divisor n − 1, estimated as R's `svyvar`: the plug-in value times m/(m − 1), m the sample rows.
 * The population's own divisor N (VAR_POP) is reached by the factor (N̂ − 1)/N̂, so that a full sample gives it exactly.
 */
export function variance(population: boolean, root: boolean): Estimator {
  return {
    terms: [[0], [1], [2]],
    value: (algebra, { totals, support }) => {
      if (support < 1) return null;
      // One row has no spread: NULL for the sample's variance, and nothing to estimate the population's from.
      if (support < 2) return population && algebra.valueOf(totals[0]!) <= 1 ? algebra.constant(0) : null;
      let value = algebra.multiply(
        plugInVariance(algebra, totals),
        algebra.constant(support / (support - 1)),
      );
      const count = totals[0]!;
      if (population)
        value = algebra.multiply(value, algebra.divide(algebra.subtract(count, algebra.constant(1)), count));
      return root ? algebra.squareRoot(value) : value;
    },
  };
}

/** Totals of pairs (y, x): n, Σy, Σx, Σyx, Σy², Σx². */
const pairTerms = [[0, 0], [1, 0], [0, 1], [1, 1], [2, 0], [0, 2]]; // prettier-ignore

/** T₁₁/n − (T₁₀/n)(T₀₁/n): the plug-in covariance; the centres drop out. */
function plugInCovariance<T>(algebra: Algebra<T>, [n, y, x, yx]: readonly T[]): T {
  const means = algebra.multiply(algebra.divide(y!, n!), algebra.divide(x!, n!));
  return algebra.subtract(algebra.divide(yx!, n!), means);
}

/** Covariance with the divisors of {@link variance}. */
export function covariance(population: boolean): Estimator {
  return {
    terms: pairTerms.slice(0, 4),
    value: (algebra, { totals, support }) => {
      const [count] = totals;
      if (support < 1) return null;
      if (support < 2) return population && algebra.valueOf(count!) <= 1 ? algebra.constant(0) : null;
      const sample = algebra.multiply(
        plugInCovariance(algebra, totals),
        algebra.constant(support / (support - 1)),
      );
      return population
        ? algebra.multiply(sample, algebra.divide(algebra.subtract(count!, algebra.constant(1)), count!))
        : sample;
    },
  };
}

/** The plug-in variances of y and x and their covariance; null where x, or y where it is asked for, does not vary. */
function spreads<T>(
  algebra: Algebra<T>,
  { totals, support }: TotalsOf<T>,
  bothVary: boolean,
): { y: T; x: T; both: T } | null {
  if (support < 2) return null;
  const [n, sumY, sumX, , squaresY, squaresX] = totals;
  const y = plugInVariance(algebra, [n!, sumY!, squaresY!]);
  const x = plugInVariance(algebra, [n!, sumX!, squaresX!]);
  if (algebra.valueOf(x) === 0 || (bothVary && algebra.valueOf(y) === 0)) return null;
  return { y, x, both: plugInCovariance(algebra, totals) };
}

/** CORR: of y and x. */
export const correlation: Estimator = {
  terms: pairTerms,
  value: (algebra, from) => {
    const found = spreads(algebra, from, true);
    return found && algebra.divide(found.both, algebra.squareRoot(algebra.multiply(found.y, found.x)));
  },
};
/** REGR_R2: the square of the correlation. */
export const determination: Estimator = {
  terms: pairTerms,
  value: (algebra, from) => {
    const found = spreads(algebra, from, true);
    return (
      found && algebra.divide(algebra.multiply(found.both, found.both), algebra.multiply(found.y, found.x))
    );
  },
};
/** REGR_SLOPE(y, x): the covariance over the variance of x. */
export const slope: Estimator = {
  terms: pairTerms,
  value: (algebra, from) => {
    const found = spreads(algebra, from, false);
    return found && algebra.divide(found.both, found.x);
  },
};
/** REGR_INTERCEPT(y, x): mean of y less slope times mean of x. */
export const intercept: Estimator = {
  terms: pairTerms,
  value: (algebra, from) => {
    const found = slope.value(algebra, from);
    if (found === null) return null;
    const [n, sumY, sumX] = from.totals;
    const [centreY, centreX] = from.centres.map((centre) => algebra.constant(centre));
    const meanY = algebra.add(algebra.divide(sumY!, n!), centreY!); // two arguments
    const meanX = algebra.add(algebra.divide(sumX!, n!), centreX!);
    return algebra.subtract(meanY, algebra.multiply(found, meanX));
  },
};

/** SUM. */
export const sum: Estimator = {
  terms: [[0], [1]],
  isPlain: true,
  value: (algebra, { totals: [count, total], centres: [centre], support, complete }) =>
    support === 0 && complete
      ? null
      : algebra.add(total!, algebra.multiply(algebra.constant(centre!), count!)),
};
/** AVG. */
export const average: Estimator = {
  terms: [[0], [1]],
  isPlain: true,
  value: (algebra, { totals: [count, total], centres: [centre], support }) =>
    support === 0 ? null : algebra.add(algebra.divide(total!, count!), algebra.constant(centre!)),
};
/** COUNT. */
export const count: Estimator = {
  terms: [[0]],
  isPlain: true,
  value: (_algebra, { totals }) => totals[0]!,
};
