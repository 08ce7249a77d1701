import { type RowsAt, witnessTimes } from '../estimator/index.ts';
import type { Sample } from '../samples/index.ts';

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

  /** Whether a rank limit takes few enough of the sample's rows for the whole of it to bear witness. */
  isWitnessed(limit: number): boolean {
    return this.rowsUnder(limit) * witnessTimes <= this.rowsUnder(this.max);
  }
}
