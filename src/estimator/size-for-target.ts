import type { Pieces } from '../common/index.ts';
import type { Forecasts } from './forecasts.ts';
import type { ErrorTarget, Presumption, RowsAt } from './sizing.ts';

/** How much more than the least limit is as good, as a share of it. */
const limitSlack = 2 ** -8;
/** The first step from a guess is a 64th of it. */
const stepShift = 6;
/** Cells that are looked at without a pause. */
const cellsAtOnce = 512;

/** What sizing found. */
export interface SizingResult {
  /** Least rank limit at which all cells are expected to keep the target; null: none up to the largest. */
  readonly rankLimit: number | null;
  /** The row of the cell that needed most, or that fails at the largest; null: all are exact. */
  readonly driver: number | null;
}

/**
 * The least rank limit R, so that reading min(R, n_h) rows of every stratum is expected to bring all cells within the target.
 * @param rankMax the largest stratum of the sample
 * @param rowsAt rows of a stratum under a rank limit
 */
export function* sizeForTarget(
  forecasts: Forecasts,
  target: ErrorTarget,
  rankMax: number,
  rowsAt: (rankLimit: number) => RowsAt,
  presumption: Presumption,
): Pieces<SizingResult> {
  const { count } = forecasts;
  const ofAll = rowsAt(rankMax);
  let needed = 0;
  let driver: number | null = null;
  const firstMiss = (from: number, to: number): number =>
    needed > 0
      ? forecasts.firstMiss(from, to, target, rowsAt(needed), presumption)
      : forecasts.firstInexact(from, to);
  /** @returns whether cells [from, to) can be brought within the target */
  const areReached = (from: number, to: number): boolean => {
    for (let cell = firstMiss(from, to); cell < to; cell = firstMiss(cell + 1, to)) {
      driver = forecasts.rowOf(cell);
      const own = cell;
      const isEnough = (of: RowsAt): boolean => forecasts.firstMiss(own, own + 1, target, of, presumption) > own; // prettier-ignore
      if (!isEnough(ofAll)) return false;
      const excess = forecasts.excessAt(own, target, ofAll, presumption);
      needed = leastEnough((limit) => isEnough(rowsAt(limit)), needed, rankMax, rankMax * excess ** 2);
    }
    return true;
  };
  for (let from = 0; from < count; from += cellsAtOnce) {
    if (!areReached(from, Math.min(count, from + cellsAtOnce))) return { rankLimit: null, driver };
    yield;
  }
  return { rankLimit: needed, driver };
}

/**
 * Whether not even good luck would bring all cells within the target: reading on to find out is not worth it.
 * @param ofAll rows of all strata
 */
export function* isHopeless(forecasts: Forecasts, target: ErrorTarget, ofAll: RowsAt): Pieces<boolean> {
  const { count } = forecasts;
  for (let from = 0; from < count; from += cellsAtOnce) {
    const to = Math.min(count, from + cellsAtOnce);
    if (forecasts.firstHopeless(from, to, target, ofAll, {}) < to) return true;
    yield;
  }
  return false;
}

/**
 * The least limit that is enough, or a little more: by {@link limitSlack} of it.
 * @param low is not enough, unless it is 0
 * @param high is enough
 * @param guess where to look first: what is left of a width falls with the root of the rows
 */
function leastEnough(enough: (limit: number) => boolean, low: number, high: number, guess: number): number {
  let [below, above] = [low, high];
  // From the guess in steps that double, until it lies between two limits.
  let limit = Math.round(guess);
  for (let step = Math.max(1, limit >> stepShift); limit > below && limit < above; step *= 2) {
    const isEnough = enough(limit);
    if (isEnough) above = limit;
    else below = limit;
    limit += isEnough ? -step : step;
  }
  while (above - below > Math.max(1, above * limitSlack)) {
    const middle = Math.floor((below + above) / 2);
    if (enough(middle)) above = middle;
    else below = middle;
  }
  return above;
}
