import {
  allocate,
  bitmapBytes,
  type ColumnArray,
  isValid,
  setValid,
  type Storage,
} from '../columns/index.ts';

/*
 * Rows in another order. Values are moved by their width, whatever they mean: a loop that meets many kinds of typed array is
 * several times slower than one that meets a single kind.
 */

/** The values of some rows, in their order. */
export function gatherValues(values: ColumnArray, storage: Storage, order: Int32Array): ColumnArray {
  const gathered = allocate(storage, order.length);
  const [from, to] = [values, gathered].map(({ buffer, byteOffset, length }) => ({
    buffer,
    byteOffset,
    length,
  })) as [Place, Place]; // two arrays
  switch (values.BYTES_PER_ELEMENT) {
    case 1:
      gather1(view(Uint8Array, from), view(Uint8Array, to), order);
      break;
    case 2:
      gather2(view(Uint16Array, from), view(Uint16Array, to), order);
      break;
    case 4:
      gather4(view(Uint32Array, from), view(Uint32Array, to), order);
      break;
    default:
      gather8(view(Float64Array, from), view(Float64Array, to), order);
  }
  return gathered;
}

/** Where an array's values lie. */
type Place = Pick<ColumnArray, 'buffer' | 'byteOffset' | 'length'>;

/** The same bytes as an array of another kind of the same width. */
const view = <T>(
  kind: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T,
  { buffer, byteOffset, length }: Place,
): T => new kind(buffer, byteOffset, length);

// The orders below hold rows of the scan.
function gather1(from: Uint8Array, to: Uint8Array, order: Int32Array): void {
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
}
function gather2(from: Uint16Array, to: Uint16Array, order: Int32Array): void {
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
}
function gather4(from: Uint32Array, to: Uint32Array, order: Int32Array): void {
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
}
function gather8(from: Float64Array, to: Float64Array, order: Int32Array): void {
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!;
}

/** The validity of some rows, in their order; null where none of them is NULL. */
export function gatherValidity(validity: Uint8Array | null, order: Int32Array): Uint8Array | null {
  if (validity === null) return null;
  const gathered = new Uint8Array(bitmapBytes(order.length));
  let nulls = 0;
  for (let row = 0; row < order.length; row++) {
    if (isValid(validity, order[row]!))
      setValid(gathered, row); // the order holds rows of the scan
    else nulls++;
  }
  return nulls === 0 ? null : gathered;
}
