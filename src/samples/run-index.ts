/*
 * Where the rows of a stratum lie. A sample is laid out in bands of ranks that double: [0, 16), [16, 32), [32, 64), …; inside a
 * band by stratum, inside a stratum by rank. So the rows of a stratum in a band are one contiguous run, whose place follows
 * from the strata's sizes alone.
 */

/** The first band's ranks end here. */
export const firstBandEnd = 16;

/** Ends of the bands (exclusive ranks) that hold strata of up to so many rows. */
export function bandEnds(mostRows: number): number[] {
  const ends: number[] = [];
  for (let end = firstBandEnd; ends.length === 0 || ends.at(-1)! < mostRows; end *= 2) ends.push(end);
  return ends;
}

/** Numbers in a list of runs that belong to one run: stratum, first row, row after the last. */
export const runStride = 3;

export class RunIndex {
  /** Rows of each stratum. */
  readonly sizes: Int32Array;
  readonly rows: number;
  private readonly ends: readonly number[];
  /** For each band and stratum the first row of the run; one more entry closes the band. */
  private readonly starts: readonly Int32Array[];

  /** @param sizes rows of each stratum in the sample, n_h */
  constructor(sizes: Int32Array) {
    this.sizes = sizes;
    this.ends = bandEnds(sizes.reduce((most, size) => Math.max(most, size), 0));
    let row = 0;
    this.starts = this.ends.map((_, band) => {
      const starts = new Int32Array(sizes.length + 1);
      for (let stratum = 0; stratum < sizes.length; stratum++) {
        starts[stratum] = row;
        row += this.lengthOf(band, sizes[stratum]!); // stratum < length
      }
      starts[sizes.length] = row;
      return starts;
    });
    this.rows = row;
  }

  /** Rows that a stratum of some size has in a band. */
  private lengthOf(band: number, size: number): number {
    const low = band === 0 ? 0 : this.ends[band - 1]!; // band ≥ 1
    return Math.max(0, Math.min(size, this.ends[band]!) - low); // band < number of bands
  }

  /** The first row of a stratum that is not empty: the one of rank 0. */
  firstRow(stratum: number): number {
    return this.starts[0]![stratum]!; // there is always a first band
  }

  /** Rows of each stratum among the first `rows` rows of the sample. */
  sizesOfPrefix(rows: number): Int32Array {
    const sizes = new Int32Array(this.sizes.length);
    for (const starts of this.starts) {
      for (let stratum = 0; stratum < sizes.length && starts[stratum]! < rows; stratum++) {
        sizes[stratum]! += Math.min(rows, starts[stratum + 1]!) - starts[stratum]!;
      }
    }
    return sizes;
  }

  /**
   * The runs of ranks [from_h, to_h) of every stratum h, in file order, flat: {@link runStride} numbers each.
   * @param from for each stratum the first rank wanted
   * @param to for each stratum the rank after the last, at most its size; a stratum that is not wanted has `to` ≤ `from`
   */
  runs(from: Int32Array, to: Int32Array): Int32Array {
    let count = 0;
    this.visitRuns(from, to, () => count++);
    const runs = new Int32Array(count * runStride);
    let place = 0;
    this.visitRuns(from, to, (stratum, start, end) => {
      runs[place++] = stratum;
      runs[place++] = start;
      runs[place++] = end;
    });
    return runs;
  }

  private visitRuns(
    from: Int32Array,
    to: Int32Array,
    visit: (stratum: number, start: number, end: number) => void,
  ): void {
    for (const [band, starts] of this.starts.entries()) {
      const low = band === 0 ? 0 : this.ends[band - 1]!; // band ≥ 1
      const high = this.ends[band]!; // as many ends as starts
      for (let stratum = 0; stratum < this.sizes.length; stratum++) {
        const first = Math.max(low, from[stratum]!); // one entry a stratum
        const last = Math.min(high, to[stratum]!);
        if (first < last) visit(stratum, starts[stratum]! - low + first, starts[stratum]! - low + last);
      }
    }
  }
}
