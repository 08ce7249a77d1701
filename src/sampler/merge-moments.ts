/** Numbers as their count, mean and centred moments Σ(x − mean)^k, k = 2 … 6. */
export interface CentredMoments {
  readonly count: number;
  readonly mean: number;
  readonly centred: readonly number[];
}

/** Σ(x − mean − shift)^k, by the binomial theorem. @param moments Σ(x − mean)^j for j = 0 … 6 */
function shifted(moments: readonly number[], k: number, shift: number): number {
  let sum = 0;
  let factor = 1; // C(k, j) (−shift)^(k − j)
  for (let j = k; j >= 0; j--) {
    sum += factor * moments[j]!; // j ≤ k ≤ 6
    factor *= (-shift * j) / (k - j + 1);
  }
  return sum;
}

/**
 * The moments of the numbers of both: exact but for rounding, since a part's moments about the mean of all follow from its own. Where
 * one of them is not known (NaN), those that follow from it are not.
 * @see Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", COMPSTAT 1982; Pébay,
 *   "Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical moments", SAND2008-6212,
 *   equation 2.1, for any order
 */
export function joinMoments(a: CentredMoments, b: CentredMoments): CentredMoments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const distance = b.mean - a.mean;
  const [fromA, fromB] = [(distance * b.count) / count, (-distance * a.count) / count];
  const [ofA, ofB] = [a, b].map((part) => [part.count, 0, ...part.centred]) as [number[], number[]]; // two parts
  return {
    count,
    mean: a.mean + fromA,
    centred: a.centred.map((_, place) => shifted(ofA, place + 2, fromA) + shifted(ofB, place + 2, fromB)),
  };
}
