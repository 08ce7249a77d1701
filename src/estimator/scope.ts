import { clear, type Writable } from '../common/index.ts';
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
  return hasOpenRows(moments, stratum) ? weighed(moments, stratum, emptyWeight()) : null;
}

function weighed(moments: Moments, stratum: number, into: Writable<OpenWeight>): OpenWeight {
  const { layout, populationRows, rowsRead, weightMax } = moments;
  into.stratum = stratum;
  into.weight = weightOfOpen(moments, stratum);
  if (weightMax === null)
    into.readShare = rowsRead[stratum]! / populationRows[stratum]!; // one entry a stratum
  else into.readShare = layout.design.kind === 'weights-in-strata' ? 0 : 1 / into.weight;
  return into;
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

/** Whether one of the strata of a group's cells has. */
export function hasOpenCells(moments: Moments, { from, to }: CellRange): boolean {
  for (let cell = from; cell < to; cell++) if (hasOpenRows(moments, moments.cellStratum[cell]!)) return true; // one a cell
  return false;
}

/** The scope of every group that has no strata of its own. */
export function wholeScope(moments: Moments): Scope {
  return scopeOf(moments, null, 0, moments.included.length, new ScopeRoom());
}

/** The scope of a group whose strata are its own. @param room takes it, until it takes another one; missing: it gets one of its own */
export function groupScope(moments: Moments, { from, to }: CellRange, room = new ScopeRoom()): Scope {
  return scopeOf(moments, moments.cellStratum, from, to, room);
}

/** Room for a scope: very many groups have one of their own each. */
export class ScopeRoom {
  readonly singletons: number[] = [];
  readonly heaviest = emptyWeight();
  readonly scope: Writable<Scope> = {
    population: 0,
    read: 0,
    heaviest: null,
    singletons: this.singletons,
    isComplete: false,
    hasUnread: false,
  };
}

function emptyWeight(): Writable<OpenWeight> {
  return { stratum: 0, weight: 0, readShare: 0 };
}

/** @param strata those from a place to before another one; null: those places themselves */
function scopeOf(
  moments: Moments,
  strata: Int32Array | null,
  from: number,
  to: number,
  { scope, singletons, heaviest: room }: ScopeRoom,
): Scope {
  const { layout, included, populationRows, rowsRead } = moments;
  const isWeighted = layout.weightMeasure !== null;
  let population = isWeighted ? Number.POSITIVE_INFINITY : 0;
  let read = 0;
  let heaviest = -1;
  let most = 0;
  let hasUnread = false;
  clear(singletons);
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
    if (weight <= most) continue;
    heaviest = stratum;
    most = weight;
  }
  scope.population = population;
  scope.read = read;
  scope.heaviest = heaviest < 0 ? null : weighed(moments, heaviest, room);
  scope.isComplete = heaviest < 0;
  scope.hasUnread = hasUnread;
  return scope;
}
