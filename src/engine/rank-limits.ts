import { type RowsAt, witnessTimes } from '../estimator/index.ts';
import type { Sample } from '../samples/index.ts';

/** What is read whatever the time: two rows of every stratum, if these are in so many blocks, and such a part of a block. */
const firstRanks = 16;
const firstBlocks = 4;
const firstBlockParts = 16;

/** Small strata are read at least so much as slowly as the largest of their group: what matches may be in them. */
const paceMin = 1 / 16;

/** Strata are read on at their own pace from a rank on that all were read to. */
interface Proportions {
  readonly from: number;
  /** For each stratum its rows by those of the largest that has rows of the same groups, in [{@link paceMin}, 1]. */
  readonly paces: Float64Array;
}

/** Whether a sample has every row, or key, of the strata that are included. */
export function holdsAllOf({ unitSizes, unitPopulation }: Sample, included: Uint8Array): boolean {
  return included.every((isIn, stratum) => isIn === 0 || unitSizes[stratum]! >= unitPopulation[stratum]!); // one entry a stratum
}

/** The strata that the predicate leaves in and a rank limit bounds. */
interface BoundedStrata {
  /** For each stratum 1 where it is one of them. */
  readonly isBounded: Uint8Array;
  readonly count: number;
  /** Rows, or keys, of the largest. */
  readonly rowsMax: number;
  /** Rows of all that are included, and those without which there is no answer; null: nobody has asked yet. */
  rows: number | null;
  neededRows: number | null;
}

/** By the strata that are included. */
const boundsOf = new WeakMap<Uint8Array, BoundedStrata>();

function boundStrata({ runs: { takeAll }, unitSizes }: Sample, included: Uint8Array): BoundedStrata {
  // Plain loops here and below: there may be thousands of strata.
  const isBounded = new Uint8Array(included.length);
  let [count, rowsMax] = [0, 0];
  for (let stratum = 0; stratum < included.length; stratum++) {
    if (included[stratum] !== 1 || takeAll[stratum] === 1) continue;
    count += isBounded[stratum] = 1;
    rowsMax = Math.max(rowsMax, unitSizes[stratum]!); // one entry a stratum
  }
  return { isBounded, count, rowsMax, rows: null, neededRows: null };
}

/** What rank limits mean for a query over a sample: how many rows are read under them. */
export class RankLimits {
  private readonly bounds: BoundedStrata;
  /** null: all strata are read to the same rank. */
  private proportions: Proportions | null = null;
  private most: number;
  /** See {@link rowsUnder}, by limit: it is asked again and again for the same few. */
  private readonly known = new Map<number, number>();

  /**
   * @param included for each stratum of the sample 0 where the predicate excludes it; it does not change
   * @param readsAll all rows are read whatever the limit is
   */
  constructor(
    private readonly sample: Sample,
    private readonly included: Uint8Array,
    private readonly readsAll: boolean,
  ) {
    this.bounds = boundsOf.get(included) ?? boundStrata(sample, included);
    boundsOf.set(included, this.bounds);
    this.most = this.bounds.rowsMax;
  }

  /** The rank limit under which all rows are read: none needs to be higher. */
  get max(): number {
    return this.most;
  }

  private largest(): number {
    const { bounds, proportions } = this;
    if (proportions === null) return bounds.rowsMax;
    const { unitSizes } = this.sample;
    let most = 0;
    for (let stratum = 0; stratum < unitSizes.length; stratum++)
      if (bounds.isBounded[stratum] === 1)
        most = Math.max(most, Math.ceil(unitSizes[stratum]! / proportions.paces[stratum]!)); // one entry a stratum
    return most;
  }

  /** Whether strata of the same groups differ in size, so that it matters in which proportions they are read. @param group see {@link readInProportion} */
  canBeInProportion(group: Float64Array): boolean {
    if (this.readsAll || this.sample.keys !== null) return false;
    const paces = this.pacesOf(group);
    for (let stratum = 0; stratum < paces.length; stratum++)
      if (this.bounds.isBounded[stratum] === 1 && paces[stratum]! < 1) return true; // one entry a stratum
    return false;
  }

  /**
   * From a rank limit on, up to which strata were read alike, reads them in proportion to their rows in the table, so that all rows of a
   * group weigh about the same. Rank limits are those of the largest then.
   * @param group for each stratum a code, below their number, that tells which others have rows of the same groups
   */
  readInProportion(group: Float64Array, from: number): void {
    this.proportions = { from, paces: this.pacesOf(group) };
    this.most = this.largest();
    this.known.clear();
  }

  /** Reads all strata to the same rank, as at first. */
  readAlike(): void {
    this.proportions = null;
    this.most = this.largest();
    this.known.clear();
  }

  private pacesOf(group: Float64Array): Float64Array {
    const { unitPopulation } = this.sample;
    const { isBounded } = this.bounds;
    const largest = new Float64Array(group.length); // by code: there are no more codes than strata
    for (let stratum = 0; stratum < group.length; stratum++) {
      const code = group[stratum]!; // one entry a stratum, here and below
      if (isBounded[stratum] === 1) largest[code] = Math.max(largest[code]!, unitPopulation[stratum]!);
    }
    const paces = new Float64Array(group.length);
    for (let stratum = 0; stratum < group.length; stratum++) {
      const most = largest[group[stratum]!]!;
      paces[stratum] = Math.max(paceMin, Math.min(1, unitPopulation[stratum]! / Math.max(1, most)));
    }
    return paces;
  }

  /** Rows of a stratum under a rank limit, or keys where these were drawn. */
  unitsUnder(stratum: number, limit: number): number {
    const { keys, runs, unitSizes } = this.sample;
    if (this.readsAll) return unitSizes[stratum]!; // one entry a stratum
    return keys === null
      ? runs.rowsUnder(stratum, this.ranksUnder(stratum, limit))
      : Math.min(limit, unitSizes[stratum]!);
  }

  /** The rank to which a stratum is read. */
  private ranksUnder(stratum: number, limit: number): number {
    if (this.proportions === null || limit <= this.proportions.from) return limit;
    const { from, paces } = this.proportions;
    return Math.max(from, Math.ceil(paces[stratum]! * limit)); // one entry a stratum
  }

  /** Rows (keys, where these were drawn) of each stratum under a rank limit. */
  rowsAt(limit: number): RowsAt {
    return (stratum) => this.unitsUnder(stratum, limit);
  }

  /** The same of all strata. */
  unitsAt(limit: number): Int32Array {
    const units = new Int32Array(this.included.length);
    for (let stratum = 0; stratum < units.length; stratum++) units[stratum] = this.unitsUnder(stratum, limit);
    return units;
  }

  /** The rank limit under which about so many rows are read. */
  limitFor(rows: number): number {
    const { keys } = this.sample;
    if (keys === null) return Math.ceil(rows / Math.max(1, this.bounds.count));
    const place = keys.starts.findIndex((start) => start >= rows);
    return place < 0 ? this.max : place;
  }

  /** The rank limit under which about such a share of the rows is read. @param share in (0, 1] */
  limitOfShare(share: number): number {
    return share < 1 && !this.readsAll
      ? Math.min(this.max, this.limitFor(share * this.rowsUnder(this.max)))
      : this.max;
  }

  /** Rows of all included strata under a rank limit. */
  rowsUnder(limit: number): number {
    const known = this.known.get(limit);
    if (known !== undefined) return known;
    const rows = this.sumUnder(limit);
    this.known.set(limit, rows);
    return rows;
  }

  private sumUnder(limit: number): number {
    const { keys } = this.sample;
    if (keys !== null) return this.included[0] === 1 ? keys.starts[this.unitsUnder(0, limit)]! : 0; // one stratum, as many starts as keys
    const isAll = this.readsAll || limit >= this.most;
    return isAll ? (this.bounds.rows ??= this.addUp(limit)) : this.addUp(limit);
  }

  private addUp(limit: number): number {
    let rows = 0;
    for (let stratum = 0; stratum < this.included.length; stratum++)
      if (this.included[stratum] === 1) rows += this.unitsUnder(stratum, limit);
    return rows;
  }

  /**
   * Rows without which there is no answer: strata taken whole, for a part of one would bring its heavy tail back; and of the others
   * two, if that is not too much to read.
   */
  indispensableRows(): number {
    return (this.bounds.neededRows ??= this.findIndispensable());
  }

  private findIndispensable(): number {
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
