/** Gives numbers codes in order of first appearance: an open-addressing table from a number to its code. */
export class Interner {
  private keys: Float64Array;
  private codes: Int32Array;
  private size = 0;
  private ordered: Float64Array;

  /** @param expected so many numbers find room at once */
  constructor(expected = 511) {
    const capacity = 2 ** Math.ceil(Math.log2(2 * expected + 2));
    this.keys = new Float64Array(capacity);
    this.codes = new Int32Array(capacity).fill(-1);
    this.ordered = new Float64Array(capacity >> 1);
  }

  get count(): number {
    return this.size;
  }

  /** The numbers, by code. */
  values(): Float64Array {
    return this.ordered.slice(0, this.size);
  }

  /** Forgets all numbers. */
  clear(): void {
    this.codes.fill(-1);
    this.size = 0;
  }

  /** The number with this code. */
  at(code: number): number {
    return this.ordered[code]!; // codes are given below `size`
  }

  /** The number's code; −1 where it was not met. */
  find(value: number): number {
    return this.codes[this.placeOf(value + 0)]!; // a place of the table
  }

  /** The number's code; a new one where it was not met before. −0 is 0. */
  intern(value: number): number {
    const key = value + 0;
    const place = this.placeOf(key);
    const known = this.codes[place]!; // a place of the table
    if (known >= 0) return known;
    const code = this.size++;
    this.keys[place] = key;
    this.codes[place] = code;
    this.ordered[code] = key;
    if (this.size * 2 >= this.keys.length) this.grow();
    return code;
  }

  /** Where a number is, or is to be. */
  private placeOf(key: number): number {
    const mask = this.keys.length - 1;
    let place = hashOf(key) & mask;
    while (this.codes[place]! >= 0 && this.keys[place] !== key) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const values = this.ordered.subarray(0, this.size);
    const capacity = this.keys.length * 2;
    this.keys = new Float64Array(capacity);
    this.codes = new Int32Array(capacity).fill(-1);
    this.ordered = new Float64Array(capacity >> 1);
    this.ordered.set(values);
    const mask = capacity - 1;
    for (let code = 0; code < this.size; code++) {
      let place = hashOf(values[code]!) & mask; // code < size
      while (this.codes[place]! >= 0) place = (place + 1) & mask;
      this.keys[place] = values[code]!;
      this.codes[place] = code;
    }
  }
}

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);

/** Mixes both words of a double by multiplication with odd constants (Fibonacci hashing). */
function hashOf(value: number): number {
  scratch[0] = value;
  const mixed = Math.imul(words[0]! ^ Math.imul(words[1]!, 0x9e3779b1), 0x85ebca6b); // two words
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
