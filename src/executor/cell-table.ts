import { QueryError } from '../common/index.ts';
import { runStride } from '../samples/index.ts';
import { addCompensated } from './add-compensated.ts';
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
  /** `strata`: see StratumCells. */
  readonly index: CellIndex | 'strata';
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
 *
 * Where sums are spread over all pairs, kernels do not say which of them they meet, which would take as long again as to add up: the
 * cells are the pairs whose count is above 0, in their order, found when somebody asks.
 */
export class CellTable {
  /** Sums since the last flush: `stride` a cell, or where they are spread a pair. Replaced when it grows: kernels read it anew after adding a cell. */
  sums: Float64Array;
  /** For each pair its cell + 1, or 0; empty where pairs are hashed or spread. */
  readonly direct: Int32Array;
  /** Rows that were added since cells were listed, where sums are spread: kernels count them. */
  unlisted = 0;
  /** The pairs of the cells that are listed: in the order in which they were met, of spread ones in theirs. */
  private pairs: Float64Array;
  private listed = 0;
  private readonly hashed: Interner | null;
  /** What was flushed, at the places of the sums; too short for cells that were met since. */
  private totals: Float64Array = new Float64Array(0);
  private compensation: Float64Array = new Float64Array(0);

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
    this.pairs = new Float64Array(this.isSpread ? 0 : firstCells);
    this.sums = new Float64Array((this.isSpread ? places : firstCells) * stride);
  }

  /** Cells so far. */
  get count(): number {
    this.list();
    return this.listed;
  }

  /** About as many, where a look at all pairs that there may be would take too long; no fewer. */
  get countMax(): number {
    const places = this.sums.length / this.stride;
    return this.unlisted < places ? Math.min(places, this.listed + this.unlisted) : this.count;
  }

  /** Nothing was flushed so far: what cells have is their sums. */
  get isPlain(): boolean {
    return this.totals.length === 0;
  }

  /** The cell of a pair, added where it is new; where sums are not spread. @throws QueryError LIMIT_EXCEEDED where there are too many */
  cell(stratum: number, code: number): number {
    return this.cellOf(stratum * this.codes + code);
  }

  /** Where the sums of a pair begin, which is added where it is new. @throws QueryError as {@link cell} */
  place(stratum: number, code: number): number {
    return this.placeOfPair(stratum * this.codes + code);
  }

  private placeOfPair(pair: number): number {
    if (!this.isSpread) return this.cellOf(pair) * this.stride;
    this.unlisted++;
    return pair * this.stride;
  }

  /** The pair here of one of another table. */
  private pairHere(pair: number, codeHere: (code: number) => number): number {
    const stratum = Math.floor(pair / this.codes);
    return stratum * this.codes + codeHere(pair - this.codes * stratum);
  }

  private cellOf(pair: number): number {
    if (this.hashed !== null) {
      const cell = this.hashed.intern(pair);
      if (cell === this.listed) this.append(pair);
      return cell;
    }
    const known = this.direct[pair]!; // as many entries as pairs
    if (known > 0) return known - 1;
    this.direct[pair] = this.listed + 1;
    return this.append(pair);
  }

  /** Finds the cells that have sums. */
  private list(): void {
    if (!this.isSpread || this.unlisted === 0) return;
    const { sums, stride } = this;
    const places = sums.length / stride;
    const room = Math.min(places, this.listed + this.unlisted) + 1; // each is written down before it is known whether it is met
    if (this.pairs.length < room) this.pairs = new Float64Array(room);
    const { pairs } = this;
    let count = 0;
    for (let pair = 0, place = 0; pair < places; pair++, place += stride) {
      pairs[count] = pair;
      count += +(sums[place]! > 0); // a place of a pair
    }
    this.listed = count;
    this.unlisted = 0;
  }

  private append(pair: number): number {
    if (this.listed === this.pairs.length) this.grow();
    this.pairs[this.listed] = pair;
    return this.listed++;
  }

  private grow(): void {
    if (this.listed >= cellsMax) {
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
    const place = this.placeOf(cell) + slot; // slot < stride
    const sum = this.sums[place]!;
    if (slot === 0 || place >= this.totals.length) return sum;
    return this.totals[place]! + (this.compensation[place]! + sum);
  }

  /** Copies the cell's sums of some slots to a place: one call for all of them. */
  copyTotals(cell: number, slots: readonly number[], into: Float64Array, place: number): void {
    for (let at = 0; at < slots.length; at++) into[place + at] = this.total(cell, slots[at]!); // at < length
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
    const needed = this.isSpread ? this.sums.length : this.count * this.stride;
    if (needed > this.totals.length) {
      // Pairs may have room for many more.
      const room = Math.max(needed, this.totals.length * 2);
      this.totals = wider(this.totals, room);
      this.compensation = wider(this.compensation, room);
    }
  }

  private flushCells(from: number, to: number): void {
    const { sums, totals, compensation, stride } = this;
    for (let cell = from; cell < to; cell++) {
      const place = this.placeOf(cell);
      for (let slot = 1; slot < stride; slot++) {
        addCompensated(totals, place + slot, compensation, place + slot, sums[place + slot]!); // slot < stride
        sums[place + slot] = 0;
      }
    }
  }

  /** What was added up, and an empty table again. What was not flushed is. @param room where so many numbers are put */
  take(room: (length: number) => Float64Array = (length) => new Float64Array(length)): CellSums {
    this.flush();
    const { count, stride, sums, totals, compensation } = this;
    const used = count * stride;
    const taken = { pairs: room(count), totals: room(used), compensation: room(used) };
    taken.pairs.set(this.pairs.subarray(0, count));
    for (let cell = 0; cell < count; cell++) {
      const place = this.placeOf(cell);
      taken.totals[cell * stride] = sums[place]!; // a place of a cell
      taken.compensation[cell * stride] = sums[place] = 0;
      for (let slot = 1; slot < stride; slot++) {
        const [own, to] = [place + slot, cell * stride + slot];
        taken.totals[to] = totals[own]!; // slot < stride
        taken.compensation[to] = compensation[own]!;
        totals[own] = compensation[own] = 0;
      }
    }
    if (this.hashed !== null) this.hashed.clear();
    else if (!this.isSpread) for (const pair of taken.pairs) this.direct[pair] = 0;
    this.listed = 0;
    return taken;
  }

  /** Adds what another table, of the same strata, codes and stride, has added up. @param codeHere of a code there; null: it is the same */
  add({ pairs, totals, compensation }: CellSums, codeHere: ((code: number) => number) | null): void {
    const { stride } = this;
    const places = new Float64Array(pairs.length);
    for (let from = 0; from < places.length; from++) {
      const pair = pairs[from]!; // from < length
      places[from] = this.placeOfPair(codeHere === null ? pair : this.pairHere(pair, codeHere));
    }
    this.makeRoom();
    for (let from = 0; from < places.length; from++) {
      const place = places[from]!; // from < length
      this.sums[place]! += totals[from * stride]!; // a place each
      for (let slot = 1; slot < stride; slot++) {
        const [here, there] = [place + slot, from * stride + slot];
        addCompensated(this.totals, here, this.compensation, here, totals[there]!); // slot < stride
        this.compensation[here]! += compensation[there]!;
      }
    }
  }
}

/** The array with so much room. */
function wider(array: Float64Array, length: number): Float64Array {
  const grown = new Float64Array(length);
  grown.set(array);
  return grown;
}
