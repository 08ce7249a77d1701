import {
  allocate,
  bitmapBytes,
  bytesOf,
  codeStorage,
  type ColumnArray,
  isValid,
  type NumberArray,
  setValid,
} from '../../columns/index.ts';
import { type Pause, withPauses } from '../../common/index.ts';
import type { SampledColumn, ScannedRows } from '../build-scan.ts';
import type { ChunkVectors } from './chunk-vectors.ts';
import { notPicked } from './pick-rows.ts';
import { usedTexts } from './used-texts.ts';

/** A column that is being filled chunk by chunk. */
interface Target {
  /** Where its values are in the chunks. */
  readonly vector: number;
  readonly values: ColumnArray | BigUint64Array;
  /** Whether the values are places in a dictionary, which come as INTEGER. */
  readonly isCode: boolean;
  /** null until the first NULL. */
  validity: Uint8Array | null;
  /** What a NULL row holds. */
  readonly nullValue: number;
}

/** The rows of a sample, before they come. */
export interface AwaitedRows {
  readonly count: number;
  /** Whether chunks hold rows of other samples as well. */
  readonly isShared: boolean;
  /** Where in the chunks the strata are; the priorities follow them. */
  readonly strata: number;
  readonly columns: readonly {
    readonly column: SampledColumn;
    /** Texts that its values are places of; null: it holds none. */
    readonly texts: readonly string[] | null;
    readonly vector: number;
  }[];
}

/** The rows of one sample, brought into typed arrays. */
export class TargetRows {
  private filled = 0;

  private constructor(
    private readonly awaited: AwaitedRows,
    /** The strata, the priorities, and each column. */
    private readonly targets: readonly Target[],
  ) {}

  /** Makes room for the rows. To make an array for millions takes milliseconds. */
  static async make(awaited: AwaitedRows, pause: Pause): Promise<TargetRows> {
    const { count, strata, columns } = awaited;
    const plain = { isCode: false, validity: null, nullValue: 0 };
    const targets: Target[] = [{ vector: strata, values: allocate('int32', count), ...plain }];
    await pause();
    targets.push({ vector: strata + 1, values: new BigUint64Array(count), ...plain });
    for (const { column, texts, vector } of columns) {
      await pause();
      const storage = texts === null ? column.storage : codeStorage(texts.length);
      const values = allocate(storage, count);
      targets.push({ vector, values, isCode: texts !== null, validity: null, nullValue: texts?.length ?? 0 });
    }
    return new TargetRows(awaited, targets);
  }

  get isFull(): boolean {
    return this.filled === this.awaited.count;
  }

  /** Takes in the sample's own rows of a chunk, from a place on. */
  take(chunk: ChunkVectors, from: number): void {
    const picked = this.awaited.isShared ? placesOf(chunk, this.awaited.strata, from) : null;
    const rows = picked?.length ?? chunk.rows - from;
    if (rows === 0) return;
    for (const target of this.targets)
      if (picked === null) copyVector(chunk, from, target, this.filled, this.awaited.count);
      else copyPlaces(chunk, picked, target, this.filled, this.awaited.count);
    this.filled += rows;
  }

  /** The rows, when all are there. */
  async scanned(pause: Pause): Promise<ScannedRows> {
    const { count, isShared } = this.awaited;
    const [stratum, priority, ...own] = this.targets;
    const columns: ScannedRows['columns'][number][] = [];
    for (const [place, { column, texts }] of this.awaited.columns.entries()) {
      const { values, validity } = own[place]!; // one a column
      const held = { values: values as ColumnArray, dictionary: texts };
      const used = isShared && texts !== null ? await withPauses(usedTexts(held.values, texts), pause) : held;
      const storage = used.dictionary === null ? column.storage : codeStorage(used.dictionary.length);
      columns.push({ column: { ...column, storage }, ...used, validity });
    }
    return {
      count,
      stratum: stratum!.values as Int32Array, // two arrays before the columns
      priority: priority!.values as BigUint64Array,
      columns,
    };
  }
}

/** The places of a sample's own rows in a chunk. */
function placesOf(chunk: ChunkVectors, vector: number, from: number): Int32Array {
  const strata = chunk.integers(vector);
  const places = new Int32Array(chunk.rows - from);
  let count = 0;
  for (let row = from; row < strata.length; row++) if (strata[row]! !== notPicked) places[count++] = row; // row < length
  return places.subarray(0, count);
}

const widthOf = ({ isCode, values }: Target): number => (isCode ? 4 : values.BYTES_PER_ELEMENT);

/** Copies the values of a vector from a place on to theirs in the target, and its NULLs into the validity. @param count of all rows */
function copyVector(chunk: ChunkVectors, from: number, target: Target, row: number, count: number): void {
  const rows = chunk.rows - from;
  const { values, isCode } = target;
  const width = widthOf(target);
  const data = chunk.bytes(target.vector, width).subarray(from * width);
  if (isCode) (values as NumberArray).set(new Int32Array(data.buffer, data.byteOffset, rows), row);
  else bytesOf(values as ColumnArray).set(data, row * width); // any typed array has bytes
  copyNulls(chunk.validity(target.vector), rows, (i) => from + i, target, row, count);
}

/** The same of the rows at some places. */
function copyPlaces(
  chunk: ChunkVectors,
  places: Int32Array,
  target: Target,
  row: number,
  count: number,
): void {
  const { values, isCode } = target;
  const width = widthOf(target);
  const { buffer, byteOffset } = chunk.bytes(target.vector, width);
  const { rows: rowCount } = chunk;
  const to = values as NumberArray;
  if (isCode) moveCodes(new Int32Array(buffer, byteOffset, rowCount), places, to, row);
  else if (width === 1) move1(new Uint8Array(buffer, byteOffset, rowCount), places, bytesOf(to), row);
  else if (width === 2)
    move2(new Uint16Array(buffer, byteOffset, rowCount), places, new Uint16Array(to.buffer, to.byteOffset, count), row); // prettier-ignore
  else {
    const words = width / 4;
    const from = new Uint32Array(buffer, byteOffset, words * rowCount);
    const moved = new Uint32Array(to.buffer, to.byteOffset, words * count);
    if (words === 1) move4(from, places, moved, row);
    else move8(from, places, moved, row);
  }
  copyNulls(chunk.validity(target.vector), places.length, (i) => places[i]!, target, row, count); // i < length
}

// One loop for each width: one that meets several kinds of array is several times slower. Places are rows of the chunk.
function moveCodes(from: Int32Array, places: Int32Array, to: NumberArray, row: number): void {
  for (let i = 0; i < places.length; i++) to[row + i] = from[places[i]!]!;
}
function move1(from: Uint8Array, places: Int32Array, to: Uint8Array, row: number): void {
  for (let i = 0; i < places.length; i++) to[row + i] = from[places[i]!]!;
}
function move2(from: Uint16Array, places: Int32Array, to: Uint16Array, row: number): void {
  for (let i = 0; i < places.length; i++) to[row + i] = from[places[i]!]!;
}
function move4(from: Uint32Array, places: Int32Array, to: Uint32Array, row: number): void {
  for (let i = 0; i < places.length; i++) to[row + i] = from[places[i]!]!;
}
/** In words: as a double not every pattern of bits would stay. */
function move8(from: Uint32Array, places: Int32Array, to: Uint32Array, row: number): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i]!;
    to[2 * (row + i)] = from[2 * place]!;
    to[2 * (row + i) + 1] = from[2 * place + 1]!;
  }
}

/** Takes in which rows are NULL. @param bits of a vector; null: none of them is @param placeOf a row's place in it */
function copyNulls(
  bits: Uint8Array | null,
  rows: number,
  placeOf: (row: number) => number,
  target: Target,
  row: number,
  count: number,
): void {
  if (bits === null) {
    if (target.validity !== null) for (let i = 0; i < rows; i++) setValid(target.validity, row + i);
    return;
  }
  if (target.validity === null) {
    target.validity = new Uint8Array(bitmapBytes(count));
    // Whole bytes at once: millions of rows may have come before the first NULL.
    target.validity.fill(0xff, 0, row >> 3);
    for (let i = row & ~7; i < row; i++) setValid(target.validity, i);
  }
  for (let i = 0; i < rows; i++) {
    if (isValid(bits, placeOf(i))) setValid(target.validity, row + i);
    else target.values[row + i] = target.nullValue as never; // the storage is not int64: the column has a dictionary or is a number
  }
}
