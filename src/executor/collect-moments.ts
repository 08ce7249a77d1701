import { type Pieces, piecewise } from '../common/index.ts';
import type { Moments } from '../plan/index.ts';
import { Interner } from './interner.ts';
import type { Cells } from './scan-program.ts';

/** The order of cells in Moments, and the codes of the groups in theirs. */
export interface CellOrder extends Pick<Moments, 'cellCount' | 'cellGroup' | 'cellStratum'> {
  readonly groups: Float64Array;
  /** The cells in their order; null: as they are. */
  readonly order: Int32Array | null;
}

/** The group and the stratum of each cell. */
interface CellPlaces {
  readonly group: Int32Array;
  readonly stratum: Int32Array;
}

/** Cells that are looked at without a pause. */
const cellsAtOnce = 2 ** 12;

/**
 * Finds the order of cells, by group and then stratum; groups are numbered in order of appearance.
 * @param groupOf the code of a cell's group
 */
export function* findOrder(
  table: Cells,
  groupOf: (cell: number) => number,
  strata: number,
): Pieces<CellOrder> {
  const { count } = table;
  const interner = new Interner(count);
  const met = { group: new Int32Array(count), stratum: new Int32Array(count) };
  let isInOrder = true;
  yield* piecewise(
    count,
    (from, to) => {
      isInOrder = meetCells(table, groupOf, interner, met, from, to) && isInOrder;
    },
    cellsAtOnce,
  );
  const groups = interner.values();
  // Cells of one stratum, and of groups that are strata, are met in their order.
  const order = isInOrder ? null : yield* orderCells(met, groups.length, strata);
  const cellGroup = order === null ? met.group : yield* inOrder(met.group, order);
  const cellStratum = order === null ? met.stratum : yield* inOrder(met.stratum, order);
  return { cellCount: count, cellGroup, cellStratum, groups, order };
}

/** The sums of cells in their order. @param sumOf for each slot its place among a cell's sums */
export function* sumsInOrder(
  table: Cells,
  { cellCount, order }: CellOrder,
  sumOf: readonly number[],
): Pieces<Float64Array> {
  const sums = new Float64Array(cellCount * sumOf.length);
  const copy = (from: number, to: number): void => copySums(table, sumOf, order, sums, from, to);
  yield* piecewise(cellCount, copy, cellsAtOnce);
  return sums;
}

/** Finds the places of cells [from, to). @returns whether each comes behind the one before */
function meetCells(
  table: Cells,
  groupOf: (cell: number) => number,
  interner: Interner,
  { group, stratum }: CellPlaces,
  from: number,
  to: number,
): boolean {
  let isInOrder = true;
  for (let cell = from; cell < to; cell++) {
    group[cell] = interner.intern(groupOf(cell));
    stratum[cell] = table.stratumOf(cell);
    if (cell === 0) continue;
    const ahead = group[cell]! - group[cell - 1]!; // cell < count
    isInOrder &&= ahead > 0 || (ahead === 0 && stratum[cell]! > stratum[cell - 1]!);
  }
  return isInOrder;
}

/** The cells by group, those of a group by stratum. */
function* orderCells({ group, stratum }: CellPlaces, groups: number, strata: number): Pieces<Int32Array> {
  const asMet = new Int32Array(stratum.length);
  for (let cell = 0; cell < asMet.length; cell++) asMet[cell] = cell;
  const byStratum = yield* sortByCode(stratum, strata, asMet);
  return yield* sortByCode(group, groups, byStratum);
}

/** Sorts places by their codes, which are below `codes`; places of the same code stay in the order that they have. */
function* sortByCode(codeOf: Int32Array, codes: number, places: Int32Array): Pieces<Int32Array> {
  const starts = startsOf(codeOf, codes);
  const sorted = new Int32Array(places.length);
  const put = (from: number, to: number): void => {
    for (let at = from; at < to; at++) {
      const place = places[at]!; // at < length
      sorted[starts[codeOf[place]!]!++] = place;
    }
  };
  yield* piecewise(places.length, put, cellsAtOnce);
  return sorted;
}

/** How many places have lower codes. */
function startsOf(codeOf: Int32Array, codes: number): Int32Array {
  const starts = new Int32Array(codes + 1);
  for (let place = 0; place < codeOf.length; place++) starts[codeOf[place]! + 1]!++; // codes are below `codes`
  for (let code = 0; code < codes; code++) starts[code + 1]! += starts[code]!;
  return starts;
}

function* inOrder(values: Int32Array, order: Int32Array): Pieces<Int32Array> {
  const ordered = new Int32Array(values.length);
  const put = (from: number, to: number): void => {
    for (let place = from; place < to; place++) ordered[place] = values[order[place]!]!; // places of both
  };
  yield* piecewise(values.length, put, cellsAtOnce);
  return ordered;
}

function copySums(
  table: Cells,
  sumOf: readonly number[],
  order: Int32Array | null,
  sums: Float64Array,
  from: number,
  to: number,
): void {
  const stride = sumOf.length;
  for (let place = from; place < to; place++) {
    const cell = order === null ? place : order[place]!; // place < count
    table.copyTotals(cell, sumOf, sums, place * stride);
  }
}

/**
 * Fewest matching rows of a group that has at least so many; infinite where none has.
 * @param groupOf the code of a cell's group
 * @param isOpen tells of a stratum whether its rows count
 */
export function leastMatched(
  table: Cells,
  groupOf: (cell: number) => number,
  atLeast: number,
  isOpen: (stratum: number) => boolean,
): number {
  const rowsOf = new Map<number, number>();
  const { count } = table;
  for (let cell = 0; cell < count; cell++) {
    if (!isOpen(table.stratumOf(cell))) continue;
    const code = groupOf(cell);
    rowsOf.set(code, (rowsOf.get(code) ?? 0) + table.total(cell, 0)); // slot 0 counts the matching rows
  }
  let least = Number.POSITIVE_INFINITY;
  for (const rows of rowsOf.values()) if (rows >= atLeast && rows < least) least = rows;
  return least;
}
