import type { Moments } from '../plan/index.ts';
import type { CellRange } from './group-totals.ts';

/** The strata in which a group may have rows: its own where the stratum tells the group, else all that the predicate leaves in. */
export interface Scope {
  /** Σ N_h over the strata that were not read whole; infinite where it is not known. */
  readonly population: number;
  /** Σ n_h over the same. */
  readonly read: number;
  /** The largest weight of a row that there may be beside those read; null: all were read. */
  readonly heaviest: OpenWeight | null;
  /** Strata of which one row was read, and more are in the table; none where rows were taken by themselves. */
  readonly singletons: readonly number[];
  /** All rows were read. */
  readonly isComplete: boolean;
  /** A stratum was not read at all. */
  readonly hasUnread: boolean;
}

/** The largest weight of a row in a stratum that has more rows than were read. */
export interface OpenWeight {
  readonly stratum: number;
  readonly weight: number;
  /** f, the share of such rows that was read. */
  readonly readShare: number;
}

/** The largest weight in a stratum: N_h / n_h, or a row's own. @returns null where all of its rows were read */
export function openWeight(moments: Moments, stratum: number): OpenWeight | null {
  if (!hasOpenRows(moments, stratum)) return null;
  const { layout, populationRows, rowsRead, weightMax } = moments;
  const weight = weightOfOpen(moments, stratum);
  if (weightMax === null)
    return { stratum, weight, readShare: rowsRead[stratum]! / populationRows[stratum]! }; // one entry a stratum
  return { stratum, weight, readShare: layout.design.kind === 'weights-in-strata' ? 0 : 1 / weight };
}

function weightOfOpen({ populationRows, rowsRead, weightMax }: Moments, stratum: number): number {
  return weightMax === null ? populationRows[stratum]! / rowsRead[stratum]! : weightMax[stratum]!; // one entry a stratum
}

/** Whether a stratum has rows beside those read: whether it has an {@link openWeight}. */
export function hasOpenRows(
  { layout, populationRows, rowsRead, weightMax }: Moments,
  stratum: number,
): boolean {
  if (weightMax === null) return rowsRead[stratum]! < populationRows[stratum]!; // one entry a stratum
  return layout.design.kind === 'weights-in-strata' || weightMax[stratum]! > 1;
}

/** The scope of every group that has no strata of its own. */
export function wholeScope(moments: Moments): Scope {
  return scopeOf(moments, null, 0, moments.included.length);
}

/** The scope of a group whose strata are its own. */
export function groupScope(moments: Moments, { from, to }: CellRange): Scope {
  return scopeOf(moments, moments.cellStratum, from, to);
}

/** @param strata those from a place to before another one; null: those places themselves */
function scopeOf(moments: Moments, strata: Int32Array | null, from: number, to: number): Scope {
  const { layout, included, populationRows, rowsRead } = moments;
  const isWeighted = layout.weightMeasure !== null;
  let [population, read] = [isWeighted ? Number.POSITIVE_INFINITY : 0, 0];
  let [heaviest, most] = [null as number | null, 0];
  let hasUnread = false;
  const singletons: number[] = [];
  for (let place = from; place < to; place++) {
    const stratum = strata === null ? place : strata[place]!; // places of strata
    if (included[stratum] === 0) continue;
    const own = rowsRead[stratum]!; // one entry a stratum
    if (!hasOpenRows(moments, stratum)) continue;
    population += populationRows[stratum]!;
    read += own;
    if (own === 0) hasUnread = true;
    if (own === 1 && layout.design.kind !== 'independent-weights') singletons.push(stratum);
    const weight = weightOfOpen(moments, stratum);
    if (weight > most) [heaviest, most] = [stratum, weight];
  }
  return {
    population,
    read,
    heaviest: heaviest === null ? null : openWeight(moments, heaviest),
    singletons,
    isComplete: heaviest === null,
    hasUnread,
  };
}
