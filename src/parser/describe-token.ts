import type { IToken } from 'chevrotain';
import { lexeme } from './tokens.ts';

const shownLengthMax = 40;

/** A token as an error message names what was found; `undefined` is the end. */
export function describeToken(token: IToken | undefined): string {
  if (token === undefined) return 'end of statement';
  const { image, tokenType } = token;
  const shown = image.length > shownLengthMax ? `${image.slice(0, shownLengthMax)}…` : image;
  if (tokenType === lexeme.string) return `the string ${shown}`;
  return tokenType === lexeme.quotedName ? `the name ${shown}` : `'${shown}'`;
}
