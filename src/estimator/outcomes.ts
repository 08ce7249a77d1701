import { assertNever } from '../common/index.ts';
import { type BoundExpression, type Estimate, isInterval, type Scalar, toDouble } from '../plan/index.ts';
import type { ComparisonOperator, Condition, Side } from './condition.ts';

/** Where a true number lies: between two ends, or it may be NULL. */
export interface Reach {
  readonly low: number;
  readonly high: number;
  readonly mayBeNull: boolean;
}

/** Anything. */
export const openReach: Reach = {
  low: Number.NEGATIVE_INFINITY,
  high: Number.POSITIVE_INFINITY,
  mayBeNull: true,
};

/** What is known of a group's true numbers. */
export interface GroupReach {
  /** Of one of the query's intervals; null: it is NULL. */
  readonly interval: (place: number) => Reach | null;
  /** The value of an expression without estimates; undefined: it is not known. */
  readonly value: (expression: BoundExpression) => Scalar | undefined;
}

/**
 * Where the true value behind an estimate lies, as far as its interval can be trusted: one that is not certified tells nothing.
 * @returns null where it is NULL
 */
export function reachOf({ value, low, high, exact, certified }: Estimate): Reach | null {
  if (exact) return value === null ? null : { low: value, high: value, mayBeNull: false };
  return certified && low !== null && high !== null ? { low, high, mayBeNull: false } : openReach;
}

/** The outcomes that a condition may have. */
export interface Outcomes {
  readonly true: boolean;
  readonly false: boolean;
  readonly null: boolean;
}

const anyOutcome: Outcomes = { true: true, false: true, null: true };
const onlyNull: Outcomes = { true: false, false: false, null: true };

/**
 * The outcomes that a condition may have where every true value lies in its interval: SQL's three-valued logic, lifted to sets of
 * outcomes. There may be fewer in truth, as where two parts speak of the same number; never more.
 */
export function outcomesOf(condition: Condition, group: GroupReach): Outcomes {
  switch (condition.kind) {
    case 'plain':
      return plainOutcomes(group.value(condition.expression));
    case 'and':
      return condition.parts.map((part) => outcomesOf(part, group)).reduce(both);
    case 'or':
      return negated(condition.parts.map((part) => negated(outcomesOf(part, group))).reduce(both));
    case 'not':
      return negated(outcomesOf(condition.part, group));
    case 'is': {
      const part = outcomesOf(condition.part, group);
      const { value } = condition;
      const is = value === null ? part.null : value ? part.true : part.false;
      const isNot =
        (value !== null && part.null) || (value !== true && part.true) || (value !== false && part.false);
      return { true: is, false: isNot, null: false };
    }
    case 'is-null': {
      const reach = sideReach(condition.side, group);
      return { true: reach === null || reach.mayBeNull, false: reach !== null, null: false };
    }
    case 'compare':
      return compared(
        condition.operator,
        sideReach(condition.left, group),
        sideReach(condition.right, group),
      );
    case 'open':
      return anyOutcome;
    default:
      return assertNever(condition);
  }
}

function plainOutcomes(value: Scalar | undefined): Outcomes {
  return value === undefined
    ? anyOutcome
    : { true: value === true, false: value === false, null: value === null };
}

const negated = (outcomes: Outcomes): Outcomes => ({
  ...outcomes,
  true: outcomes.false,
  false: outcomes.true,
});

/** AND: false where one may be, true where both may be, NULL where one may be while the other need not be false. */
const both = (a: Outcomes, b: Outcomes): Outcomes => ({
  true: a.true && b.true,
  false: a.false || b.false,
  null: (a.null && (b.null || b.true)) || (b.null && a.true),
});

function sideReach(side: Side, group: GroupReach): Reach | null {
  if (side.kind === 'open') return openReach;
  return side.kind === 'interval' ? group.interval(side.place) : plainReach(side.expression, group);
}

/** Where the number that an expression without estimates gives lies: on it. */
function plainReach(expression: BoundExpression, group: GroupReach): Reach | null {
  const value = group.value(expression);
  if (value === null) return null;
  if (value === undefined || typeof value === 'string' || isInterval(value)) return openReach;
  const number = toDouble(value, expression.type);
  return Number.isNaN(number) ? openReach : { low: number, high: number, mayBeNull: false };
}

function compared(operator: ComparisonOperator, a: Reach | null, b: Reach | null): Outcomes {
  if (a === null || b === null) return onlyNull;
  const less = a.low < b.high;
  const greater = a.high > b.low;
  const equal = a.low <= b.high && b.low <= a.high;
  const outcomes = (holds: boolean, fails: boolean): Outcomes => ({
    true: holds,
    false: fails,
    null: a.mayBeNull || b.mayBeNull,
  });
  switch (operator) {
    case '=':
      return outcomes(equal, less || greater);
    case '<>':
      return outcomes(less || greater, equal);
    case '<':
      return outcomes(less, equal || greater);
    case '<=':
      return outcomes(less || equal, greater);
    case '>':
      return outcomes(greater, equal || less);
    case '>=':
      return outcomes(greater || equal, less);
    default:
      return assertNever(operator);
  }
}
