import { addCompensated } from './add-compensated.ts';
import type { CellSums, CellsShape } from './cell-table.ts';

/** Sums of a stratum, and what rounding took off all but the first, which counts. @param stride sums */
export const recordLength = (stride: number): number => 2 * stride - 1;

/**
 * The sums of strata whose rows are all of one group: each stratum is a cell, at its own place. Kernels add what a piece of a run comes
 * to with what rounding takes off, so that there is nothing to flush, and sums are the same in whatever order pieces are read.
 */
export class StratumCells {
  /** Of each stratum its {@link recordLength} numbers: the totals, then what rounding took off them. */
  readonly sums: Float64Array;
  private readonly strata: number;
  private readonly stride: number;

  /** @param listed the strata that are cells; null: all */
  constructor(
    { strata, stride }: CellsShape,
    private readonly listed: Int32Array | null,
  ) {
    this.strata = strata;
    this.stride = stride;
    this.sums = new Float64Array(strata * recordLength(stride));
  }

  get count(): number {
    return this.listed?.length ?? this.strata;
  }

  get countMax(): number {
    return this.count;
  }

  stratumOf(cell: number): number {
    return this.listed === null ? cell : this.listed[cell]!; // cell < count
  }

  codeOf(): number {
    return 0;
  }

  /** The cell's sum of a slot. */
  total(cell: number, slot: number): number {
    const { sums, stride } = this;
    const place = this.stratumOf(cell) * recordLength(stride) + slot; // slot < stride
    const total = sums[place]!;
    const rest = slot === 0 ? 0 : sums[place + stride - 1]!;
    // Of an infinite total nobody knows what rounding took off.
    return Number.isNaN(rest) ? total : total + rest;
  }

  /** Copies the cell's sums of some slots to a place: one call for all of them. */
  copyTotals(cell: number, slots: readonly number[], into: Float64Array, place: number): void {
    for (let at = 0; at < slots.length; at++) into[place + at] = this.total(cell, slots[at]!); // at < length
  }

  /** There is nothing to flush. */
  flush(): void {}

  /** What was added up, and empty sums again. @param room where so many numbers are put */
  take(room: (length: number) => Float64Array = (length) => new Float64Array(length)): CellSums {
    const { sums, strata, stride } = this;
    const length = recordLength(stride);
    let count = 0;
    for (let place = 0; place < sums.length; place += length) count += +(sums[place]! > 0); // a place of a record
    const taken = { pairs: room(count), totals: room(count * stride), compensation: room(count * stride) };
    for (let stratum = 0, place = 0, to = 0; stratum < strata; stratum++, place += length) {
      if (sums[place] === 0) continue;
      taken.pairs[to] = stratum;
      for (let slot = 0; slot < stride; slot++) taken.totals[to * stride + slot] = sums[place + slot]!; // slot < stride
      taken.compensation[to * stride] = 0;
      for (let slot = 1; slot < stride; slot++)
        taken.compensation[to * stride + slot] = sums[place + stride - 1 + slot]!; // slot < stride
      to++;
    }
    sums.fill(0);
    return taken;
  }

  /** Adds what another table of the same strata has added up. */
  add({ pairs, totals, compensation }: CellSums): void {
    const { sums, stride } = this;
    for (let from = 0, own = 0; from < pairs.length; from++, own += stride) {
      const place = pairs[from]! * recordLength(stride); // from < length
      sums[place]! += totals[own]!; // a place each
      for (let slot = 1; slot < stride; slot++) {
        const aside = place + stride - 1 + slot;
        addCompensated(sums, place + slot, sums, aside, totals[own + slot]!); // slot < stride, here and below
        sums[aside]! += compensation[own + slot]!;
      }
    }
  }
}
