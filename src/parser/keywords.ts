import type { TokenType } from 'chevrotain';
import { abstractToken, category, lexeme } from './tokens.ts';

/*
 * The words of the language. They have no patterns of their own: the lexer finds a bare name and looks it up here, which
 * keeps the lexer small and quick to build.
 */

/** Words that are a name only in quotes. */
// prettier-ignore
const reservedWords = [
  'ALL', 'AS', 'ASC', 'BETWEEN', 'CASE', 'CAST', 'CROSS', 'DESC', 'DISTINCT', 'ELSE', 'END', 'EXCEPT', 'EXISTS',
  'FALSE', 'FROM', 'FULL', 'GROUP', 'HAVING', 'ILIKE', 'IN', 'INNER', 'INTERSECT', 'IS', 'JOIN', 'LIKE', 'LIMIT', 'NOT',
  'NULL', 'OFFSET', 'ON', 'ORDER', 'QUALIFY', 'SELECT', 'THEN', 'TRUE', 'TRY_CAST', 'UNION', 'USING', 'WHEN',
  'WHERE', 'WITH',
] as const;

const connectives = ['AND', 'OR'] as const;
/** Reserved words that are also functions. */
const functionWords = ['LEFT', 'RIGHT'] as const;

/** Words that mean something in their place and are names everywhere else. */
// prettier-ignore
const openWords = [
  'ANALYZE', 'ANTI', 'ASOF', 'AT', 'BEST', 'BUDGET', 'BY', 'CAP', 'CONFIDENCE', 'CREATE', 'CURRENT', 'DESCRIBE',
  'DOUBLE', 'DROP', 'EFFORT', 'ERROR', 'ESCAPE', 'EXACT', 'EXPLAIN', 'EXTRACT', 'FAIL', 'FILTER', 'FIRST', 'FOLLOWING',
  'FOR', 'IF', 'INTERVAL', 'ISNULL', 'JOBS', 'LAST', 'LEASES', 'MISS', 'NATURAL', 'NOTNULL', 'NULLS', 'OF', 'OUTER',
  'OUTLIERS', 'OVER', 'PARTITION', 'POPULATION', 'POSITIONAL', 'PRECEDING', 'PRECISION', 'QUERIES', 'RECURSIVE',
  'REFRESH', 'ROW', 'SAMPLE', 'SAMPLED', 'SAMPLES', 'SEED', 'SEMI', 'SHOW', 'SIMULTANEOUS', 'STRATIFIED', 'TABLE',
  'TABLES', 'UNBOUNDED', 'UNIFORM', 'UNIVERSE', 'VARYING', 'WEIGHT', 'WITHIN', 'WITHOUT', 'ZONE',
] as const;

const frameWords = ['ROWS', 'RANGE', 'GROUPS'] as const;
const temporalWords = ['DATE', 'TIME', 'TIMESTAMP', 'TIMESTAMPTZ'] as const;
/** Time units, each also written with an S. */
const unitWords = ['MICROSECOND', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'] as const;
const deadlineWords = ['MILLISECOND', 'SECOND', 'MINUTE'] as const;

/** Words that an error message names together with the word that follows. */
const labels: ReadonlyMap<string, string> = new Map([
  ['AT', 'AT CONFIDENCE'],
  ['ERROR', 'ERROR WITHIN'],
  ['GROUP', 'GROUP BY'],
  ['ORDER', 'ORDER BY'],
]);

function keywordsOf<Word extends string>(words: readonly Word[], ...categories: TokenType[]) {
  const entries = words.map((word) => [word, abstractToken(word, labels.get(word) ?? word, ...categories)]);
  // Object.fromEntries widens the keys to string; they are the words.
  return Object.fromEntries(entries) as Record<Word, TokenType>;
}

/** The keywords by their first spelling. */
export const keyword = {
  ...keywordsOf(reservedWords),
  ...keywordsOf(connectives, category.connective),
  ...keywordsOf(functionWords, category.functionWord),
  ...keywordsOf(openWords, lexeme.bareName),
  ...keywordsOf(frameWords, lexeme.bareName, category.frameUnit),
  ...keywordsOf(temporalWords, lexeme.bareName, category.temporal),
  ...keywordsOf(unitWords, lexeme.bareName, category.intervalUnit),
  ...keywordsOf(deadlineWords, lexeme.bareName, category.intervalUnit, category.deadlineUnit),
} as const;

const keywordBySpelling: ReadonlyMap<string, TokenType> = new Map([
  ...Object.entries(keyword),
  ...[...unitWords, ...deadlineWords].map((word) => [`${word}S`, keyword[word]] as const),
]);

/** Every spelling of every keyword, in upper case. */
export const keywordSpellings: readonly string[] = [...keywordBySpelling.keys()];

/** The keyword that a bare word spells, in any letter case; `undefined` for any other word. */
export function keywordOf(word: string): TokenType | undefined {
  // Only ASCII letters fold: toUpperCase would also make a keyword of "ſelect" and "lımıt".
  return /^[A-Za-z_]+$/.test(word) ? keywordBySpelling.get(word.toUpperCase()) : undefined;
}

/** True where the word, in any letter case, is a name only in quotes. */
export function isReservedWord(word: string): boolean {
  const found = keywordOf(word);
  return found !== undefined && found.CATEGORIES?.includes(lexeme.bareName) !== true;
}

/** True where the word, in any letter case, is reserved but names a function before a parenthesis. */
export function isFunctionWord(word: string): boolean {
  return functionWords.some((functionWord) => functionWord === keywordOf(word)?.name);
}
