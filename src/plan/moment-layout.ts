import type { AggregateQuery } from './aggregate-query.ts';
import { aggregateFunction } from './aggregates.ts';
import { type AggregateCall, type BoundExpression, childrenOf, expressionKey } from './bound.ts';
import {
  type Measure,
  type MomentLayout,
  type Monomial,
  monomialKey,
  productOf,
  type Total,
} from './moments.ts';

/** For each aggregate of the query the places of its totals in the layout, in the order of its estimator's powers. */
export interface AggregateTotals {
  readonly measure: number;
  readonly totals: readonly number[];
}

/** Collects things, each once, by a key. */
class Registry<T> {
  readonly items: T[] = [];
  private readonly places = new Map<string, number>();

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
 * Lays out the moments that the query's outputs need: each measure and total once, the products of those totals only that meet
 * in one output.
 */
export function layoutMoments(query: AggregateQuery): {
  layout: MomentLayout;
  aggregateTotals: readonly AggregateTotals[];
} {
  const measures = new Registry<Measure>();
  const totals = new Registry<Total>();
  const monomials = new Registry<Monomial>();
  monomials.place('', []);
  const aggregateTotals = query.aggregates.map((call) => placeAggregate(call, measures, totals));

  const slotOf = (monomial: Monomial): number => {
    // A measure that takes every row adds no condition to a product.
    const needed = monomial.filter(({ measure }) => !takesEveryRow(measures.items[measure]!));
    return monomials.place(monomialKey(needed), needed);
  };
  const totalSlot = totals.items.map((total) => slotOf([total]));
  const count = totals.items.length;
  const productSlot = Array.from({ length: count * count }, () => -1);
  for (const output of query.outputs) {
    const used = aggregateSlotsOf(output.expression).flatMap((index) => aggregateTotals[index]!.totals);
    for (const j of used) {
      for (const k of used) {
        if (j <= k) productSlot[j * count + k] = slotOf(productOf(totals.items[j]!, totals.items[k]!));
      }
    }
  }
  const layout = {
    measures: measures.items,
    totals: totals.items,
    monomials: monomials.items,
    totalSlot,
    productSlot,
  };
  return { layout, aggregateTotals };
}

const takesEveryRow = (measure: Measure): boolean => measure.argument === null && measure.filter === null;

function placeAggregate(
  call: AggregateCall,
  measures: Registry<Measure>,
  totals: Registry<Total>,
): AggregateTotals {
  const measure: Measure = { argument: call.arguments[0] ?? null, filter: call.filter };
  const key = [measure.argument, measure.filter]
    .map((part) => (part === null ? '' : expressionKey(part)))
    .join('|');
  const place = measures.place(key, measure);
  const { estimate } = aggregateFunction(call.name);
  if (estimate === undefined) throw new Error(`${call.name} is not estimated from totals`);
  const powers = estimate.powers.map((power) => totals.place(`${place}^${power}`, { measure: place, power }));
  return { measure: place, totals: powers };
}
