import type { Moments } from '../plan/index.ts';
import type { CellTable } from './cell-table.ts';
import { Interner } from './interner.ts';

/** The cells of a scan as Moments has them, and the codes of the groups in their order. */
export interface GroupCodes {
  readonly cells: Pick<Moments, 'cellCount' | 'cellGroup' | 'cellStratum' | 'sums'>;
  readonly groups: readonly number[];
}

/**
 * Brings cells into order, by group and then stratum; groups are numbered in order of appearance.
 * @param stride sums a cell
 */
export function collectMoments(table: CellTable, stride: number, strata: number): GroupCodes {
  const count = table.count;
  const interner = new Interner();
  const order = new Float64Array(count);
  let isInOrder = true;
  for (let cell = 0; cell < count; cell++) {
    const group = interner.intern(table.groupOf(cell));
    order[cell] = group * strata + table.stratumOf(cell);
    isInOrder &&= cell === 0 || order[cell]! > order[cell - 1]!; // cell < count
  }
  const groups = [...interner.values()];
  // Cells of one stratum, and of groups that are strata, are met in their order.
  if (!isInOrder) order.sort();
  const cellGroup = new Int32Array(count);
  const cellStratum = new Int32Array(count);
  const sums = new Float64Array(count * stride);
  for (let place = 0; place < count; place++) {
    const group = Math.floor(order[place]! / strata); // place < count
    const stratum = order[place]! % strata;
    cellGroup[place] = group;
    cellStratum[place] = stratum;
    const cell = isInOrder ? place : table.cell(stratum, groups[group]!); // the pair is in the table
    for (let slot = 0; slot < stride; slot++) sums[place * stride + slot] = table.total(cell, slot);
  }
  return { cells: { cellCount: count, cellGroup, cellStratum, sums }, groups };
}

/**
 * Fewest matching rows of a group that has at least so many; infinite where none has.
 * @param isOpen tells of a stratum whether its rows count
 */
export function leastMatched(
  table: CellTable,
  atLeast: number,
  isOpen: (stratum: number) => boolean,
): number {
  const rowsOf = new Map<number, number>();
  for (let cell = 0; cell < table.count; cell++) {
    if (!isOpen(table.stratumOf(cell))) continue;
    const code = table.groupOf(cell);
    rowsOf.set(code, (rowsOf.get(code) ?? 0) + table.total(cell, 0)); // slot 0 counts the matching rows
  }
  let least = Number.POSITIVE_INFINITY;
  for (const rows of rowsOf.values()) if (rows >= atLeast && rows < least) least = rows;
  return least;
}
