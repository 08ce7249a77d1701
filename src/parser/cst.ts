import type { CstElement, CstNode, IToken, TokenType } from 'chevrotain';
import type { Span } from '../common/index.ts';
import type { Rule } from './call-grammar.ts';
import type { StatementGrammar } from './statement-grammar.ts';

/*
 * Typed access to Chevrotain's concrete syntax tree, whose nodes hold their parts in lists by the name of the rule or token.
 */

/** The name of a grammar rule. */
export type RuleName = {
  [Name in keyof StatementGrammar]: StatementGrammar[Name] extends Rule ? Name : never;
}[keyof StatementGrammar];

/** The subtrees that a rule left in a node, in order. */
export function childrenOf(node: CstNode, rule: RuleName): readonly CstNode[] {
  // A rule's name and a token type's name are never the same, so the list holds nodes only.
  return (node.children[rule] ?? []) as CstNode[];
}

/** The first subtree of a rule, if there is one. */
export function childIf(node: CstNode, rule: RuleName): CstNode | undefined {
  return childrenOf(node, rule)[0];
}

/** The first subtree of a rule that the grammar makes mandatory. */
export function childOf(node: CstNode, rule: RuleName): CstNode {
  return present(childIf(node, rule), node, rule);
}

/** The tokens that the grammar consumed as this type, in order. */
export function tokensOf(node: CstNode, type: TokenType): readonly IToken[] {
  // See childrenOf: the list holds tokens only.
  return (node.children[type.name] ?? []) as IToken[];
}

/** The first token of a type, if there is one. */
export function tokenIf(node: CstNode, type: TokenType): IToken | undefined {
  return tokensOf(node, type)[0];
}

/** The first token of a type that the grammar makes mandatory. */
export function tokenOf(node: CstNode, type: TokenType): IToken {
  return present(tokenIf(node, type), node, type.name);
}

/** True where the grammar consumed a token of this type in the node itself. */
export function hasToken(node: CstNode, type: TokenType): boolean {
  return type.name in node.children;
}

/** A node with the name of its rule. */
export type Subtree = CstNode & { readonly name: RuleName };

/** The first subtree of a node, whatever its rule: all there is in a rule that is a choice of others. */
export function subtreeOf(node: CstNode): Subtree {
  const subtree = Object.values(node.children)
    .flat()
    .find((part) => !isToken(part));
  // Every node is named after the rule that made it.
  return present(subtree, node, 'subtree') as Subtree;
}

/** The tokens of a node itself, in the order of the text. */
export function ownTokensOf(node: CstNode): readonly IToken[] {
  return Object.values(node.children)
    .flat()
    .filter(isToken)
    .sort((one, other) => one.startOffset - other.startOffset);
}

/** True for a token, false for a subtree. */
function isToken(element: CstElement): element is IToken {
  return 'image' in element;
}

/** The text that a token or a subtree covers, as a half-open range; parentheses are part of a subtree's text. */
export function spanOf(element: CstElement): Span {
  // tokenize sets the ends, and no rule of the grammar matches nothing: the ends are there. endOffset is inclusive.
  const { startOffset, endOffset } = isToken(element) ? element : element.location!;
  return { start: startOffset, end: endOffset! + 1 };
}

function present<Part>(part: Part | undefined, node: CstNode, name: string): Part {
  if (part === undefined) throw new Error(`the rule ${node.name} gave no ${name}`);
  return part;
}
