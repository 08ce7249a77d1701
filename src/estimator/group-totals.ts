import {
  type AggregateQuery,
  aggregateFunction,
  aggregateSlotsOf,
  type AggregateTotals,
  type Algebra,
  type BoundExpression,
  type Dependence,
  dependenceOf,
  findSlot,
  isCount,
  type MomentLayout,
  type Moments,
  type QueryOutput,
  totalsOfOutput,
  weightPowers,
} from '../plan/index.ts';
import { hasOpenRows, type Scope } from './scope.ts';
import { type Monotone, withoutRounding } from './smooth.ts';
import { type Dual, dualAlgebra, totalDual } from './dual.ts';
import { isPlain } from './plain.ts';
import { contributionReach, type Reach } from './reach.ts';
import type { ListedGroups, ValueSource } from './listed-groups.ts';
import { type AskedQuantile, isResampled, orderedValue, shownQuantile } from './ordered-values.ts';

/** The cells of one group: a range in the moments. */
export interface CellRange {
  readonly from: number;
  readonly to: number;
}

/** Where each group's cells start; one more entry closes the last. */
export function groupStarts(moments: Moments): Int32Array {
  const starts = new Int32Array(moments.groupCount + 1);
  for (let cell = 0; cell < moments.cellCount; cell++) starts[moments.cellGroup[cell]! + 1]!++; // one group a cell
  for (let group = 0; group < moments.groupCount; group++) starts[group + 1]! += starts[group]!;
  return starts;
}

/** An expression of which the query needs the interval, most often an output, with what its estimate needs, worked out once for all groups. */
export interface PreparedOutput {
  readonly output: Pick<QueryOutput, 'expression'>;
  /** The output without the roundings around it, and what these do to value and ends; null: there are none. */
  readonly inner: BoundExpression;
  readonly monotone: Monotone | null;
  /** The aggregates that it is made from. */
  readonly aggregates: readonly number[];
  /** The totals that these need; derivatives are by them, in this order. */
  readonly totals: readonly number[];
  /** What its contributions depend on. */
  readonly dependence: Dependence;
  /** How far what a row adds to each total can reach. */
  readonly reach: readonly Reach[];
  /** The slots that count the rows (keys, where these were drawn) that each of its aggregates takes. */
  readonly supportSlots: readonly number[];
  /** For each of these the slots of Σw, Σw² and Σw³ over its rows; null where rows have no weights of their own. */
  readonly weightSlots: readonly (readonly [number, number, number])[] | null;
  /**
   * The slots of its d totals; of their products at `j·d + k`; of their products of three at `(j·d + k)·d + l`, null where they are
   * too many. The latter with the powers of the weight that the design needs, the highest first.
   */
  readonly sumSlots: readonly number[];
  readonly productSlots: readonly Int32Array[];
  readonly cubeSlots: readonly Int32Array[] | null;
  /** Set where it shows a quantile, which is no function of its totals. */
  readonly quantile: AskedQuantile | null;
  /** It shows something else that is made from values in their order. */
  readonly isResampled: boolean;
  /** A count, as it stands or rounded, of what was drawn at random: of rows, or of keys where these were. */
  readonly countsUnits: boolean;
  /** What it needs is the same for all rows of a stratum, so that a group's strata tell it without an error. */
  readonly isConstant: boolean;
}

/** What is worked out of an expression by the layout alone. */
type LaidOutOutput = Omit<PreparedOutput, 'reach' | 'isConstant' | 'countsUnits'>;

/** By the totals of a layout, which belong to one query: it is asked for at each look at each sample. */
const known = new WeakMap<readonly AggregateTotals[], readonly LaidOutOutput[]>();

/** Works out the expressions of which the query needs intervals, in their order. */
export function prepareOutputs(
  query: AggregateQuery,
  aggregateTotals: readonly AggregateTotals[],
  { layout, centres, population, groupsByStratum, constantInStratum, keys }: Moments,
): PreparedOutput[] {
  const laidOut =
    known.get(aggregateTotals) ??
    query.intervals.map((expression) => layOutOutput({ expression }, query, aggregateTotals, layout));
  known.set(aggregateTotals, laidOut);
  return laidOut.map((output) => ({
    // Field by field: behind a spread each object would have a hidden class of its own, of which V8's code can expect nothing.
    output: output.output,
    inner: output.inner,
    monotone: output.monotone,
    aggregates: output.aggregates,
    totals: output.totals,
    dependence: output.dependence,
    supportSlots: output.supportSlots,
    weightSlots: output.weightSlots,
    sumSlots: output.sumSlots,
    productSlots: output.productSlots,
    cubeSlots: output.cubeSlots,
    quantile: output.quantile,
    isResampled: output.isResampled,
    reach: contributionReach(layout, output.totals, centres, population),
    // A count has one aggregate.
    countsUnits:
      isPlain('count', query, output) && (keys === null || query.aggregates[output.aggregates[0]!]!.distinct),
    isConstant:
      output.quantile === null &&
      !output.isResampled &&
      groupsByStratum &&
      output.totals.every((total) => constantInStratum[total] === true),
  }));
}

function layOutOutput(
  output: PreparedOutput['output'],
  query: AggregateQuery,
  aggregateTotals: readonly AggregateTotals[],
  layout: MomentLayout,
): LaidOutOutput {
  const totals = totalsOfOutput(output.expression, aggregateTotals);
  // Every aggregate has a total of nothing but powers of 0, which counts the rows that it takes.
  const counting = totals.filter((total) => isCount(layout.totals[total]!)); // places of totals
  const pairs = totals.flatMap((j) => totals.map((k) => [j, k]));
  const triples = pairs.flatMap((pair) => totals.map((l) => [...pair, l]));
  const weighted = (total: number, power: number): number => findSlot(layout, [total], power)!; // laid out for counts
  return {
    output,
    ...withoutRounding(output.expression),
    aggregates: [...new Set(aggregateSlotsOf(output.expression))],
    totals,
    dependence: dependenceOf(layout, totals),
    supportSlots: counting.map((total) => (layout.keyed?.supportSlot ?? layout.totalSlot)[total]!),
    weightSlots:
      layout.weightMeasure === null
        ? null
        : counting.map((total) => [weighted(total, 1), weighted(total, 2), weighted(total, 3)]),
    sumSlots: totals.map((total) => layout.weightedSlot[total]!),
    productSlots: slotsByPower(layout, 2, pairs)!, // laid out for totals that meet in an output
    cubeSlots: slotsByPower(layout, 3, triples),
    quantile: shownQuantile(query, aggregateTotals, output.expression),
    isResampled: isResampled(query, output.expression),
  };
}

/** The slots of products of so many totals, for each power of the weight; null where they are not laid out. */
function slotsByPower(
  layout: MomentLayout,
  order: number,
  products: readonly (readonly number[])[],
): Int32Array[] | null {
  const found = weightPowers(layout.design, order).map((power) =>
    products.map((product) => findSlot(layout, product, power)),
  );
  return found.every((slots) => slots.every((slot) => slot !== undefined))
    ? found.map((slots) => Int32Array.from(slots))
    : null;
}

/** T̂ = Σ_h w_h Σ z of a total over cells [from, to), with w_h = N_h / n_h; Σ wz, where rows have weights of their own. */
export function estimateTotal(moments: Moments, from: number, to: number, total: number): number {
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

/** Whether an output is made from listed values, not from totals. */
export function isListed({ quantile, isResampled }: PreparedOutput): boolean {
  return quantile !== null || isResampled;
}

/** Rows of the sample in a group. */
export function matchedRows({ sums, layout }: Moments, { from, to }: CellRange): number {
  let rows = 0;
  for (let cell = from; cell < to; cell++) rows += sums[cell * layout.monomials.length]!; // slot 0 counts the matching rows
  return rows;
}

/** Whether there is no sampling error: everything was read, or what the output needs is constant in each stratum. */
export function isExact({ isConstant }: PreparedOutput, { isComplete }: Scope): boolean {
  return isComplete || isConstant;
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
export function slotSum(sums: Float64Array, stride: number, slot: number, from: number, to: number): number {
  let sum = 0;
  for (let cell = from; cell < to; cell++) sum += sums[cell * stride + slot]!; // stride sums a cell
  return sum;
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
