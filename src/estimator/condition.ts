import { aggregateSlotsOf, type BoundExpression, type SqlType } from '../plan/index.ts';

/** A side of a comparison: without estimates, an expression with an interval, or one of which nothing is known. */
export type Side =
  | { readonly kind: 'plain'; readonly expression: BoundExpression }
  | { readonly kind: 'interval'; readonly place: number }
  | { readonly kind: 'open' };

export type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>=';

/** A condition over estimates, in the parts that intervals can tell something of. */
export type Condition =
  | { readonly kind: 'plain'; readonly expression: BoundExpression }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  /** `part IS TRUE`, `IS FALSE`, `IS NULL` */
  | { readonly kind: 'is'; readonly part: Condition; readonly value: boolean | null }
  | { readonly kind: 'is-null'; readonly side: Side }
  | {
      readonly kind: 'compare';
      readonly operator: ComparisonOperator;
      readonly left: Side;
      readonly right: Side;
    }
  | { readonly kind: 'open' };

const isBoolean = (type: SqlType): boolean => type.kind === 'boolean';

/**
 * Takes a condition apart.
 * @param placeOf the place of the interval of an expression over aggregates; undefined where it has none
 */
export function readCondition(
  expression: BoundExpression,
  placeOf: (expression: BoundExpression) => number | undefined,
): Condition {
  if (aggregateSlotsOf(expression).length === 0) return { kind: 'plain', expression };
  if (expression.kind !== 'function') return { kind: 'open' };
  const read = (part: BoundExpression): Condition => readCondition(part, placeOf);
  const side = (part: BoundExpression): Side => readSide(part, placeOf);
  const { name, arguments: args } = expression;
  const [first, second] = args;
  if (first === undefined) return { kind: 'open' };
  switch (name) {
    case 'and':
    case 'or':
      return { kind: name, parts: args.map(read) };
    case 'not':
      return { kind: 'not', part: read(first) };
    case 'is_true':
    case 'is_false':
      return { kind: 'is', part: read(first), value: name === 'is_true' };
    case 'is_null':
      return isBoolean(first.type)
        ? { kind: 'is', part: read(first), value: null }
        : { kind: 'is-null', side: side(first) };
    case 'in': {
      const left = side(first);
      return {
        kind: 'or',
        parts: args.slice(1).map((item) => ({ kind: 'compare', operator: '=', left, right: side(item) })),
      };
    }
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return second === undefined
        ? { kind: 'open' }
        : { kind: 'compare', operator: name, left: side(first), right: side(second) };
    default:
      return { kind: 'open' };
  }
}

/** What is known of one side of a comparison, or of what groups are ordered by. */
export function readSide(
  expression: BoundExpression,
  placeOf: (expression: BoundExpression) => number | undefined,
): Side {
  if (aggregateSlotsOf(expression).length === 0) return { kind: 'plain', expression };
  const place = placeOf(expression);
  return place === undefined ? { kind: 'open' } : { kind: 'interval', place };
}

/** The expressions over aggregates that a condition compares: those of which it needs the intervals. */
export function comparedIn(condition: BoundExpression): BoundExpression[] {
  const found: BoundExpression[] = [];
  readCondition(condition, (expression) => {
    found.push(expression);
    return undefined;
  });
  return found;
}
