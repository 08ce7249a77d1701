import type { Moments } from '../plan/index.ts';
import type { CellRange, PreparedOutput } from './group-totals.ts';

/**
 * What the rows read of one stratum contribute to a linearised estimate: u = Σ_j g_j z_j, 0 for rows that do not match. Everything
 * that is known of an estimate's error is made from these.
 */
export interface Contribution {
  readonly stratum: number;
  /** N_h */
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
  /** s²_h = (Σu² − (Σu)²/n_h) / (n_h − 1); 0 where n_h < 2. */
  readonly spread: number;
}

/** Where terms cancel so far, what is left of a sum of squares is their rounding error. */
const roundingShare = 1e-12;

/** The contributions of a group's cells. @param gradient by the output's totals */
export function contributionsOf(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  { from, to }: CellRange,
): Contribution[] {
  return Array.from({ length: to - from }, (_, place) =>
    contributionOf(moments, prepared, gradient, from + place),
  );
}

function contributionOf(
  { layout, sums, rowsRead, populationRows, cellStratum }: Moments,
  { supportSlots, sumSlots, productSlots, cubeSlots }: PreparedOutput,
  gradient: readonly number[],
  cell: number,
): Contribution {
  const offset = cell * layout.monomials.length;
  const stratum = cellStratum[cell]!; // one a cell
  const read = rowsRead[stratum]!;
  const count = gradient.length;
  let support = Number.POSITIVE_INFINITY;
  for (const slot of supportSlots) support = Math.min(support, sums[offset + slot]!);
  let [sum, squares, magnitude, cubes] = [0, 0, 0, cubeSlots === null ? Number.NaN : 0];
  for (let j = 0; j < count; j++) {
    const byJ = gradient[j]!; // one partial a total
    if (byJ === 0) continue;
    sum += byJ * sums[offset + sumSlots[j]!]!;
    for (let k = 0; k < count; k++) {
      const byJK = byJ * gradient[k]!;
      const term = byJK * sums[offset + productSlots[j * count + k]!]!;
      squares += term;
      magnitude += Math.abs(term);
      if (cubeSlots === null || byJK === 0) continue;
      for (let l = 0; l < count; l++)
        cubes += byJK * gradient[l]! * sums[offset + cubeSlots[(j * count + k) * count + l]!]!;
    }
  }
  const deviations = read < 2 ? 0 : squares - (sum * sum) / read;
  const spread = deviations <= magnitude * roundingShare ? 0 : deviations / (read - 1);
  return { stratum, population: populationRows[stratum]!, read, support, sum, squares, cubes, spread };
}
