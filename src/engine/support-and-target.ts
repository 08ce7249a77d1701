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

/** Whether there are rows, and all estimates keep the target. @param forgiven a reason that is no obstacle */
export function* isMet(
  rows: EstimatedRows,
  target: ErrorTarget,
  forgiven: ReasonCode | null = null,
): Pieces<boolean> {
  const keeps = (row: EstimatedRow): boolean => row.meetsTarget(target, forgiven);
  return rows.length > 0 && (yield* everyInPieces(rows, keeps, rowsAtOnce));
}
