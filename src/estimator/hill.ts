import { quickselect } from 'simple-statistics';
import type { MomentLayout } from '../plan/index.ts';

/** A tail this heavy or heavier: below 2 not even the variance exists, and little above it estimates hide that. */
const tailIndexMin = 2.1;
/** Fewest of the largest contributions that the tail is judged by. */
const tailRowsMin = 10;

/** Measures of rows, one entry a row in each array; a measure that does not take the row is NaN. */
export interface TailRows {
  readonly count: number;
  readonly group: Int32Array;
  readonly stratum: Int32Array;
  readonly values: readonly Float64Array[];
}

/** An estimate whose tail is to be looked at. */
export interface TailSuspect {
  readonly group: number;
  /** Totals of the layout with the estimate's derivatives by them. */
  readonly totals: readonly number[];
  readonly gradient: readonly number[];
}

/**
 * Which suspects have a tail too heavy for their interval, by Hill's estimator over the largest √m of the contributions |u| that
 * are not zero.
 * @param isOpen whether a stratum was not read whole: others add nothing to the error
 * @see Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975
 */
export function heavyTails(
  rows: TailRows,
  layout: MomentLayout,
  suspects: readonly TailSuspect[],
  isOpen: (stratum: number) => boolean,
): boolean[] {
  const rowsOf = rowsByGroup(rows, new Set(suspects.map(({ group }) => group)), isOpen);
  return suspects.map(({ group, totals, gradient }) => {
    const monomials = totals.map((total) => layout.totals[total]!); // places of totals
    const contributions = new Float64Array(rowsOf.get(group)?.length ?? 0);
    let count = 0;
    for (const row of rowsOf.get(group) ?? []) {
      let u = 0;
      for (const [place, monomial] of monomials.entries()) {
        let term = gradient[place]!; // one partial a total
        for (const { measure, power } of monomial) {
          const value = rows.values[measure]![row]!; // one array a measure
          term = Number.isNaN(value) ? 0 : term * value ** power;
        }
        u += term;
      }
      if (u !== 0) contributions[count++] = Math.abs(u);
    }
    return tailIndex(contributions.subarray(0, count)) < tailIndexMin;
  });
}

function rowsByGroup(
  { count, group, stratum }: TailRows,
  wanted: ReadonlySet<number>,
  isOpen: (stratum: number) => boolean,
): Map<number, number[]> {
  const rows = new Map<number, number[]>([...wanted].map((each) => [each, []]));
  for (let row = 0; row < count; row++) if (isOpen(stratum[row]!)) rows.get(group[row]!)?.push(row); // row < count
  return rows;
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
