import { distance } from 'fastest-levenshtein';

/**
 * The candidate that the user probably meant: the nearest by edit distance, ignoring case, if it is near enough
 * (a third of the word, at least one edit). `undefined` where nothing is near.
 */
export function nearestName(found: string, candidates: Iterable<string>): string | undefined {
  const wanted = found.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < bestDistance) {
      best = candidate;
      bestDistance = edits;
    }
  }
  return best;
}

/** A hint "did you mean …?", or `undefined` where nothing is near. */
export function didYouMean(found: string, candidates: Iterable<string>): string | undefined {
  const nearest = nearestName(found, candidates);
  return nearest === undefined ? undefined : `did you mean ${nearest}?`;
}
