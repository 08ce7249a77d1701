/** Share of a group's rows that a condition beside the strata is taken to leave. */
const matchShare = 1 / 4;
/** A column whose values differ more is for OUTLIERS OF, not for ever larger caps. */
const spreadMax = 9;
/** Fewer rows of a group give no interval that is certified. */
const capMin = 100;
/** Sizes of strata are 32-bit numbers. */
const doublingsMax = 24;

/** The error that a cap is made for. */
export interface CapTarget {
  /** Relative half-width. */
  readonly error: number;
  /** The normal quantile of the confidence. */
  readonly z: number;
  /** The largest squared coefficient of variation, sd²/mean², of the columns that queries sum up or average; 0: none. */
  readonly spread: number;
}

/**
 * The cap K that gives a group of a stratified sample the target error: a mean over K rows has the relative half-width z·cv/√K, so K =
 * (z/ε)²·cv². Of the rows a condition leaves the share p (a quarter): the values that are summed up are x with chance p and else 0,
 * with cv² = (1 + c²)/p − 1, where c is x's own coefficient of variation, at most 3. K is rounded up to 100·2ⁱ, so that samples need not
 * be made anew whenever queries change a little.
 * @see Särndal, Swensson, Wretman, "Model Assisted Survey Sampling", 1992, section 3.3 for the variance, 10.3 for domains
 */
export function capFor({ error, z, spread }: CapTarget): number {
  const squaredVariation = (1 + Math.min(spread, spreadMax)) / matchShare - 1;
  const doublings = Math.log2(((z / error) ** 2 * squaredVariation) / capMin);
  return capMin * 2 ** Math.min(doublingsMax, Math.max(0, Math.ceil(doublings)));
}

/** The caps to choose from where a budget has no room for the one that is wanted: each half of the one before, down to 100 rows. */
export function capLadder(cap: number): number[] {
  const caps = [cap];
  while (caps.at(-1)! > capMin) caps.push(caps.at(-1)! / 2); // it begins with one
  return caps;
}
