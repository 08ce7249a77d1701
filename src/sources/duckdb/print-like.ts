import { QueryError } from '../../common/index.ts';
import type { BoundExpression } from '../../plan/index.ts';

/*
 * LIKE as DuckDB is to compute it. DuckDB matches by trying every place for each %, one within the other: a few % more, and a match of
 * sixty letters does not end, nor can it be interrupted. Where that may be, it is asked for a regular expression of the same meaning: RE2
 * takes a time that grows with the text alone.
 */

/** So many % cost no more than the length of the text times that of the pattern. */
const harmlessWildcards = 2;

/**
 * Prints `LIKE` or `ILIKE` with its text, pattern and, maybe, escape.
 * @param printed the arguments in DuckDB's SQL
 * @throws QueryError INVALID_ARGUMENT for a long escape and a pattern that ends with its escape, NOT_SUPPORTED for an escape in a pattern that differs by row
 */
export function printLike(
  name: 'like' | 'ilike',
  [text, pattern, escape]: readonly BoundExpression[],
  [textSql = '', patternSql = '', escapeSql = '']: readonly string[],
): string {
  if (text === undefined || pattern === undefined) throw new Error('LIKE has a text and a pattern');
  const isLower = name === 'ilike';
  const lower = (sql: string): string => (isLower ? `lower(${sql})` : sql);
  const matches = (regex: string): string => `regexp_full_match(${lower(textSql)}, '(?s)' || ${regex})`;
  const [known, escapeCharacter] = [textOf(pattern), escape === undefined ? '' : textOf(escape)];
  if (known === null || escapeCharacter === null) {
    if (escape !== undefined)
      throw new QueryError(
        'NOT_SUPPORTED',
        'ESCAPE takes a pattern and an escape that are the same for all rows',
        { span: pattern.span },
      );
    return matches(`replace(replace(regexp_escape(${lower(patternSql)}), '\\%', '.*'), '_', '.')`);
  }
  if (Buffer.byteLength(escapeCharacter) > 1)
    throw new QueryError('INVALID_ARGUMENT', 'ESCAPE takes one ASCII character', { span: escape?.span });
  const regex = regexOf(known, escapeCharacter, pattern);
  if (isHarmless(known, name, escapeCharacter)) {
    const words = `${textSql} ${name.toUpperCase()} ${patternSql}`;
    return `(${words}${escape === undefined ? '' : ` ESCAPE ${escapeSql}`})`;
  }
  return matches(lower(`'${regex.replaceAll("'", "''")}'`));
}

function textOf(expression: BoundExpression): string | null {
  return expression.kind === 'constant' && typeof expression.value === 'string' ? expression.value : null;
}

/** Few wildcards; or DuckDB looks for the pieces between them one after the other, which it does where there is no `_`. */
function isHarmless(pattern: string, name: 'like' | 'ilike', escape: string): boolean {
  const isInPieces = name === 'like' && escape === '' && !pattern.includes('_');
  return isInPieces || pattern.split('%').length - 1 <= harmlessWildcards;
}

/** A pattern as a regular expression. @throws QueryError INVALID_ARGUMENT */
function regexOf(pattern: string, escape: string, { span }: BoundExpression): string {
  let regex = '';
  const characters = Array.from(pattern);
  for (let place = 0; place < characters.length; place++) {
    let character = characters[place]!; // place < length
    const isEscaped = escape !== '' && character === escape;
    if (isEscaped) {
      const next = characters[++place];
      if (next === undefined)
        throw new QueryError('INVALID_ARGUMENT', 'the pattern of LIKE ends with its escape character', {
          span,
        });
      character = next;
    }
    if (!isEscaped && character === '%') regex += '.*';
    else if (!isEscaped && character === '_') regex += '.';
    else regex += /[\w\u0080-\u{10ffff}]/u.test(character) ? character : `\\${character}`;
  }
  return regex;
}
