import { didYouMean, joinSpans, QueryError, type Span } from '../../common/index.ts';
import {
  type BoundExpression,
  commonType,
  describeTypes,
  findScalarFunction,
  formatType,
  type FunctionCall,
  nullType,
  resolveCall,
  scalarFunction,
  signatureOf,
  type SqlType,
  tryEvaluate,
} from '../../plan/index.ts';
import { adaptText, mismatch } from './literals.ts';

/** Functions whose arguments are brought to one type, so that bare texts among them become values of it. */
const unifying: ReadonlySet<string> = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'is_distinct',
  'coalesce',
  'nullif',
  'least',
  'greatest',
]);
const comparing: ReadonlySet<string> = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'in',
  'is_distinct',
  'nullif',
]);

const isConstant = (expression: BoundExpression): boolean => expression.kind === 'constant';

/** Volatile functions are not computed ahead. */
const volatileFunctions: ReadonlySet<string> = new Set(['random']);

/** Replaces an expression over constants by its value, where that is known here. */
export function fold(expression: BoundExpression): BoundExpression {
  const parts =
    expression.kind === 'function'
      ? expression.arguments
      : expression.kind === 'cast'
        ? [expression.operand]
        : [];
  if (parts.length === 0 || !parts.every(isConstant)) return expression;
  const value = tryEvaluate(expression, () => null);
  if (value === undefined) return expression;
  // A sign before a bare number leaves it a bare number.
  const [first] = parts;
  const negated = expression.kind === 'function' && expression.name === 'negate';
  const literal = negated && first?.kind === 'constant' && first.literal;
  return { kind: 'constant', value, type: expression.type, literal, span: expression.span };
}

/** A text written as such, whose type its place decides. */
const isBareText = (expression: BoundExpression): boolean =>
  expression.kind === 'constant' && expression.literal && expression.type.kind === 'varchar';

/** The type of several expressions that must go together. @throws QueryError TYPE_MISMATCH */
export function commonTypeOf(expressions: readonly BoundExpression[], span: Span, what: string): SqlType {
  // Bare texts take on the type of the others.
  const deciding = expressions.some(
    (expression) => !isBareText(expression) && expression.type.kind !== 'null',
  )
    ? expressions.filter((expression) => !isBareText(expression))
    : expressions;
  let type: SqlType = nullType;
  for (const expression of deciding) {
    const common = commonType(type, expression.type);
    if (common === null) {
      throw mismatch(
        `${what} have types that do not go together: ${formatType(type)} and ${formatType(expression.type)}`,
        span,
        'cast one of them, for example CAST(x AS VARCHAR)',
      );
    }
    type = common;
  }
  return type;
}

/** An expression as a condition. @throws QueryError TYPE_MISMATCH where it is no truth value */
export function requireBoolean(expression: BoundExpression, clause: string): BoundExpression {
  const { kind } = expression.type;
  if (kind === 'boolean' || kind === 'null' || kind === 'other') return expression;
  throw mismatch(`${clause} needs a condition, found a ${formatType(expression.type)}`, expression.span);
}

/**
 * A call of a scalar function or operator by its canonical name.
 * @throws QueryError TYPE_MISMATCH where the arguments do not fit
 */
export function callScalar(name: string, given: readonly BoundExpression[], span: Span): BoundExpression {
  const definition = scalarFunction(name);
  const args = unifying.has(name) ? unified(name, given, span) : given;
  const type = resolveCall(definition, args);
  if (type === null) throw wrongArguments(name, args, span);
  const call: FunctionCall = { kind: 'function', name, arguments: args, type, span };
  return volatileFunctions.has(name) ? call : fold(call);
}

function unified(name: string, args: readonly BoundExpression[], span: Span): BoundExpression[] {
  const whole = args.length > 0 ? joinSpans(args[0]!.span, args.at(-1)!.span) : span;
  if (comparing.has(name)) {
    const [left, ...rest] = args;
    for (const right of rest) {
      const pair = [left!, right];
      const type = tryCommonType(pair);
      if (type === null) {
        const [a, b] = pair.map((side) => formatType(side.type));
        throw mismatch(
          `cannot compare ${a} with ${b}`,
          whole,
          'cast one side, for example CAST(x AS VARCHAR)',
        );
      }
    }
  }
  const type = commonTypeOf(args, whole, `the arguments of ${name.toUpperCase()}`);
  return args.map((arg) => adaptText(arg, type));
}

function tryCommonType(pair: readonly BoundExpression[]): SqlType | null {
  try {
    return commonTypeOf(pair, pair[0]!.span, '');
  } catch (error) {
    if (error instanceof QueryError) return null;
    throw error;
  }
}

function wrongArguments(name: string, args: readonly BoundExpression[], span: Span): QueryError {
  const definition = scalarFunction(name);
  const types = describeTypes(args);
  if (definition.syntaxOnly !== true)
    return mismatch(`${definition.name}(${types}) does not fit`, span, `it is ${signatureOf(definition)}`);
  const operator = { negate: '-', is_true: 'IS TRUE', is_false: 'IS FALSE' }[name] ?? name.toUpperCase();
  const hint = ['and', 'or', 'not', 'is_true', 'is_false'].includes(name)
    ? 'it takes conditions'
    : 'cast a side to another type, for example CAST(x AS DOUBLE)';
  return mismatch(`${operator} does not take ${types}`, span, hint);
}

/** The error for a function that does not exist. */
export function unknownFunction(name: string, span: Span, known: Iterable<string>): QueryError {
  const definition = findScalarFunction(name);
  if (definition?.syntaxOnly === true)
    return new QueryError('UNKNOWN_FUNCTION', `${name} is an operator, not a function`, { span });
  return new QueryError('UNKNOWN_FUNCTION', `there is no function ${name}`, {
    span,
    hint: didYouMean(name, known),
  });
}
