import type { AggregateQuery } from './aggregate-query.ts';
import { aggregateFunction, isOrdered } from './aggregates.ts';
import { type AggregateCall, type BoundExpression, childrenOf } from './bound.ts';
import { expressionKey } from './expression-key.ts';
import {
  type Measure,
  type MomentLayout,
  type Monomial,
  monomialKey,
  productKey,
  productOf,
  reduceMonomial,
  weightMonomial,
} from './moments.ts';
import { drawnDesign, type SampleDesign, weightPowers } from './sample-design.ts';

/** Where an aggregate finds what it is made from. */
export interface AggregateTotals {
  /** The measure of each argument; of `COUNT(*)` the one that takes every row. */
  readonly measures: readonly number[];
  /** The places of its totals in the layout, in the order of its estimator's terms. */
  readonly totals: readonly number[];
}

/** A total of the layout: a sum over rows or, where it is distinct, the count of keys that have such a row. */
interface Total {
  readonly monomial: Monomial;
  readonly distinct: boolean;
}
/** What outputs need: measures and totals, each once. */
interface Needs {
  readonly measures: Registry<Measure>;
  readonly totals: Registry<Total>;
}

/** Outputs of more totals than this have no third moments: they would be too many. */
const cubedTotalsMax = 6;

/** Collects things, each once, by a key. */
class Registry<T> {
  readonly items: T[] = [];
  readonly places = new Map<string, number>();

  place(key: string, item: T): number {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    this.places.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}

/** The slots of aggregates that an expression is made from. */
export function aggregateSlotsOf(expression: BoundExpression): number[] {
  const own = expression.kind === 'slot' && expression.slot === 'aggregate' ? [expression.index] : [];
  return [...own, ...childrenOf(expression).flatMap(aggregateSlotsOf)];
}

/** A layout, and where the query's aggregates find their totals in it. */
export interface LaidOut {
  readonly layout: MomentLayout;
  readonly aggregateTotals: readonly AggregateTotals[];
}

/**
 * Lays out the moments that the query's intervals need: each measure and total once, and of those totals only that meet in one of them
 * the products, of two for covariances and of three for skewness. Where rows have weights of their own, so have the sums.
 * @param unit what was drawn at random: rows, or keys with all their rows; only the latter can tell `COUNT(DISTINCT key)`
 */
export function layoutMoments(
  query: AggregateQuery,
  design: SampleDesign = drawnDesign,
  unit: 'row' | 'key' = 'row',
): LaidOut {
  const needs: Needs = { measures: new Registry<Measure>(), totals: new Registry<Total>() };
  const aggregateTotals = query.aggregates.map((call) => placeAggregate(call, needs));
  const outputs = query.intervals.map((expression) => totalsOfOutput(expression, aggregateTotals));
  const layout = unit === 'row' ? layoutOfRows(needs, outputs, design) : layoutOfKeys(needs, outputs);
  return { layout, aggregateTotals };
}

function layoutOfRows(
  { measures, totals }: Needs,
  outputs: readonly (readonly number[])[],
  design: SampleDesign,
): MomentLayout {
  if (totals.items.some(({ distinct }) => distinct)) throw new Error('rows do not tell distinct values');
  const all = totals.items.map(({ monomial }) => monomial);
  const monomials = new Registry<Monomial>();
  monomials.place('', []);
  // A measure apart from any that an aggregate has of the column: weights are not centred.
  const weightMeasure =
    design.weight === null
      ? null
      : measures.place('weight', { argument: design.weight, filter: null, listed: false });
  const slotOf = (weightPower: number, places: readonly number[]): number => {
    const weight = weightMonomial(weightMeasure, weightPower);
    const product = productOf(weight, ...places.map((place) => all[place]!)); // places of totals
    const monomial = reduceMonomial(product, measures.items);
    return monomials.place(monomialKey(monomial), monomial);
  };
  const totalSlot = all.map((_, total) => slotOf(0, [total]));
  const weightedSlot = all.map((_, total) => slotOf(1, [total]));
  // How uneven weights are is asked of all rows, and of those that an aggregate takes.
  if (weightMeasure !== null) {
    const counting = [...new Set(outputs.flat())].filter((total) => isCount(all[total]!)); // places of totals
    for (const places of [[], ...counting.map((total) => [total])])
      for (const power of [1, 2, 3]) slotOf(power, places);
  }
  for (const product of outputs.flatMap(productsOf))
    for (const power of weightPowers(design, product.length)) slotOf(power, product);
  return {
    measures: measures.items,
    totals: all,
    monomials: monomials.items,
    totalSlot,
    design,
    weightMeasure,
    weightedSlot,
    slots: monomials.places,
    keyed: null,
  };
}

function layoutOfKeys({ measures, totals }: Needs, outputs: readonly (readonly number[])[]): MomentLayout {
  const products = new Registry<readonly number[]>();
  products.place('', []);
  const slotOf = (product: readonly number[]): number => products.place(productKey(product), product);
  const asked = totals.items.length;
  const supportSlot = totals.items
    .slice(0, asked)
    .map(({ monomial }) => slotOf([placeTotal(totals, { monomial, distinct: true })]));
  const all = totals.items.map(({ monomial }) => monomial);
  const totalSlot = all.map((_, place) => slotOf([place]));
  for (const product of outputs.flatMap(productsOf)) slotOf(product);
  return {
    measures: measures.items,
    totals: all,
    monomials: products.items.map((product) => productOf(...product.map((place) => all[place]!))), // places of totals
    totalSlot,
    design: drawnDesign,
    weightMeasure: null,
    weightedSlot: totalSlot,
    slots: products.places,
    keyed: {
      distinct: totals.items.map(({ distinct }) => distinct),
      // Those behind the ones that were asked for count keys themselves.
      supportSlot: all.map((_, place) => supportSlot[place] ?? totalSlot[place]!),
      products: products.items,
    },
  };
}

/** The products of two and of three of an output's totals. */
function productsOf(used: readonly number[]): number[][] {
  return used.flatMap((j) =>
    used
      .filter((k) => k >= j)
      .flatMap((k) => [
        [j, k],
        ...(used.length <= cubedTotalsMax ? used.filter((l) => l >= k).map((l) => [j, k, l]) : []),
      ]),
  );
}

/** Whether a total counts the rows that its measures take. */
export function isCount(total: Monomial): boolean {
  return total.every(({ power }) => power === 0);
}

/** The totals that the aggregates of an output need, each once. */
export function totalsOfOutput(
  expression: BoundExpression,
  aggregateTotals: readonly AggregateTotals[],
): number[] {
  return [...new Set(aggregateSlotsOf(expression).flatMap((index) => aggregateTotals[index]!.totals))]; // one entry an aggregate
}

function placeAggregate(call: AggregateCall, { measures, totals }: Needs): AggregateTotals {
  const definition = aggregateFunction(call.name);
  // Where their order matters, values are listed; the one total counts them.
  const listed = isOrdered(definition);
  const terms = listed ? [[0]] : definition.estimate?.terms;
  if (terms === undefined) throw new Error(`${call.name} is not estimated from samples`);
  const { filter, distinct } = call;
  const args = call.arguments.length === 0 ? [null] : listed ? call.arguments.slice(0, 1) : call.arguments;
  const own = args.map((argument) => {
    const parts = [argument, filter].map((part) => (part === null ? '' : expressionKey(part)));
    return measures.place([...parts, listed].join('|'), { argument, filter, listed });
  });
  const places = terms.map((powers) => {
    const monomial = productOf(powers.map((power, argument) => ({ measure: own[argument]!, power }))); // one power an argument
    return placeTotal(totals, { monomial, distinct });
  });
  return { measures: own, totals: places };
}

function placeTotal(totals: Registry<Total>, total: Total): number {
  return totals.place(`${total.distinct ? 'distinct ' : ''}${monomialKey(total.monomial)}`, total);
}
