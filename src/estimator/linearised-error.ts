import type { ReasonCode } from '../plan/index.ts';
import type { Contributions } from './contribution-table.ts';
import { type KnownError, unbounded } from './make-estimate.ts';
import { type Asked, unseenSum } from './plain.ts';
import { tQuantile } from './quantiles.ts';
import type { Scope } from './scope.ts';
import { type JudgedEstimate, tailEvidence, tailReasons } from './tails.ts';
import { linearisedVariance, type VarianceParts } from './variance.ts';
import type { Witness } from './witness.ts';

/** A smooth function of totals, linearised. */
export interface Linearised extends JudgedEstimate {
  readonly value: number;
  /** Rows behind it. */
  readonly support: number;
  readonly parts: VarianceParts;
  /** A divisor is too uncertain. */
  readonly isSkewed: boolean;
}

/** Strata of which a larger share was read are taken as if this had been, where the interval is not certified otherwise. */
const cautiousShare = 0.5;

/**
 * The t interval of a linearised estimate, and whether it is certified. Of a stratum that was read nearly whole few rows are left to
 * make the error, which is then no more normal than they are, however small it is. There an interval as wide as if half of the
 * stratum had been read is right: the error of half is near to normal if rows enough were read, and that of the rest is smaller
 * by so much that Chebyshev's inequality bounds it (of a share f > 0.9: V/(V′z²) = 2(1 − f)/z² ≤ 5 % at 95 %).
 */
export function linearisedError(
  request: Asked & { readonly witness?: Witness | undefined },
  estimate: Linearised,
  scope: Scope,
): KnownError {
  const plain = intervalOf(request, estimate, scope);
  const { contributions, parts: own } = estimate;
  const { kind } = request.moments.layout.design;
  const mayBeCautious =
    kind === 'strata' &&
    own.singletons === 0 &&
    plain.error.reasons.length > 0 &&
    hasNearlyWhole(contributions);
  if (!mayBeCautious) return plain;
  const asHalf = takenAsHalf(contributions);
  const { heaviest } = scope;
  const parts = linearisedVariance(asHalf, [], kind);
  const cautious = intervalOf(
    request,
    { ...estimate, contributions: asHalf, variance: parts.variance, parts },
    {
      ...scope,
      heaviest: heaviest && { ...heaviest, readShare: Math.min(heaviest.readShare, cautiousShare) },
    },
  );
  return cautious.error.reasons.length === 0 ? cautious : plain;
}

const isNearlyWhole = (isOpen: boolean, read: number, population: number): boolean =>
  isOpen && read > cautiousShare * population;

function hasNearlyWhole({ table, from, to }: Contributions): boolean {
  for (let place = from; place < to; place++)
    if (isNearlyWhole(table.isOpen[place] === 1, table.read[place]!, table.population[place]!)) return true; // a place of the table
  return false;
}

/** By (1 − ½)/(1 − f); the third moment has the factor 1 − 2f. */
function takenAsHalf({ table, from, to }: Contributions): Contributions {
  const half = table.other;
  for (let place = from; place < to; place++) {
    half.copy(place, table);
    const [read, population] = [table.read[place]!, table.population[place]!]; // a place of the table
    if (!isNearlyWhole(table.isOpen[place] === 1, read, population)) continue;
    const times = (1 - cautiousShare) / (1 - read / population);
    half.variance[place]! *= times;
    half.openSquares[place]! *= times;
    half.third[place] = 0;
    half.weights2[place]! *= times;
    half.weights3[place]! *= times;
  }
  return { table: half, from, to };
}

function intervalOf(
  request: Asked & { readonly witness?: Witness | undefined },
  estimate: Linearised,
  scope: Scope,
): KnownError {
  const { moments, confidence, witness } = request;
  const { prepared, value, support, parts, isSkewed, contributions } = estimate;
  const { variance, df, singletons } = parts;
  const tail = tailEvidence(moments, estimate, scope, witness);
  const reasons: ReasonCode[] = support === 0 ? ['NO_MATCH'] : tailReasons(tail, confidence);
  if (isSkewed) reasons.push('SKEWED_RATIO');
  if (singletons > 0) reasons.push('SINGLETON_STRATUM');
  const known = { contributions, df, tail, certainty: null };
  if (support === 0) {
    const { low, high } = unseenSum(request, prepared, scope) ?? unbounded;
    return { error: { low, high, stdError: null, exact: false, reasons }, parts: known };
  }
  if (variance === 0) {
    if (singletons === 0) reasons.push('ZERO_VARIANCE');
    // Groups of a row or two are many, and to copy takes longer.
    return { error: { low: null, high: null, stdError: null, exact: false, reasons }, parts: known };
  }
  const stdError = Math.sqrt(variance);
  const halfWidth = tQuantile((1 + confidence) / 2, df) * stdError;
  return {
    error: { low: value - halfWidth, high: value + halfWidth, stdError, exact: false, reasons },
    parts: known,
  };
}
