import type { Moments, ReasonCode } from '../plan/index.ts';
import type { Contribution } from './contributions.ts';
import type { PreparedOutput } from './group-totals.ts';
import { largestOfKey, tailByKeys } from './key-tails.ts';
import { type Matches, tailByMoments } from './population-skewness.ts';
import { normalQuantile } from './quantiles.ts';
import { largestContribution } from './reach.ts';
import type { OpenWeight, Scope } from './scope.ts';
import { tailByWitness, type Witness } from './witness.ts';

/** Fewest matching rows, weights accounted for, behind a certified estimate. */
export const effectiveSupportMin = 30;
/** Where the sample's skewness is so near to the largest possible, the sample has seen the tail that there is. */
const seenFactor = 2;
/**
 * A certified estimate's skewness is at most this over z², z the normal quantile of its level, so 0.26 at 95 % where the matching
 * rows are typical of what is known of the table. Where they are of another kind, the rows read must vouch for themselves.
 */
const skewnessScale = { typical: 1, unknown: 0.8, atypical: 0.4 } as const;
/** Rows whose Σ w² (1−f) u² is less or more than expected by more than this factor are not typical. */
const spreadFactor = 2;

/** What tells whether an estimate is near enough to normal for its t interval to cover. All by the linearised contributions u. */
export interface TailEvidence {
  /** m_eff = (Σ w²(1−f)m)³ / (Σ w³(1−f)m)²: as many rows of equal weight would be as near to normal. */
  readonly effectiveSupport: number;
  /** |λ̂|, the skewness of the estimate by the rows read; NaN where third moments were not added up. */
  readonly sampleSkewness: number;
  /** |λ_pop|, the skewness by the exact moments of the whole table, or by a witness; infinite where there are none. */
  readonly populationSkewness: number;
  /** Σ w² (1−f) u² of the rows read over what the same moments lead to expect; NaN where they say nothing of it. */
  readonly spread: number;
  /** No skewness can be larger by how far the values of rows that match can reach; infinite where that is not known. */
  readonly largestSkewness: number;
}

/** A skewness over z². */
const scaled = (scale: number, confidence: number): number =>
  scale / normalQuantile((1 + confidence) / 2) ** 2;

/** Whether the matching rows are spread about as widely as is to be expected of typical ones. */
function isTypical({ spread }: TailEvidence): boolean {
  return spread >= 1 / spreadFactor && spread <= spreadFactor;
}

/** The skewness at most allowed at a confidence. */
function skewnessMax(evidence: TailEvidence, confidence: number): number {
  if (isTypical(evidence)) return scaled(skewnessScale.typical, confidence);
  const isOther = !Number.isNaN(evidence.spread) && !isBounded(evidence, confidence);
  return scaled(isOther ? skewnessScale.atypical : skewnessScale.unknown, confidence);
}

/** An estimate as its tail is judged. */
export interface JudgedEstimate {
  readonly group: number;
  readonly prepared: PreparedOutput;
  readonly gradient: readonly number[];
  readonly contributions: readonly Contribution[];
  /** V, by the contributions. */
  readonly variance: number;
}

/**
 * The evidence on a group's estimate. One match more in the heaviest stratum that may hold some keeps a stratum from passing for
 * empty whose rare matches the draw has missed.
 * @param witness is asked where nothing else is known
 */
export function tailEvidence(
  moments: Moments,
  { group, prepared, gradient, contributions, variance }: JudgedEstimate,
  scope: Scope,
  witness: Witness | undefined,
): TailEvidence {
  const open = openOf(contributions);
  const matches = withOneMore(open, scope);
  const effectiveSupport = Math.min(effective(open), effective(matches));
  const scale = moments.layout.weightMeasure === null ? null : (scope.heaviest?.weight ?? 0);
  const { layout, centres, keys } = moments;
  const { totals, reach } = prepared;
  const spread = { variance, meanSquare: sumOfSquares(open) / sumOfWeights(open) };
  const known =
    keys === null
      ? tailByMoments(moments, prepared, gradient, matches, spread)
      : tailByKeys({ layout, centres, keys, totals, gradient }, matches);
  const expected =
    Number.isFinite(known.skewness) || witness === undefined
      ? known
      : tailByWitness(witness, prepared, gradient, group, matches);
  const largest =
    keys === null
      ? largestContribution(reach, gradient)
      : largestOfKey({ layout, keys, totals, gradient, reach });
  return {
    effectiveSupport,
    sampleSkewness: skewnessBySample(open, variance),
    populationSkewness: expected.skewness,
    spread: sumOfSquares(open) / expected.squares,
    largestSkewness: skewnessByRange(largest, open, effectiveSupport, scale),
  };
}

/** One match more in the heaviest stratum. */
function withOneMore(open: readonly Matches[], { heaviest }: Scope): readonly Matches[] {
  return heaviest === null ? open : [...open, oneMatch(heaviest)];
}

/** m_eff = (Σ w²(1−f)m)³ / (Σ w³(1−f)m)², or less with one match more in the heaviest stratum. */
export function effectiveSupportOf(
  contributions: readonly Pick<Contribution, 'isOpen' | keyof Matches>[],
  scope: Scope,
): number {
  const open = openOf(contributions);
  return Math.min(effective(open), effective(withOneMore(open, scope)));
}

/** Those of strata that were not read whole; the same where all are. */
function openOf<T extends Pick<Contribution, 'isOpen'>>(contributions: readonly T[]): readonly T[] {
  return contributions.every(({ isOpen }) => isOpen)
    ? contributions
    : contributions.filter(({ isOpen }) => isOpen);
}

/** Why the evidence does not certify an estimate; nothing where it does. */
export function tailReasons(evidence: TailEvidence, confidence: number): ReasonCode[] {
  const { effectiveSupport, sampleSkewness, populationSkewness, largestSkewness } = evidence;
  const most = skewnessMax(evidence, confidence);
  const reasons: ReasonCode[] = [];
  if (effectiveSupport < effectiveSupportMin) reasons.push('LOW_SUPPORT');
  const isKnown =
    isBounded(evidence, confidence) ||
    Number.isFinite(populationSkewness) ||
    largestSkewness <= seenFactor * sampleSkewness;
  if (!isKnown || Number.isNaN(sampleSkewness)) reasons.push('UNKNOWN_TAIL');
  else if (sampleSkewness > most || Math.min(populationSkewness, largestSkewness) > most)
    reasons.push('HEAVY_TAIL');
  return reasons;
}

/** The evidence that so many times the rows will give. */
export function grownEvidence(evidence: TailEvidence, times: number): TailEvidence {
  const root = Math.sqrt(times);
  return {
    effectiveSupport: evidence.effectiveSupport * times,
    sampleSkewness: evidence.sampleSkewness / root,
    populationSkewness: evidence.populationSkewness / root,
    largestSkewness: evidence.largestSkewness / root,
    spread: evidence.spread,
  };
}

/** True where the values reach so little far that no tail can spoil the interval; otherwise the rows' own tail must be looked at. */
export function isBounded(evidence: TailEvidence, confidence: number): boolean {
  return evidence.largestSkewness <= scaled(skewnessScale.unknown, confidence);
}

/**
 * True where the rows read, typical ones, show no more of a tail than is to be expected: what is known of the table tells all that
 * there is, and nothing is to be looked for beyond it.
 */
export function isExpected(evidence: TailEvidence): boolean {
  return isTypical(evidence) && evidence.sampleSkewness <= evidence.populationSkewness;
}

/** One match of this weight. */
function oneMatch({ stratum, weight, readShare }: OpenWeight): Matches {
  return { stratum, weights2: weight ** 2 * (1 - readShare), weights3: weight ** 3 * (1 - readShare) };
}

/** (Σ w² (1−f) m)³ / (Σ w³ (1−f) m)² */
function effective(matches: readonly Matches[]): number {
  let [second, third] = [0, 0];
  for (const { weights2, weights3 } of matches) {
    second += weights2;
    third += weights3;
  }
  return third === 0 ? 0 : second ** 3 / third ** 2;
}

/** Σ w² (1−f) u² */
const sumOfSquares = (open: readonly Contribution[]): number =>
  open.reduce((sum, { openSquares }) => sum + openSquares, 0);

/** Σ w² (1−f) of the matching rows. */
const sumOfWeights = (open: readonly Contribution[]): number =>
  open.reduce((sum, { weights2 }) => sum + weights2, 0);

/** |κ₃| / V^1.5, κ₃ the third central moment of the estimate by the rows read. */
function skewnessBySample(open: readonly Contribution[], variance: number): number {
  const third = open.reduce((sum, { third: own }) => sum + own, 0);
  return variance > 0 ? Math.abs(third) / variance ** 1.5 : 0;
}

/**
 * |E u³| ≤ max|u| · E u², so |λ| ≤ max|u| / (√m_eff · rms u), whichever rows match. Weights that rows have of their own may go with
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
  const squares = sumOfSquares(open);
  const rows = sumOfWeights(open);
  const skewness =
    scale === null
      ? largest / Math.sqrt((effectiveSupport * squares) / rows)
      : (scale * largest) / Math.sqrt(squares);
  return Number.isNaN(skewness) ? Number.POSITIVE_INFINITY : skewness;
}
