import type { GroupEstimate } from '../estimator/index.ts';
import {
  type AggregateTotals,
  type AggregateQuery,
  type BoundExpression,
  type Dependence,
  dependenceOf,
  type LearnedValues,
  type MomentLayout,
  type Moments,
  type ReasonCode,
  totalsOfOutput,
} from '../plan/index.ts';

/** An expression, or two, of whose values the whole table's moments tell what the tail of an estimate is like. */
export interface TailSubject {
  /** The measures that have them for arguments, in a layout. */
  readonly measures: readonly number[];
  readonly expressions: readonly BoundExpression[];
  /** The highest order of moments that is needed. */
  readonly order: number;
}

/** What was learned of subjects. @param measures of the layout that the subjects name places in */
export type LearnedOf = (subjects: readonly TailSubject[], measures: number) => LearnedValues;

/** Estimates whose tails are not known, or not well enough, and what would have to be learned of the table. */
export interface UnknownTails {
  /** Names of outputs. */
  readonly outputs: readonly string[];
  readonly subjects: readonly TailSubject[];
}

/** Moments of single expressions are kept up to this order. */
const singleOrder = 6;

/** What the tails of a query's estimates depend on. */
export function tailSubjects(
  { intervals }: AggregateQuery,
  layout: MomentLayout,
  aggregateTotals: readonly AggregateTotals[],
): TailSubject[] {
  const all = intervals.flatMap((expression) =>
    subjectsOf(layout, dependenceOf(layout, totalsOfOutput(expression, aggregateTotals))),
  );
  return distinct(all);
}

/** What is to be learned for those among the estimates of rows that are not certified because of their tails. */
export function unknownTails(
  { outputs }: AggregateQuery,
  moments: Moments,
  rows: readonly (readonly GroupEstimate[])[],
): UnknownTails {
  const found: TailSubject[] = [];
  const [judged, places] = [new Set<number>(), new Set<number>()];
  for (const estimates of rows) {
    for (const [place, { estimate, prepared }] of estimates.entries()) {
      // What an estimate depends on is the same in all rows.
      if (judged.has(place) || !estimate.reasons.some((reason) => tailCodes.includes(reason))) continue;
      judged.add(place);
      const unknown = subjectsOf(moments.layout, prepared.dependence).filter(
        (each) => !isKnown(each, moments),
      );
      if (unknown.length > 0) places.add(place);
      found.push(...unknown);
    }
  }
  const names = outputs.flatMap(({ name, interval }) =>
    interval !== null && places.has(interval) ? [name] : [],
  );
  return { outputs: names, subjects: distinct(found) };
}

const tailCodes: readonly ReasonCode[] = ['UNKNOWN_TAIL', 'HEAVY_TAIL'];

/** The measures one by one; two also together. Products of more than two say nothing that is kept. */
function subjectsOf(
  { measures }: MomentLayout,
  { measures: own, degree, hasProducts }: Dependence,
): TailSubject[] {
  if (own.length > 2 && hasProducts) return [];
  const argumentOf = (measure: number): BoundExpression => measures[measure]!.argument!; // what is summed has an argument
  const singles = own.map((measure) => ({ measures: [measure], expressions: [argumentOf(measure)], order: singleOrder })); // prettier-ignore
  return own.length === 2
    ? [...singles, { measures: own, expressions: own.map(argumentOf), order: 3 * degree }]
    : singles;
}

function isKnown({ measures: [first, second], order }: TailSubject, { population, joint }: Moments): boolean {
  if (second === undefined) return population[first!]!.moments !== null; // a subject has a measure
  return joint.some(({ measures: [a, b], order: kept }) => a === first && b === second && kept >= order);
}

/** Each once, in the highest order. */
function distinct(subjects: readonly TailSubject[]): TailSubject[] {
  const found = new Map<string, TailSubject>();
  for (const each of subjects) {
    const key = each.measures.join();
    if ((found.get(key)?.order ?? 0) < each.order) found.set(key, each);
  }
  return [...found.values()];
}
