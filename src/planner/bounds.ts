import { QueryError } from '../common/index.ts';
import type { Bounds, Deadline, ErrorBound, NumberWithSpan, OnMiss } from '../parser/index.ts';

/** What a statement asks of its answer, checked. */
export interface ResolvedBounds {
  /** Largest half-width: as a share of the value where relative, else in the aggregate's unit. */
  readonly error: { readonly bound: number; readonly relative: boolean } | null;
  /** In (0, 1) */
  readonly confidence: number;
  /** The confidence is that of all intervals together. */
  readonly simultaneous: boolean;
  readonly withinMs: number | null;
  readonly onMiss: OnMiss;
  /** Nothing was asked: an answer with intervals will do. */
  readonly isDefault: boolean;
}

const defaultConfidence = 0.95;
const deadlineMaxMs = 24 * 3600 * 1000;
const unitMs: Readonly<Record<Deadline['unit'], number>> = {
  milliseconds: 1,
  seconds: 1000,
  minutes: 60_000,
};

const invalid = (message: string, span: NumberWithSpan['span'], hint?: string): QueryError =>
  new QueryError('INVALID_BOUND', message, { span, hint });

/** @throws QueryError INVALID_BOUND with the place of the number that is out of range */
export function resolveBounds(bounds: Bounds): ResolvedBounds {
  const { error, confidence, deadline, onMiss, simultaneous } = bounds;
  return {
    error: error === null ? null : resolveError(error),
    confidence: confidence === null ? defaultConfidence : resolveConfidence(confidence),
    simultaneous,
    withinMs: deadline === null ? null : resolveDeadline(deadline),
    // A deadline says that the time matters more; without one the bound does.
    onMiss: onMiss?.policy ?? (deadline === null ? 'exact' : 'best-effort'),
    isDefault: error === null && deadline === null,
  };
}

function resolveError({ amount, relative }: ErrorBound): ResolvedBounds['error'] {
  if (!(amount.value > 0))
    throw invalid(
      `ERROR WITHIN needs a bound above 0${relative ? ' %' : ''}`,
      amount.span,
      'for an answer without error write EXACT SELECT …',
    );
  return { bound: relative ? amount.value / 100 : amount.value, relative };
}

function resolveConfidence({ value, span }: NumberWithSpan): number {
  if (!(value > 0 && value < 100))
    throw invalid(
      'AT CONFIDENCE needs a percentage above 0 and below 100',
      span,
      'for certainty write EXACT SELECT …',
    );
  return value / 100;
}

function resolveDeadline({ amount, unit }: Deadline): number {
  const ms = amount.value * unitMs[unit];
  if (!(ms > 0 && ms <= deadlineMaxMs))
    throw invalid('WITHIN needs a time above 0, up to 24 hours', amount.span);
  return ms;
}
