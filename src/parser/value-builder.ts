import type { CstNode, IToken } from 'chevrotain';
import type { OrderItem, Query } from './ast.ts';
import {
  childIf,
  childOf,
  childrenOf,
  hasToken,
  ownTokensOf,
  spanOf,
  type Subtree,
  subtreeOf,
  tokenIf,
  tokenOf,
  tokensOf,
} from './cst.ts';
import type { Call, Case, Cast, Expression, Extract, Frame, FrameEnd, Window } from './expression.ts';
import { keyword } from './keywords.ts';
import {
  buildColumn,
  buildIdentifier,
  buildInterval,
  buildTemporal,
  buildTypeName,
  numberText,
  stringValue,
} from './leaf-builder.ts';
import { checkChain } from './limits.ts';
import { withinGroup } from './ordered-set.ts';
import { category, lexeme, symbol } from './tokens.ts';

/** Builds what the rules of ValueGrammar matched; the methods have their names. */
export abstract class ValueBuilder {
  /** The index of each `?`, by its offset: the tree is not built in the order of the text. */
  readonly #parameterIndexes: ReadonlyMap<number, number>;

  /** @param tokens of the whole statement */
  constructor(tokens: readonly IToken[]) {
    const parameters = tokens.filter((token) => token.tokenType === symbol.positionalParameter);
    this.#parameterIndexes = new Map(parameters.map((token, index) => [token.startOffset, index]));
  }

  protected abstract expression(node: CstNode): Expression;
  protected abstract arithmetic(node: CstNode): Expression;
  protected abstract query(node: CstNode): Query;

  protected expressions(node: CstNode | undefined): readonly Expression[] {
    return node === undefined ? [] : childrenOf(node, 'expression').map((child) => this.expression(child));
  }

  /** The expression of a clause such as `WHERE expression`, if the clause is there. */
  protected clause(node: CstNode | undefined): Expression | null {
    return node === undefined ? null : this.expression(childOf(node, 'expression'));
  }

  /** The signed and cast value of the rule `operand`. */
  protected operand(node: CstNode): Expression {
    // The rule is a choice of others between signs and casts.
    const part = subtreeOf(node);
    const { start } = spanOf(part);
    const types = childrenOf(node, 'typeName');
    checkChain(types);
    const value = types.reduce<Expression>((operand, type) => {
      const span = { start, end: spanOf(type).end };
      return { kind: 'cast', operand, type: buildTypeName(type), try: false, span };
    }, this.#value(part));
    return buildPrefixed(tokensOf(node, category.sign), value, spanOf(node).end);
  }

  #value(node: Subtree): Expression {
    switch (node.name) {
      case 'literal':
        return this.#literal(node);
      case 'parenthesized':
        return this.#parenthesized(node);
      case 'caseExpression':
        return this.#caseExpression(node);
      case 'cast':
        return this.#cast(node);
      case 'exists':
        return { kind: 'exists', query: this.query(childOf(node, 'query')), span: spanOf(node) };
      case 'interval':
        return buildInterval(node);
      case 'temporal':
        return buildTemporal(node);
      case 'extract':
        return this.#extract(node);
      case 'call':
        return this.#call(node);
      case 'column':
        return buildColumn(node);
      default:
        throw new Error(`no value is built from the rule ${node.name}`);
    }
  }

  #literal(node: CstNode): Expression {
    // The rule is a single token.
    const token = ownTokensOf(node)[0]!;
    const span = spanOf(token);
    switch (token.tokenType) {
      case lexeme.number:
        return { kind: 'number', text: numberText(token), span };
      case lexeme.string:
        return { kind: 'string', value: stringValue(token), span };
      case keyword.NULL:
        return { kind: 'null', span };
      case keyword.TRUE:
      case keyword.FALSE:
        return { kind: 'boolean', value: token.tokenType === keyword.TRUE, span };
      case lexeme.namedParameter:
        return { kind: 'parameter', name: token.image.slice(1), index: null, span };
      default:
        // What is left is a ?, and each has its index.
        return { kind: 'parameter', name: null, index: this.#parameterIndexes.get(token.startOffset)!, span };
    }
  }

  #parenthesized(node: CstNode): Expression {
    const query = childIf(node, 'query');
    if (query !== undefined) return { kind: 'scalar-query', query: this.query(query), span: spanOf(node) };
    return this.expression(childOf(node, 'expression'));
  }

  #caseExpression(node: CstNode): Case {
    const operand = childIf(node, 'expression');
    return {
      kind: 'case',
      operand: operand === undefined ? null : this.expression(operand),
      branches: childrenOf(node, 'caseBranch').map((branch) => {
        // The rule has two expressions.
        const [when, then] = this.expressions(branch);
        return { when: when!, then: then! };
      }),
      otherwise: this.clause(childIf(node, 'caseElse')),
      span: spanOf(node),
    };
  }

  #cast(node: CstNode): Cast {
    return {
      kind: 'cast',
      operand: this.expression(childOf(node, 'expression')),
      type: buildTypeName(childOf(node, 'typeName')),
      try: hasToken(node, keyword.TRY_CAST),
      span: spanOf(node),
    };
  }

  #extract(node: CstNode): Extract {
    return {
      kind: 'extract',
      field: buildIdentifier(tokenOf(node, category.name)),
      operand: this.expression(childOf(node, 'expression')),
      span: spanOf(node),
    };
  }

  #call(node: CstNode): Call {
    const name = tokenIf(node, category.name) ?? tokenOf(node, category.functionWord);
    const callArguments = childIf(node, 'callArguments');
    const window = childIf(node, 'window');
    const ordered = childIf(node, 'withinGroup');
    const call: Call = {
      kind: 'call',
      name: buildIdentifier(name),
      star: hasToken(node, symbol.star),
      distinct: callArguments !== undefined && hasToken(callArguments, keyword.DISTINCT),
      arguments: this.expressions(callArguments),
      orderBy: this.orderBy(callArguments),
      filter: this.clause(childIf(node, 'filter')),
      over: window === undefined ? null : this.#window(window),
      span: spanOf(node),
    };
    return ordered === undefined ? call : withinGroup(call, this.orderBy(ordered), spanOf(ordered));
  }

  #window(node: CstNode): Window {
    const frame = childIf(node, 'frame');
    return {
      partitionBy: this.expressions(node),
      orderBy: this.orderBy(node),
      frame: frame === undefined ? null : this.#frame(frame),
      span: spanOf(node),
    };
  }

  #frame(node: CstNode): Frame {
    const unit = tokenOf(node, category.frameUnit).tokenType;
    const [start, end] = childrenOf(node, 'frameEnd').map((child) => this.#frameEnd(child));
    return {
      unit: unit === keyword.ROWS ? 'rows' : unit === keyword.RANGE ? 'range' : 'groups',
      // The rule has one end or two.
      start: start!,
      end: end ?? null,
    };
  }

  #frameEnd(node: CstNode): FrameEnd {
    if (hasToken(node, keyword.CURRENT)) return { kind: 'current-row' };
    const direction = hasToken(node, keyword.PRECEDING) ? 'preceding' : 'following';
    if (hasToken(node, keyword.UNBOUNDED)) return { kind: `unbounded-${direction}` };
    return { kind: direction, offset: this.arithmetic(childOf(node, 'arithmetic')) };
  }

  /** The items of the ORDER BY in a node, none where it has none. */
  protected orderBy(node: CstNode | undefined): readonly OrderItem[] {
    const clause = node && childIf(node, 'orderBy');
    return clause === undefined ? [] : childrenOf(clause, 'orderItem').map((item) => this.#orderItem(item));
  }

  #orderItem(node: CstNode): OrderItem {
    return {
      expression: this.expression(childOf(node, 'expression')),
      descending: hasToken(node, keyword.DESC),
      nulls: hasToken(node, keyword.FIRST) ? 'first' : hasToken(node, keyword.LAST) ? 'last' : null,
      span: spanOf(node),
    };
  }
}

/**
 * Sets prefix operators before an operand, the last of them innermost.
 * @param end where the operand's text ends
 */
export function buildPrefixed(operators: readonly IToken[], operand: Expression, end: number): Expression {
  return operators.reduceRight<Expression>((inner, { tokenType, startOffset }) => {
    const operator = tokenType === keyword.NOT ? 'not' : tokenType === symbol.minus ? '-' : '+';
    return { kind: 'unary', operator, operand: inner, span: { start: startOffset, end } };
  }, operand);
}
