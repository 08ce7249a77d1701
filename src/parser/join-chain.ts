import type { CstNode } from 'chevrotain';
import { joinSpans, type Span } from '../common/index.ts';
import { spanOf } from './cst.ts';

/** An operand of a chain and the text that it covers, its parentheses included; they are no part of the node's own span. */
export interface Operand<Node> {
  readonly node: Node;
  readonly span: Span;
}

/** Builds the operands that rules matched. */
export function operandsOf<Node>(rules: readonly CstNode[], build: (rule: CstNode) => Node): Operand<Node>[] {
  return rules.map((rule) => ({ node: build(rule), span: spanOf(rule) }));
}

/** What a chain of binary operators needs to become a tree. */
export interface Chain<Node, Operator> {
  /** One more than operators. */
  readonly operands: readonly Operand<Node>[];
  readonly operators: readonly Operator[];
  /** How tightly an operator binds. */
  readonly levelOf: (operator: Operator) => number;
  readonly join: (left: Node, operator: Operator, right: Node, span: Span) => Node;
}

/** Makes a tree of a chain: tighter operators first, equally tight ones from the left. */
export function joinChain<Node, Operator>({
  operands,
  operators,
  levelOf,
  join,
}: Chain<Node, Operator>): Operand<Node> {
  const waiting: { readonly left: Operand<Node>; readonly operator: Operator }[] = [];
  // There is one operand more than operators.
  let current = operands[0]!;
  const joinWaiting = (loosest: number): void => {
    for (let last = waiting.at(-1); last && levelOf(last.operator) >= loosest; last = waiting.at(-1)) {
      const span = joinSpans(last.left.span, current.span);
      current = { node: join(last.left.node, last.operator, current.node, span), span };
      waiting.pop();
    }
  };
  operators.forEach((operator, index) => {
    joinWaiting(levelOf(operator));
    waiting.push({ left: current, operator });
    current = operands[index + 1]!;
  });
  joinWaiting(0);
  return current;
}
