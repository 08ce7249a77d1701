import type { CstNode } from 'chevrotain';
import type { ExplainSamplesStatement, ExplainStatement, SelectStatement, Statement } from './ast.ts';
import { buildBounds } from './bounds-builder.ts';
import {
  buildCreate,
  buildDescribe,
  buildDrop,
  buildExplainSamples,
  buildRefreshSamples,
  buildShow,
} from './command-builder.ts';
import { childIf, childOf, hasToken, spanOf, subtreeOf } from './cst.ts';
import { keyword } from './keywords.ts';
import { QueryBuilder } from './query-builder.ts';

/** Builds the tree of a statement, text that a StatementGrammar matched. */
export class StatementBuilder extends QueryBuilder {
  /** The tree of a whole text, from the rule `statement` */
  statement(node: CstNode): Statement {
    const part = subtreeOf(node);
    switch (part.name) {
      case 'selectStatement':
        return this.#selectStatement(part);
      case 'explain':
        return this.#explain(part);
      case 'create':
        return buildCreate(part);
      case 'refreshSamples':
        return buildRefreshSamples(part);
      case 'drop':
        return buildDrop(part);
      case 'describe':
        return buildDescribe(part);
      case 'show':
        return buildShow(part);
      default:
        throw new Error(`no statement is built from the rule ${part.name}`);
    }
  }

  #selectStatement(node: CstNode): SelectStatement {
    return {
      kind: 'select-statement',
      exact: hasToken(node, keyword.EXACT),
      query: this.query(childOf(node, 'query')),
      bounds: buildBounds(node),
      span: spanOf(node),
    };
  }

  #explain(node: CstNode): ExplainStatement | ExplainSamplesStatement {
    if (childIf(node, 'budget') !== undefined) return buildExplainSamples(node);
    return {
      kind: 'explain',
      analyze: hasToken(node, keyword.ANALYZE),
      statement: this.#selectStatement(childOf(node, 'selectStatement')),
      span: spanOf(node),
    };
  }
}
