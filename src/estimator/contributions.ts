import type { Moments } from '../plan/index.ts';
import { type StratumError, stratumError } from './design-error.ts';
import type { CellRange, PreparedOutput } from './group-totals.ts';
import type { Scope } from './scope.ts';

/**
 * What the rows read of one stratum contribute to a linearised estimate: u = Σ_j g_j z_j, 0 for rows that do not match, times the
 * row's weight where rows have their own. Everything that is known of an estimate's error is made from these.
 */
export interface Contribution extends StratumError {
  readonly stratum: number;
  /** N_h; the sum of all weights, where rows have their own. */
  readonly population: number;
  /** n_h, **all** rows read of the stratum. */
  readonly read: number;
  /** m_h, the rows among them that the output's aggregates take. */
  readonly support: number;
  /** Σu */
  readonly sum: number;
  /** Σu² */
  readonly squares: number;
  /** Σu³; NaN where the layout has no third moments. */
  readonly cubes: number;
}

/** The contributions of a group's cells. @param gradient by the output's totals */
export function contributionsOf(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  { from, to }: CellRange,
): Contribution[] {
  const contributions: Contribution[] = Array<Contribution>(to - from);
  for (let cell = from; cell < to; cell++)
    contributions[cell - from] = contributionOf(moments, prepared, gradient, cell);
  return contributions;
}

function contributionOf(
  { layout, sums, rowsRead, populationRows, weightMax, cellStratum }: Moments,
  prepared: PreparedOutput,
  gradient: readonly number[],
  cell: number,
): Contribution {
  const { supportSlots, weightSlots, sumSlots, productSlots, cubeSlots } = prepared;
  const offset = cell * layout.monomials.length;
  const stratum = cellStratum[cell]!; // one a cell
  let support = Number.POSITIVE_INFINITY;
  let weights: readonly [number, number, number] = [0, 0, 0];
  for (let place = 0; place < supportSlots.length; place++) {
    const rows = sums[offset + supportSlots[place]!]!; // a sum a slot
    if (rows >= support) continue;
    support = rows;
    if (weightSlots !== null) weights = valuesAt(sums, offset, weightSlots[place]!); // as many as of the support
  }
  const [population, read] = [populationRows[stratum]!, rowsRead[stratum]!]; // one entry a stratum
  const sum = linear(sums, offset, sumSlots, gradient);
  const { value: squares, magnitude } = quadratic(sums, offset, productSlots[0]!, gradient); // at least one power of the weight
  const cubes = cubeSlots === null ? Number.NaN : cubicOrZero(sums, offset, cubeSlots[0], gradient);
  const error = stratumError(layout.design.kind, {
    population,
    read,
    support,
    sum,
    squares,
    magnitude,
    cubes,
    squaresBelow: productSlots[1] === undefined ? 0 : quadratic(sums, offset, productSlots[1], gradient).value, // prettier-ignore
    cubesBelow: [cubicOrZero(sums, offset, cubeSlots?.[1], gradient), cubicOrZero(sums, offset, cubeSlots?.[2], gradient)], // prettier-ignore
    weights,
    weightMax: weightMax === null ? 1 : weightMax[stratum]!,
  });
  const { isOpen, isSingleton, spread, variance, openSquares, third, weights2, weights3 } = error;
  // Spelt out: copying objects takes as long as all else here.
  return {
    stratum,
    population,
    read,
    support,
    sum,
    squares,
    cubes,
    isOpen,
    isSingleton,
    spread,
    variance,
    openSquares,
    third,
    weights2,
    weights3,
  };
}

function valuesAt(
  sums: Float64Array,
  offset: number,
  [a, b, c]: readonly [number, number, number],
): readonly [number, number, number] {
  return [sums[offset + a]!, sums[offset + b]!, sums[offset + c]!]; // slots of the cell
}

/** Σ_j g_j S_j */
function linear(
  sums: Float64Array,
  offset: number,
  slots: readonly number[],
  gradient: readonly number[],
): number {
  return slots.reduce(
    (sum, slot, j) => (gradient[j] === 0 ? sum : sum + gradient[j]! * sums[offset + slot]!),
    0,
  ); // one partial a total
}

/** Σ_jk g_j g_k S_jk, and the sum of the terms' magnitudes. */
function quadratic(
  sums: Float64Array,
  offset: number,
  slots: Int32Array,
  gradient: readonly number[],
): { readonly value: number; readonly magnitude: number } {
  const count = gradient.length;
  let [value, magnitude] = [0, 0];
  for (let j = 0; j < count; j++) {
    const byJ = gradient[j]!; // one partial a total
    if (byJ === 0) continue;
    for (let k = 0; k < count; k++) {
      const term = byJ * gradient[k]! * sums[offset + slots[j * count + k]!]!;
      value += term;
      magnitude += Math.abs(term);
    }
  }
  return { value, magnitude };
}

/** Σ_jkl g_j g_k g_l S_jkl */
function cubic(sums: Float64Array, offset: number, slots: Int32Array, gradient: readonly number[]): number {
  const count = gradient.length;
  let value = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < count; k++) {
      const byJK = gradient[j]! * gradient[k]!; // one partial a total
      if (byJK === 0) continue;
      for (let l = 0; l < count; l++)
        value += byJK * gradient[l]! * sums[offset + slots[(j * count + k) * count + l]!]!;
    }
  }
  return value;
}

const cubicOrZero = (
  sums: Float64Array,
  offset: number,
  slots: Int32Array | undefined,
  gradient: readonly number[],
): number => (slots === undefined ? 0 : cubic(sums, offset, slots, gradient));

/** N_h of the strata of one row read that contribute nothing. */
export function unmatchedSingletons(
  { populationRows }: Moments,
  { singletons }: Scope,
  contributions: readonly Contribution[],
): number[] {
  if (singletons.length === 0) return [];
  const matched = new Set(contributions.map(({ stratum }) => stratum));
  return singletons.flatMap((stratum) => (matched.has(stratum) ? [] : [populationRows[stratum]!])); // one entry a stratum
}
