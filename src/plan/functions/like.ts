import { Unevaluable } from '../convert.ts';

/** A piece of a LIKE pattern: one code point to match, any one (`_`), or any run (`%`). */
type Piece =
  { readonly kind: 'point'; readonly point: string } | { readonly kind: 'one' } | { readonly kind: 'run' };

function piecesOf(pattern: string, escape: string): Piece[] {
  const points = Array.from(pattern);
  const pieces: Piece[] = [];
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!; // i < length
    if (escape !== '' && point === escape) {
      const escaped = points[++i];
      if (escaped === undefined) throw new Unevaluable('a LIKE pattern ends in its escape character');
      pieces.push({ kind: 'point', point: escaped });
    } else {
      pieces.push(
        point === '%' ? { kind: 'run' } : point === '_' ? { kind: 'one' } : { kind: 'point', point },
      );
    }
  }
  return pieces;
}

/**
 * A matcher for a LIKE pattern. Two pointers and one place to go back to: time is at most length × pattern, and no pattern
 * makes it worse (no regular expression, no recursion).
 * @param escape a character that takes the next one as it is; empty: none
 */
export function likeMatcher(pattern: string, escape: string): (text: string) => boolean {
  const pieces = piecesOf(pattern, escape);
  return (text) => {
    const points = Array.from(text);
    let at = 0;
    let piece = 0;
    let lastRun = -1;
    let retryAt = 0;
    while (at < points.length) {
      const wanted = pieces[piece];
      if (wanted?.kind === 'run') {
        lastRun = piece++;
        retryAt = at;
      } else if (wanted !== undefined && (wanted.kind === 'one' || wanted.point === points[at])) {
        piece++;
        at++;
      } else if (lastRun >= 0) {
        piece = lastRun + 1;
        at = ++retryAt;
      } else {
        return false;
      }
    }
    while (pieces[piece]?.kind === 'run') piece++;
    return piece === pieces.length;
  };
}
