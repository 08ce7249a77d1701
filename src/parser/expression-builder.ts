import type { CstNode, IToken } from 'chevrotain';
import { joinSpans, type Span } from '../common/index.ts';
import { childIf, childrenOf, hasToken, spanOf, tokensOf } from './cst.ts';
import type { BinaryOperator, Expression, Logical } from './expression.ts';
import { joinChain, type Operand, operandsOf } from './join-chain.ts';
import { keyword } from './keywords.ts';
import { checkChain } from './limits.ts';
import { binaryLevel } from './precedence.ts';
import { category } from './tokens.ts';
import { buildPrefixed, ValueBuilder } from './value-builder.ts';

/** Builds what the rules of ExpressionGrammar matched; the methods have their names. */
export abstract class ExpressionBuilder extends ValueBuilder {
  /** AND binds tighter than OR. */
  protected expression(node: CstNode): Expression {
    const conditions = operandsOf(childrenOf(node, 'condition'), (condition) => this.#condition(condition));
    const connectives = tokensOf(node, category.connective);
    const conjunctions: Operand<Expression>[][] = [];
    conditions.forEach((condition, index) => {
      const isJoined = connectives[index - 1]?.tokenType === keyword.AND;
      if (isJoined) conjunctions.at(-1)?.push(condition);
      else conjunctions.push([condition]);
    });
    return joinLogical(
      'or',
      conjunctions.map((conjunction) => joinLogical('and', conjunction)),
    ).node;
  }

  #condition(node: CstNode): Expression {
    const { node: compared, span } = this.#comparison(node);
    const tests = childrenOf(node, 'test');
    checkChain(tests);
    const tested = tests.reduce(
      (operand, test) => this.#test(operand, test, { start: span.start, end: spanOf(test).end }),
      compared,
    );
    return buildPrefixed(tokensOf(node, keyword.NOT), tested, spanOf(node).end);
  }

  /** The predicate that stands in a node itself, or the two that are compared. */
  #comparison(node: CstNode): Operand<Expression> {
    return joinBinary(
      operandsOf(childrenOf(node, 'predicate'), (predicate) => this.#predicate(predicate)),
      tokensOf(node, category.comparison),
    );
  }

  #test(operand: Expression, node: CstNode, span: Span): Expression {
    const negated = hasToken(node, keyword.NOT) || hasToken(node, keyword.NOTNULL);
    if (hasToken(node, keyword.DISTINCT)) {
      return { kind: 'is-distinct', left: operand, right: this.#comparison(node).node, negated, span };
    }
    const test = hasToken(node, keyword.TRUE) ? 'true' : hasToken(node, keyword.FALSE) ? 'false' : 'null';
    return { kind: 'is', operand, test, negated, span };
  }

  #predicate(node: CstNode): Expression {
    const operand = this.arithmetic(node);
    const negated = hasToken(node, keyword.NOT);
    const span = spanOf(node);

    const between = childIf(node, 'between');
    if (between !== undefined) {
      const [low, high] = this.#arithmetics(between);
      // The rule has both.
      return { kind: 'between', operand, low: low!, high: high!, negated, span };
    }
    const like = childIf(node, 'like');
    if (like !== undefined) {
      const [pattern, escape = null] = this.#arithmetics(like);
      const caseInsensitive = hasToken(like, keyword.ILIKE);
      // The rule has a pattern.
      return { kind: 'like', operand, pattern: pattern!, escape, caseInsensitive, negated, span };
    }
    const membership = childIf(node, 'membership');
    if (membership === undefined) return operand;
    const query = childIf(membership, 'query');
    if (query !== undefined) return { kind: 'in-query', operand, query: this.query(query), negated, span };
    return { kind: 'in-list', operand, items: this.expressions(membership), negated, span };
  }

  #arithmetics(node: CstNode): readonly Expression[] {
    return childrenOf(node, 'arithmetic').map((child) => this.arithmetic(child));
  }

  /** The chain that stands in a node itself. */
  protected arithmetic(node: CstNode): Expression {
    const operators = tokensOf(node, category.arithmetic);
    checkChain(operators);
    const operands = operandsOf(childrenOf(node, 'operand'), (operand) => this.operand(operand));
    return joinBinary(operands, operators).node;
  }
}

function joinBinary(
  operands: readonly Operand<Expression>[],
  operators: readonly IToken[],
): Operand<Expression> {
  return joinChain({
    operands,
    operators: operators.map(binaryOperator),
    levelOf: binaryLevel,
    join: (left, operator, right, span) => ({ kind: 'binary', operator, left, right, span }),
  });
}

const operatorByOtherSpelling: ReadonlyMap<string, BinaryOperator> = new Map([
  ['==', '='],
  ['!=', '<>'],
  ['**', '^'],
]);

function binaryOperator({ image }: IToken): BinaryOperator {
  // Every other operator of the grammar is spelled as in the tree.
  return operatorByOtherSpelling.get(image) ?? (image as BinaryOperator);
}

/** One flat node of a chain; a chain of one is its operand. */
function joinLogical(
  operator: Logical['operator'],
  operands: readonly Operand<Expression>[],
): Operand<Expression> {
  // There is one operand at least.
  const first = operands[0]!;
  if (operands.length === 1) return first;
  const span = joinSpans(first.span, operands.at(-1)!.span);
  return { node: { kind: 'logical', operator, operands: operands.map(({ node }) => node), span }, span };
}
