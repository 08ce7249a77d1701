/** A source of uniform numbers. Injected, so that a run repeats from its seed. */
export interface Random {
  /** A number in [0, 1) with 32 random bits. */
  next(): number;
}

/**
 * A seeded generator: SplitMix32, a Weyl sequence through a finalising mixer.
 * @param seed any number; its low 32 bits count
 * @see Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, for the construction
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return ((z ^ (z >>> 15)) >>> 0) / 4294967296;
    },
  };
}
