import type { Moments } from '../plan/index.ts';
import type { CellRange } from './group-totals.ts';

/** The strata in which a group may have rows: its own where the stratum tells the group, else all that the predicate leaves in. */
export interface Scope {
  /** Σ N_h over the strata that were not read whole. */
  readonly population: number;
  /** Σ n_h over the same. */
  readonly read: number;
  /** The stratum of the largest weight N_h / n_h among those not read whole; null: all were. */
  readonly heaviest: { readonly stratum: number; readonly population: number; readonly read: number } | null;
  /** Strata of which one row was read, and more are in the table. */
  readonly singletons: readonly number[];
  /** All rows were read. */
  readonly isComplete: boolean;
  /** A stratum was not read at all. */
  readonly hasUnread: boolean;
}

/** The scope of every group that has no strata of its own. */
export function wholeScope(moments: Moments): Scope {
  return scopeOf(moments, Array.from(moments.included.keys()));
}

/** The scope of a group whose strata are its own. */
export function groupScope(moments: Moments, { from, to }: CellRange): Scope {
  return scopeOf(moments, Array.from(moments.cellStratum.subarray(from, to)));
}

function scopeOf({ included, populationRows, rowsRead }: Moments, strata: readonly number[]): Scope {
  let [population, read, weightMax] = [0, 0, 0];
  let heaviest: Scope['heaviest'] = null;
  let hasUnread = false;
  const singletons: number[] = [];
  for (const stratum of strata) {
    if (included[stratum] === 0) continue;
    const [all, own] = [populationRows[stratum]!, rowsRead[stratum]!]; // one entry a stratum
    if (own >= all) continue;
    population += all;
    read += own;
    if (own === 0) hasUnread = true;
    if (own === 1) singletons.push(stratum);
    if (all / own <= weightMax) continue;
    weightMax = all / own;
    heaviest = { stratum, population: all, read: own };
  }
  return { population, read, heaviest, singletons, isComplete: heaviest === null, hasUnread };
}
