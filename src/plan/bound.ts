import { assertNever, type Span } from '../common/index.ts';
import type { AccessorName } from './accessor.ts';
import type { Scalar } from './scalar.ts';
import type { SqlType } from './sql-type.ts';

/*
 * The bound tree: names resolved, types known, sugar gone (BETWEEN, IN, LIKE, CASE x, EXTRACT and all operators are functions of
 * the function table or CASE). It is what the planner judges, the kernels are made from and the sources print in their dialect.
 */

export type BoundExpression =
  | Constant
  | ColumnValue
  | FunctionCall
  | CaseExpression
  | CastExpression
  | AggregateCall
  | AccessorCall
  | WindowCall
  | SubqueryExpression
  | SlotValue;

export interface Constant {
  readonly kind: 'constant';
  readonly value: Scalar;
  readonly type: SqlType;
  /** Written as a bare number, string or NULL (not as `DATE '…'` and the like): it takes on the type that its place wants. */
  readonly literal: boolean;
  readonly span: Span;
}
/** A column of a relation in scope; `relation` is unique in the statement. */
export interface ColumnValue {
  readonly kind: 'column';
  readonly relation: number;
  /** Place in the relation's columns, from 0. */
  readonly column: number;
  readonly name: string;
  readonly type: SqlType;
  readonly span: Span;
}
/** A scalar function or operator; `name` is canonical in the function table. `and` and `or` take two arguments or more. */
export interface FunctionCall {
  readonly kind: 'function';
  readonly name: string;
  readonly arguments: readonly BoundExpression[];
  readonly type: SqlType;
  readonly span: Span;
}
export interface CaseExpression {
  readonly kind: 'case';
  readonly branches: readonly { readonly when: BoundExpression; readonly then: BoundExpression }[];
  readonly otherwise: BoundExpression;
  readonly type: SqlType;
  readonly span: Span;
}
export interface CastExpression {
  readonly kind: 'cast';
  readonly operand: BoundExpression;
  readonly try: boolean;
  readonly type: SqlType;
  readonly span: Span;
}
/** An aggregate; `name` is canonical in the aggregate table. `COUNT(*)` has no arguments. */
export interface AggregateCall {
  readonly kind: 'aggregate';
  readonly name: string;
  readonly arguments: readonly BoundExpression[];
  readonly distinct: boolean;
  readonly orderBy: readonly BoundOrder[];
  readonly filter: BoundExpression | null;
  readonly type: SqlType;
  readonly span: Span;
}
/** What is said of the interval of an aggregate, or of an expression over aggregates. BOOLEAN or DOUBLE. */
export interface AccessorCall {
  readonly kind: 'accessor';
  readonly name: AccessorName;
  readonly operand: BoundExpression;
  readonly type: SqlType;
  readonly span: Span;
}
/** A function over a window: an aggregate, or a ranking function such as `row_number`. */
export interface WindowCall {
  readonly kind: 'window';
  readonly name: string;
  readonly arguments: readonly BoundExpression[];
  readonly distinct: boolean;
  readonly filter: BoundExpression | null;
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly BoundOrder[];
  readonly frame: BoundFrame | null;
  readonly type: SqlType;
  readonly span: Span;
}
export interface BoundFrame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: BoundFrameEnd;
  readonly end: BoundFrameEnd | null;
}
export type BoundFrameEnd =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: BoundExpression };

/** `(SELECT …)`, `EXISTS (…)`, or `x IN (SELECT …)` with `operand` x. */
export interface SubqueryExpression {
  readonly kind: 'subquery';
  readonly form: 'scalar' | 'exists' | 'in';
  readonly operand: BoundExpression | null;
  readonly query: BoundQuery;
  readonly type: SqlType;
  readonly span: Span;
}
/** In an {@link AggregateQuery}: the value of the group's key, of its aggregate or of its accessor, with this index. */
export interface SlotValue {
  readonly kind: 'slot';
  readonly slot: 'key' | 'aggregate' | 'accessor';
  readonly index: number;
  readonly type: SqlType;
  readonly span: Span;
}

// ── Queries ─────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface BoundQuery {
  readonly kind: 'query';
  readonly commonTables: readonly BoundCommonTable[];
  readonly recursive: boolean;
  readonly body: BoundBody;
  readonly orderBy: readonly BoundOrder[];
  readonly limit: number | null;
  readonly offset: number;
  readonly columns: readonly OutputColumn[];
}
export type BoundBody = BoundSelect | BoundSetOperation | BoundQuery;

export interface OutputColumn {
  readonly name: string;
  readonly type: SqlType;
}
export interface BoundCommonTable {
  /** Unique in the statement: a name of our own, not the user's. */
  readonly name: string;
  readonly columns: readonly OutputColumn[];
  readonly query: BoundQuery;
}
export interface BoundSetOperation {
  readonly kind: 'set-operation';
  readonly operator: 'union' | 'intersect' | 'except';
  readonly all: boolean;
  readonly left: BoundBody;
  readonly right: BoundBody;
  readonly columns: readonly OutputColumn[];
}
export interface BoundSelect {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly items: readonly { readonly expression: BoundExpression; readonly name: string }[];
  readonly from: BoundRelation | null;
  readonly where: BoundExpression | null;
  readonly groupBy: readonly BoundExpression[];
  readonly having: BoundExpression | null;
  readonly qualify: BoundExpression | null;
  readonly columns: readonly OutputColumn[];
}
/** `output`: the place in the select list (from 0) that is sorted by; else an expression. */
export interface BoundOrder {
  readonly by: { readonly output: number } | BoundExpression;
  readonly descending: boolean;
  readonly nulls: 'first' | 'last';
}
export type BoundRelation =
  | {
      readonly kind: 'table';
      readonly relation: number;
      readonly table: string;
      readonly columns: readonly OutputColumn[];
    }
  | {
      readonly kind: 'derived';
      readonly relation: number;
      readonly query: BoundQuery;
      readonly columns: readonly OutputColumn[];
    }
  | {
      readonly kind: 'common';
      readonly relation: number;
      readonly name: string;
      readonly columns: readonly OutputColumn[];
    }
  | {
      readonly kind: 'join';
      readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
      readonly left: BoundRelation;
      readonly right: BoundRelation;
      readonly condition: BoundExpression | null;
    };

/** Tells an order by expression from an order by output column. */
export function isOutputOrder(by: BoundOrder['by']): by is { readonly output: number } {
  return 'output' in by;
}

/** The expressions directly below; queries inside are not entered. */
export function childrenOf(expression: BoundExpression): readonly BoundExpression[] {
  switch (expression.kind) {
    case 'constant':
    case 'column':
    case 'slot':
      return [];
    case 'function':
      return expression.arguments;
    case 'case':
      return [...expression.branches.flatMap((branch) => [branch.when, branch.then]), expression.otherwise];
    case 'cast':
    case 'accessor':
      return [expression.operand];
    case 'aggregate':
      return [
        ...expression.arguments,
        ...orderedBy(expression.orderBy),
        ...(expression.filter === null ? [] : [expression.filter]),
      ];
    case 'window':
      return [
        ...expression.arguments,
        ...(expression.filter === null ? [] : [expression.filter]),
        ...expression.partitionBy,
        ...orderedBy(expression.orderBy),
      ];
    case 'subquery':
      return expression.operand === null ? [] : [expression.operand];
    default:
      return assertNever(expression);
  }
}

function orderedBy(orders: readonly BoundOrder[]): BoundExpression[] {
  return orders.flatMap((order) => (isOutputOrder(order.by) ? [] : [order.by]));
}

/**
 * The expression rebuilt from the top down: where `replace` returns an expression it stands in for the whole subtree, else the
 * children are tried. Aggregates, windows and subqueries are replaced whole or kept as they are.
 */
export function rewrite(
  expression: BoundExpression,
  replace: (expression: BoundExpression) => BoundExpression | null,
): BoundExpression {
  const replaced = replace(expression);
  if (replaced !== null) return replaced;
  const inside = (child: BoundExpression): BoundExpression => rewrite(child, replace);
  switch (expression.kind) {
    case 'function':
      return { ...expression, arguments: expression.arguments.map(inside) };
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map(({ when, then }) => ({ when: inside(when), then: inside(then) })),
        otherwise: inside(expression.otherwise),
      };
    case 'cast':
    case 'accessor':
      return { ...expression, operand: inside(expression.operand) };
    case 'constant':
    case 'column':
    case 'slot':
    case 'aggregate':
    case 'window':
    case 'subquery':
      return expression;
    default:
      return assertNever(expression);
  }
}

/** True where the predicate holds for the expression or anything below it; queries inside are not entered. */
export function contains(
  expression: BoundExpression,
  holds: (expression: BoundExpression) => boolean,
): boolean {
  return holds(expression) || childrenOf(expression).some((child) => contains(child, holds));
}

/** The columns that the expression reads, each once, in order of appearance. */
export function columnsOf(expression: BoundExpression): ColumnValue[] {
  const found = new Map<string, ColumnValue>();
  const visit = (node: BoundExpression): void => {
    if (node.kind === 'column') found.set(`${node.relation}.${node.column}`, node);
    childrenOf(node).forEach(visit);
  };
  visit(expression);
  return [...found.values()];
}
