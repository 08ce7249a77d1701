import { distance } from 'fastest-levenshtein';

/** The edit distance, with two neighbouring letters swapped as one edit: FORM is as near to FROM as FRM. */
export function editsBetween(found: string, wanted: string): number {
  let least = distance(found, wanted);
  for (let index = 1; index < found.length; index++) {
    const swapped = found.slice(0, index - 1) + found[index]! + found[index - 1]! + found.slice(index + 1); // 1 ≤ index < length
    if (swapped !== found) least = Math.min(least, 1 + distance(swapped, wanted));
  }
  return least;
}

/**
 * The candidate that the user probably meant: the nearest by edit distance, ignoring case, if it is near enough
 * (a third of the word, at least one edit). `undefined` where nothing is near.
 */
function nearestName(found: string, candidates: Iterable<string>): string | undefined {
  const wanted = found.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editsBetween(wanted, candidate.toLowerCase());
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
