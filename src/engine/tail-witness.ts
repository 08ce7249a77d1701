import { type CellRange, groupStarts, type TailRows, type Witness } from '../estimator/index.ts';
import type { Patience, Proceed, SampleScan } from '../executor/index.ts';
import type { Moments } from '../plan/index.ts';

const noCells: CellRange = { from: 0, to: 0 };

/** A whole sample read for a query, to tell what the tails of estimates from a few of its rows are like. */
export class TailWitness {
  private constructor(
    private readonly scan: SampleScan,
    private readonly moments: Moments,
    /** By the group's code. */
    private readonly cells: ReadonlyMap<number, CellRange>,
  ) {}

  /**
   * @param reading the scan of the query's rows
   * @param sizes rows of each stratum in the sample
   * @returns null where `proceed` stopped it
   * @throws QueryError DAMAGED_SAMPLE, LIMIT_EXCEEDED, and what `proceed` throws
   */
  static async read(
    reading: SampleScan,
    sizes: Int32Array,
    proceed: Proceed,
    patience: Patience,
  ): Promise<TailWitness | null> {
    const scan = reading.again();
    if (!(await scan.readTo(sizes, proceed, null, patience))) return null;
    const { moments } = scan.collect();
    const starts = groupStarts(moments);
    const cells = scan.groupCodes.map((code, group): [number, CellRange] => [
      code,
      { from: starts[group]!, to: starts[group + 1]! },
    ]); // one more start than groups
    return new TailWitness(scan, moments, new Map(cells));
  }

  /** What it says to groups with these codes. */
  to(codes: readonly number[]): Witness {
    return { moments: this.moments, cellsOf: (group) => this.cells.get(codes[group]!) ?? noCells }; // one code a group
  }

  /** Its rows of groups with these codes. @param ranks for each stratum how many of its first rows */
  rows(ranks: Int32Array, codes: readonly number[]): TailRows {
    return this.scan.values(ranks, codes);
  }
}
