/*
 * columns: values in typed arrays. Storage kinds, validity bitmaps, dictionaries.
 * In: nothing. Out: arrays that kernels, samples and sources share. Always: a dictionary is sorted in UTF-8 byte order, and the
 * code after its last entry means NULL.
 */
export { bitmapBytes, countValid, isValid, setValid } from './bitmap.ts';
export { codeOf, type Dictionary, lowerBound, mergeDictionaries } from './dictionary.ts';
export { readAtOnceBytes, type SharedArray, SharedRoom, threadBytes, threadStart } from './shared-room.ts';
export {
  allocate,
  allocateShared,
  bytesOf,
  bytesPerValue,
  codeStorage,
  type ColumnArray,
  integerStorage,
  type NumberArray,
  type Storage,
} from './storage.ts';
