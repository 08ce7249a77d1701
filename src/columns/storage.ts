/** How a column's values lie in memory and in an Arrow file. Booleans are uint8 (0, 1); dictionary codes uint8, uint16 or int32. */
export type Storage = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'float32' | 'float64';

const arrays = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** Arrays that kernels read; int64 is for exact totals only. */
export type NumberArray =
  Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Float32Array | Float64Array;
export type ColumnArray = NumberArray | BigInt64Array;

export function bytesPerValue(storage: Storage): number {
  return arrays[storage].BYTES_PER_ELEMENT;
}

/** An array of zeros in memory that threads can share; the system commits its pages when they are first written. */
export function allocateShared(storage: Storage, length: number): ColumnArray {
  return viewShared(storage, new SharedArrayBuffer(length * bytesPerValue(storage)), 0, length);
}

/** Values from byte `start` of a shared buffer on. */
export function viewShared(
  storage: Storage,
  buffer: SharedArrayBuffer,
  start: number,
  length: number,
): ColumnArray {
  // The constructors take shared buffers, which the type of BigInt64Array does not say.
  return new arrays[storage](buffer as unknown as ArrayBuffer, start, length);
}

/** An array of zeros. */
export function allocate(storage: Storage, length: number): ColumnArray {
  return new arrays[storage](length);
}

/** The storage of integers within a range, and of float64 where no integer storage but int64 would hold it. */
export function integerStorage(low: number, high: number): Storage {
  const signed: readonly (readonly [Storage, number])[] = [['int8', 8], ['int16', 16], ['int32', 32]]; // prettier-ignore
  const found = signed.find(([, bits]) => low >= -(2 ** (bits - 1)) && high < 2 ** (bits - 1));
  return found?.[0] ?? 'float64';
}

/** The storage of a dictionary's codes: one code more than entries, which stands for NULL. */
export function codeStorage(entries: number): Storage {
  return entries < 256 ? 'uint8' : entries < 65_536 ? 'uint16' : 'int32';
}

/** The array's bytes, without a copy. */
export function bytesOf(array: ColumnArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
