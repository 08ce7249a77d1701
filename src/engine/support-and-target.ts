import { quickselect } from 'simple-statistics';
import { everyInPieces, type Pieces, piecewise } from '../common/index.ts';
import type { ErrorTarget } from '../estimator/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import { type EstimatedRow, type EstimatedRows, groupsOf, type Known } from './known.ts';

/** Rows that are looked at without a pause. */
const rowsAtOnce = 1024;

/**
 * Fewest matches behind an estimate that is shown and not exact; 0 where no group was met.
 * @param few so few are as good as the fewest
 */
export function* leastSupport({ estimator, chosen: { shown } }: Known, few: number): Pieces<number> {
  if (shown.length === 0) return 0;
  const groups = yield* groupsOf(shown);
  let least = Number.POSITIVE_INFINITY;
  const look = (from: number, to: number): void => {
    for (let place = from; place < to && least > few; place++)
      least = Math.min(least, estimator.leastSupport(groups.at(place)!)); // place < length
  };
  yield* piecewise(groups.length, look, rowsAtOnce);
  return least;
}

/** Of very many rows so many are looked at first that have the fewest matches, and so many others. */
const neediestMax = 256;
const othersMax = 256;

/** For each row that is shown the fewest matches behind one of its estimates that is not exact; infinite where all are. */
function* supportsOf({ estimator, chosen: { shown } }: Known): Pieces<Float64Array> {
  const groups = yield* groupsOf(shown);
  const supports = new Float64Array(groups.length);
  const look = (from: number, to: number): void => {
    for (let place = from; place < to; place++) supports[place] = estimator.leastSupport(groups.at(place)!); // place < length
  };
  yield* piecewise(groups.length, look, rowsAtOnce);
  return supports;
}

/**
 * The rows with the fewest matches, which need most where matches are alike; and others, one in so many, for some may be spread more
 * widely than others.
 */
export function* neediestOf(known: Known): Pieces<EstimatedRow[]> {
  const { shown } = known.chosen;
  const supports = yield* supportsOf(known);
  const sorted = supports.slice();
  // It works in place on anything that has numbered places.
  quickselect(sorted as unknown as number[], neediestMax);
  const few = sorted[neediestMax]!; // there are more
  const every = Math.ceil(shown.length / othersMax);
  const rows: EstimatedRow[] = [];
  for (let place = 0; place < supports.length; place++)
    if (supports[place]! < few || place % every === 0) rows.push(shown.at(place)!); // place < length
  return rows;
}

/** Whether there are rows, and all estimates keep the target. @param forgiven a reason that is no obstacle */
export function* isMet(
  rows: EstimatedRows,
  target: ErrorTarget,
  forgiven: ReasonCode | null = null,
): Pieces<boolean> {
  const keeps = (row: EstimatedRow): boolean => row.meetsTarget(target, forgiven);
  return rows.length > 0 && (yield* everyInPieces(rows, keeps, rowsAtOnce));
}
