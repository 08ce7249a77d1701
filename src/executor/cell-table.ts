import { QueryError } from '../common/index.ts';
import { runStride } from '../samples/index.ts';
import { Interner } from './interner.ts';

/** Cells that a query may have; each takes a few hundred bytes until the answer is made. */
const cellsMax = 4_000_000;
/** Sums at most that lie at the places of their pairs, those of pairs that are never met among them. */
const spreadSumsMax = 2 ** 19;
/** Up to so many pairs of stratum and code are indexed directly. */
const directPairsMax = 2 ** 20;

/** Cells that a table has room for at first: a few fit where memory costs least. */
const firstCells = 64;

/** How a pair of stratum and code finds its sums. */
export type CellIndex =
  /** They lie at the pair's own place. */
  | 'spread'
  /** A table tells the cell of each pair that there may be. */
  | 'direct'
  | 'hashed';

/** How many cells there may be, and what they hold. */
export interface CellsShape {
  readonly strata: number;
  /** Codes of the groups within a stratum are below this: 1 where its rows are all of one group. */
  readonly codes: number;
  /** Sums a cell; the first counts, and is a whole number. */
  readonly stride: number;
  readonly index: CellIndex;
}

/**
 * How pairs are to find their sums.
 * @param rows how many there may be of which each finds the sums of its pair; 0: the loop asks for cells, and seldom. Where pairs are
 *   more, to make room for all of them takes longer than to look up those that there are
 */
export function cellIndexOf({ strata, codes, stride }: Omit<CellsShape, 'index'>, rows: number): CellIndex {
  const pairs = strata * codes;
  if (codes === 1) return 'direct';
  if (pairs <= rows && pairs * stride <= spreadSumsMax) return 'spread';
  return pairs <= directPairsMax ? 'direct' : 'hashed';
}

/** What a table has added up: pairs `stratum * codes + code`, and for each `stride` totals, with what rounding took off them. */
export interface CellSums {
  readonly pairs: Float64Array;
  readonly totals: Float64Array;
  readonly compensation: Float64Array;
}

/**
 * The cells of a scan, pairs of stratum and code that occur together, and their sums. Kernels add into `sums`; now and then these
 * are flushed into compensated totals, so that long sums lose no digits. Counts are exact, and stay where they are.
 */
export class CellTable {
  /** Sums since the last flush: `stride` a cell, or where they are spread a pair. Replaced when it grows: kernels read it anew after adding a cell. */
  sums: Float64Array;
  /** The pairs of the cells, in the order in which they were met. Where sums are spread, kernels write down those of which the count is 0 before. */
  pairs: Float64Array;
  /** Cells so far. */
  count = 0;
  /** For each pair its cell + 1, or 0; empty where pairs are hashed. Where sums are spread it has the first `indexed` cells, and is made when it is asked for. */
  direct: Int32Array;
  private indexed = 0;
  private readonly hashed: Interner | null;
  /** Of the cells that have been flushed. */
  private totals: Float64Array = new Float64Array(0);
  private compensation: Float64Array = new Float64Array(0);
  private flushed = 0;

  private readonly codes: number;
  private readonly stride: number;
  private readonly isSpread: boolean;

  constructor({ strata, codes, stride, index }: CellsShape) {
    this.codes = codes;
    this.stride = stride;
    this.isSpread = index === 'spread';
    const places = strata * codes;
    this.direct = new Int32Array(index === 'direct' ? places : 0);
    this.hashed = index === 'hashed' ? new Interner() : null;
    this.pairs = new Float64Array(firstCells);
    this.sums = new Float64Array((this.isSpread ? places : firstCells) * stride);
  }

  /** The cell of a pair, added where it is new. @throws QueryError LIMIT_EXCEEDED where there are too many */
  cell(stratum: number, code: number): number {
    return this.cellOf(stratum * this.codes + code);
  }

  private cellOf(pair: number): number {
    if (this.hashed !== null) {
      const cell = this.hashed.intern(pair);
      if (cell === this.count) this.append(pair);
      return cell;
    }
    if (this.isSpread) this.indexMet();
    const known = this.direct[pair]!; // as many entries as pairs
    if (known > 0) return known - 1;
    this.direct[pair] = this.count + 1;
    this.indexed++;
    return this.append(pair);
  }

  /** Room for the pairs that a kernel meets in so many rows, and for one more: it writes down each before it knows whether it is a new one. */
  roomFor(rows: number): Float64Array {
    const pairs = this.sums.length / this.stride; // spread over all that there may be
    const needed = Math.min(pairs, this.count + rows) + 1;
    if (needed > this.pairs.length) this.pairs = wider(this.pairs, Math.max(needed, this.pairs.length * 2));
    return this.pairs;
  }

  /** Takes up what a kernel has met. */
  private indexMet(): void {
    if (this.direct.length === 0) this.direct = new Int32Array(this.sums.length / this.stride);
    const { direct, pairs, count } = this;
    for (let cell = this.indexed; cell < count; cell++) direct[pairs[cell]!] = cell + 1; // cell < count
    this.indexed = count;
  }

  private append(pair: number): number {
    if (this.isSpread) this.roomFor(1);
    else if (this.count === this.pairs.length) this.grow();
    this.pairs[this.count] = pair;
    return this.count++;
  }

  private grow(): void {
    if (this.count >= cellsMax) {
      throw new QueryError('LIMIT_EXCEEDED', `the query has more than ${cellsMax} groups`, {
        hint: 'group by less, or filter',
      });
    }
    this.pairs = wider(this.pairs, this.pairs.length * 2);
    this.sums = wider(this.sums, this.sums.length * 2);
  }

  stratumOf(cell: number): number {
    return Math.floor(this.pairs[cell]! / this.codes); // cell < count
  }

  codeOf(cell: number): number {
    return this.pairs[cell]! - this.codes * this.stratumOf(cell);
  }

  /** Where the cell's sums begin. */
  placeOf(cell: number): number {
    return (this.isSpread ? this.pairs[cell]! : cell) * this.stride; // cell < count
  }

  /** The cell's sums so far, by slot: most exact just after a flush. */
  total(cell: number, slot: number): number {
    const sum = this.sums[this.placeOf(cell) + slot]!; // slot < stride
    if (slot === 0 || cell >= this.flushed) return sum;
    const place = cell * this.stride + slot;
    return this.totals[place]! + (this.compensation[place]! + sum);
  }

  /**
   * Adds the sums into the totals, what rounding takes off kept aside, and starts new sums.
   * @param runs all that was read since the last flush, unless more was
   */
  flush(runs: Int32Array | null = null): void {
    this.makeRoom();
    // Where a stratum is a cell, few of many cells may have been met.
    if (runs !== null && this.codes === 1 && runs.length < runStride * this.count) {
      for (let run = 0; run < runs.length; run += runStride) {
        const cell = this.direct[runs[run]!]! - 1; // whole runs
        if (cell >= 0) this.flushCells(cell, cell + 1);
      }
    } else this.flushCells(0, this.count);
  }

  /** Gives all cells totals. */
  private makeRoom(): void {
    const needed = this.count * this.stride;
    if (needed > this.totals.length) {
      // Pairs may have room for many more.
      const room = Math.max(needed, this.totals.length * 2);
      this.totals = wider(this.totals, room);
      this.compensation = wider(this.compensation, room);
    }
    this.flushed = this.count;
  }

  private flushCells(from: number, to: number): void {
    const { sums, totals, compensation, stride } = this;
    for (let cell = from; cell < to; cell++) {
      const place = cell * stride;
      const own = this.placeOf(cell);
      for (let slot = 1; slot < stride; slot++) {
        addCompensated(totals, compensation, place + slot, sums[own + slot]!); // slot < stride
        sums[own + slot] = 0;
      }
    }
  }

  /** What was added up, and an empty table again. What was not flushed is. @param room where so many numbers are put */
  take(room: (length: number) => Float64Array = (length) => new Float64Array(length)): CellSums {
    this.flush();
    const { count, stride, sums } = this;
    const used = count * stride;
    const put = (numbers: Float64Array, length: number): Float64Array => {
      const taken = room(length);
      taken.set(numbers.subarray(0, length));
      return taken;
    };
    const taken = {
      pairs: put(this.pairs, count),
      totals: put(this.totals, used),
      compensation: put(this.compensation, used),
    };
    for (let cell = 0; cell < count; cell++) {
      const place = this.placeOf(cell);
      taken.totals[cell * stride] = sums[place]!; // a place of a cell
      sums[place] = 0;
    }
    if (this.hashed !== null) this.hashed.clear();
    else if (this.direct.length > 0) for (const pair of taken.pairs) this.direct[pair] = 0;
    this.totals.fill(0, 0, used);
    this.compensation.fill(0, 0, used);
    this.count = this.indexed = this.flushed = 0;
    return taken;
  }

  /** Adds what another table, of the same strata, codes and stride, has added up. @param codeHere of a code there; null: it is the same */
  add({ pairs, totals, compensation }: CellSums, codeHere: ((code: number) => number) | null): void {
    const { codes, stride } = this;
    const cells = new Int32Array(pairs.length);
    for (let from = 0; from < cells.length; from++) {
      const pair = pairs[from]!; // from < length
      const stratum = codeHere === null ? 0 : Math.floor(pair / codes);
      cells[from] =
        codeHere === null ? this.cellOf(pair) : this.cell(stratum, codeHere(pair - codes * stratum));
    }
    this.makeRoom();
    for (let from = 0; from < cells.length; from++) {
      const cell = cells[from]!; // from < length
      this.sums[this.placeOf(cell)]! += totals[from * stride]!; // a cell each
      for (let slot = 1; slot < stride; slot++) {
        const [here, there] = [cell * stride + slot, from * stride + slot];
        addCompensated(this.totals, this.compensation, here, totals[there]!); // slot < stride
        this.compensation[here]! += compensation[there]!;
      }
    }
  }
}

/** Adds a term to a total, and what rounding takes off to what is kept aside for it (Knuth's two-sum, which takes no jump). */
function addCompensated(totals: Float64Array, compensation: Float64Array, place: number, term: number): void {
  const total = totals[place]!; // a place of both
  const sum = total + term;
  const added = sum - total;
  compensation[place]! += total - (sum - added) + (term - added);
  totals[place] = sum;
}

/** The array with so much room. */
function wider(array: Float64Array, length: number): Float64Array {
  const grown = new Float64Array(length);
  grown.set(array);
  return grown;
}
