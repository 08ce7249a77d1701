import { everyInPieces, type Pieces, piecewise } from '../common/index.ts';
import type { ErrorTarget } from '../estimator/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import type { EstimatedRow, EstimatedRows, Known } from './known.ts';

/** Rows that are looked at without a pause. */
const rowsAtOnce = 1024;

/** Fewest matches behind an estimate that is shown and not exact; 0 where no group was met. */
export function* leastSupport({ estimator, chosen: { shown } }: Known): Pieces<number> {
  if (shown.length === 0) return 0;
  let least = Number.POSITIVE_INFINITY;
  const look = (from: number, to: number): void => {
    for (let place = from; place < to; place++)
      least = Math.min(least, estimator.leastSupport(shown.at(place)!.group)); // place < length
  };
  yield* piecewise(shown.length, look, rowsAtOnce);
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
