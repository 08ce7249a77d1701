import {
  allocate,
  bitmapBytes,
  type ColumnArray,
  isValid,
  setValid,
  type Storage,
} from '../columns/index.ts';

/** The values of some rows, in their order. */
export function gatherValues(values: ColumnArray, storage: Storage, order: Int32Array): ColumnArray {
  const gathered = allocate(storage, order.length);
  // The loop is the same for every kind of array; bigints stay bigints.
  const [from, to] = [values as Float64Array, gathered as Float64Array];
  for (let row = 0; row < order.length; row++) to[row] = from[order[row]!]!; // the order holds rows of the scan
  return gathered;
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
