import type { Estimate, ReasonCode } from '../plan/index.ts';
import type { Monotone } from './smooth.ts';

/** The error of an estimate; null where it is not known. */
export interface EstimateError {
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  readonly exact: boolean;
  readonly reasons: readonly ReasonCode[];
}

/** Nothing is known of the error. */
export const unbounded = { low: null, high: null, stdError: null, exact: false };
/** There is none. */
export const none: EstimateError = { low: null, high: null, stdError: 0, exact: true, reasons: [] };

/** An estimate; its value and ends go through the rounding around the output. */
export function estimateOf(
  value: number | null,
  { low, high, stdError, exact, reasons }: EstimateError,
  monotone: Monotone | null,
  rest: Pick<Estimate, 'confidence' | 'support'>,
): Estimate {
  const shown = (x: number | null): number | null => (x === null || monotone === null ? x : monotone(x));
  const [point, from, to] = [shown(value), shown(exact ? value : low), shown(exact ? value : high)];
  return {
    value: point,
    low: from,
    high: to,
    stdError: point === null ? null : stdError,
    relativeError: exact && point !== null ? 0 : relativeErrorOf(point, from, to),
    exact,
    certified: reasons.length === 0,
    reasons,
    ...rest,
  };
}

function relativeErrorOf(value: number | null, low: number | null, high: number | null): number | null {
  if (value === null || low === null || high === null || value === 0) return null;
  return Math.max(value - low, high - value) / Math.abs(value);
}
