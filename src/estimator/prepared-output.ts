import {
  type AggregateQuery,
  aggregateSlotsOf,
  type AggregateTotals,
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
import type { Scope } from './scope.ts';
import { type Monotone, withoutRounding } from './smooth.ts';
import { isPlain } from './plain.ts';
import { contributionReach, type Reach } from './reach.ts';
import { type AskedQuantile, isResampled, shownQuantile } from './ordered-values.ts';

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

/** Whether an output is made from listed values, not from totals. */
export function isListed({ quantile, isResampled }: PreparedOutput): boolean {
  return quantile !== null || isResampled;
}

/** Whether there is no sampling error: everything was read, or what the output needs is constant in each stratum. */
export function isExact({ isConstant }: PreparedOutput, { isComplete }: Scope): boolean {
  return isComplete || isConstant;
}
