import {
  type AggregateQuery,
  aggregateFunction,
  type AggregateTotals,
  type Algebra,
  type Moments,
} from '../plan/index.ts';
import { hasOpenRows } from './scope.ts';
import { type Dual, dualAlgebra, totalDual } from './dual.ts';
import type { ListedGroups, ValueSource } from './listed-groups.ts';
import { orderedValue } from './ordered-values.ts';
import type { PreparedOutput } from './prepared-output.ts';

/** The cells of one group: a range in the moments. */
export interface CellRange {
  readonly from: number;
  readonly to: number;
}

/** The cells of several groups: of each a range. */
export interface LotOfCells {
  readonly count: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Where each group's cells start; one more entry closes the last. */
export function groupStarts(moments: Moments): Int32Array {
  const starts = new Int32Array(moments.groupCount + 1);
  for (let cell = 0; cell < moments.cellCount; cell++) starts[moments.cellGroup[cell]! + 1]!++; // one group a cell
  for (let group = 0; group < moments.groupCount; group++) starts[group + 1]! += starts[group]!;
  return starts;
}

/** T̂ = Σ_h w_h Σ z of a total over cells [from, to), with w_h = N_h / n_h; Σ wz, where rows have weights of their own. */
function estimateTotal(moments: Moments, from: number, to: number, total: number): number {
  const { layout, sums, cellStratum, populationRows, rowsRead } = moments;
  const { monomials, weightedSlot, weightMeasure } = layout;
  const slot = weightedSlot[total]!; // one a total
  let sum = 0;
  for (let cell = from; cell < to; cell++) {
    const stratum = cellStratum[cell]!; // one a cell
    if (rowsRead[stratum] === 0) continue;
    const weight = weightMeasure === null ? populationRows[stratum]! / rowsRead[stratum]! : 1;
    sum += weight * sums[cell * monomials.length + slot]!;
  }
  return sum;
}

/** The same of each group of a lot. @param into is filled with it */
export function putTotals(moments: Moments, lot: LotOfCells, total: number, into: Float64Array): void {
  for (let place = 0; place < lot.count; place++)
    into[place] = estimateTotal(moments, lot.from[place]!, lot.to[place]!, total); // place < count
}

/** The same of every total of the layout. @param totals is filled with them, and returned */
export function estimateTotals(
  moments: Moments,
  { from, to }: CellRange,
  totals: number[],
): readonly number[] {
  for (let total = 0; total < moments.layout.totals.length; total++)
    totals[total] = estimateTotal(moments, from, to, total);
  return totals;
}

/** Rows of the sample in a group. */
export function matchedRows({ sums, layout }: Moments, { from, to }: CellRange): number {
  let rows = 0;
  for (let cell = from; cell < to; cell++) rows += sums[cell * layout.monomials.length]!; // slot 0 counts the matching rows
  return rows;
}

/** Rows (keys, where these were drawn) of the sample behind an output: the least that one of its aggregates takes. */
export function supportOf(
  moments: Moments,
  { supportSlots }: PreparedOutput,
  from: number,
  to: number,
): number {
  const stride = moments.layout.monomials.length;
  let least = Number.POSITIVE_INFINITY;
  for (let place = 0; place < supportSlots.length; place++)
    least = Math.min(least, slotSum(moments.sums, stride, supportSlots[place]!, from, to)); // place < length
  return least;
}

/** As {@link supportOf}, of the strata alone that were not read whole: the rows that sampling error is known from. */
export function openSupportOf(moments: Moments, output: PreparedOutput, { from, to }: CellRange): number {
  let certain = 0;
  for (let cell = from; cell < to; cell++) {
    // one stratum a cell
    if (!hasOpenRows(moments, moments.cellStratum[cell]!))
      certain += supportOf(moments, output, cell, cell + 1);
  }
  return supportOf(moments, output, from, to) - certain;
}

/** Σ of a slot over cells [from, to). */
function slotSum(sums: Float64Array, stride: number, slot: number, from: number, to: number): number {
  let sum = 0;
  for (let cell = from; cell < to; cell++) sum += sums[cell * stride + slot]!; // stride sums a cell
  return sum;
}

/** The same of each group of a lot. @param into is filled with it */
export function putSlotSums(
  { sums, layout }: Moments,
  lot: LotOfCells,
  slot: number,
  into: Float64Array,
): void {
  const stride = layout.monomials.length;
  for (let place = 0; place < lot.count; place++)
    into[place] = slotSum(sums, stride, slot, lot.from[place]!, lot.to[place]!); // place < count
}

/** What the aggregates of one group are computed from. */
export interface GroupTotals {
  readonly query: AggregateQuery;
  readonly aggregateTotals: readonly AggregateTotals[];
  readonly moments: Moments;
  readonly listed: ListedGroups | null;
  readonly group: number;
  readonly cells: CellRange;
  /** The layout's totals, estimated. */
  readonly totals: readonly number[];
}

/** The same, with values from anywhere. */
export type ValuedTotals = Omit<GroupTotals, 'listed'> & { readonly listed: ValueSource | null };

/**
 * The value of an aggregate for a group.
 * @param totalAs a total in the algebra's numbers
 * @param complete no row of the group can have been missed
 * @returns null where SQL has NULL
 */
export function aggregateValue<T>(
  { query, aggregateTotals, moments, listed, group, cells, totals }: ValuedTotals,
  aggregate: number,
  algebra: Algebra<T>,
  totalAs: (value: number, total: number) => T,
  complete: boolean,
): T | null {
  const ordered =
    listed === null ? undefined : orderedValue(query, aggregateTotals, aggregate, listed, group);
  if (ordered !== undefined) return ordered === null ? null : algebra.constant(ordered);
  const { measures, totals: own } = aggregateTotals[aggregate]!; // one entry an aggregate
  const { estimate } = aggregateFunction(query.aggregates[aggregate]!.name);
  // The first total of an aggregate counts the rows that it takes.
  const { totalSlot, monomials } = moments.layout;
  // Plain loops: there may be very many groups.
  const ofTerms = Array<T>(own.length);
  for (let term = 0; term < own.length; term++) ofTerms[term] = totalAs(totals[own[term]!]!, own[term]!); // places of totals
  const centres = Array<number>(measures.length);
  for (let at = 0; at < measures.length; at++) centres[at] = moments.centres[measures[at]!]!; // one a measure
  return estimate!.value(algebra, {
    totals: ofTerms,
    centres,
    support: slotSum(moments.sums, monomials.length, totalSlot[own[0]!]!, cells.from, cells.to),
    complete,
  }); // layoutMoments refused others
}

/**
 * The aggregates that an output uses, with derivatives by the output's totals.
 * @returns by aggregate index; null where SQL has NULL
 */
export function aggregateDuals(
  group: GroupTotals,
  prepared: PreparedOutput,
  complete: boolean,
): (Dual | null)[] {
  const duals = Array<Dual | null>(group.query.aggregates.length);
  for (const index of prepared.aggregates) duals[index] = aggregateDual(group, prepared, index, complete);
  return duals;
}

/** One of them. */
function aggregateDual(
  group: GroupTotals,
  { totals }: PreparedOutput,
  aggregate: number,
  complete: boolean,
): Dual | null {
  const totalAs = (value: number, total: number): Dual =>
    totalDual(value, totals.indexOf(total), totals.length);
  return aggregateValue(group, aggregate, dualAlgebra(totals.length), totalAs, complete);
}
