import { isResampled, type ListedRows, type TailRows } from '../estimator/index.ts';
import type { Clock } from '../common/index.ts';
import type { SampleScan } from '../executor/index.ts';
import type { Sample } from '../samples/index.ts';
import type { AggregateQuery, MomentLayout, Moments } from '../plan/index.ts';
import type { RankLimits } from './rank-limits.ts';
import type { TailWitness } from './tail-witness.ts';

/** Rows at most that tails are judged by. */
const tailRowsMax = 2 ** 19;
/** Matching rows at most whose values are listed for quantiles: about 40 bytes each, and half a second of sorting. */
const listedRowsMax = 2 ** 20;
/** And at most where an error is resampled, which goes over them hundreds of times. */
const resampledRowsMax = 2 ** 15;
/** What listing takes a row before it was measured, and what resampling takes, milliseconds. */
const firstListingMs = 5e-4;
const resamplingMs = 1e-2;

/** Lists the values of rows that quantiles and the like are found among, and foretells how long that takes. */
export class RowLister {
  private readonly isNeeded: boolean;
  private readonly resamples: boolean;
  /** Rows that are listed at most. */
  private readonly rowsMax: number;
  /** What listing takes a row read. */
  private msPerRow = firstListingMs;

  constructor(
    query: AggregateQuery,
    layout: MomentLayout,
    private readonly limits: RankLimits,
    private readonly clock: Clock,
  ) {
    this.isNeeded = layout.measures.some(({ listed }) => listed);
    this.resamples = query.intervals.some((expression) => isResampled(query, expression));
    this.rowsMax = this.resamples ? resampledRowsMax : listedRowsMax;
  }

  /** Time that listing should take after so many rows read, milliseconds. */
  predictMs(rowsRead: number): number {
    if (!this.isNeeded) return 0;
    return Math.min(rowsRead, this.rowsMax) * (this.msPerRow + (this.resamples ? resamplingMs : 0));
  }

  /** Does work that lists, and learns from it. */
  timed<T>(rowsRead: number, work: () => T): T {
    const startMs = this.clock.monotonicMs();
    const done = work();
    if (this.isNeeded && rowsRead > 0)
      this.msPerRow = (this.clock.monotonicMs() - startMs) / Math.min(rowsRead, this.rowsMax);
    return done;
  }

  /**
   * The values of matching rows that were read; null where none are needed. Where they are too many, those of the first ranks of every
   * stratum, which are a random sample of it as all are; their number is n_h then. Strata that are always read whole stay so, and so
   * do all rows that have weights of their own.
   * @param moments of the same reading
   * @param limit the rank limit up to which was read
   */
  list(scan: SampleScan, moments: Moments, limit: number): ListedRows | null {
    if (!this.isNeeded) return null;
    const { rowsRead } = moments;
    const matching = matchingRows(moments, scan.rowsRead);
    const rowsUnder = (ranks: number): Float64Array => {
      const rows = this.limits.rowsAt(ranks);
      return rowsRead.map((read, stratum) => Math.min(read, rows(stratum)));
    };
    const expected = (ranks: number): number =>
      rowsUnder(ranks).reduce(
        (sum, own, h) => sum + (own === 0 ? 0 : (matching[h]! * own) / rowsRead[h]!),
        0,
      ); // one entry a stratum
    const rowsMax = Math.max(this.rowsMax, expected(0));
    let ranks = limit;
    while (ranks > 2 && expected(ranks) > rowsMax)
      ranks = Math.max(2, Math.floor((ranks * rowsMax) / expected(ranks)));
    const listed = rowsUnder(ranks);
    return { ...scan.values(Int32Array.from(listed)), rowsRead: listed };
  }
}

/** Matching rows of each stratum, over all groups; where keys were drawn all rows, for a key has some in many groups. */
function matchingRows(
  { cellCount, cellStratum, sums, layout, rowsRead }: Moments,
  rows: number,
): Float64Array {
  if (layout.keyed !== null) return Float64Array.of(rows); // keys have one stratum
  const matching = new Float64Array(rowsRead.length);
  for (let cell = 0; cell < cellCount; cell++)
    matching[cellStratum[cell]!]! += sums[cell * layout.monomials.length]!; // slot 0 counts the matching rows
  return matching;
}

/**
 * Values of rows enough to tell what tails are like: any first ranks are a random sample of each stratum. Those that are read whole
 * have no part in the error, however heavy their tails.
 * @param limit the rank limit up to which was read
 * @param witness the whole sample, where its rows are asked instead
 */
export function listTails(
  scan: SampleScan,
  { runs, unitSizes }: Sample,
  limits: RankLimits,
  limit: number,
  witness: TailWitness | null,
): TailRows {
  let ranks = limit;
  while (ranks > 1 && limits.rowsUnder(ranks) - limits.rowsUnder(0) > tailRowsMax)
    ranks = Math.floor(ranks / 2);
  const own = unitSizes.map((_, stratum) =>
    runs.takeAll[stratum] === 1 ? 0 : limits.unitsUnder(stratum, ranks),
  );
  return witness === null ? scan.values(own) : witness.rows(own, scan.groupCodes);
}
