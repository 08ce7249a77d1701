import type { Span } from '../common/index.ts';
import { tokenize } from './lexer.ts';
import { lexeme, symbol } from './tokens.ts';

/** What stands for any constant. */
const constant = '?';
const constants = new Set([lexeme.string, lexeme.number, lexeme.namedParameter, symbol.positionalParameter]);

/**
 * The text of a query without what differs when it is asked again: constants and parameters are `?`, any number of them in a row is
 * `?, …`; comments, line breaks and the case of words that are not in quotes make no difference.
 * @param span of the query in the text, without its bounds
 */
export function shapeOf(sql: string, { start, end }: Span): string {
  const parts: string[] = [];
  for (const { tokenType, image } of tokenize(sql.slice(start, end))) {
    if (!constants.has(tokenType)) parts.push(tokenType === lexeme.quotedName ? image : image.toLowerCase());
    else if (parts.at(-1) !== ',' || !parts.at(-2)?.startsWith(constant)) parts.push(constant);
    else parts.splice(-2, 2, `${constant}, …`);
  }
  return parts.join(' ');
}
