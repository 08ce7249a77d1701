import type { Contributions } from './contribution-table.ts';
import { Draft } from './draft.ts';
import type { IntervalEnds } from './interval-ends.ts';
import { type Asked, unseenSum } from './plain.ts';
import type { Scope } from './scope.ts';
import { addTailReasons, type JudgedEstimate, tailEvidence } from './tails.ts';
import { linearisedVariance, type VarianceParts } from './variance.ts';
import type { Witness } from './witness.ts';

type JudgedRequest = Asked & { readonly witness?: Witness | undefined };

/** A smooth function of totals, linearised. */
export interface Linearised extends JudgedEstimate {
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
 * @param parts of its variance
 * @param draft of it, with its value; is filled with the rest, but for the ends
 * @param ends is asked for them
 * @returns the draft, or another one that is of use until the next is asked for
 */
export function linearisedError(
  request: JudgedRequest,
  estimate: Linearised,
  parts: Readonly<VarianceParts>,
  scope: Scope,
  draft: Draft,
  ends: IntervalEnds,
): Draft {
  const chosen = drafted(request, estimate, parts, scope, draft);
  if (chosen.hasStdError) ends.askStudent(estimate.group, chosen.value, chosen.stdError, chosen.df);
  return chosen;
}

function drafted(
  request: JudgedRequest,
  estimate: Linearised,
  parts: Readonly<VarianceParts>,
  scope: Scope,
  draft: Draft,
): Draft {
  putError(request, estimate, parts, scope, draft);
  const { kind } = request.moments.layout.design;
  const mayBeCautious =
    kind === 'strata' &&
    parts.singletons === 0 &&
    draft.reasons.length > 0 &&
    hasNearlyWhole(estimate.contributions);
  if (!mayBeCautious) return draft;
  const asHalf = takenAsHalf(estimate.contributions);
  const { heaviest } = scope;
  cautious.begin(draft.support);
  cautious.setPoint(draft.value, draft.gradient);
  putError(
    request,
    { ...estimate, contributions: asHalf },
    linearisedVariance(asHalf, [], kind),
    {
      ...scope,
      heaviest: heaviest && { ...heaviest, readShare: Math.min(heaviest.readShare, cautiousShare) },
    },
    cautious,
  );
  return cautious.reasons.length === 0 ? cautious : draft;
}

/** Filled anew for each estimate that is taken with caution. */
const cautious = new Draft();

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

function putError(
  request: JudgedRequest,
  estimate: Linearised,
  { variance, df, singletons }: Readonly<VarianceParts>,
  scope: Scope,
  draft: Draft,
): void {
  const { moments, confidence, witness } = request;
  const { prepared, contributions, isSkewed } = estimate;
  const { support, reasons } = draft;
  draft.table = contributions.table;
  draft.df = df;
  draft.hasTail = true;
  tailEvidence(moments, estimate, variance, scope, witness, draft.tail);
  if (support === 0) reasons.push('NO_MATCH');
  else addTailReasons(draft.tail, confidence, reasons);
  if (isSkewed) reasons.push('SKEWED_RATIO');
  if (singletons > 0) reasons.push('SINGLETON_STRATUM');
  if (support === 0) {
    const ends = unseenSum(request, prepared, scope);
    if (ends !== null) draft.setEnds(ends.low, ends.high);
  } else if (variance === 0) {
    if (singletons === 0) reasons.push('ZERO_VARIANCE');
  } else {
    draft.setStdError(Math.sqrt(variance));
  }
}
