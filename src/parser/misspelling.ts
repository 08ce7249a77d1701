import { type IToken, tokenMatcher, type TokenType } from 'chevrotain';
import { editsBetween } from '../common/index.ts';
import { keywordOf, keywordSpellings } from './keywords.ts';
import { matchStatement } from './match-statement.ts';
import { lexeme } from './tokens.ts';

/** A word that was probably meant to be a keyword. */
export interface Misspelling {
  readonly index: number;
  readonly spelling: string;
  readonly keyword: TokenType;
}

/** How many tokens before the failure are looked at: a misspelt keyword passes for an alias, and what follows fails. */
const tokensBack = 8;

/**
 * Finds a word whose correction lets the statement go on where it failed.
 * @param failedAt the index of the first token that does not fit
 */
export function findMisspelling(tokens: readonly IToken[], failedAt: number): Misspelling | undefined {
  for (let index = failedAt; index >= Math.max(0, failedAt - tokensBack); index -= 1) {
    const token = tokens[index];
    if (token === undefined || !isSuspect(token, index === failedAt)) continue;
    for (const spelling of nearSpellings(token.image)) {
      // Every spelling is a keyword's, and every token type has an index.
      const keyword = keywordOf(spelling)!;
      const corrected = {
        ...token,
        image: spelling,
        tokenType: keyword,
        tokenTypeIdx: keyword.tokenTypeIdx!,
      };
      const { failure } = matchStatement(tokens.with(index, corrected));
      if (failure === null || goesOn(failure.at, failedAt, tokens.length)) {
        return { index, spelling, keyword };
      }
    }
  }
  return undefined;
}

/** A correction explains little where the very next token fails, unless that is the end. */
function goesOn(nextFailure: number, failedAt: number, end: number): boolean {
  return nextFailure > failedAt && (nextFailure > failedAt + 1 || nextFailure === end);
}

/** A word that fits is suspected only where it may have been taken for a name; the shortest resemble too much. */
function isSuspect(token: IToken, failed: boolean): boolean {
  return /^[\p{L}_]{3}/u.test(token.image) && (failed || tokenMatcher(token, lexeme.bareName));
}

/** The keywords that the word resembles, nearest first. */
function nearSpellings(word: string): readonly string[] {
  const found = word.toUpperCase();
  const editsMax = Math.max(1, Math.floor(found.length / 3));
  return keywordSpellings
    .filter((spelling) => Math.abs(spelling.length - found.length) <= editsMax)
    .map((spelling) => ({ spelling, edits: editsBetween(found, spelling) }))
    .filter(({ edits }) => edits > 0 && edits <= editsMax)
    .sort((one, other) => one.edits - other.edits)
    .map(({ spelling }) => spelling);
}
