/*
 * Where the rows of a stratum lie. A sample is laid out in bands of ranks that double: [0, 16), [16, 32), [32, 64), …; inside a
 * band by stratum, inside a stratum by rank. So the rows of a stratum in a band are one contiguous run, whose place follows
 * from the strata's sizes alone. Strata that are taken whole lie before all bands, by stratum: every prefix worth reading holds
 * them.
 */

/** The first band's ranks end here. */
const firstBandEnd = 16;

/** Ends of the bands (exclusive ranks) that hold strata of up to so many rows. */
export function bandEnds(mostRows: number): number[] {
  const ends: number[] = [];
  for (let end = firstBandEnd; ends.length === 0 || ends.at(-1)! < mostRows; end *= 2) ends.push(end);
  return ends;
}

/** A part of the file: that of strata taken whole, or a band of ranks by its place, 0 for the first. */
export type BandName = 'whole' | number;

/** The ranks [low, high) of a band. */
export function ranksOfBand(band: number): readonly [low: number, high: number] {
  return [band === 0 ? 0 : firstBandEnd * 2 ** (band - 1), firstBandEnd * 2 ** band];
}

/** Numbers in a list of runs that belong to one run: stratum, first row, row after the last. */
export const runStride = 3;

/** Rows of some ranks of some strata, by stratum. */
interface Band {
  /** Ranks [low, high) */
  readonly low: number;
  readonly high: number;
  /** 1: it holds the strata that are taken whole, 0: the others. */
  readonly takeAll: number;
  /** For each stratum the first row of its run; one more entry closes the band. */
  readonly starts: Int32Array;
  /** The row that closes the band. */
  readonly end: number;
}

export class RunIndex {
  readonly rows: number;
  private readonly bands: readonly Band[];

  /**
   * @param sizes rows of each stratum in the sample, n_h
   * @param takeAll for each stratum 1 where it is taken whole and stored first; none unless given
   */
  constructor(
    readonly sizes: Int32Array,
    readonly takeAll: Uint8Array = new Uint8Array(sizes.length),
  ) {
    let row = 0;
    const lay = (low: number, high: number, whole: number): Band => {
      const starts = new Int32Array(sizes.length + 1);
      for (let stratum = 0; stratum < sizes.length; stratum++) {
        starts[stratum] = row;
        if (takeAll[stratum] === whole) row += Math.max(0, Math.min(sizes[stratum]!, high) - low); // stratum < length
      }
      starts[sizes.length] = row;
      return { low, high, takeAll: whole, starts, end: row };
    };
    const first = takeAll.includes(1) ? [lay(0, Number.POSITIVE_INFINITY, 1)] : [];
    const most = sizes.reduce(
      (largest, size, stratum) => (takeAll[stratum] === 1 ? largest : Math.max(largest, size)),
      0,
    );
    const ends = bandEnds(most);
    this.bands = [...first, ...ends.map((end, band) => lay(ends[band - 1] ?? 0, end, 0))];
    this.rows = row;
  }

  /** Rows from the start that hold the first row of every stratum. */
  get headRows(): number {
    return this.bands.find(({ takeAll }) => takeAll === 0)!.end; // there is always a first band of ranks
  }

  /** The part of the file that a row lies in. */
  bandAt(row: number): BandName {
    const place = this.bands.findIndex(({ end }) => row < end);
    const [first] = this.bands;
    if (first?.takeAll !== 1) return place;
    return place === 0 ? 'whole' : place - 1;
  }

  /** The first row of a stratum that is not empty: the one of rank 0. */
  firstRow(stratum: number): number {
    return this.bands.find(({ takeAll }) => takeAll === this.takeAll[stratum])!.starts[stratum]!; // every stratum has a band
  }

  /** Rows of a stratum that are read under a rank limit: a stratum that is taken whole is read whole, whatever the limit. */
  rowsUnder(stratum: number, rankLimit: number): number {
    const size = this.sizes[stratum]!; // one entry a stratum
    return this.takeAll[stratum] === 1 ? size : Math.min(rankLimit, size);
  }

  /** Rows of each stratum among the first `rows` rows of the sample. */
  sizesOfPrefix(rows: number): Int32Array {
    const sizes = new Int32Array(this.sizes.length);
    for (const { starts } of this.bands) {
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
    const wanted = new Int32Array(to.length);
    let count = 0;
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (let stratum = 0; stratum < to.length; stratum++) {
      if (from[stratum]! >= to[stratum]!) continue; // one entry a stratum, here and below
      wanted[count++] = stratum;
      if (from[stratum]! < least) least = from[stratum]!;
      if (to[stratum]! > most) most = to[stratum]!;
    }
    const bands = this.bands.filter(({ low, high }) => low < most && high > least);
    const runs = new Int32Array(runStride * bands.length * count);
    let place = 0;
    for (const { low, high, takeAll, starts } of bands) {
      for (let at = 0; at < count; at++) {
        const stratum = wanted[at]!; // at < count
        if (this.takeAll[stratum] !== takeAll) continue;
        const first = Math.max(low, from[stratum]!);
        const last = Math.min(high, to[stratum]!);
        if (first >= last) continue;
        runs[place++] = stratum;
        runs[place++] = starts[stratum]! - low + first;
        runs[place++] = starts[stratum]! - low + last;
      }
    }
    return place === runs.length ? runs : runs.slice(0, place);
  }
}
