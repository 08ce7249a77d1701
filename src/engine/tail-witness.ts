import { type Pause, type Pieces, withPauses } from '../common/index.ts';
import { type CellRange, groupStarts, type TailRows, type Witness } from '../estimator/index.ts';
import type { Patience, Proceed, SampleScan } from '../executor/index.ts';
import type { Moments } from '../plan/index.ts';

const noCells: CellRange = { from: 0, to: 0 };
/** Groups that are noted without a pause. */
const groupsAtOnce = 2 ** 12;

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
    pause: Pause,
  ): Promise<TailWitness | null> {
    const scan = reading.again();
    if (!(await scan.readTo(sizes, proceed, null, patience))) return null;
    const { moments } = await withPauses(scan.collect(), pause);
    const starts = groupStarts(moments);
    const cells = new Map<number, CellRange>();
    for (const [group, code] of scan.groupCodes.entries()) {
      cells.set(code, { from: starts[group]!, to: starts[group + 1]! }); // one more start than groups
      if (group % groupsAtOnce === 0) await pause();
    }
    return new TailWitness(scan, moments, cells);
  }

  /** What it says to groups with these codes. */
  to(codes: Float64Array): Witness {
    return { moments: this.moments, cellsOf: (group) => this.cells.get(codes[group]!) ?? noCells }; // one code a group
  }

  /** Its rows of groups with these codes. @param ranks for each stratum how many of its first rows */
  rows(ranks: Int32Array, codes: Float64Array): Pieces<TailRows> {
    return this.scan.values(ranks, codes);
  }
}
