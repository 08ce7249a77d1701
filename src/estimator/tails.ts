import type { Moments, ReasonCode, StratumMoments } from '../plan/index.ts';
import type { Contribution } from './contributions.ts';
import type { PreparedOutput } from './group-totals.ts';
import { largestOfKey, skewnessByKeys } from './key-tails.ts';
import {
  contributionPolynomials,
  expectedPower,
  largestContribution,
  type Polynomial,
  shift,
} from './polynomial.ts';
import { normalQuantile } from './quantiles.ts';
import type { OpenWeight, Scope } from './scope.ts';

/** Fewest matching rows, weights accounted for, behind a certified estimate. */
export const effectiveSupportMin = 30;
/** Where the sample's skewness is so near to the largest possible, the sample has seen the tail that there is. */
const seenFactor = 2;
/** A certified estimate's skewness is at most this over z², z the normal quantile of its level: 0.21 at 95 %. */
const skewnessScale = 0.8;

/** What tells whether an estimate is near enough to normal for its t interval to cover. All by the linearised contributions u. */
export interface TailEvidence {
  /** m_eff = (Σ w²(1−f)m)³ / (Σ w³(1−f)m)²: as many rows of equal weight would be as near to normal. */
  readonly effectiveSupport: number;
  /** |λ̂|, the skewness of the estimate by the rows read; NaN where third moments were not added up. */
  readonly sampleSkewness: number;
  /** |λ_pop|, the skewness by the exact moments of the whole table; infinite where none are kept. */
  readonly populationSkewness: number;
  /** No skewness can be larger, whatever the predicate, by how far the values reach; infinite where that is not known. */
  readonly largestSkewness: number;
}

/** The skewness at most allowed at a confidence. */
export function skewnessMax(confidence: number): number {
  return skewnessScale / normalQuantile((1 + confidence) / 2) ** 2;
}

/**
 * The evidence on a group's estimate. One match more in the heaviest stratum that may hold some keeps a stratum from passing for
 * empty whose rare matches the draw has missed.
 * @param variance V, by the contributions
 */
export function tailEvidence(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  contributions: readonly Contribution[],
  { heaviest }: Scope,
  variance: number,
): TailEvidence {
  const open = contributions.filter(({ isOpen }) => isOpen);
  const matches = heaviest === null ? open : [...open, oneMatch(heaviest)];
  const effectiveSupport = Math.min(effective(open), effective(matches));
  const scale = moments.layout.weightMeasure === null ? null : (heaviest?.weight ?? 0);
  const { layout, centres, population, keys } = moments;
  const { totals } = prepared;
  const largest =
    keys === null
      ? largestContribution(layout, totals, gradient, centres, population)
      : largestOfKey({ layout, centres, population, keys, totals, gradient });
  return {
    effectiveSupport,
    sampleSkewness: skewnessBySample(open, variance),
    populationSkewness: skewnessByMoments(moments, prepared, gradient, matches, variance),
    largestSkewness: skewnessByRange(largest, open, effectiveSupport, scale),
  };
}

/** Why the evidence does not certify an estimate; nothing where it does. */
export function tailReasons(evidence: TailEvidence, confidence: number): ReasonCode[] {
  const { effectiveSupport, sampleSkewness, populationSkewness, largestSkewness } = evidence;
  const most = skewnessMax(confidence);
  const reasons: ReasonCode[] = [];
  if (effectiveSupport < effectiveSupportMin) reasons.push('LOW_SUPPORT');
  const isKnown =
    isBounded(evidence, confidence) ||
    Number.isFinite(populationSkewness) ||
    largestSkewness <= seenFactor * sampleSkewness;
  if (!isKnown || Number.isNaN(sampleSkewness)) reasons.push('UNKNOWN_TAIL');
  else if (sampleSkewness > most || skewnessOf(evidence) > most) reasons.push('HEAVY_TAIL');
  return reasons;
}

/** The skewness to expect of the estimate by what is known of the table. */
export function skewnessOf({ populationSkewness, largestSkewness }: TailEvidence): number {
  return Math.min(populationSkewness, largestSkewness);
}

/** True where the values reach so little far that no tail can spoil the interval; otherwise the rows' own tail must be looked at. */
export function isBounded({ largestSkewness }: TailEvidence, confidence: number): boolean {
  return largestSkewness <= skewnessMax(confidence);
}

/** A stratum's matching rows: their Σ w²(1 − f) and Σ w³(1 − f). */
type Matches = Pick<Contribution, 'stratum' | 'weights2' | 'weights3'>;

/** One match of this weight. */
function oneMatch({ stratum, weight, readShare }: OpenWeight): Matches {
  return { stratum, weights2: weight ** 2 * (1 - readShare), weights3: weight ** 3 * (1 - readShare) };
}

function effective(matches: readonly Matches[]): number {
  const second = matches.reduce((sum, { weights2 }) => sum + weights2, 0);
  const third = matches.reduce((sum, { weights3 }) => sum + weights3, 0);
  return third === 0 ? 0 : second ** 3 / third ** 2;
}

/** |κ₃| / V^1.5, κ₃ the third central moment of the estimate by the rows read. */
function skewnessBySample(open: readonly Contribution[], variance: number): number {
  const third = open.reduce((sum, { third: own }) => sum + own, 0);
  return variance > 0 ? Math.abs(third) / variance ** 1.5 : 0;
}

/**
 * |Σ w³ (1−f) m E u³| / (Σ w² (1−f) m E u²)^1.5, the expectations from the strata's exact moments; infinite where there are none. Of
 * several measures their joint moments are not known: then E|u|³ is bounded, and the variance is the sample's.
 */
function skewnessByMoments(
  moments: Moments,
  { totals }: PreparedOutput,
  gradient: readonly number[],
  matches: readonly Matches[],
  variance: number,
): number {
  const { layout, centres, population: values, keys } = moments;
  if (keys !== null) return skewnessByKeys({ layout, centres, keys, totals, gradient }, matches);
  const contribution = contributionPolynomials(layout, totals, gradient);
  if (contribution === null) return Number.POSITIVE_INFINITY;
  const { constant, byMeasure } = contribution;
  const parts: Part[] = [];
  for (const [measure, polynomial] of byMeasure) {
    const known = values[measure]!.moments; // one a measure
    if (known === null) return Number.POSITIVE_INFINITY;
    parts.push({ polynomial, centre: centres[measure]!, known });
  }
  const [only, another] = parts;
  const isJoint = another !== undefined;
  const expected = (k: number, stratum: number): number => {
    if (isJoint) return thirdMomentMax(constant, parts, stratum);
    if (only === undefined) return constant ** k;
    return expectedPower([constant, ...only.polynomial.slice(1)], k, only.centre, only.known, stratum);
  };
  let [second, third] = [0, 0];
  for (const { stratum, weights2, weights3 } of matches) {
    if (!isJoint) second += weights2 * expected(2, stratum);
    third += weights3 * expected(3, stratum);
  }
  const skewness = Math.abs(third) / (isJoint ? variance : second) ** 1.5;
  return Number.isNaN(skewness) ? Number.POSITIVE_INFINITY : skewness;
}

/** A contribution's polynomial in one measure. */
interface Part {
  readonly polynomial: Polynomial;
  readonly centre: number;
  readonly known: StratumMoments;
}

/**
 * (|c| + Σ ‖p_i‖₃)³ ≥ E|u|³ for u = c + Σ p_i, by Minkowski's inequality, with ‖p‖₃³ ≤ √(E p² · E p⁴) by Cauchy and Schwarz; c takes
 * in the means of the p_i.
 */
function thirdMomentMax(constant: number, parts: readonly Part[], stratum: number): number {
  let whole = constant;
  let norms = 0;
  for (const { polynomial, centre, known } of parts) {
    const about = shift(polynomial, known.mean[stratum]! - centre); // one mean a stratum
    whole += about[0]!; // a polynomial has a constant
    const rest = [0, ...about.slice(1)];
    const [square, fourth] = [2, 4].map((k) => expectedPower(rest, k, known.mean[stratum]!, known, stratum));
    norms += (square! * fourth!) ** (1 / 6); // two powers
  }
  return (Math.abs(whole) + norms) ** 3;
}

/**
 * |E u³| ≤ max|u| · E u², so |λ| ≤ max|u| / (√m_eff · rms u), under any predicate. Weights that rows have of their own may go with
 * their values: then max|u| has the largest weight, |λ| ≤ w_M · max|u| / √(Σ w²u²).
 * @param largest max|u|
 * @param scale w_M; null where rows of a stratum weigh the same
 */
function skewnessByRange(
  largest: number,
  open: readonly Contribution[],
  effectiveSupport: number,
  scale: number | null,
): number {
  const squares = open.reduce((sum, { openSquares }) => sum + openSquares, 0);
  const rows = open.reduce((sum, { weights2 }) => sum + weights2, 0);
  const skewness =
    scale === null
      ? largest / Math.sqrt((effectiveSupport * squares) / rows)
      : (scale * largest) / Math.sqrt(squares);
  return Number.isNaN(skewness) ? Number.POSITIVE_INFINITY : skewness;
}
