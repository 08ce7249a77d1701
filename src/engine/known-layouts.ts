import {
  type AggregateQuery,
  drawnDesign,
  type LaidOut,
  layoutMoments,
  type SampleDesign,
} from '../plan/index.ts';

type Unit = 'row' | 'key';

/** Of rows, or keys, that were drawn. */
const known: Readonly<Record<Unit, WeakMap<AggregateQuery, LaidOut>>> = {
  row: new WeakMap(),
  key: new WeakMap(),
};

/** The layout of a query's moments, the same for the same query: what is compiled for a layout is kept beside it. */
export function layoutFor(query: AggregateQuery, design: SampleDesign, unit: Unit): LaidOut {
  const found = known[unit].get(query);
  if (found !== undefined && design === drawnDesign) return found;
  const laidOut = layoutMoments(query, design, unit);
  if (design === drawnDesign) known[unit].set(query, laidOut);
  return laidOut;
}
