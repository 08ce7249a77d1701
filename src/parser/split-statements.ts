import { tokenize } from './lexer.ts';
import { symbol } from './tokens.ts';

/** A statement of a script. */
export interface ScriptPiece {
  /** From its first token to its last, without the semicolon. */
  readonly text: string;
  /** Where it starts in the script. */
  readonly start: number;
  /** True where a semicolon follows. Where it is false for the last piece, there may be more to type. */
  readonly terminated: boolean;
}

/**
 * Cuts a script at the semicolons that stand outside of strings, quoted names and comments. Pieces without any token are left
 * out. Never throws: what is not SQL is left to {@link parseStatement}.
 */
export function splitStatements(script: string): ScriptPiece[] {
  const pieces: ScriptPiece[] = [];
  let start: number | undefined;
  let end = 0;
  const close = (terminated: boolean): void => {
    if (start !== undefined) pieces.push({ text: script.slice(start, end), start, terminated });
    start = undefined;
  };
  for (const token of tokenize(script)) {
    if (token.tokenType === symbol.semicolon) {
      close(true);
    } else {
      start ??= token.startOffset;
      end = token.startOffset + token.image.length;
    }
  }
  close(false);
  return pieces;
}
