/* Instructions of WebAssembly as bytes, by their names. See its Core Specification 2.0, section 5.4. */

/** An unsigned number, seven bits a byte. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** A signed one of 32 bits. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    if ((rest >> 7 === 0 && low < 64) || (rest >> 7 === -1 && low >= 64)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const simd = (code: number): number[] => [0xfd, ...unsigned(code)];

/** Pushes a variable's value. */
export const get = (place: number): number[] => [0x20, ...unsigned(place)];
/** Takes a variable's value. */
export const set = (place: number): number[] => [0x21, ...unsigned(place)];
/** Takes it, and pushes it again. */
export const tee = (place: number): number[] => [0x22, ...unsigned(place)];
/** A load or store, so many bytes behind an address that is a multiple of 2^align. */
export const at = (code: readonly number[], align: number, offset = 0): number[] => [
  ...code,
  align,
  ...unsigned(offset),
];

export const i32 = {
  const: (value: number): number[] => [0x41, ...signed(value)],
  load: [0x28],
  load16: [0x2f],
  add: [0x6a],
  sub: [0x6b],
  and: [0x71],
  shl: [0x74],
  shrU: [0x76],
  ltS: [0x48],
} as const;
export const f64 = { store: [0x39], add: [0xa0], convertI32: [0xb7] } as const;

/** Begin a loop, a block that is run once, or one that is run where a condition holds; and end either. */
export const control = { loop: [0x03, 0x40], block: [0x02, 0x40], if: [0x04, 0x40], end: [0x0b] } as const;
/** Go to the end of a block, or to the start of a loop, so many blocks out; where a condition holds, or in any case. */
export const jumpIf = (depth: number): number[] => [0x0d, depth];
export const jump = (depth: number): number[] => [0x0c, depth];

export const v128 = {
  load: simd(0),
  /** Loads half a vector, and widens each value. */
  loadWide: { int8: simd(1), uint8: simd(2), int16: simd(3), uint16: simd(4) },
  zeros: [...simd(12), ...Array.from({ length: 16 }, () => 0)],
  and: simd(78),
  not: simd(77),
} as const;
export const i16x8 = {
  /** All bits set. */
  all: [...simd(12), ...Array.from({ length: 16 }, () => 0xff)],
  /** 0 to 7 */
  places: [...simd(12), ...Array.from({ length: 8 }, (_, place) => [place, 0]).flat()],
  /** 1, 2, 4 … 128 */
  bits: [...simd(12), ...Array.from({ length: 8 }, (_, place) => [1 << place, 0]).flat()],
  splat: simd(16),
  eq: simd(45),
  ltS: simd(47),
  leU: simd(52),
  /** Of two vectors of words of 32 bits. */
  narrow: simd(133),
  sub: simd(145),
  /** Pairs of neighbours added up, as words of 32 bits. */
  addPairs: simd(126),
} as const;
export const i32x4 = {
  splat: simd(17),
  lane: (place: number): number[] => [...simd(27), place],
  leU: simd(62),
  sub: simd(177),
  /** The first and the second half of eight values of 16 bits, widened. */
  halves: [simd(167), simd(168)],
} as const;
/** The first and the second half of four values of 32 bits, widened. */
export const i64x2 = { halves: [simd(199), simd(200)] } as const;
export const f64x2 = {
  splat: simd(20),
  lane: (place: number): number[] => [...simd(33), place],
  add: simd(240),
  sub: simd(241),
  mul: simd(242),
  div: simd(243),
  /** Of the first two of four words of 32 bits. */
  convertLow: simd(254),
  /** Takes a vector of four words twice; pushes its last two. */
  lastTwo: [...simd(13), 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
} as const;
