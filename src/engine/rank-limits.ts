import { type RowsAt, witnessTimes } from '../estimator/index.ts';
import type { Sample } from '../samples/index.ts';

/** What is read whatever the time: two rows of every stratum, if these are in so many blocks, and such a part of a block. */
const firstRanks = 16;
const firstBlocks = 4;
const firstBlockParts = 16;

/** What rank limits mean for a query over a sample: how many rows are read under them. */
export class RankLimits {
  /** Rows (keys, where these were drawn) of the largest stratum that the predicate leaves in and a rank limit bounds: none needs to be higher. */
  readonly max: number;
  /** Strata that the predicate leaves in and a rank limit bounds. */
  private readonly strata: number;

  /**
   * @param included for each stratum 0 where the predicate excludes it
   * @param readsAll all rows are read whatever the limit is
   */
  constructor(
    private readonly sample: Sample,
    private readonly included: Uint8Array,
    private readonly readsAll: boolean,
  ) {
    const { runs, unitSizes } = sample;
    const bounded = unitSizes.filter((_, stratum) => included[stratum] === 1 && runs.takeAll[stratum] === 0);
    this.max = bounded.reduce((most, size) => Math.max(most, size), 0);
    this.strata = bounded.length;
  }

  /** Rows of a stratum under a rank limit, or keys where these were drawn. */
  unitsUnder(stratum: number, limit: number): number {
    const { keys, runs, unitSizes } = this.sample;
    if (this.readsAll) return unitSizes[stratum]!; // one entry a stratum
    return keys === null ? runs.rowsUnder(stratum, limit) : Math.min(limit, unitSizes[stratum]!);
  }

  /** Rows (keys, where these were drawn) of each stratum under a rank limit. */
  rowsAt(limit: number): RowsAt {
    return (stratum) => this.unitsUnder(stratum, limit);
  }

  /** The rank limit under which about so many rows are read. */
  limitFor(rows: number): number {
    const { keys } = this.sample;
    if (keys === null) return Math.ceil(rows / Math.max(1, this.strata));
    const place = keys.starts.findIndex((start) => start >= rows);
    return place < 0 ? this.max : place;
  }

  /** Rows of all included strata under a rank limit. */
  rowsUnder(limit: number): number {
    const { keys } = this.sample;
    if (keys !== null) return this.included[0] === 1 ? keys.starts[this.unitsUnder(0, limit)]! : 0; // one stratum, as many starts as keys
    return this.included.reduce(
      (rows, isIn, stratum) => (isIn === 1 ? rows + this.unitsUnder(stratum, limit) : rows),
      0,
    );
  }

  /**
   * Rows without which there is no answer: strata taken whole, for a part of one would bring its heavy tail back; and of the others
   * two, if that is not too much to read.
   */
  indispensableRows(): number {
    const all = this.rowsUnder(this.max);
    if (this.readsAll) return all;
    const { blockRows } = this.sample;
    const whole = this.rowsUnder(0);
    // They lie in the file by ranks, then strata: two of the last stratum come behind the first ranks of the others.
    const first = this.rowsUnder(firstRanks) - whole - (firstRanks - 2);
    const few = Math.floor(blockRows / firstBlockParts);
    return Math.min(all, whole + Math.max(1, few, Math.min(first, firstBlocks * blockRows)));
  }

  /** Whether a rank limit takes few enough of the sample's rows for the whole of it to bear witness. */
  isWitnessed(limit: number): boolean {
    return this.rowsUnder(limit) * witnessTimes <= this.rowsUnder(this.max);
  }
}
