import type { Span } from '../common/index.ts';
import type { Identifier, OrderItem, Query } from './ast.ts';

export type Expression =
  | NullLiteral
  | BooleanLiteral
  | NumberLiteral
  | StringLiteral
  | TemporalLiteral
  | IntervalLiteral
  | ColumnReference
  | Parameter
  | Unary
  | Binary
  | Logical
  | Between
  | InList
  | InQuery
  | Like
  | IsTest
  | IsDistinct
  | Case
  | Cast
  | Extract
  | Call
  | Exists
  | ScalarQuery;

export interface NullLiteral {
  readonly kind: 'null';
  readonly span: Span;
}
export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly span: Span;
}
/** A number without sign, as written but for underscores between its digits: `2` is an INTEGER, `2.5` a DECIMAL, `2e3` a DOUBLE. */
export interface NumberLiteral {
  readonly kind: 'number';
  readonly text: string;
  readonly span: Span;
}
export interface StringLiteral {
  readonly kind: 'string';
  readonly value: string;
  readonly span: Span;
}
/** `DATE '2001-02-03'`, `TIMESTAMP '…'`, `TIME '…'`, `TIMESTAMPTZ '…'`: the text is not yet checked. */
export interface TemporalLiteral {
  readonly kind: 'temporal';
  readonly type: 'date' | 'timestamp' | 'timestamptz' | 'time';
  readonly text: string;
  readonly span: Span;
}
/** `INTERVAL '3' DAY`, `INTERVAL 3 DAY` (both text '3', unit 'day') or `INTERVAL '1 month 2 days'` (unit null). */
export interface IntervalLiteral {
  readonly kind: 'interval';
  readonly text: string;
  readonly unit: IntervalUnit | null;
  readonly span: Span;
}
export type IntervalUnit =
  | 'microsecond' | 'millisecond' | 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'; // prettier-ignore

export interface ColumnReference {
  readonly kind: 'column';
  readonly qualifier: Identifier | null;
  readonly name: Identifier;
  readonly span: Span;
}
/** `?` (name null, index from 0 in order of appearance) or `:name` (index null). */
export interface Parameter {
  readonly kind: 'parameter';
  readonly name: string | null;
  readonly index: number | null;
  readonly span: Span;
}
export interface Unary {
  readonly kind: 'unary';
  readonly operator: '-' | '+' | 'not';
  readonly operand: Expression;
  readonly span: Span;
}
export type BinaryOperator =
  '+' | '-' | '*' | '/' | '//' | '%' | '^' | '||' | '=' | '<>' | '<' | '<=' | '>' | '>=';
export interface Binary {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}
/** A chain of one connective, flat: two operands or more, none of them an unparenthesised chain of the same connective. */
export interface Logical {
  readonly kind: 'logical';
  readonly operator: 'and' | 'or';
  readonly operands: readonly Expression[];
  readonly span: Span;
}
export interface Between {
  readonly kind: 'between';
  readonly operand: Expression;
  readonly low: Expression;
  readonly high: Expression;
  readonly negated: boolean;
  readonly span: Span;
}
/** `x [NOT] IN (a, …)`. A list of nothing but one query in parentheses is an {@link InQuery}. */
export interface InList {
  readonly kind: 'in-list';
  readonly operand: Expression;
  readonly items: readonly Expression[];
  readonly negated: boolean;
  readonly span: Span;
}
export interface InQuery {
  readonly kind: 'in-query';
  readonly operand: Expression;
  readonly query: Query;
  readonly negated: boolean;
  readonly span: Span;
}
export interface Like {
  readonly kind: 'like';
  readonly operand: Expression;
  readonly pattern: Expression;
  readonly escape: Expression | null;
  readonly caseInsensitive: boolean;
  readonly negated: boolean;
  readonly span: Span;
}
/** `x IS [NOT] {NULL | TRUE | FALSE}` */
export interface IsTest {
  readonly kind: 'is';
  readonly operand: Expression;
  readonly test: 'null' | 'true' | 'false';
  readonly negated: boolean;
  readonly span: Span;
}
/** `a IS [NOT] DISTINCT FROM b` */
export interface IsDistinct {
  readonly kind: 'is-distinct';
  readonly left: Expression;
  readonly right: Expression;
  readonly negated: boolean;
  readonly span: Span;
}
export interface Case {
  readonly kind: 'case';
  /** `CASE x WHEN …`; null: `CASE WHEN …`. */
  readonly operand: Expression | null;
  readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
  readonly otherwise: Expression | null;
  readonly span: Span;
}
/** `CAST(x AS t)`, `x::t` (the same node) or `TRY_CAST(x AS t)`. */
export interface Cast {
  readonly kind: 'cast';
  readonly operand: Expression;
  readonly type: TypeName;
  readonly try: boolean;
  readonly span: Span;
}
/** A type as written: `DECIMAL(10, 2)`, `DOUBLE PRECISION`, `TIMESTAMP WITH TIME ZONE`. */
export interface TypeName {
  /** Upper case, words separated by one space. */
  readonly name: string;
  readonly arguments: readonly number[];
  readonly span: Span;
}
/** `EXTRACT(field FROM x)` */
export interface Extract {
  readonly kind: 'extract';
  readonly field: Identifier;
  readonly operand: Expression;
  readonly span: Span;
}
/** `f(a, …)`, `COUNT(*)`, `SUM(DISTINCT x ORDER BY y) FILTER (WHERE p) OVER (…)` */
export interface Call {
  readonly kind: 'call';
  readonly name: Identifier;
  readonly star: boolean;
  readonly distinct: boolean;
  readonly arguments: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly filter: Expression | null;
  readonly over: Window | null;
  readonly span: Span;
}
export interface Window {
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: Frame | null;
  readonly span: Span;
}
export interface Frame {
  readonly unit: 'rows' | 'range' | 'groups';
  readonly start: FrameEnd;
  /** null: only the start was written. */
  readonly end: FrameEnd | null;
}
export type FrameEnd =
  | { readonly kind: 'unbounded-preceding' | 'unbounded-following' | 'current-row' }
  | { readonly kind: 'preceding' | 'following'; readonly offset: Expression };

export interface Exists {
  readonly kind: 'exists';
  readonly query: Query;
  readonly span: Span;
}
/** `(SELECT …)` used as a value. */
export interface ScalarQuery {
  readonly kind: 'scalar-query';
  readonly query: Query;
  readonly span: Span;
}
