import { type CstNode, type IToken, tokenMatcher, type TokenType } from 'chevrotain';
import { StatementGrammar } from './statement-grammar.ts';
import { category } from './tokens.ts';

let shared: StatementGrammar | undefined;

/** The process's one grammar, made on first use: that takes longer than many statements, and holds all others up. */
export function sharedGrammar(): StatementGrammar {
  shared ??= new StatementGrammar(true);
  return shared;
}

/** Where the grammar stopped. */
export interface Failure {
  /** The index of the first token that does not fit; the list's length stands for its end. */
  readonly at: number;
  /** The rules that were under way, outermost first. */
  readonly rules: readonly string[];
}

/** The tree of the rule `statement`, or where it failed. */
export type Match =
  { readonly tree: CstNode; readonly failure: null } | { readonly tree: null; readonly failure: Failure };

/** Runs the grammar over all tokens of a statement. */
export function matchStatement(tokens: IToken[]): Match {
  const grammar = sharedGrammar();
  // Setting the input also resets the parser, whatever happened to it before.
  grammar.input = tokens;
  const tree = grammar.statement();
  const [error] = grammar.errors;
  if (error === undefined) return { tree, failure: null };
  const index = tokens.indexOf(error.token);
  const at = index === -1 ? tokens.length : index;
  return { tree: null, failure: { at, rules: error.context.ruleStack } };
}

/** A token type that could stand somewhere, and the rule that would take it. */
export interface Expectation {
  readonly type: TokenType;
  readonly rule: string;
}

/**
 * What could follow the tokens, in the grammar's order.
 * @param rules only what is still inside of these rules, outermost first, if anything is
 */
export function expectedAfter(tokens: IToken[], rules: readonly string[]): readonly Expectation[] {
  // The assistant is blind to the grammar's gates: it also takes the first word of a bound for an alias. Then it expects the same
  // word again, and it may overlook the reading that failed.
  const last = tokens.at(-1);
  const isRepetition = (type: TokenType): boolean =>
    type === last?.tokenType && tokenMatcher(last, category.name);
  const all = sharedGrammar()
    .computeContentAssist('statement', tokens)
    .filter(({ nextTokenType }) => !isRepetition(nextTokenType));
  const inside = all.filter(({ ruleStack }) => rules.every((rule, depth) => ruleStack[depth] === rule));
  return (inside.length > 0 ? inside : all).map(({ nextTokenType, ruleStack }) => ({
    type: nextTokenType,
    // The first rule of the stack is `statement`.
    rule: ruleStack.at(-1)!,
  }));
}
