import type { Moments } from '../plan/index.ts';
import { type Contributions, ContributionTable } from './contribution-table.ts';
import { emptyRowSums, emptyStratumError, stratumError } from './design-error.ts';
import type { CellRange } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { Scope } from './scope.ts';

/** What is being worked out: of use again as soon as it is put down. */
const rows = emptyRowSums();
const error = emptyStratumError();

/**
 * The contributions of a group's cells, in a table of their own.
 * @param gradient by the output's totals
 */
export function contributionsOf(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  { from, to }: CellRange,
): Contributions {
  const table = new ContributionTable(to - from);
  putContributions(moments, prepared, gradient, from, to, table, 0);
  return { table, from: 0, to: to - from };
}

/** Puts the contributions of cells [from, to) down in a table, from a place on. */
export function putContributions(
  moments: Moments,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  from: number,
  to: number,
  table: ContributionTable,
  first: number,
): void {
  const { layout, cellStratum } = moments;
  const { kind } = layout.design;
  for (let cell = from; cell < to; cell++) {
    const stratum = cellStratum[cell]!; // one a cell
    sumRows(moments, prepared, gradient, cell, stratum);
    stratumError(kind, rows, error);
    table.set(first + cell - from, stratum, rows, error);
  }
}

/** Puts into `rows` what the rows of a cell come to. */
function sumRows(
  { layout, sums, rowsRead, populationRows, weightMax }: Moments,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  cell: number,
  stratum: number,
): void {
  const { supportSlots, weightSlots, sumSlots, productSlots, cubeSlots } = prepared;
  const offset = cell * layout.monomials.length;
  rows.population = populationRows[stratum]!; // one entry a stratum
  rows.read = rowsRead[stratum]!;
  rows.weightMax = weightMax === null ? 1 : weightMax[stratum]!;
  let least = 0;
  for (let place = 1; place < supportSlots.length; place++)
    if (sums[offset + supportSlots[place]!]! < sums[offset + supportSlots[least]!]!) least = place; // a sum a slot
  rows.support = sums[offset + supportSlots[least]!]!; // every aggregate has one
  if (weightSlots !== null) {
    const [once, squared, cubed] = weightSlots[least]!; // as many as of the support
    rows.weightSum = sums[offset + once]!;
    rows.weightSquares = sums[offset + squared]!;
    rows.weightCubes = sums[offset + cubed]!;
  }
  rows.sum = linear(sums, offset, sumSlots, gradient);
  addSquares(sums, offset, productSlots[0]!, gradient); // at least one power of the weight
  rows.cubes = cubeSlots === null ? Number.NaN : cubic(sums, offset, cubeSlots[0]!, gradient);
  if (productSlots.length > 1) {
    rows.squaresBelow = quadratic(sums, offset, productSlots[1]!, gradient);
    rows.cubesBelow = cubeSlots === null ? 0 : cubic(sums, offset, cubeSlots[1]!, gradient);
    rows.cubesTwiceBelow = cubeSlots === null ? 0 : cubic(sums, offset, cubeSlots[2]!, gradient);
  }
}

/** Σ_j g_j S_j */
function linear(
  sums: Float64Array,
  offset: number,
  slots: readonly number[],
  gradient: ArrayLike<number>,
): number {
  let sum = 0;
  for (let j = 0; j < slots.length; j++) {
    const partial = gradient[j]!; // one a total
    if (partial !== 0) sum += partial * sums[offset + slots[j]!]!;
  }
  return sum;
}

/** Puts Σ_jk g_j g_k S_jk into `rows`, and the sum of the terms' magnitudes. */
function addSquares(
  sums: Float64Array,
  offset: number,
  slots: Int32Array,
  gradient: ArrayLike<number>,
): void {
  const count = gradient.length;
  let value = 0;
  let magnitude = 0;
  for (let j = 0; j < count; j++) {
    const byJ = gradient[j]!; // one partial a total
    if (byJ === 0) continue;
    for (let k = 0; k < count; k++) {
      const term = byJ * gradient[k]! * sums[offset + slots[j * count + k]!]!;
      value += term;
      magnitude += Math.abs(term);
    }
  }
  rows.squares = value;
  rows.magnitude = magnitude;
}

/** Σ_jk g_j g_k S_jk */
function quadratic(
  sums: Float64Array,
  offset: number,
  slots: Int32Array,
  gradient: ArrayLike<number>,
): number {
  const count = gradient.length;
  let value = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < count; k++)
      value += gradient[j]! * gradient[k]! * sums[offset + slots[j * count + k]!]!; // one partial a total
  }
  return value;
}

/** Σ_jkl g_j g_k g_l S_jkl */
function cubic(sums: Float64Array, offset: number, slots: Int32Array, gradient: ArrayLike<number>): number {
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

/** N_h of the strata of one row read that contribute nothing. */
export function unmatchedSingletons(
  { populationRows }: Moments,
  { singletons }: Scope,
  { table, from, to }: Contributions,
): readonly number[] {
  if (singletons.length === 0) return singletons;
  const matched = new Set(table.stratum.subarray(from, to));
  return singletons.flatMap((stratum) => (matched.has(stratum) ? [] : [populationRows[stratum]!])); // one entry a stratum
}
