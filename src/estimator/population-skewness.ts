import type { Moments, StratumMoments } from '../plan/index.ts';
import type { Contribution } from './contributions.ts';
import type { PreparedOutput } from './group-totals.ts';
import { constantMeans, pairMeans, type PowerMeans, SingleMeans } from './power-means.ts';

/** A stratum's matching rows: their Σ w² (1 − f) and Σ w³ (1 − f). */
export type Matches = Pick<Contribution, 'stratum' | 'weights2' | 'weights3'>;

/** What is to be expected of an estimate by what is known of the table. */
export interface ExpectedTail {
  /** |λ_pop|; infinite where nothing is known. */
  readonly skewness: number;
  /** Σ w² (1 − f) m E u²; NaN where nothing is known. */
  readonly squares: number;
}

/** Nothing is known. */
export const unknownTail: ExpectedTail = { skewness: Number.POSITIVE_INFINITY, squares: Number.NaN };

/**
 * |Σ w³ (1−f) m E u³| / (Σ w² (1−f) m E u²)^1.5, the expectations from exact moments of the strata; infinite where there are none. Of
 * several measures of which it is not known how they go together, E|u|³ is bounded, and the variance is the sample's.
 */
export function tailByMoments(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  matches: readonly Matches[],
  variance: number,
): ExpectedTail {
  const means = powerMeansOf(moments, prepared, gradient);
  return means === null
    ? tailByNorms(moments, prepared, gradient, matches, variance)
    : tailOfMatches(matches, means);
}

/** What to expect of an estimate whose matching rows are like the stratum's rows as the means tell of them. */
export function tailOfMatches(matches: readonly Matches[], means: PowerMeans): ExpectedTail {
  let [second, third] = [0, 0];
  for (const { stratum, weights2, weights3 } of matches) {
    second += weights2 * means.second(stratum);
    third += weights3 * means.third(stratum);
  }
  return tailOf(third, second);
}

/** @param third Σ w³ (1−f) m E u³ @param squares Σ w² (1−f) m E u² */
export function tailOf(third: number, squares: number): ExpectedTail {
  const skewness = Math.abs(third) / squares ** 1.5;
  return Number.isNaN(skewness) ? unknownTail : { skewness, squares };
}

/** E u² and E u³ as far as they follow from what is known; null where they do not. */
function powerMeansOf(
  { centres, population, joint }: Moments,
  { dependence }: PreparedOutput,
  gradient: readonly number[],
): PowerMeans | null {
  const [first, second, another] = dependence.measures;
  if (first === undefined) return constantMeans(gradient.reduce((sum, partial) => sum + partial, 0));
  if (second === undefined) {
    const known = population[first]!.moments; // one a measure
    return known === null ? null : new SingleMeans(dependence, gradient, centres[first]!, known);
  }
  const pair = joint.find(({ measures: [a, b] }) => a === first && b === second);
  return another !== undefined || pair === undefined
    ? null
    : pairMeans(dependence, gradient, [centres[first]!, centres[second]!], pair);
}

/** Σ w³ (1−f) m max E|u|³ / V^1.5, of sums and ratios of several measures. No more than a bound, so that nothing is to be expected. */
function tailByNorms(
  { layout, centres, population: values }: Moments,
  { totals, dependence }: PreparedOutput,
  gradient: readonly number[],
  matches: readonly Matches[],
  variance: number,
): ExpectedTail {
  if (dependence.degree > 1) return unknownTail;
  let constant = 0;
  const slopes = new Map(dependence.measures.map((measure) => [measure, 0]));
  for (const [place, total] of totals.entries()) {
    const factor = layout.totals[total]!.find(({ power }) => power > 0); // places of totals
    if (factor === undefined) constant += gradient[place]!;
    else slopes.set(factor.measure, slopes.get(factor.measure)! + gradient[place]!); // it depends on them
  }
  const parts: Part[] = [];
  for (const [measure, slope] of slopes) {
    const known = values[measure]!.moments; // one a measure
    if (known === null) return unknownTail;
    parts.push({ slope, centre: centres[measure]!, known });
  }
  let third = 0;
  for (const { stratum, weights3 } of matches) third += weights3 * thirdMomentMax(constant, parts, stratum);
  return { ...tailOf(third, variance), squares: Number.NaN };
}

/** What one measure adds to a contribution: slope · (x − centre). */
interface Part {
  readonly slope: number;
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
  for (const { slope, centre, known } of parts) {
    const rows = known.count[stratum]!; // one entry a stratum
    if (rows === 0) continue;
    const [squares, fourths] = [known.centred[0]![stratum]! / rows, known.centred[2]![stratum]! / rows]; // orders from 2
    whole += slope * (known.mean[stratum]! - centre);
    norms += Math.abs(slope) * (squares * fourths) ** (1 / 6);
  }
  return (Math.abs(whole) + norms) ** 3;
}
