import {
  type BoundExpression,
  contains,
  type FunctionCall,
  isNumeric,
  roundHalfAway,
  roundHalfEven,
  roundPlaces,
  type Scalar,
  type SlotValue,
  type SqlType,
  toDouble,
} from '../plan/index.ts';
import { applyDual, constantDual, type Dual, dualAlgebra } from './dual.ts';

/** The values that an output expression is made from, for one group. */
export interface SmoothInputs {
  /** Number of base totals. */
  readonly totals: number;
  /** For each aggregate its value with derivatives; null where SQL has NULL. */
  readonly aggregates: readonly (Dual | null)[];
  readonly key: (index: number) => Scalar;
  /** Told each divisor that is no constant: where it is uncertain, the quotient is skewed. */
  readonly onDivisor?: (divisor: Dual) => void;
}

/** Functions of one argument with their derivatives; outside its domain SQL raises an error, and here there is no value. */
const smoothFunctions: Readonly<
  Record<
    string,
    { value: (x: number) => number; slope: (x: number) => number; domain?: (x: number) => boolean }
  >
> = {
  negate: { value: (x) => -x, slope: () => -1 },
  sqrt: { value: Math.sqrt, slope: (x) => 0.5 / Math.sqrt(x), domain: (x) => x > 0 },
  ln: { value: Math.log, slope: (x) => 1 / x, domain: (x) => x > 0 },
  log10: { value: Math.log10, slope: (x) => 1 / (x * Math.LN10), domain: (x) => x > 0 },
  log2: { value: Math.log2, slope: (x) => 1 / (x * Math.LN2), domain: (x) => x > 0 },
  exp: { value: Math.exp, slope: Math.exp },
};
const operators: ReadonlySet<string> = new Set(['+', '-', '*', '/']);

/** A function that never falls: an interval's ends go through it as the value does. */
export type Monotone = (x: number) => number;

/** Rounding functions, which may stand around a smooth expression: they never fall, so they keep the order of the ends. */
function monotoneOf(expression: BoundExpression): { inner: BoundExpression; monotone: Monotone } | null {
  if (expression.kind === 'cast') {
    const round = roundingCast(expression.operand.type, expression.type);
    return round === null ? null : { inner: expression.operand, monotone: round };
  }
  if (expression.kind !== 'function') return null;
  const [inner, places] = expression.arguments;
  if (inner === undefined) return null;
  const plain = { floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc }[expression.name];
  if (plain !== undefined) return { inner, monotone: plain };
  if (expression.name !== 'round' || (places !== undefined && places.kind !== 'constant')) return null;
  const digits = places === undefined ? 0 : Number(places.value);
  return { inner, monotone: (x) => (digits === 0 ? roundHalfAway(x) : roundPlaces(x, digits)) };
}

/** What a cast between numbers does to a value in its unit; null for a cast that is no rounding. */
function roundingCast(from: SqlType, to: SqlType): Monotone | null {
  if (!isNumeric(from) || !isNumeric(to)) return null;
  if (to.kind === 'integer')
    return from.kind === 'decimal' ? roundHalfAway : from.kind === 'integer' ? (x) => x : roundHalfEven;
  return to.kind === 'decimal' ? (x) => roundPlaces(x, to.scale) : (x) => x;
}

/** An expression without the roundings around it, and what they do together; null: there are none. */
export interface Unrounded {
  readonly inner: BoundExpression;
  readonly monotone: Monotone | null;
}

/** Takes the roundings from around an expression. */
export function withoutRounding(expression: BoundExpression): Unrounded {
  const outer = hasAggregate(expression) ? monotoneOf(expression) : null;
  if (outer === null) return { inner: expression, monotone: null };
  const { inner, monotone } = withoutRounding(outer.inner);
  return { inner, monotone: monotone === null ? outer.monotone : (x) => outer.monotone(monotone(x)) };
}

const hasAggregate = (expression: BoundExpression): boolean =>
  contains(expression, (node) => node.kind === 'slot' && node.slot === 'aggregate');

/** A cast that changes no value: to FLOAT or DOUBLE, or to a wider number. */
function isWideningCast(
  expression: BoundExpression,
): expression is Extract<BoundExpression, { kind: 'cast' }> {
  return (
    expression.kind === 'cast' &&
    isNumeric(expression.operand.type) &&
    (expression.type.kind === 'double' || expression.type.kind === 'float')
  );
}

/**
 * Why an output expression cannot be estimated: it is no smooth function of totals, and no rounding of one.
 * @returns null where it can
 */
export function smoothRefusal(expression: BoundExpression): string | null {
  const outer = monotoneOf(expression);
  if (outer !== null) return smoothRefusal(outer.inner);
  return insideRefusal(expression);
}

function insideRefusal(expression: BoundExpression): string | null {
  switch (expression.kind) {
    case 'constant':
      return null;
    case 'slot':
      return slotRefusal(expression);
    case 'cast':
      return isWideningCast(expression)
        ? insideRefusal(expression.operand)
        : 'it casts an aggregate inside an expression';
    case 'function': {
      if (!isSmooth(expression)) return `${expression.name} is no smooth function of its aggregates`;
      return expression.arguments.map(insideRefusal).find((refusal) => refusal !== null) ?? null;
    }
    default:
      return `a ${expression.kind} over aggregates is no smooth function of them`;
  }
}

function slotRefusal({ slot, type }: SlotValue): string | null {
  if (slot === 'aggregate') return null;
  if (slot === 'accessor') return 'it mixes what is said of an interval with aggregates';
  return isNumeric(type) ? null : 'it mixes a key that is no number with aggregates';
}

function isSmooth({ name, arguments: args }: FunctionCall): boolean {
  if (operators.has(name) || Object.hasOwn(smoothFunctions, name))
    return args.every(({ type }) => isNumeric(type) || type.kind === 'null');
  const constantRest = args.slice(1).every((arg) => !hasAggregate(arg));
  return (name === 'coalesce' || name === 'nullif' || name === 'pow') && constantRest;
}

/**
 * The value of an output expression with its derivatives.
 * @param expression without roundings around it, see {@link withoutRounding}
 * @returns null where SQL has NULL (no rows, division by zero) or raises an error (outside a function's domain)
 */
export function smoothValue(expression: BoundExpression, inputs: SmoothInputs): Dual | null {
  switch (expression.kind) {
    case 'constant':
      return numberDual(expression.value, expression.type, inputs.totals);
    case 'slot':
      return expression.slot === 'aggregate'
        ? inputs.aggregates[expression.index]!
        : numberDual(inputs.key(expression.index), expression.type, inputs.totals); // one entry an aggregate
    case 'cast':
      return smoothValue(expression.operand, inputs);
    case 'function':
      return call(expression, inputs);
    default:
      throw new Error(`${expression.kind} passed the test for smoothness`);
  }
}

function numberDual(value: Scalar, type: SqlType, totals: number): Dual | null {
  return typeof value === 'number' || typeof value === 'bigint'
    ? constantDual(toDouble(value, type), totals)
    : null;
}

function call({ name, arguments: args }: FunctionCall, inputs: SmoothInputs): Dual | null {
  const values = args.map((arg) => smoothValue(arg, inputs));
  if (name === 'coalesce') return values.find((value) => value !== null) ?? null;
  const [a, b] = values;
  if (a === null || a === undefined) return null;
  if (name === 'nullif') return b !== null && b !== undefined && a.value === b.value ? null : a;
  const smooth = smoothFunctions[name];
  if (smooth !== undefined)
    return smooth.domain?.(a.value) === false
      ? null
      : applyDual(a, smooth.value(a.value), smooth.slope(a.value));
  if (b === null || b === undefined) return null;
  const algebra = dualAlgebra(inputs.totals);
  switch (name) {
    case '+':
      return algebra.add(a, b);
    case '-':
      return algebra.subtract(a, b);
    case '*':
      return algebra.multiply(a, b);
    case '/':
      inputs.onDivisor?.(b);
      return b.value === 0 ? null : algebra.divide(a, b);
    case 'pow':
      return applyDual(a, a.value ** b.value, b.value * a.value ** (b.value - 1));
    default:
      throw new Error(`${name} passed the test for smoothness`);
  }
}
