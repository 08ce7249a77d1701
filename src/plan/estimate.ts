/** Why an estimate is not certified; codes are stable. */
export type ReasonCode =
  | 'LOW_SUPPORT'
  | 'NO_MATCH'
  | 'ZERO_VARIANCE'
  | 'SINGLETON_STRATUM'
  | 'UNREAD_STRATUM'
  | 'HEAVY_TAIL'
  | 'UNKNOWN_TAIL'
  | 'SKEWED_RATIO'
  | 'NOT_CERTIFIABLE'
  | 'EXTREME_QUANTILE'
  | 'NOT_SMOOTH'
  | 'OUT_OF_TIME'
  | 'LOST_ROWS';

/** One aggregate of one group, with its interval. */
export interface Estimate {
  /** null: the aggregate has no value (AVG over no rows). */
  readonly value: number | null;
  /** Two-sided interval at `confidence`; null end: unbounded on that side, and `certified` is false. */
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  /** max(value − low, high − value) / |value|; null where the value is 0 or the interval is unbounded. */
  readonly relativeError: number | null;
  /** In (0, 1), for example 0.95. */
  readonly confidence: number;
  /** True: no sampling error at all (whole stratum read, precomputed totals, exact route). Then low = high = value. */
  readonly exact: boolean;
  /** True: every condition under which the interval's nominal coverage has been shown to hold is met. */
  readonly certified: boolean;
  /** Why not certified: codes of {@link ReasonCode}. */
  readonly reasons: readonly ReasonCode[];
  /** Sample rows, or keys where these were drawn, that matched the predicate in this group. */
  readonly support: number;
}
