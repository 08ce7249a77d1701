import type { Writable } from '../common/index.ts';
import type { Moments, ReasonCode } from '../plan/index.ts';
import type { Contributions } from './contribution-table.ts';
import type { PreparedOutput } from './prepared-output.ts';
import { largestOfKey, tailByKeys } from './key-tails.ts';
import { MatchList } from './match-list.ts';
import { tailByMoments } from './population-skewness.ts';
import { normalQuantile } from './quantiles.ts';
import { largestContribution } from './reach.ts';
import type { Scope } from './scope.ts';
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

/** Evidence of nothing, to be filled. */
export function emptyEvidence(): Writable<TailEvidence> {
  return { effectiveSupport: 0, sampleSkewness: 0, populationSkewness: 0, spread: 0, largestSkewness: 0 };
}

/** A skewness over z². */
function scaled(scale: number, confidence: number): number {
  if (confidence !== last.confidence) {
    last.confidence = confidence;
    last.z = normalQuantile((1 + confidence) / 2);
  }
  return scale / (last.z * last.z);
}

/** The level that was asked for last: all estimates of an answer have the same. */
const last = { confidence: 0.95, z: normalQuantile(0.975) };

/** Whether the matching rows are spread about as widely as is to be expected of typical ones. */
function isTypical(evidence: TailEvidence): boolean {
  return evidence.spread >= 1 / spreadFactor && !isSpreadWider(evidence.spread);
}

/** Whether the matching rows are spread more widely than is to be expected of typical ones; false where nothing is. @param spread see {@link TailEvidence} */
export function isSpreadWider(spread: number): boolean {
  return spread > spreadFactor;
}

/** The skewness at most allowed at a confidence. @param bounded see {@link isBounded} */
function skewnessMax(evidence: TailEvidence, confidence: number, bounded: boolean): number {
  if (isTypical(evidence)) return scaled(skewnessScale.typical, confidence);
  const isOther = !Number.isNaN(evidence.spread) && !bounded;
  return scaled(isOther ? skewnessScale.atypical : skewnessScale.unknown, confidence);
}

/** An estimate as its tail is judged. */
export interface JudgedEstimate {
  readonly group: number;
  readonly prepared: PreparedOutput;
  readonly gradient: ArrayLike<number>;
  readonly contributions: Contributions;
}

/** What is to be expected of the estimate that is judged. */
const expected = { skewness: 0, squares: 0 };

/**
 * The evidence on a group's estimate. One match more in the heaviest stratum that may hold some keeps a stratum from passing for
 * empty whose rare matches the draw has missed.
 * @param variance V, by the contributions
 * @param witness is asked where nothing else is known
 * @param into is filled with it
 */
export function tailEvidence(
  moments: Moments,
  { group, prepared, gradient, contributions }: JudgedEstimate,
  variance: number,
  { heaviest }: Scope,
  witness: Witness | undefined,
  into: Writable<TailEvidence>,
): void {
  const { layout, centres, keys } = moments;
  const { totals, reach } = prepared;
  findMatches(contributions, heaviest);
  const { list, weights2: rows, squares, third, effectiveSupport } = matches;
  if (keys === null) tailByMoments(moments, prepared, gradient, list, variance, squares / rows, expected);
  else tailByKeys({ layout, centres, keys, totals, gradient }, list, expected);
  if (!Number.isFinite(expected.skewness) && witness !== undefined)
    tailByWitness(witness, prepared, gradient, group, list, expected);
  const largest =
    keys === null
      ? largestContribution(reach, gradient)
      : largestOfKey({ layout, keys, totals, gradient, reach });
  into.effectiveSupport = effectiveSupport;
  // |κ₃| / V^1.5, κ₃ the third central moment of the estimate by the rows read
  into.sampleSkewness = variance > 0 ? Math.abs(third) / (variance * Math.sqrt(variance)) : 0;
  into.populationSkewness = expected.skewness;
  into.spread = squares / expected.squares;
  into.largestSkewness =
    layout.weightMeasure === null
      ? skewnessByRange(largest, effectiveSupport * squares, rows)
      : skewnessByRange((heaviest?.weight ?? 0) * largest, squares, 1);
}

/** The matches of strata that were not read whole, and what they come to. Of use until the next are asked for. */
const matches = {
  /** With one match more in the heaviest stratum. */
  list: new MatchList(),
  /** m_eff, see {@link effectiveSupportOf} */
  effectiveSupport: 0,
  /** Σ w² (1−f) m */
  weights2: 0,
  /** Σ w² (1−f) u² */
  squares: 0,
  /** Σ of third moments */
  third: 0,
};

function findMatches({ table, from, to }: Contributions, heaviest: Scope['heaviest']): void {
  const { list } = matches;
  list.clear();
  // One by one: taken from an array they would be objects, in each of ten thousand intervals.
  let weights2 = 0;
  let weights3 = 0;
  let squares = 0;
  let third = 0;
  for (let place = from; place < to; place++) {
    if (table.isOpen[place] === 0) continue;
    const second = table.weights2[place]!; // a place of the table, here and below
    const cubed = table.weights3[place]!;
    list.add(table.stratum[place]!, second, cubed);
    weights2 += second;
    weights3 += cubed;
    squares += table.openSquares[place]!;
    third += table.third[place]!;
  }
  let effectiveSupport = effective(weights2, weights3);
  if (heaviest !== null) {
    const { stratum, weight, readShare } = heaviest;
    const second = weight * weight * (1 - readShare);
    list.add(stratum, second, weight * second);
    effectiveSupport = Math.min(effectiveSupport, effective(weights2 + second, weights3 + weight * second));
  }
  matches.effectiveSupport = effectiveSupport;
  matches.weights2 = weights2;
  matches.squares = squares;
  matches.third = third;
}

/** (Σ w² (1−f) m)³ / (Σ w³ (1−f) m)² */
const effective = (second: number, third: number): number =>
  third === 0 ? 0 : (second * second * second) / (third * third);

/** m_eff = (Σ w²(1−f)m)³ / (Σ w³(1−f)m)², or less with one match more in the heaviest stratum. */
export function effectiveSupportOf(contributions: Contributions, { heaviest }: Scope): number {
  findMatches(contributions, heaviest);
  return matches.effectiveSupport;
}

/** Adds why the evidence does not certify an estimate; nothing where it does. */
export function addTailReasons(evidence: TailEvidence, confidence: number, reasons: ReasonCode[]): void {
  if (evidence.effectiveSupport < effectiveSupportMin) reasons.push('LOW_SUPPORT');
  const fault = tailFault(evidence, confidence, 1);
  if (fault !== null) reasons.push(fault);
}

/** Whether the evidence that so many times the rows will give certifies an estimate: the support grows as they do, skewness falls by the root. */
export function isCertifiedBy(evidence: TailEvidence, confidence: number, times: number): boolean {
  return (
    evidence.effectiveSupport * times >= effectiveSupportMin &&
    tailFault(evidence, confidence, times) === null
  );
}

/** What is wrong with the tail, with so many times the rows; null: nothing. */
function tailFault(evidence: TailEvidence, confidence: number, times: number): ReasonCode | null {
  const root = Math.sqrt(times);
  const bySample = evidence.sampleSkewness / root;
  const byPopulation = evidence.populationSkewness / root;
  const largest = evidence.largestSkewness / root;
  const bounded = largest <= scaled(skewnessScale.unknown, confidence);
  const isKnown = bounded || Number.isFinite(byPopulation) || largest <= seenFactor * bySample;
  if (!isKnown || Number.isNaN(bySample)) return 'UNKNOWN_TAIL';
  const most = skewnessMax(evidence, confidence, bounded);
  return bySample > most || Math.min(byPopulation, largest) > most ? 'HEAVY_TAIL' : null;
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

/**
 * |E u³| ≤ max|u| · E u², so |λ| ≤ max|u| / (√m_eff · rms u), whichever rows match. Weights that rows have of their own may go with
 * their values: then max|u| has the largest weight, |λ| ≤ w_M · max|u| / √(Σ w²u²).
 * @param largest max|u|, or w_M · max|u|
 * @param squares m_eff · Σ w² (1−f) u², or Σ w²u²
 * @param rows Σ w² (1−f) m, or 1
 */
function skewnessByRange(largest: number, squares: number, rows: number): number {
  const skewness = largest / Math.sqrt(squares / rows);
  return Number.isNaN(skewness) ? Number.POSITIVE_INFINITY : skewness;
}
