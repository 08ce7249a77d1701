import type { AggregateQuery } from './aggregate-query.ts';
import { aggregateFunction } from './aggregates.ts';
import { type AggregateCall, type BoundExpression, childrenOf } from './bound.ts';
import { expressionKey } from './expression-key.ts';
import {
  type Measure,
  type MomentLayout,
  type Monomial,
  monomialKey,
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

/**
 * Lays out the moments that the query's intervals need: each measure and total once, and of those totals only that meet in one of them
 * the products, of two for covariances and of three for skewness. Where rows have weights of their own, so have the sums.
 */
export function layoutMoments(
  query: AggregateQuery,
  design: SampleDesign = drawnDesign,
): {
  layout: MomentLayout;
  aggregateTotals: readonly AggregateTotals[];
} {
  const measures = new Registry<Measure>();
  const totals = new Registry<Monomial>();
  const monomials = new Registry<Monomial>();
  monomials.place('', []);
  const aggregateTotals = query.aggregates.map((call) => placeAggregate(call, measures, totals));
  // A measure apart from any that an aggregate has of the column: weights are not centred.
  const weightMeasure =
    design.weight === null ? null : measures.place('weight', { argument: design.weight, filter: null });

  const slotOf = (weightPower: number, ...places: readonly number[]): number => {
    const weight = weightMonomial(weightMeasure, weightPower);
    const product = productOf(weight, ...places.map((place) => totals.items[place]!)); // places of totals
    const monomial = reduceMonomial(product, measures.items);
    return monomials.place(monomialKey(monomial), monomial);
  };
  const place = (...places: readonly number[]): void => {
    for (const power of weightPowers(design, places.length)) slotOf(power, ...places);
  };
  const totalSlot = totals.items.map((_, total) => slotOf(0, total));
  const weightedSlot = totals.items.map((_, total) => slotOf(1, total));
  // How uneven weights are is asked of all rows, and of those that an aggregate takes.
  if (weightMeasure !== null) for (const power of [1, 2, 3]) slotOf(power);
  for (const expression of query.intervals) {
    const used = totalsOfOutput(expression, aggregateTotals);
    for (const j of used) {
      if (weightMeasure !== null && isCount(totals.items[j]!))
        for (const power of [1, 2, 3]) slotOf(power, j); // places of totals
      for (const k of used.filter((total) => total >= j)) {
        place(j, k);
        if (used.length <= cubedTotalsMax) for (const l of used.filter((total) => total >= k)) place(j, k, l);
      }
    }
  }
  const layout = {
    measures: measures.items,
    totals: totals.items,
    monomials: monomials.items,
    totalSlot,
    design,
    weightMeasure,
    weightedSlot,
    slots: monomials.places,
  };
  return { layout, aggregateTotals };
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

function placeAggregate(
  call: AggregateCall,
  measures: Registry<Measure>,
  totals: Registry<Monomial>,
): AggregateTotals {
  const { estimate } = aggregateFunction(call.name);
  if (estimate === undefined) throw new Error(`${call.name} is not estimated from totals`);
  const filter = call.filter;
  const args = call.arguments.length === 0 ? [null] : call.arguments;
  const own = args.map((argument) => {
    const key = [argument, filter].map((part) => (part === null ? '' : expressionKey(part))).join('|');
    return measures.place(key, { argument, filter });
  });
  const places = estimate.terms.map((powers) => {
    const total = productOf(powers.map((power, argument) => ({ measure: own[argument]!, power }))); // one power an argument
    return totals.place(monomialKey(total), total);
  });
  return { measures: own, totals: places };
}
