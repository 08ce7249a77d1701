import {
  type AggregateQuery,
  drawnDesign,
  type LaidOut,
  layoutMoments,
  type SampleDesign,
} from '../plan/index.ts';
import { type TailSubject, tailSubjects } from './tail-subjects.ts';

/** A layout of moments, and what the tails of the query's estimates depend on. */
export interface KnownLayout extends LaidOut {
  readonly subjects: readonly TailSubject[];
}

type Unit = 'row' | 'key';

/** Of rows, or keys, that were drawn. */
const known: Readonly<Record<Unit, WeakMap<AggregateQuery, KnownLayout>>> = {
  row: new WeakMap(),
  key: new WeakMap(),
};

/** The layout of a query's moments, the same for the same query: what is compiled for a layout is kept beside it. */
export function layoutFor(query: AggregateQuery, design: SampleDesign, unit: Unit): KnownLayout {
  const found = known[unit].get(query);
  if (found !== undefined && design === drawnDesign) return found;
  const made = layoutMoments(query, design, unit);
  const laidOut = { ...made, subjects: tailSubjects(query, made.layout, made.aggregateTotals) };
  if (design === drawnDesign) known[unit].set(query, laidOut);
  return laidOut;
}
