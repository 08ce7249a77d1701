/*
 * Validity as Arrow has it: one bit a row, least significant first, 1 for a value and 0 for NULL.
 */

/** Bytes of a bitmap over so many rows. */
export function bitmapBytes(rows: number): number {
  return Math.ceil(rows / 8);
}

export function isValid(bitmap: Uint8Array, row: number): boolean {
  return ((bitmap[row >> 3]! >> (row & 7)) & 1) === 1; // row < 8 · length
}

export function setValid(bitmap: Uint8Array, row: number): void {
  bitmap[row >> 3]! |= 1 << (row & 7);
}

/** How many of the first rows have a value. Bits behind them may be anything. */
export function countValid(bitmap: Uint8Array, rows: number): number {
  let count = 0;
  const whole = rows >> 3;
  for (let byte = 0; byte < whole; byte++) count += bitsSet(bitmap[byte]!); // byte < length
  const rest = rows & 7;
  return rest === 0 ? count : count + bitsSet(bitmap[whole]! & ((1 << rest) - 1));
}

/** Sums bits in pairs, then in fours, then in the byte. */
function bitsSet(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55);
  const fours = (pairs & 0x33) + ((pairs >> 2) & 0x33);
  return (fours + (fours >> 4)) & 0x0f;
}
