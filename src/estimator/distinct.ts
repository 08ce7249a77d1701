import type { Estimate } from '../plan/index.ts';

/** A value that was met among the rows read. */
export interface SeenValue {
  /** Rows read that have it. */
  readonly rows: number;
  /** N_h / n_h of the stratum that it was first met in. */
  readonly weight: number;
}

/**
 * How many different values there are, from a sample of rows. What was seen is certain: there are at least so many. How many more
 * no sample of rows can tell, so there is no upper end, and the estimate is never certified: GEE, Σ_{seen once} √w + those seen more
 * often, is within a factor √w of the truth in expectation, the best that holds whatever the values.
 * @param complete all rows were read
 * @see Charikar, Chaudhuri, Motwani, Narasayya, "Towards estimation error guarantees for distinct values", PODS 2000, section 3
 */
export function estimateDistinct(
  values: readonly SeenValue[],
  complete: boolean,
  confidence: number,
): Estimate {
  const seen = values.length;
  const support = values.reduce((sum, { rows }) => sum + rows, 0);
  if (complete)
    return { value: seen, low: seen, high: seen, stdError: 0, relativeError: 0, confidence, exact: true, certified: true, reasons: [], support }; // prettier-ignore
  const value = values.reduce((sum, { rows, weight }) => sum + (rows === 1 ? Math.sqrt(weight) : 1), 0);
  return {
    value,
    low: seen,
    high: null,
    stdError: null,
    relativeError: null,
    confidence,
    exact: false,
    certified: false,
    reasons: ['NOT_CERTIFIABLE'],
    support,
  };
}
