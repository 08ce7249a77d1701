import { quickselect } from 'simple-statistics';
import type { MomentLayout, Moments, ReasonCode } from '../plan/index.ts';
import type { GroupEstimate } from './estimate-groups.ts';
import { openWeight } from './scope.ts';
import { isBounded, isExpected } from './tails.ts';

/** A tail this heavy or heavier: below 2 not even the variance exists, and little above it estimates hide that. */
const tailIndexMin = 2.1;
/** Fewest of the largest contributions that the tail is judged by. */
const tailRowsMin = 10;

/** Measures of rows, one entry a row in each array; a measure that does not take the row is NaN. */
export interface TailRows {
  readonly count: number;
  readonly group: Int32Array;
  readonly stratum: Int32Array;
  /** Where keys were drawn the row's key; rows of one key follow each other. */
  readonly key: Int32Array | null;
  readonly values: readonly Float64Array[];
}

/** A group's estimates, of which the tails are to be confirmed. */
export interface GroupEstimates {
  readonly group: { readonly group: number };
  readonly estimates: readonly GroupEstimate[];
}

/**
 * Takes back the certification of estimates whose tail is too heavy for their interval, by Hill's estimator over the largest √m of
 * the contributions |u| that are not zero. Needs no row where every estimate is bounded, or not certified anyway.
 * @param readRows gives the values of matching rows: all that were read, or of every stratum its first ranks
 * @returns for each group its estimates; the very same where nothing changes
 * @see Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975
 */
export function confirmTails(
  moments: Moments,
  groups: readonly GroupEstimates[],
  readRows: () => TailRows,
): readonly (readonly GroupEstimate[])[] {
  const suspects = groups.filter(({ estimates }) => estimates.some(isSuspect));
  if (suspects.length === 0) return groups.map(({ estimates }) => estimates);
  const rows = readRows();
  const rowsOf = openRowsByGroup(rows, new Set(suspects.map(({ group }) => group.group)), moments);
  return groups.map(({ group, estimates }) =>
    estimates.map((own) => {
      const isHeavy =
        isSuspect(own) &&
        tailIndex(contributionSizes(rows, rowsOf.get(group.group)!, moments.layout, own)) < tailIndexMin; // suspects' groups have rows
      return isHeavy ? withReason(own, 'HEAVY_TAIL') : own;
    }),
  );
}

/** Certified, but for a tail that may yet be too heavy. */
function isSuspect({ tail, estimate }: GroupEstimate): boolean {
  return tail !== null && estimate.certified && !isBounded(tail, estimate.confidence) && !isExpected(tail);
}

function withReason(own: GroupEstimate, reason: ReasonCode): GroupEstimate {
  const { estimate } = own;
  return { ...own, estimate: { ...estimate, certified: false, reasons: [...estimate.reasons, reason] } };
}

/** |u| of a group's rows, or of its keys where these were drawn, without zeros. */
function contributionSizes(
  { values, key }: TailRows,
  rows: Int32Array,
  { totals, keyed }: MomentLayout,
  { prepared, gradient }: GroupEstimate,
): Float64Array {
  const terms = prepared.totals.map((total, place) => ({
    partial: gradient[place]!, // one a total
    /** It counts the key, not its rows. */
    distinct: keyed?.distinct[total] === true,
    factors: totals[total]!.map(({ measure, power }) => ({ values: values[measure]!, power })), // one array a measure
  }));
  const sizes = new Float64Array(rows.length);
  let [count, u, last] = [0, 0, -1];
  const counted = new Set<object>();
  for (const row of rows) {
    const own = key === null ? row : key[row]!; // one a row
    if (own !== last) {
      if (u !== 0) sizes[count++] = Math.abs(u);
      [u, last] = [0, own];
      if (counted.size > 0) counted.clear();
    }
    for (const each of terms) {
      let term = each.partial;
      for (const factor of each.factors) {
        const value = factor.values[row]!;
        // NaN: the measure does not take the row.
        if (Number.isNaN(value)) term = 0;
        else for (let power = factor.power; power > 0; power--) term *= value; // faster than **
      }
      if (each.distinct) {
        if (term === 0 || counted.has(each)) continue;
        counted.add(each);
      }
      u += term;
    }
  }
  if (u !== 0) sizes[count++] = Math.abs(u);
  return sizes.subarray(0, count);
}

/** The rows of each wanted group, but for those of strata that were read whole: these add nothing to the error. */
function openRowsByGroup(
  { count, group, stratum }: TailRows,
  wanted: ReadonlySet<number>,
  moments: Moments,
): Map<number, Int32Array> {
  const found = new Map<number, number[]>([...wanted].map((each) => [each, []]));
  const isOpen = Array.from(moments.included.keys(), (each) => openWeight(moments, each) !== null);
  for (let row = 0; row < count; row++) if (isOpen[stratum[row]!]) found.get(group[row]!)?.push(row); // row < count
  return new Map([...found].map(([each, rows]) => [each, Int32Array.from(rows)]));
}

/** Hill's tail index of the largest values; infinite where there are too few, or where they do not differ. */
function tailIndex(values: Float64Array): number {
  const k = Math.max(tailRowsMin, Math.floor(Math.sqrt(values.length)));
  if (values.length <= k) return Number.POSITIVE_INFINITY;
  const first = values.length - 1 - k;
  // It works in place on anything that has numbered places.
  quickselect(values as unknown as number[], first);
  const least = values[first]!; // the largest but k
  let excess = 0;
  for (let place = first + 1; place < values.length; place++) excess += Math.log(values[place]! / least);
  return excess === 0 ? Number.POSITIVE_INFINITY : k / excess;
}
