import { type Pieces, piecewise } from '../common/index.ts';
import {
  allocate,
  bitmapBytes,
  type ColumnArray,
  isValid,
  setValid,
  type Storage,
} from '../columns/index.ts';
import { type BlockedMoves, moveDoubles, moveWords } from './blocked-moves.ts';

/*
 * Rows in another order. Values are moved by their width, whatever they mean: a loop that meets many kinds of typed array is
 * several times slower than one that meets a single kind.
 */

/**
 * The values of some rows, in their order.
 * @param moves of that order, where there are so many rows that they pay: the array may then be the one that the values were in
 */
export function* gatherValues(
  values: ColumnArray,
  storage: Storage,
  order: Int32Array,
  moves: BlockedMoves | null = null,
): Pieces<ColumnArray> {
  const bytes = values.BYTES_PER_ELEMENT;
  if (moves !== null && bytes >= 4) {
    if (bytes === 8) yield* moveDoubles(view(Float64Array, values), moves);
    else yield* moveWords(view(Uint32Array, values), moves);
    return values.subarray(0, order.length);
  }
  const gathered = allocate(storage, order.length);
  yield* piecewise(order.length, gatherOf(bytes, values, gathered, order));
  return gathered;
}

/** Moves the values of rows [start, end) of the order. */
function gatherOf(
  bytes: number,
  from: Place,
  to: Place,
  order: Int32Array,
): (start: number, end: number) => void {
  const moved = <T>(kind: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T): [T, T] => [
    view(kind, from),
    view(kind, to),
  ];
  switch (bytes) {
    case 1: {
      const [values, gathered] = moved(Uint8Array);
      return (start, end) => gather1(values, gathered, order, start, end);
    }
    case 2: {
      const [values, gathered] = moved(Uint16Array);
      return (start, end) => gather2(values, gathered, order, start, end);
    }
    case 4: {
      const [values, gathered] = moved(Uint32Array);
      return (start, end) => gather4(values, gathered, order, start, end);
    }
    default: {
      const [values, gathered] = moved(Float64Array);
      return (start, end) => gather8(values, gathered, order, start, end);
    }
  }
}

/** Where an array's values lie. */
type Place = Pick<ColumnArray, 'buffer' | 'byteOffset' | 'length'>;

/** The same bytes as an array of another kind of the same width. */
const view = <T>(
  kind: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T,
  { buffer, byteOffset, length }: Place,
): T => new kind(buffer, byteOffset, length);

// The orders below hold rows of the scan.
function gather1(from: Uint8Array, to: Uint8Array, order: Int32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) to[row] = from[order[row]!]!;
}
function gather2(from: Uint16Array, to: Uint16Array, order: Int32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) to[row] = from[order[row]!]!;
}
function gather4(from: Uint32Array, to: Uint32Array, order: Int32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) to[row] = from[order[row]!]!;
}
function gather8(from: Float64Array, to: Float64Array, order: Int32Array, start: number, end: number): void {
  for (let row = start; row < end; row++) to[row] = from[order[row]!]!;
}

/** The validity of some rows, in their order; null where none of them is NULL. */
export function* gatherValidity(validity: Uint8Array | null, order: Int32Array): Pieces<Uint8Array | null> {
  if (validity === null) return null;
  const gathered = new Uint8Array(bitmapBytes(order.length));
  let nulls = 0;
  yield* piecewise(order.length, (from, to) => {
    for (let row = from; row < to; row++) {
      if (isValid(validity, order[row]!))
        setValid(gathered, row); // the order holds rows of the scan
      else nulls++;
    }
  });
  return nulls === 0 ? null : gathered;
}
