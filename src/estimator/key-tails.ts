import type { Writable } from '../common/index.ts';
import type { KeyMoments, KeyPopulation, MomentLayout } from '../plan/index.ts';
import type { MatchList } from './match-list.ts';
import { type ExpectedTail, putTailOf, putUnknown } from './population-skewness.ts';
import { largestContribution, type Reach } from './reach.ts';

/*
 * What the table tells of the keys' contributions, where keys were drawn: a key that matches contributes u = Σ_j g_j z_j, each z_j
 * summed over its rows.
 */

/** u = constant + ofRows·n + ofSum·s, with n the key's rows and s their Σ (x − centre). */
interface KeyContribution {
  readonly constant: number;
  readonly ofRows: number;
  readonly ofSum: number;
  readonly moments: KeyMoments;
}

/**
 * A key's contribution by its rows and the sum of the one measure that it depends on; all of a key's rows are taken to match.
 * @returns null where it depends on more, or on what no moments are kept of
 */
function keyContribution(
  layout: MomentLayout,
  totals: readonly number[],
  gradient: ArrayLike<number>,
  centres: Float64Array,
  { moments, everyRow }: KeyPopulation,
): KeyContribution | null {
  const involved = new Set<number>();
  let summed: number | null = null;
  let [constant, ofRows, ofSum] = [0, 0, 0];
  for (const [place, total] of totals.entries()) {
    const partial = gradient[place]!; // one a total
    const monomial = layout.totals[total]!; // places of totals
    const powers = monomial.filter(({ power }) => power > 0);
    for (const { measure } of monomial) involved.add(measure);
    if (layout.keyed?.distinct[total] === true) constant += partial;
    else if (powers.length === 0) ofRows += partial;
    else {
      const { measure, power } = powers[0]!; // there is one
      if (powers.length > 1 || power > 1 || (summed !== null && summed !== measure)) return null;
      summed = measure;
      ofSum += partial;
    }
  }
  // Measures that take other rows have another n.
  const others = [...involved].filter((measure) => everyRow[measure] !== true);
  if (others.length > 1 || (others.length === 1 && involved.size > 1)) return null;
  const basis = moments[summed ?? others[0] ?? [...involved][0] ?? -1] ?? null;
  if (basis === null) return null;
  const moved = summed === null ? 0 : ofSum * (basis.centre - centres[summed]!); // s about another centre
  return { constant, ofRows: ofRows + moved, ofSum, moments: basis };
}

/** Σ_{a+b≤k} of the multinomial expansion of E u^k over the keys that have a value. */
function expectedPower({ constant, ofRows, ofSum, moments: { sums } }: KeyContribution, k: 2 | 3): number {
  const factorial = [1, 1, 2, 6] as const;
  let sum = 0;
  for (let a = 0; a <= k; a++) {
    for (let b = 0; a + b <= k; b++) {
      const ways = factorial[k] / (factorial[a]! * factorial[b]! * factorial[k - a - b]!); // a, b ≤ 3
      const coefficient = ways * constant ** (k - a - b) * ofRows ** a * ofSum ** b;
      if (coefficient !== 0) sum += coefficient * sums[4 * a + b]!; // kept for a + b ≤ 3
    }
  }
  return sum / sums[0]!; // at 0: the keys that have a value
}

/** What is asked of the keys. */
export interface KeyTailRequest {
  readonly layout: MomentLayout;
  readonly centres: Float64Array;
  readonly keys: KeyPopulation;
  /** The output's totals, and one partial derivative each. */
  readonly totals: readonly number[];
  readonly gradient: ArrayLike<number>;
  /** How far what a row adds to each total can reach. */
  readonly reach: readonly Reach[];
}

/**
 * What to expect of an estimate by the exact moments of all keys of the table, |Σ w³ (1−f) m E u³| / (Σ w² (1−f) m E u²)^1.5, with
 * matching keys taken for typical. Where only some rows of a key match, its contribution is smaller, and so is the skewness for as
 * many matching keys: large keys stay in, small ones drop out. How widely such keys are spread is not to be told.
 */
export function tailByKeys(
  { layout, centres, keys, totals, gradient }: Omit<KeyTailRequest, 'reach'>,
  matches: MatchList,
  into: Writable<ExpectedTail>,
): void {
  const contribution = keyContribution(layout, totals, gradient, centres, keys);
  if (contribution === null) {
    putUnknown(into);
    return;
  }
  const [second, third] = [expectedPower(contribution, 2), expectedPower(contribution, 3)];
  let [squares, cubes] = [0, 0];
  for (let place = 0; place < matches.count; place++) {
    squares += matches.weights2[place]! * second; // place < count
    cubes += matches.weights3[place]! * third;
  }
  putTailOf(cubes, squares, into);
  into.squares = Number.NaN;
}

/** The largest |u| that any key can contribute: what a row can, times the rows of the largest key. */
export function largestOfKey({
  layout,
  keys,
  totals,
  gradient,
  reach,
}: Omit<KeyTailRequest, 'centres'>): number {
  const isDistinct = totals.map((total) => layout.keyed?.distinct[total] === true);
  const ofRows = Array.from(gradient, (partial, place) => (isDistinct[place] === true ? 0 : partial));
  const ofKey = Array.from(gradient).reduce((sum, partial, place) => (isDistinct[place] === true ? sum + Math.abs(partial) : sum), 0); // prettier-ignore
  return keys.rowsMax * largestContribution(reach, ofRows) + ofKey;
}
