import { EOF, type IToken, tokenMatcher } from 'chevrotain';
import { QueryError, type Span } from '../common/index.ts';
import { spanOf } from './cst.ts';
import { describeToken } from './describe-token.ts';
import { describeExpected } from './expectations.ts';
import { keyword } from './keywords.ts';
import { type Expectation, expectedAfter, type Failure } from './match-statement.ts';
import { findMisspelling } from './misspelling.ts';
import { category, symbol } from './tokens.ts';
import { findUnsupported } from './unsupported.ts';

/** Explaining a failure takes far longer than finding it; behind so many tokens it is only pointed at. */
const explainedTokensMax = 1000;

/** The error of a statement that the grammar does not match. */
export function syntaxErrorOf(sql: string, tokens: IToken[], failure: Failure): QueryError {
  const unsupported = findUnsupported(tokens, failure.at);
  if (unsupported !== undefined) {
    return new QueryError('NOT_SUPPORTED', `${unsupported.what} is not supported`, {
      span: placeOf(sql, tokens[failure.at]),
      hint: unsupported.hint,
    });
  }
  const isExplained = failure.at <= explainedTokensMax;
  const misspelling = isExplained ? findMisspelling(tokens, failure.at) : undefined;
  // A misspelt keyword is where the statement went wrong, even if it passed for a name and what follows failed.
  const index = misspelling?.index ?? failure.at;
  const rules = misspelling === undefined ? failure.rules : [];
  const expectations = isExplained ? expectedAfter(tokens.slice(0, index), rules) : [];
  const found = tokens[index];
  const hint =
    misspelling === undefined
      ? hintFor(expectations, found, tokens[index - 1])
      : `did you mean ${misspelling.spelling}?`;
  const expected = describeExpected(expectations, misspelling?.keyword);
  const message = expected === null ? 'unexpected ' : `expected ${expected}, found `;
  return new QueryError('SYNTAX', message + describeToken(found), { span: placeOf(sql, found), hint });
}

function placeOf(sql: string, token: IToken | undefined): Span {
  return token === undefined ? { start: sql.length, end: sql.length } : spanOf(token);
}

const boundWords = new Set([keyword.ERROR, keyword.WITHIN, keyword.AT, keyword.SIMULTANEOUS]);

/** Advice for mistakes that the alternatives alone do not explain. */
function hintFor(
  expectations: readonly Expectation[],
  found: IToken | undefined,
  previous: IToken | undefined,
): string | undefined {
  if (found === undefined) return undefined;
  const expected = new Set(expectations.map(({ type }) => type));
  if (expected.size === 1 && expected.has(EOF)) return 'give one statement at a time';
  if (expected.size === 1 && expected.has(keyword.MISS)) {
    return 'a join condition needs JOIN; CROSS JOIN and a comma take none';
  }
  if (found.tokenType === keyword.SELECT && previous?.tokenType === symbol.open) {
    return 'a query among arguments needs parentheses of its own';
  }
  if (boundWords.has(found.tokenType) && expected.has(symbol.close)) {
    return 'bounds stand at the end of the whole statement';
  }
  const isChained = expected.has(category.connective) && tokenMatcher(found, category.comparison);
  if (isChained) return 'comparisons do not chain: join them with AND, or set parentheses';
  return undefined;
}
