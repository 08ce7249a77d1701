import type { Scalar } from '../plan/index.ts';

/** What a key's value is where a group has a code. */
export type KeyDecoder = (code: number) => Scalar;

/** A key of groups, whose values are looked up when they are asked for. It holds on to nothing of the scan but codes and dictionaries. */
export class KeyColumn {
  /** @param codes of the groups */
  constructor(
    private readonly codes: Float64Array,
    private readonly decode: KeyDecoder,
  ) {}

  get length(): number {
    return this.codes.length;
  }

  /** The value at a place below `length`. */
  at(place: number): Scalar {
    return this.decode(this.codes[place]!); // place < length
  }

  /** Those in [from, to). */
  slice(from: number, to: number): Scalar[] {
    return Array.from(this.codes.subarray(from, to), this.decode);
  }
}

/** The keys of some of the groups that have these codes. @param groups their places */
export function keyColumns(
  codes: Float64Array,
  decoders: readonly KeyDecoder[],
  groups: Int32Array,
): KeyColumn[] {
  const own = new Float64Array(groups.length);
  for (let place = 0; place < groups.length; place++) own[place] = codes[groups[place]!]!; // groups have codes
  return decoders.map((decode) => new KeyColumn(own, decode));
}
