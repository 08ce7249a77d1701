import { bitmapBytes, bytesOf, bytesPerValue, countValid } from '../columns/index.ts';
import type { Column } from './column-file.ts';

/** Cuts columns into the buffers of a block, as Arrow and the manifest both want them. */
export class BlockCutter {
  constructor(
    readonly rows: number,
    readonly blockRows: number,
  ) {}

  get count(): number {
    return Math.ceil(this.rows / this.blockRows);
  }
  rowsOf(block: number): number {
    return Math.min(this.blockRows, this.rows - block * this.blockRows);
  }
  values(column: Column, block: number): Uint8Array {
    const size = bytesPerValue(column.storage);
    const start = block * this.blockRows * size;
    return bytesOf(column.values).subarray(start, start + this.rowsOf(block) * size);
  }
  /** null where no row of the block is NULL. */
  validity(column: Column, block: number): Uint8Array | null {
    if (column.validity === null) return null;
    const start = (block * this.blockRows) / 8;
    const bits = column.validity.subarray(start, start + bitmapBytes(this.rowsOf(block)));
    return this.nulls(bits, block) === 0 ? null : bits;
  }
  nulls(bits: Uint8Array, block: number): number {
    return this.rowsOf(block) - countValid(bits, this.rowsOf(block));
  }
}
