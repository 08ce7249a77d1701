import { quickselect } from 'simple-statistics';
import { mapInPieces, type Pieces, piecewise } from '../common/index.ts';
import type { MomentLayout, Moments, ReasonCode } from '../plan/index.ts';
import type { GroupEstimate } from './estimate-output.ts';
import type { CellRange } from './group-totals.ts';
import { hasOpenRows } from './scope.ts';
import { isBounded, isExpected, type TailEvidence } from './tails.ts';

/** A tail this heavy or heavier: below 2 not even the variance exists, and little above it estimates hide that. */
const tailIndexMin = 2.1;
/** Fewest of the largest contributions that the tail is judged by. */
const tailRowsMin = 10;
/** Groups, and rows, that are looked at without a pause. */
const groupsAtOnce = 1024;
const stretchRows = 2 ** 14;

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
  readonly group: { readonly group: number; readonly cells: CellRange };
  readonly estimates: readonly GroupEstimate[];
}

/**
 * Takes back the certification of estimates whose tail is too heavy for their interval, by Hill's estimator over the largest √m of
 * the contributions |u| that are not zero. Needs no row where every estimate is bounded, or not certified anyway.
 * @param readRows gives the values of matching rows: all that were read, or of every stratum its first ranks; at least of the
 *   strata that are marked
 * @returns for each group its estimates; the very same where nothing changes
 * @see Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975
 */
export function* confirmTails(
  moments: Moments,
  groups: readonly GroupEstimates[],
  readRows: (strata: Uint8Array) => Pieces<TailRows>,
): Pieces<readonly (readonly GroupEstimate[])[]> {
  const suspects = groups.filter(({ estimates }) => estimates.some(isSuspect));
  if (suspects.length === 0) return groups.map(({ estimates }) => estimates);
  const rows = yield* readRows(
    strataOf(
      moments,
      suspects.map(({ group }) => group.cells),
    ),
  );
  const open = yield* openStretches(
    rows,
    suspects.map(({ group }) => group.group),
    moments,
  );
  const confirm = ({ group, estimates }: GroupEstimates): readonly GroupEstimate[] =>
    estimates.map((own) => {
      const isHeavy =
        isSuspect(own) &&
        tailIndex(contributionSizes(rows, open.get(group.group)!, moments.layout, own)) < tailIndexMin; // suspects' groups are wanted
      return isHeavy ? withReason(own, 'HEAVY_TAIL') : own;
    });
  return yield* mapInPieces(groups, confirm, groupsAtOnce);
}

/** Marks the strata in which groups have rows. */
function strataOf({ cellStratum, included }: Moments, groups: readonly CellRange[]): Uint8Array {
  const marked = new Uint8Array(included.length);
  for (const { from, to } of groups) for (let cell = from; cell < to; cell++) marked[cellStratum[cell]!] = 1; // one a cell
  return marked;
}

/** The estimate without its certification, where that takes a look at the tail for which there was no time. */
export function withoutLook(own: GroupEstimate): GroupEstimate {
  return isSuspect(own) ? withReason(own, 'OUT_OF_TIME') : own;
}

/** Certified, but for a tail that may yet be too heavy. */
export function isSuspect({ tail, estimate }: GroupEstimate): boolean {
  return tail !== null && estimate.certified && isSuspectTail(tail, estimate.confidence);
}

/** Whether the tail of a certified estimate may yet be too heavy. */
export function isSuspectTail(tail: TailEvidence, confidence: number): boolean {
  return !isBounded(tail, confidence) && !isExpected(tail);
}

function withReason(own: GroupEstimate, reason: ReasonCode): GroupEstimate {
  const { estimate } = own;
  return { ...own, estimate: { ...estimate, certified: false, reasons: [...estimate.reasons, reason] } };
}

/** Rows that follow each other, and others that do: where each stretch begins and where it ends, in turns. */
type Stretches = readonly number[];

/** |u| of a group's rows, or of its keys where these were drawn, without zeros. */
function contributionSizes(
  { values, key }: TailRows,
  stretches: Stretches,
  { totals, keyed }: MomentLayout,
  { prepared, gradient }: GroupEstimate,
): Float64Array {
  const contributions = new Float64Array(rowsIn(stretches));
  const counts: CountedOnce[] = [];
  for (const [place, total] of prepared.totals.entries()) {
    const partial = gradient[place]!; // one a total
    const factors = totals[total]!.map(({ measure, power }) => ({ values: values[measure]!, power })); // one array a measure
    if (keyed?.distinct[total] === true) counts.push({ partial, values: factors.map((each) => each.values) });
    else if (partial !== 0) addTerm(contributions, stretches, partial, factors);
  }
  return withoutZeros(key === null ? contributions : sumByKey(contributions, stretches, key, counts));
}

function rowsIn(stretches: Stretches): number {
  let rows = 0;
  for (let at = 0; at < stretches.length; at += 2) rows += stretches[at + 1]! - stretches[at]!; // two places each
  return rows;
}

/** A total that counts a key once, if any of its rows has all these measures. */
interface CountedOnce {
  readonly partial: number;
  readonly values: readonly Float64Array[];
}

/** A measure's values, to a power. */
interface Factor {
  readonly values: Float64Array;
  readonly power: number;
}

/** Adds partial · Π value^power of each row to its contribution; nothing where a measure does not take the row (NaN). */
function addTerm(
  contributions: Float64Array,
  stretches: Stretches,
  partial: number,
  [first, ...others]: readonly Factor[],
): void {
  const { values, power } = first!; // a total has a factor
  let place = 0;
  for (let at = 0; at < stretches.length; at += 2) {
    const end = stretches[at + 1]!; // two places each
    for (let row = stretches[at]!; row < end; row++, place++) {
      const value = values[row]!; // a row of the stretch
      if (Number.isNaN(value)) continue;
      let term = partial;
      for (let count = power; count > 0; count--) term *= value; // faster than **
      for (const other of others) term *= other.values[row]! ** other.power;
      if (!Number.isNaN(term)) contributions[place]! += term;
    }
  }
}

function withoutZeros(contributions: Float64Array): Float64Array {
  let count = 0;
  for (const u of contributions) if (u !== 0) contributions[count++] = Math.abs(u); // in place: not beyond what was read
  return contributions.subarray(0, count);
}

/** The contributions of keys: of their rows, which follow each other, and of what counts once. */
function sumByKey(
  contributions: Float64Array,
  stretches: Stretches,
  key: Int32Array,
  counts: readonly CountedOnce[],
): Float64Array {
  const rows = new Int32Array(contributions.length);
  let place = 0;
  for (let at = 0; at < stretches.length; at += 2)
    for (let row = stretches[at]!; row < stretches[at + 1]!; row++) rows[place++] = row; // two places each
  const sums: number[] = [];
  for (let from = 0, to: number; from < rows.length; from = to) {
    let sum = 0;
    for (to = from; to < rows.length && key[rows[to]!] === key[rows[from]!]; to++) sum += contributions[to]!; // places of rows
    const own = rows.subarray(from, to);
    for (const { partial, values } of counts)
      if (own.some((row) => values.every((each) => !Number.isNaN(each[row]!)))) sum += partial;
    sums.push(sum);
  }
  return Float64Array.from(sums);
}

/**
 * The rows of each wanted group, but for those of strata that were read whole: these add nothing to the error. Rows of a group in a
 * stratum often follow each other.
 */
function* openStretches(
  { count, group, stratum }: TailRows,
  wanted: readonly number[],
  moments: Moments,
): Pieces<ReadonlyMap<number, Stretches>> {
  const isOpen = Uint8Array.from(moments.included.keys(), (each) => (hasOpenRows(moments, each) ? 1 : 0));
  const stretches = new Map<number, number[]>();
  const want = (from: number, to: number): void => {
    for (let place = from; place < to; place++) stretches.set(wanted[place]!, []); // place < length
  };
  yield* piecewise(wanted.length, want, groupsAtOnce);
  let next = 0;
  // A stretch may reach beyond its piece.
  const find = (_: number, end: number): void => {
    for (let from = next, to: number; from < end; from = next = to) {
      const [own, of] = [group[from]!, stratum[from]!]; // from < count
      for (to = from + 1; to < count && group[to] === own && stratum[to] === of;) to++;
      if (isOpen[of] === 1) stretches.get(own)?.push(from, to);
    }
  };
  yield* piecewise(count, find, stretchRows);
  return stretches;
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
