import type { Statement } from './ast.ts';
import { refuseInvalidTokens, tokenize } from './lexer.ts';
import { checkTextSize, checkTokens, checkTreeDepth } from './limits.ts';
import { matchStatement, sharedGrammar } from './match-statement.ts';
import { StatementBuilder } from './statement-builder.ts';
import { syntaxErrorOf } from './syntax-error.ts';

/** Makes ready what the first statement of a process would else wait for, some 20 ms. */
export function prepareParser(): void {
  sharedGrammar();
}

/**
 * Reads one statement, with or without a semicolon at its end.
 * @throws QueryError SYNTAX where the text is no statement, NOT_SUPPORTED where it is one of another SQL, LIMIT_EXCEEDED where
 * it is too long or too deep, INVALID_ARGUMENT where a number is beyond all doubles
 */
export function parseStatement(sql: string): Statement {
  checkTextSize(sql);
  const tokens = tokenize(sql);
  refuseInvalidTokens(sql, tokens);
  checkTokens(tokens);
  const { tree, failure } = matchStatement(tokens);
  if (tree === null) throw syntaxErrorOf(sql, tokens, failure);
  const statement = new StatementBuilder(tokens).statement(tree);
  checkTreeDepth(statement);
  return statement;
}
