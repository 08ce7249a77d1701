import type { Writable } from '../common/index.ts';
import type { Moments } from '../plan/index.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { MatchList } from './match-list.ts';
import { constantMeans, pairMeans, type PowerMeans, SingleMeans } from './power-means.ts';
import { boundsOfSum, type SumPart } from './sum-bounds.ts';

/** What is to be expected of an estimate by what is known of the table. */
export interface ExpectedTail {
  /** |λ_pop|; infinite where nothing is known. */
  readonly skewness: number;
  /** Σ w² (1 − f) m E u²; NaN where nothing is known. */
  readonly squares: number;
}

/** Nothing is known. @param into is filled with it, here and below: there may be very many */
export function putUnknown(into: Writable<ExpectedTail>): void {
  into.skewness = Number.POSITIVE_INFINITY;
  into.squares = Number.NaN;
}

/**
 * |Σ w³ (1−f) m E u³| / (Σ w² (1−f) m E u²)^1.5, the expectations from exact moments of the strata; infinite where there are none. Of
 * several measures or columns of which it is not known how they go together, E|u|³ is bounded, and the variance is the sample's.
 * @param variance V, by the rows read
 * @param meanSquare Σ w² (1 − f) u² by Σ w² (1 − f), the mean of their u²
 */
export function tailByMoments(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  matches: MatchList,
  variance: number,
  meanSquare: number,
  into: Writable<ExpectedTail>,
): void {
  const means = powerMeansOf(moments, prepared, gradient);
  if (means === null) tailByNorms(moments, prepared, gradient, matches, variance, meanSquare, into);
  else tailOfMatches(matches, means, into);
}

/** Of the stratum that is looked at. */
const ofStratum = { second: 0, third: 0 };

/** What to expect of an estimate whose matching rows are like the stratum's rows as the means tell of them. */
export function tailOfMatches(matches: MatchList, means: PowerMeans, into: Writable<ExpectedTail>): void {
  let [second, third] = [0, 0];
  for (let place = 0; place < matches.count; place++) {
    means.find(matches.stratum[place]!, ofStratum); // place < count
    second += matches.weights2[place]! * ofStratum.second;
    third += matches.weights3[place]! * ofStratum.third;
  }
  putTailOf(third, second, into);
}

/** @param third Σ w³ (1−f) m E u³ @param squares Σ w² (1−f) m E u² */
export function putTailOf(third: number, squares: number, into: Writable<ExpectedTail>): void {
  const skewness = Math.abs(third) / (squares * Math.sqrt(squares));
  putUnknown(into);
  if (Number.isNaN(skewness)) return;
  into.skewness = skewness;
  into.squares = squares;
}

/** Of the estimate that is looked at. */
const singleMeans = new SingleMeans();

/** E u² and E u³ as far as they follow from what is known; null where they do not. */
function powerMeansOf(
  { centres, population, joint }: Moments,
  { dependence }: PreparedOutput,
  gradient: ArrayLike<number>,
): PowerMeans | null {
  const [first, second, another] = dependence.measures;
  if (first === undefined) return constantMeans(Array.from(gradient).reduce((sum, partial) => sum + partial, 0)); // prettier-ignore
  if (second === undefined) {
    const known = population[first]!.moments; // one a measure
    return known === null ? null : singleMeans.of(dependence, gradient, centres[first]!, known);
  }
  const pair = joint.find(({ measures: [a, b] }) => a === first && b === second);
  return another !== undefined || pair === undefined
    ? null
    : pairMeans(dependence, gradient, [centres[first]!, centres[second]!], pair);
}

/**
 * Σ w³ (1−f) m max E|u|³ / V^1.5, of sums and ratios of several measures, and of sums of columns. No more than a bound: to expect is
 * only that u² is no larger than the matches' would be if these were typical.
 */
function tailByNorms(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  matches: MatchList,
  variance: number,
  meanSquare: number,
  into: Writable<ExpectedTail>,
): void {
  const sum = sumOf(moments, prepared, gradient);
  if (sum === null) {
    putUnknown(into);
    return;
  }
  const thirds = sum.parts.map(() => 0);
  let [second, read] = [0, 0];
  for (let match = 0; match < matches.count; match++) {
    const [weights2, weights3] = [matches.weights2[match]!, matches.weights3[match]!]; // match < count
    const bounds = boundsOfSum(sum, matches.stratum[match]!, Math.sqrt(meanSquare));
    for (const [place, third] of bounds.thirds.entries()) thirds[place]! += weights3 * third; // as many as parts
    second += weights2 * bounds.second;
    read += weights2 * meanSquare;
  }
  // What digits were lost of is no number, and bounds nothing.
  const least = thirds.reduce((a, b) => (b < a ? b : a), Number.POSITIVE_INFINITY);
  putTailOf(least, variance, into);
  into.squares = read > second ? second : Number.NaN;
}

/** u as a sum of parts; null where it is none, or one has no moments. */
function sumOf(
  { layout, centres, population }: Moments,
  { totals, dependence }: PreparedOutput,
  gradient: ArrayLike<number>,
): { constant: number; parts: SumPart[] } | null {
  if (dependence.degree > 1) return null;
  let constant = 0;
  const slopes = new Map(dependence.measures.map((measure) => [measure, 0]));
  for (const [place, total] of totals.entries()) {
    const factor = layout.totals[total]!.find(({ power }) => power > 0); // places of totals
    if (factor === undefined) constant += gradient[place]!;
    else slopes.set(factor.measure, slopes.get(factor.measure)! + gradient[place]!); // it depends on them
  }
  const parts: SumPart[] = [];
  for (const [measure, slope] of slopes) {
    const values = population[measure]!; // one a measure
    constant -= slope * centres[measure]!; // one a measure
    for (const { low, high, moments } of values.moments === null ? values.terms : [values]) {
      if (moments === null) return null;
      parts.push({ slope, low, high, known: moments });
    }
    if (values.moments === null && values.terms.length === 0) return null;
  }
  return { constant, parts: parts.sort((a, b) => spanOf(a) - spanOf(b)) };
}

/** How far apart what a part adds can lie. */
const spanOf = ({ slope, low, high }: SumPart): number => Math.abs(slope) * (high - low);
