import type { Moments } from '../plan/index.ts';
import { type CellRange, cellSupport, type PreparedOutput } from './group-totals.ts';

/** The variance of an estimate, split by stratum. */
export interface VarianceParts {
  /** V = ∇f′ V ∇f */
  readonly variance: number;
  /** Degrees of freedom: V² / Σ v_h² / max(m_h − 1, 1) over the strata that add to V. */
  readonly df: number;
  /** A stratum with one row read and more in the population: its spread is not known. */
  readonly singleton: boolean;
}

/** Where terms cancel so far, what is left of a sum of squares is their rounding error. */
const roundingShare = 1e-12;

/**
 * Sample variance of the linearised contribution u = Σ_j g_j z_j in one cell's stratum, over **all** n_h rows read of it:
 * (Σu² − (Σu)²/n_h) / (n_h − 1), from the sums of products.
 * @param gradient by the output's totals
 */
export function cellVariance(
  moments: Moments,
  totals: readonly number[],
  gradient: readonly number[],
  cell: number,
): number {
  const { layout, sums, rowsRead, cellStratum } = moments;
  const offset = cell * layout.monomials.length;
  const n = rowsRead[cellStratum[cell]!]!; // one stratum a cell
  const count = layout.totals.length;
  let squares = 0;
  let sum = 0;
  let magnitude = 0;
  for (const [place, j] of totals.entries()) {
    const byJ = gradient[place]!; // one partial a total
    if (byJ === 0) continue;
    sum += byJ * sums[offset + layout.totalSlot[j]!]!;
    for (const [other, k] of totals.entries()) {
      const slot = layout.productSlot[Math.min(j, k) * count + Math.max(j, k)]!; // laid out for totals that meet in an output
      const term = byJ * gradient[other]! * sums[offset + slot]!;
      squares += term;
      magnitude += Math.abs(term);
    }
  }
  const spread = squares - (sum * sum) / n;
  return spread <= magnitude * roundingShare ? 0 : spread / (n - 1);
}

/**
 * V = Σ_h N_h² (1 − f_h) s²_h / n_h of a linearised estimate, with its degrees of freedom.
 * Complete strata (n_h = N_h) add nothing, and neither do strata where nothing matched.
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, ch. 3.7 (variance) and 5.5 (linearisation)
 */
export function linearisedVariance(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  { from, to }: CellRange,
): VarianceParts {
  const { populationRows, rowsRead, cellStratum } = moments;
  let variance = 0;
  let squared = 0;
  let singleton = false;
  for (let cell = from; cell < to; cell++) {
    const population = populationRows[cellStratum[cell]!]!; // one stratum a cell
    const n = rowsRead[cellStratum[cell]!]!;
    if (n >= population) continue;
    if (n < 2) {
      singleton = true;
      continue;
    }
    const part = (population * (population - n) * cellVariance(moments, prepared.totals, gradient, cell)) / n;
    variance += part;
    squared += (part * part) / Math.max(cellSupport(moments, prepared, cell) - 1, 1);
  }
  return { variance, df: squared > 0 ? (variance * variance) / squared : 1, singleton };
}
