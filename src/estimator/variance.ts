import type { SampleDesign } from '../plan/index.ts';
import type { Contributions } from './contribution-table.ts';

/** The variance of an estimate. */
export interface VarianceParts {
  /** V = ∇f′ V ∇f */
  variance: number;
  /** Degrees of freedom: V² / Σ v_h² / max(m_h − 1, 1) over the strata that add to V. */
  df: number;
  /** Strata with one row read and more in the population: each has no spread of its own. */
  singletons: number;
}

/** The variance of nothing, to be filled. */
export function emptyVariance(): VarianceParts {
  return { variance: 0, df: 1, singletons: 0 };
}

/** A stratum of which one row was read: how many it has, and what that row contributes. */
interface Singleton {
  readonly population: number;
  readonly contribution: number;
}

const noSingletons: Singleton[] = [];

/**
 * V = Σ_h v_h of a linearised estimate, with its degrees of freedom. Complete strata (n_h = N_h) add nothing, and neither do strata
 * where nothing matched.
 * @param unmatched N_h of the strata of one row read in which nothing matched: they have no contribution in the list
 * @param into is filled with it, and returned; missing: a new one is
 * @see design-error.ts for v_h
 */
export function linearisedVariance(
  { table, from, to }: Contributions,
  unmatched: readonly number[],
  design: SampleDesign['kind'],
  into = emptyVariance(),
): VarianceParts {
  let variance = 0;
  let squared = 0;
  let singletons = noSingletons;
  if (unmatched.length > 0) singletons = unmatched.map((population) => ({ population, contribution: 0 }));
  for (let place = from; place < to; place++) {
    if (table.isOpen[place] === 0) continue;
    if (table.isSingleton[place] === 1) {
      if (singletons === noSingletons) singletons = [];
      singletons.push({ population: table.population[place]!, contribution: table.sum[place]! }); // a place of the table
      continue;
    }
    const part = table.variance[place]!;
    variance += part;
    squared += (part * part) / Math.max(table.support[place]! - 1, 1);
  }
  if (singletons.length > 1) {
    for (const pair of pairsOf(singletons)) {
      const part = pairVariance(pair, design);
      variance += part;
      squared += (part * part) / (pair.length - 1);
    }
  }
  into.variance = variance;
  into.df = squared > 0 ? (variance * variance) / squared : 1;
  into.singletons = singletons.length;
  return into;
}

/** Neighbours by size, the last three together; none where there is only one. */
function pairsOf(singletons: readonly Singleton[]): Singleton[][] {
  const sorted = singletons.toSorted((a, b) => a.population - b.population);
  const pairs: Singleton[][] = [];
  for (let place = 0; place + 1 < sorted.length; place += 2) {
    const isLast = sorted.length - place === 3;
    pairs.push(sorted.slice(place, place + (isLast ? 3 : 2)));
  }
  return pairs;
}

/**
 * The members' spread within the pair, (z_a − z_b)²/2, stands in for each one's own. Neighbours by size are alike in N_h, which
 * the usual collapsing of strata, by the difference of their totals, would count as spread.
 */
function pairVariance(members: readonly Singleton[], design: SampleDesign['kind']): number {
  const mean = members.reduce((sum, { contribution }) => sum + contribution, 0) / members.length;
  const squares = members.reduce((sum, { contribution }) => sum + (contribution - mean) ** 2, 0);
  const spread = squares / (members.length - 1);
  // Weighted contributions already stand for their strata.
  if (design === 'weights-in-strata') return members.length * spread;
  return members.reduce((sum, { population }) => sum + population * (population - 1) * spread, 0);
}
