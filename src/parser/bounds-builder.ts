import type { CstElement, CstNode } from 'chevrotain';
import { QueryError } from '../common/index.ts';
import type { Bounds, Deadline, ErrorBound, OnMiss } from './ast.ts';
import { childrenOf, hasToken, spanOf, tokenOf, tokensOf } from './cst.ts';
import { keyword } from './keywords.ts';
import { buildAmount } from './leaf-builder.ts';
import { category, symbol } from './tokens.ts';

/**
 * The bound clauses of a select statement, which come in any order.
 * @param node of the rule `selectStatement`
 * @throws QueryError SYNTAX at a clause that is given twice
 */
export function buildBounds(node: CstNode): Bounds {
  const error = atMostOne(childrenOf(node, 'errorBound'), 'ERROR WITHIN');
  const confidence = atMostOne(childrenOf(node, 'confidence'), 'AT CONFIDENCE');
  const deadline = atMostOne(childrenOf(node, 'deadline'), 'a deadline');
  const onMiss = atMostOne(childrenOf(node, 'onMiss'), 'ON MISS');
  const simultaneous = atMostOne(tokensOf(node, keyword.SIMULTANEOUS), 'SIMULTANEOUS');
  return {
    error: error === undefined ? null : buildErrorBound(error),
    confidence: confidence === undefined ? null : buildAmount(confidence),
    deadline: deadline === undefined ? null : buildDeadline(deadline),
    onMiss: onMiss === undefined ? null : { policy: policyOf(onMiss), span: spanOf(onMiss) },
    simultaneous: simultaneous !== undefined,
  };
}

function atMostOne<Part extends CstElement>(parts: readonly Part[], clause: string): Part | undefined {
  const [first, second] = parts;
  if (second === undefined) return first;
  throw new QueryError('SYNTAX', `expected ${clause} once, found it again`, { span: spanOf(second) });
}

function buildErrorBound(node: CstNode): ErrorBound {
  return {
    amount: buildAmount(node),
    relative: hasToken(node, symbol.percent),
    span: spanOf(node),
  };
}

function buildDeadline(node: CstNode): Deadline {
  const unit = tokenOf(node, category.deadlineUnit).tokenType;
  return {
    amount: buildAmount(node),
    unit: unit === keyword.MILLISECOND ? 'milliseconds' : unit === keyword.SECOND ? 'seconds' : 'minutes',
    span: spanOf(node),
  };
}

function policyOf(node: CstNode): OnMiss {
  if (hasToken(node, keyword.EXACT)) return 'exact';
  return hasToken(node, keyword.BEST) ? 'best-effort' : 'fail';
}
