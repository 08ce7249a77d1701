import type { Estimate, ReasonCode } from '../plan/index.ts';
import { type Contributions, noContributions } from './contribution-table.ts';
import type { Monotone } from './smooth.ts';
import type { TailEvidence } from './tails.ts';

/** The error of an estimate; null where it is not known. */
export interface EstimateError {
  readonly low: number | null;
  readonly high: number | null;
  readonly stdError: number | null;
  readonly exact: boolean;
  readonly reasons: readonly ReasonCode[];
}

/** What sizing needs of an error. */
export interface ErrorParts {
  /** What the strata contribute to it; none where there is no value. */
  readonly contributions: Contributions;
  readonly df: number;
  /** null where the interval needs none: a count, or a value without sampling error. */
  readonly tail: TailEvidence | null;
  /** Of what is made from values in their order, see {@link QuantileError}; null: it is not, or has no sampling error. */
  readonly certainty: number | null;
}

/** An error with what sizing needs of it. */
export interface KnownError {
  readonly error: EstimateError;
  readonly parts: ErrorParts;
}

/** Of an error that sizing is told nothing of. */
export const noParts: ErrorParts = { contributions: noContributions, df: 1, tail: null, certainty: null };

/** Nothing is known of the error. */
export const unbounded = { low: null, high: null, stdError: null, exact: false };

/** An estimate; its value and ends go through the rounding around the output. */
export function estimateOf(
  value: number | null,
  { low, high, stdError, exact, reasons }: EstimateError,
  monotone: Monotone | null,
  { confidence, support }: Pick<Estimate, 'confidence' | 'support'>,
): Estimate {
  const point = shown(value, monotone);
  return shownEstimate({
    value: point,
    low: shown(exact ? value : low, monotone),
    high: shown(exact ? value : high, monotone),
    stdError: point === null ? null : stdError,
    exact,
    reasons,
    confidence,
    support,
  });
}

/** What an estimate says beside what follows from it. */
export type Shown = Omit<Estimate, 'relativeError' | 'certified'>;

/** The estimate whose value and ends are these. */
export function shownEstimate(shown: Shown): Estimate {
  const { value, low, high, stdError, exact, reasons, confidence, support } = shown;
  return {
    value,
    low,
    high,
    stdError,
    relativeError: relativeErrorOf(value, low, high, exact),
    exact,
    certified: reasons.length === 0,
    reasons,
    confidence,
    support,
  };
}

const shown = (x: number | null, monotone: Monotone | null): number | null =>
  x === null || monotone === null ? x : monotone(x);

/** The half-width as a share of the value; null where there is none. */
function relativeErrorOf(
  value: number | null,
  low: number | null,
  high: number | null,
  exact: boolean,
): number | null {
  if (exact && value !== null) return 0;
  if (value === null || low === null || high === null || value === 0) return null;
  return Math.max(value - low, high - value) / Math.abs(value);
}
