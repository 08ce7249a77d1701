import type { Estimate, ReasonCode } from '../plan/index.ts';
import type { GroupEstimate } from './estimate-output.ts';
import { Forecasts } from './forecasts.ts';
import type { ErrorParts } from './make-estimate.ts';

/** What an answer must reach, each number at the level of its interval. */
export interface ErrorTarget {
  /** Largest half-width: as a share of the value where relative, else in the aggregate's unit. */
  readonly bound: number;
  readonly relative: boolean;
}

/** Matching rows that a pilot wants in every cell before it is trusted to size the rest. */
export const pilotSupportMin = 100;

/** How many rows of each stratum would be read. */
export type RowsAt = (stratum: number) => number;

/** True where the estimate keeps the target: certified or exact, and narrow enough. @param forgiven a reason that is no obstacle */
export function meetsTarget(
  estimate: Estimate,
  target: ErrorTarget,
  forgiven: ReasonCode | null = null,
): boolean {
  const { low, high, value, reasons } = estimate;
  if (value === null) return estimate.exact;
  if (reasons.length > 0 && !areForgiven(reasons, forgiven)) return false;
  return low !== null && high !== null && isWithin(value, low, high, target);
}

/** Whether there are no reasons but one that is no obstacle. */
export function areForgiven(reasons: readonly ReasonCode[], forgiven: ReasonCode | null): boolean {
  return reasons.every((reason) => reason === forgiven);
}

/** Whether an interval is narrow enough. */
export function isWithin(
  value: number,
  low: number,
  high: number,
  { bound, relative }: ErrorTarget,
): boolean {
  const halfWidth = Math.max(value - low, high - value);
  return halfWidth <= (relative ? bound * Math.abs(value) : bound);
}

/** What may be taken for granted of matches, to see how many rows would be enough if it was so. */
export interface Presumption {
  /** A tail of which nothing is known is light: a witness may show that it is. */
  readonly lightTails?: boolean;
  /** Matches are spread, and skewed, as what is known of the table leads to expect, whatever the few that were met look like. */
  readonly typicalMatches?: boolean;
}

/** An estimate as far as forecasts go by it. */
export interface ForeseenEstimate
  extends Pick<Estimate, 'value' | 'stdError' | 'support' | 'exact' | 'confidence' | 'reasons'>, ErrorParts {}

/** An estimate that is not kept in columns. */
export function foreseenOf({
  estimate,
  contributions,
  df,
  tail,
  certainty,
}: GroupEstimate): ForeseenEstimate {
  return { contributions, df, tail, certainty, ...estimate };
}

/** A cell of the answer with what its precision would be at another size: one of many, as {@link Forecasts} are. */
export class CellForecast {
  private readonly own: Forecasts;

  constructor(estimate: ForeseenEstimate) {
    this.own = new Forecasts(1, estimate.confidence);
    this.own.add(0, estimate);
  }

  /** Half-width to expect, as a share of the value; null where there is no value or it is 0. */
  relativeErrorAt(rowsAt: RowsAt): number | null {
    return this.own.worstError(0, 1, rowsAt);
  }

  /** True where the cell may be expected to keep the target, counting on the pilot's limits rather than its estimates. */
  meets(target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption = {}): boolean {
    return this.own.firstMiss(0, 1, target, rowsAt, presumption) === 1;
  }

  /** True where the cell would miss the target even if the pilot was far too gloomy. */
  isHopeless(target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption = {}): boolean {
    return this.own.firstHopeless(0, 1, target, rowsAt, presumption) === 0;
  }
}
