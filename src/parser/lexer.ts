import { type IToken, Lexer, type TokenType } from 'chevrotain';
import { QueryError } from '../common/index.ts';
import { spanOf } from './cst.ts';
import { describeToken } from './describe-token.ts';
import { keywordOf } from './keywords.ts';
import { invalid, lexeme, skipped, symbol } from './tokens.ts';

let lexer: Lexer | undefined;

/** Made on first use: start-up time matters, and many a process never parses. */
function sharedLexer(): Lexer {
  lexer ??= new Lexer(
    [
      skipped.whitespace,
      skipped.lineComment,
      skipped.blockComment,
      invalid.unclosedComment,
      lexeme.bareName,
      lexeme.number,
      invalid.malformedNumber,
      lexeme.string,
      invalid.unclosedString,
      lexeme.quotedName,
      invalid.unclosedName,
      lexeme.namedParameter,
      ...Object.values(symbol),
      invalid.character,
    ],
    // Patterns with the Unicode flag are beyond Chevrotain's tables of first characters: safe mode does not begin to make them.
    { positionTracking: 'onlyOffset', skipValidations: true, safeMode: true },
  );
  return lexer;
}

/** Cuts any text into tokens, comments and white space left out. What is not SQL comes out as `invalid` tokens. */
export function tokenize(text: string): IToken[] {
  const { tokens } = sharedLexer().tokenize(text);
  for (const token of tokens) {
    // Chevrotain's lexer leaves it out, and its parser makes the places of subtrees from it.
    token.endOffset = token.startOffset + token.image.length - 1;
    if (token.tokenType !== lexeme.bareName) continue;
    const keyword = keywordOf(token.image);
    if (keyword === undefined) continue;
    token.tokenType = keyword;
    // Chevrotain gives every token type its index when it is created.
    token.tokenTypeIdx = keyword.tokenTypeIdx!;
  }
  return tokens;
}

const openings: ReadonlyMap<TokenType, string> = new Map([
  [invalid.unclosedString, "the string that opens here is not closed: expected another '"],
  [invalid.unclosedName, 'the quoted name that opens here is not closed: expected another "'],
  [invalid.unclosedComment, 'the comment that opens here is not closed: expected */'],
]);

const characterHints: readonly (readonly [characters: string, hint: string])[] = [
  ['$', 'a parameter is written ? or :name'],
  ['‘’‚‛`´', "a string stands between straight quotes: 'text'"],
  ['“”„‟', 'a name stands between straight quotes: "name"'],
];

/**
 * Refuses text that is not made of tokens of the language.
 * @throws QueryError SYNTAX at an unclosed string, name or comment, a malformed number, an empty name, an unknown character
 */
export function refuseInvalidTokens(sql: string, tokens: readonly IToken[]): void {
  const nul = sql.indexOf('\0');
  if (nul >= 0) {
    throw new QueryError('SYNTAX', 'NUL characters are not allowed', { span: { start: nul, end: nul + 1 } });
  }
  for (const token of tokens) {
    const message = faultOf(token);
    if (message === undefined) continue;
    const hint = characterHints.find(([characters]) => characters.includes(token.image))?.[1];
    throw new QueryError('SYNTAX', message, { span: spanOf(token), hint });
  }
}

function faultOf(token: IToken): string | undefined {
  if (token.tokenType === invalid.malformedNumber) return `malformed number ${describeToken(token)}`;
  if (token.tokenType === invalid.character) return `unexpected character ${describeToken(token)}`;
  return token.image === '""' ? 'a name must not be empty' : openings.get(token.tokenType);
}
