import type { Sizing } from './foresight.ts';

/** By what a reading grows that takes the sample for too small, but not by far. */
const doubtGrowth = 4;
/**
 * By what a reading grows that is large enough by all that can be foreseen, but whose own rows show a heavy tail. It has read a little
 * more than is needed by then: doubled, that would be two and a half times as much.
 */
const tailGrowth = 1.5;
/** A size so many times what was read is not known well: half of the way there, by logarithms, tells more. */
const farGrowth = 8;
/** By how much at least a size is corrected that fell short. */
const correctionMin = 1.25;
/** Sizes that are tried: the first, two corrections of it, and then all of the sample. */
export const triesMax = 4;

/** How a reading goes on that misses its target. */
interface Next {
  /** Rank limit that is expected to be enough. */
  readonly aim: number;
  /** Rank limit to read to first. */
  readonly limit: number;
  /** It counts as a size that was tried. */
  readonly isTry: boolean;
}

const step = (limit: number): Next => ({ aim: limit, limit, isTry: false });
const allTheWay = (aim: number): Next => ({ aim, limit: aim, isTry: true });

/** @param tries made before, less than {@link triesMax} */
export function nextLimit(
  { rankLimit, byWitness, isStep }: Sizing,
  { limit: read, limits: { max } }: { readonly limit: number; readonly limits: { readonly max: number } },
  tries: number,
): Next {
  if (rankLimit === null) return step(read * doubtGrowth);
  if (isStep) return step(rankLimit);
  if (rankLimit <= read) return step(Math.ceil(read * tailGrowth));
  const least = tries === 0 ? rankLimit : Math.max(rankLimit, Math.ceil(read * correctionMin));
  // All of a sample is still cheaper than the table. What a witness vouches for is not more than a part of it.
  if (byWitness) return allTheWay(least);
  if (tries === triesMax - 1) return allTheWay(max);
  return least > read * farGrowth
    ? { aim: least, limit: Math.ceil(Math.sqrt(least * read)), isTry: false }
    : allTheWay(least);
}
