import { type Pieces, piecewise } from '../common/index.ts';

/*
 * Values moved to places all over an array of tens of megabytes wait for memory, each for itself. Here they are moved twice instead: first
 * in the order that they come in, each into the block that its place lies in; then block by block, each of which stays in the processor's
 * cache. For values of 4 and 8 bytes that takes less than half of the time, from some two million on, and no array of their own.
 */

/** For fewer rows it does not pay. */
export const movedRowsMin = 2 ** 21;

/** Values of a block: with 8 bytes each half a megabyte. */
const blockBits = 16;

/** How rows move to their places, for all columns of them. */
export interface BlockedMoves {
  /** For each row its place; −1: none. */
  readonly places: Int32Array;
  /** The places again, of rows by block and within a block as they come. */
  readonly byBlock: Int32Array;
  /** Room for a column by block. */
  readonly room: ArrayBuffer;
}

/** @param order for each place the row that goes there @param rows number of all rows */
export function* blockedMoves(order: Int32Array, rows: number): Pieces<BlockedMoves> {
  const places = new Int32Array(rows);
  yield* piecewise(rows, (from, to) => places.fill(-1, from, to));
  yield* piecewise(order.length, (from, to) => {
    for (let place = from; place < to; place++) places[order[place]!] = place; // place < length
  });
  const byBlock = new Int32Array(order.length);
  const [own, sorted, next] = [
    words(places.buffer, rows),
    words(byBlock.buffer, order.length),
    starts(order),
  ];
  yield* piecewise(rows, (from, to) => toBlocks4(own, sorted, places, next, from, to));
  return { places, byBlock, room: new ArrayBuffer(8 * order.length) };
}

/** Moves values of 4 bytes within their array, whose first entries they are then. */
export function* moveWords(values: Uint32Array, { places, byBlock, room }: BlockedMoves): Pieces<void> {
  const [blocks, next] = [words(room, byBlock.length), starts(byBlock)];
  yield* piecewise(values.length, (from, to) => toBlocks4(values, blocks, places, next, from, to));
  yield* piecewise(byBlock.length, (from, to) => toPlaces4(blocks, values, byBlock, from, to));
}

/** Moves values of 8 bytes within their array. */
export function* moveDoubles(values: Float64Array, { places, byBlock, room }: BlockedMoves): Pieces<void> {
  const [blocks, next] = [new Float64Array(room, 0, byBlock.length), starts(byBlock)];
  yield* piecewise(values.length, (from, to) => toBlocks8(values, blocks, places, next, from, to));
  yield* piecewise(byBlock.length, (from, to) => toPlaces8(blocks, values, byBlock, from, to));
}

const words = (buffer: ArrayBufferLike, length: number): Uint32Array => new Uint32Array(buffer, 0, length);

/** Where the first value of each block goes. */
const starts = ({ length }: { readonly length: number }): Int32Array =>
  Int32Array.from({ length: (length >>> blockBits) + 1 }, (_, block) => block << blockBits);

// One loop for each width: one that meets several kinds of array is several times slower. Places lie below the length.
function toBlocks4(
  values: Uint32Array,
  blocks: Uint32Array,
  places: Int32Array,
  next: Int32Array,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    const place = places[row]!;
    if (place >= 0) blocks[next[place >>> blockBits]!++] = values[row]!;
  }
}
function toBlocks8(
  values: Float64Array,
  blocks: Float64Array,
  places: Int32Array,
  next: Int32Array,
  from: number,
  to: number,
): void {
  for (let row = from; row < to; row++) {
    const place = places[row]!;
    if (place >= 0) blocks[next[place >>> blockBits]!++] = values[row]!;
  }
}
function toPlaces4(
  blocks: Uint32Array,
  moved: Uint32Array,
  byBlock: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) moved[byBlock[i]!] = blocks[i]!;
}
function toPlaces8(
  blocks: Float64Array,
  moved: Float64Array,
  byBlock: Int32Array,
  from: number,
  to: number,
): void {
  for (let i = from; i < to; i++) moved[byBlock[i]!] = blocks[i]!;
}
