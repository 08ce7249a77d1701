import { type Clock, groupDigits, keptWith, type Pieces, QueryError } from '../common/index.ts';
import { isResampled, type ListedRows, wholeScope } from '../estimator/index.ts';
import type { SampleScan } from '../executor/index.ts';
import type { Sample } from '../samples/index.ts';
import type { AggregateQuery, MomentLayout, Moments } from '../plan/index.ts';
import type { RankLimits } from './rank-limits.ts';

/** Memory that the values of a random part of the rows may take, and that of rows of which no part will do, bytes. */
const partBytesMax = 2 ** 26;
const wholeBytesMax = 2 ** 28;
/** A listed row takes so much, and each measure as much again: its values, these in their order, and their weights. */
const rowBytes = 24;
/** Rows at most where an error is resampled, which goes over them hundreds of times. */
const resampledRowsMax = 2 ** 15;
/** What listing takes a row before it was measured, and what resampling takes, milliseconds. */
const firstListingMs = 5e-4;
const resamplingMs = 1e-2;

/** First ranks may hold a few more matches than their share. */
const roomShare = 1.02;

/** What listing would be like after so many rows read. */
export interface ListingForecast {
  readonly ms: number;
  /** So many matching rows at most are looked at; null where that is no limit. */
  readonly rowsMax: number | null;
  /** Names of outputs whose error is resampled. */
  readonly resampled: readonly string[];
}

/** Whether errors of a query are resampled, and the names of outputs whose error is. */
const resampledOf = keptWith((query: AggregateQuery) => {
  const resampled = query.intervals.map((expression) => isResampled(query, expression));
  const outputs = query.outputs.flatMap(({ name, interval }) =>
    interval !== null && resampled[interval] === true ? [name] : [],
  );
  return { any: resampled.includes(true), outputs };
});

/** Lists the values of rows that quantiles and the like are found among, and foretells how long that takes. */
export class RowLister {
  private readonly isNeeded: boolean;
  private readonly resampled: readonly string[];
  private readonly resamples: boolean;
  /** Rows that are listed at most of strata from which some ranks will do, and of those from which only all do. */
  private readonly partRowsMax: number;
  private readonly wholeRowsMax: number;
  /** What listing takes a row read. */
  private msPerRow = firstListingMs;

  constructor(
    query: AggregateQuery,
    layout: MomentLayout,
    private readonly limits: RankLimits,
    private readonly clock: Clock,
  ) {
    this.isNeeded = layout.measures.some(({ listed }) => listed);
    const resampled = resampledOf(query);
    this.resamples = resampled.any;
    this.resampled = resampled.outputs;
    const bytes = rowBytes * (1 + layout.measures.length);
    this.wholeRowsMax = Math.floor(wholeBytesMax / bytes);
    const rowsMax = this.resamples ? resampledRowsMax : Number.POSITIVE_INFINITY;
    this.partRowsMax = Math.min(rowsMax, Math.floor(partBytesMax / bytes));
  }

  /** Rows that are listed at most after so many rows read. */
  listedRows(rowsRead: number): number {
    return this.isNeeded ? Math.min(rowsRead, this.partRowsMax) : 0;
  }

  /** Time that listing should take after so many rows read, milliseconds. */
  predictMs(rowsRead: number): number {
    return this.listedRows(rowsRead) * (this.msPerRow + (this.resamples ? resamplingMs : 0));
  }

  foresee(rowsRead: number): ListingForecast {
    const isCut = this.isNeeded && rowsRead > this.partRowsMax;
    return {
      ms: this.predictMs(rowsRead),
      rowsMax: isCut ? this.partRowsMax : null,
      resampled: this.resampled,
    };
  }

  /** Does work that lists, and learns from it. */
  async timed<T>(rowsRead: number, work: () => Promise<T>): Promise<T> {
    const startMs = this.clock.monotonicMs();
    const done = await work();
    if (this.isNeeded && rowsRead > 0)
      this.msPerRow = (this.clock.monotonicMs() - startMs) / Math.min(rowsRead, this.partRowsMax);
    return done;
  }

  /**
   * The values of matching rows that were read; null where none are needed. Where they are too many, those of the first ranks of every
   * stratum, which are a random sample of it as all are; their number is n_h then. Strata that are always read whole stay so, and so
   * do all rows that have weights of their own, and a reading that left out nothing, which has no error.
   * @param moments of the same reading
   * @param limit the rank limit up to which was read
   * @throws QueryError LIMIT_EXCEEDED where what must stay is too much
   */
  *list(scan: SampleScan, moments: Moments, limit: number): Pieces<ListedRows | null> {
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
    const whole = expected(0);
    const part = Math.max(this.partRowsMax - whole, this.partRowsMax / 2);
    const leavesNothing = wholeScope(moments).isComplete && expected(limit) <= this.wholeRowsMax;
    const rowsMax = leavesNothing ? this.wholeRowsMax : whole + part;
    let ranks = limit;
    while (ranks > 2 && expected(ranks) > rowsMax)
      ranks = Math.max(2, Math.floor((ranks * part) / (expected(ranks) - whole)));
    const matches = Math.ceil(expected(ranks));
    this.refuseTooMany(matches);
    const listed = rowsUnder(ranks);
    const found = yield* scan.values(
      Int32Array.from(listed),
      scan.groupCodes,
      Math.ceil(roomShare * matches),
    );
    return { rowsRead: scan.unitsWithin(listed), ...found };
  }

  private refuseTooMany(rows: number): void {
    if (rows <= this.wholeRowsMax) return;
    const [found, most] = [rows, this.wholeRowsMax].map(groupDigits);
    throw new QueryError(
      'LIMIT_EXCEEDED',
      `the values of ${found} rows would have to be held for quantiles, more than ${most}`,
      { hint: 'filter, ask for fewer columns at once, or ask EXACT SELECT' },
    );
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
 * For each stratum how many of its first rows tell what tails are like: any first ranks are a random sample of it. Strata that are read
 * whole have no part in the error, however heavy their tails.
 * @param limit the rank limit up to which was read
 * @param strata those that are asked about are marked
 * @param rowsMax so many rows at most
 */
export function ranksOfTails(
  { runs, unitSizes }: Sample,
  limits: RankLimits,
  limit: number,
  strata: Uint8Array,
  rowsMax: number,
): Int32Array {
  for (let ranks = limit; ; ranks = Math.floor(ranks / 2)) {
    const own = unitSizes.map((_, stratum) =>
      strata[stratum] === 0 || runs.takeAll[stratum] === 1 ? 0 : limits.unitsUnder(stratum, ranks),
    );
    if (ranks <= 1 || own.reduce((sum, rows) => sum + rows, 0) <= rowsMax) return own;
  }
}

/** How many matching rows to expect among so many first rows of each stratum; they may hold a few more. */
export function matchesWithin(moments: Moments, ranks: Int32Array): number {
  const { layout, rowsRead } = moments;
  if (layout.keyed !== null) return Number.POSITIVE_INFINITY;
  const matching = matchingRows(moments, 0);
  const expected = ranks.reduce(
    (sum, own, h) => (own === 0 ? sum : sum + matching[h]! * Math.min(1, own / rowsRead[h]!)),
    0,
  ); // one entry a stratum
  return Math.ceil(roomShare * expected);
}
