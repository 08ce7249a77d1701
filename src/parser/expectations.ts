import { EOF, tokenLabel, type TokenType } from 'chevrotain';
import { keyword } from './keywords.ts';
import type { Expectation } from './match-statement.ts';
import { category, lexeme, symbol } from './tokens.ts';

/* Says what a statement could go on with, in the words of people who write SQL. */

const alternativesMax = 6;

/** Where these could stand, an expression could: they are named together. */
const expressionStarts: ReadonlySet<TokenType> = new Set([
  category.name,
  category.functionWord,
  category.sign,
  category.temporal,
  lexeme.number,
  lexeme.string,
  lexeme.namedParameter,
  symbol.positionalParameter,
  symbol.open,
  keyword.NOT,
  keyword.NULL,
  keyword.TRUE,
  keyword.FALSE,
  keyword.CASE,
  keyword.CAST,
  keyword.TRY_CAST,
  keyword.EXISTS,
  keyword.INTERVAL,
  keyword.EXTRACT,
]);

/** What may always follow an operand; nobody needs to be told. */
const expressionContinuations: ReadonlySet<TokenType> = new Set([
  category.arithmetic,
  category.connective,
  category.comparison,
  symbol.cast,
  symbol.dot,
  symbol.open,
  keyword.NOT,
  keyword.IS,
  keyword.ISNULL,
  keyword.NOTNULL,
  keyword.IN,
  keyword.BETWEEN,
  keyword.LIKE,
  keyword.ILIKE,
  keyword.ESCAPE,
]);

/** The alternatives worth naming first, in this order. */
const ranking: readonly TokenType[] = [
  keyword.SELECT,
  keyword.CREATE,
  keyword.SHOW,
  keyword.DESCRIBE,
  keyword.EXPLAIN,
  keyword.DROP,
  keyword.FROM,
  keyword.JOIN,
  keyword.WHERE,
  keyword.GROUP,
  keyword.ORDER,
  keyword.LIMIT,
  symbol.comma,
];

/** What ends the statement or its part; always named, and last. */
const endings: ReadonlySet<TokenType> = new Set([symbol.close, EOF]);

const tableRules: ReadonlySet<string> = new Set(['namedTable', 'onTable', 'createTable', 'describe']);

/**
 * The alternatives in one phrase: "FROM, WHERE or end of statement"; null where there are none.
 * @param suggested is named first
 */
export function describeExpected(
  expectations: readonly Expectation[],
  suggested: TokenType | undefined,
): string | null {
  const types = new Set(expectations.map(({ type }) => type));
  // Only an expression begins with a parameter, and only behind an operand stands an operator.
  const startsExpression = types.has(lexeme.namedParameter);
  const continuesExpression = types.has(category.arithmetic);

  const isWorthNaming = ({ type, rule }: Expectation): boolean =>
    !(startsExpression && expressionStarts.has(type)) &&
    !(continuesExpression && expressionContinuations.has(type)) &&
    type !== symbol.semicolon &&
    rule !== 'alias';
  const named = expectations.filter(isWorthNaming);
  const chosen = named.length > 0 || startsExpression ? named : expectations;

  const sorted = chosen.toSorted((one, other) => rankOf(one.type, suggested) - rankOf(other.type, suggested));
  const endingPhrases = sorted.filter(isEnding).map(phraseOf);
  const otherPhrases = sorted.filter((expectation) => !isEnding(expectation)).map(phraseOf);
  if (startsExpression) otherPhrases.unshift('an expression');
  return inWords([
    ...[...new Set(otherPhrases)].slice(0, alternativesMax - endingPhrases.length),
    ...new Set(endingPhrases),
  ]);
}

function isEnding({ type }: Expectation): boolean {
  return endings.has(type);
}

function rankOf(type: TokenType, suggested: TokenType | undefined): number {
  if (type === suggested) return -1;
  const rank = ranking.indexOf(type);
  return rank === -1 ? ranking.length : rank;
}

function phraseOf({ type, rule }: Expectation): string {
  if (type === category.name) {
    if (tableRules.has(rule)) return 'a table name';
    return rule === 'nameList' ? 'a column name' : 'a name';
  }
  if (type === EOF) return 'end of statement';
  return rule === 'onMiss' && type === keyword.ON ? 'ON MISS' : tokenLabel(type);
}

/** "A, B or C" */
function inWords(phrases: readonly string[]): string | null {
  const last = phrases.at(-1) ?? null;
  return phrases.length > 1 ? `${phrases.slice(0, -1).join(', ')} or ${last}` : last;
}
