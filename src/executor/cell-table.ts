import { QueryError } from '../common/index.ts';
import { runStride } from '../samples/index.ts';
import { Interner } from './interner.ts';

/** Cells that a query may have; each takes a few hundred bytes until the answer is made. */
const cellsMax = 4_000_000;
/** Up to so many pairs of stratum and group are indexed directly. */
export const directPairsMax = 2 ** 20;

/** Cells that there is room for at first, where there may be as many: a few fit where memory costs least. */
const capacityMin = 64;

/** How many cells there may be, and what they hold. */
export interface CellsShape {
  readonly strata: number;
  /** Group codes are below this. */
  readonly groups: number;
  /** Sums a cell. */
  readonly stride: number;
  /** A stratum's rows are all of one group. */
  readonly byStratum: boolean;
}

/** What a table has added up: pairs `stratum * groups + group`, and for each `stride` totals, with what rounding took off them. */
export interface CellSums {
  readonly pairs: Float64Array;
  readonly totals: Float64Array;
  readonly compensation: Float64Array;
}

/**
 * The cells of a scan, (stratum, group) pairs that occur together, and their sums. Kernels add into `sums`; now and then these
 * are flushed into compensated totals, so that long sums lose no digits.
 */
export class CellTable {
  /** Sums since the last flush: `stride` a cell. Replaced when it grows: kernels read it anew after adding a cell. */
  sums: Float64Array;
  /** For a stratum, or a pair `stratum * groups + group` where a stratum may have several, its cell + 1, or 0; empty where pairs are hashed. */
  readonly direct: Int32Array;
  private readonly hashed: Interner | null;
  private totals: Float64Array;
  private compensation: Float64Array;
  private cells: Float64Array;
  private size = 0;

  private readonly groups: number;
  private readonly stride: number;
  private readonly isByStratum: boolean;

  constructor({ strata, groups, stride, byStratum }: CellsShape) {
    this.groups = groups;
    this.stride = stride;
    this.isByStratum = byStratum;
    const places = byStratum ? strata : strata * groups;
    const isDirect = byStratum || places <= directPairsMax;
    this.direct = new Int32Array(isDirect ? places : 0);
    this.hashed = isDirect ? null : new Interner();
    const capacity = Math.min(capacityMin, Math.max(1, places));
    this.cells = new Float64Array(capacity);
    this.sums = new Float64Array(capacity * stride);
    this.totals = new Float64Array(capacity * stride);
    this.compensation = new Float64Array(capacity * stride);
  }

  get count(): number {
    return this.size;
  }

  /** The cell of a pair, added where it is new. @throws QueryError LIMIT_EXCEEDED where there are too many */
  cell(stratum: number, group: number): number {
    const pair = stratum * this.groups + group;
    if (this.hashed !== null) {
      const cell = this.hashed.intern(pair);
      if (cell === this.size) this.append(pair);
      return cell;
    }
    const place = this.placeOf(pair);
    const known = this.direct[place]!; // as many entries as places
    if (known > 0) return known - 1;
    this.direct[place] = this.size + 1;
    return this.append(pair);
  }

  private placeOf(pair: number): number {
    return this.isByStratum ? Math.floor(pair / this.groups) : pair;
  }

  private append(pair: number): number {
    if (this.size === this.cells.length) this.grow();
    this.cells[this.size] = pair;
    return this.size++;
  }

  private grow(): void {
    if (this.size >= cellsMax) {
      throw new QueryError('LIMIT_EXCEEDED', `the query has more than ${cellsMax} groups`, {
        hint: 'group by less, or filter',
      });
    }
    this.cells = wider(this.cells);
    this.sums = wider(this.sums);
    this.totals = wider(this.totals);
    this.compensation = wider(this.compensation);
  }

  stratumOf(cell: number): number {
    return Math.floor(this.cells[cell]! / this.groups); // cell < count
  }

  groupOf(cell: number): number {
    return this.cells[cell]! % this.groups;
  }

  /** The cell's sums so far, by slot: most exact just after a flush. */
  total(cell: number, slot: number): number {
    const place = cell * this.stride + slot;
    return this.totals[place]! + (this.compensation[place]! + this.sums[place]!); // slot < stride
  }

  /**
   * Adds the sums into the totals, what rounding takes off kept aside (Neumaier), and starts new sums.
   * @param runs all that was read since the last flush, unless more was
   */
  flush(runs: Int32Array | null = null): void {
    // Where a stratum is a cell, few of many cells may have been met.
    if (runs !== null && this.isByStratum && runs.length < runStride * this.size) {
      for (let run = 0; run < runs.length; run += runStride) {
        const cell = this.direct[runs[run]!]! - 1; // whole runs
        if (cell >= 0) this.flushPlaces(cell * this.stride, (cell + 1) * this.stride);
      }
    } else this.flushPlaces(0, this.size * this.stride);
  }

  private flushPlaces(from: number, to: number): void {
    const { sums, totals, compensation } = this;
    for (let place = from; place < to; place++) {
      const term = sums[place]!; // places of cells
      if (term === 0) continue;
      addCompensated(totals, compensation, place, term);
      sums[place] = 0;
    }
  }

  /** What was added up, and an empty table again. What was not flushed is. */
  take(): CellSums {
    this.flush();
    const used = this.size * this.stride;
    const taken = {
      pairs: this.cells.slice(0, this.size),
      totals: this.totals.slice(0, used),
      compensation: this.compensation.slice(0, used),
    };
    if (this.hashed === null) for (const pair of taken.pairs) this.direct[this.placeOf(pair)] = 0;
    else this.hashed.clear();
    this.totals.fill(0, 0, used);
    this.compensation.fill(0, 0, used);
    this.size = 0;
    return taken;
  }

  /** Adds what another table, of the same strata, groups and stride, has added up. @param groupHere of a group's code there; null: it is the same */
  add({ pairs, totals, compensation }: CellSums, groupHere: ((group: number) => number) | null): void {
    const { groups, stride } = this;
    for (let from = 0; from < pairs.length; from++) {
      const pair = pairs[from]!; // from < length
      const group = pair % groups;
      const cell = this.cell(Math.floor(pair / groups), groupHere === null ? group : groupHere(group));
      for (let slot = 0; slot < stride; slot++) {
        const [here, there] = [cell * stride + slot, from * stride + slot];
        addCompensated(this.totals, this.compensation, here, totals[there]!); // slot < stride
        this.compensation[here]! += compensation[there]!;
      }
    }
  }
}

/** Adds a term to a total, and what rounding takes off to what is kept aside for it (Neumaier). */
function addCompensated(totals: Float64Array, compensation: Float64Array, place: number, term: number): void {
  const total = totals[place]!; // a place of both
  const sum = total + term;
  compensation[place]! += Math.abs(total) >= Math.abs(term) ? total - sum + term : term - sum + total;
  totals[place] = sum;
}

/** The array with room for twice as much. */
function wider(array: Float64Array): Float64Array {
  const grown = new Float64Array(array.length * 2);
  grown.set(array);
  return grown;
}
