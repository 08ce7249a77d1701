import type { BoundExpression } from '../bound.ts';
import { compareValues, convertScalar } from '../convert.ts';
import type { Scalar } from '../scalar.ts';
import { booleanType, commonType, doubleType, type SqlType } from '../sql-type.ts';
import type { Invocation, ScalarFunction, Value } from './definition.ts';

/** BOOLEAN where all arguments can be compared with each other. */
const comparable = (args: readonly BoundExpression[]): SqlType | null =>
  commonOf(args) === null ? null : booleanType;

/** The common type of all arguments; an integer literal beside others changes nothing. */
function commonOf(args: readonly BoundExpression[]): SqlType | null {
  return args.reduce<SqlType | null>((type, arg) => (type === null ? null : commonType(type, arg.type)), {
    kind: 'null',
  });
}

function comparison(name: string, holds: (order: number) => boolean): ScalarFunction {
  return {
    name,
    parameters: ['any', 'any'],
    syntaxOnly: true,
    result: comparable,
    evaluate: ([a, b], { argumentTypes }) =>
      holds(compareValues(a!, argumentTypes[0]!, b!, argumentTypes[1]!)),
  };
}

/** Three-valued AND (`decisive` false) and OR (`decisive` true): one decisive argument decides, else NULL wins. */
function connective(name: string, decisive: boolean): ScalarFunction {
  return {
    name,
    parameters: ['boolean', 'boolean'],
    variadic: true,
    syntaxOnly: true,
    result: () => booleanType,
    evaluateWithNulls: (args) =>
      args.includes(decisive) ? decisive : args.includes(null) ? null : !decisive,
  };
}

/** Finds the first argument's value among the others: true, false, or NULL where a NULL leaves it open. */
function isIn([needle, ...items]: readonly Scalar[], { argumentTypes }: Invocation): Scalar {
  if (needle === null || needle === undefined) return null;
  let open = false;
  for (const [place, item] of items.entries()) {
    if (item === null) open = true;
    else if (compareValues(needle, argumentTypes[0]!, item, argumentTypes[place + 1]!) === 0) return true;
  }
  return open ? null : false;
}

/** The least (sign −1) or greatest (sign 1) of the arguments that are not NULL. */
function extreme(name: string, sign: 1 | -1): ScalarFunction {
  return {
    name,
    parameters: ['any', 'any'],
    optional: 1,
    variadic: true,
    result: commonOf,
    evaluateWithNulls: (args, { argumentTypes, type }) => {
      const values = args.flatMap((arg, place) =>
        arg === null ? [] : [convertScalar(arg, argumentTypes[place]!, type) as Value],
      );
      if (values.length === 0) return null;
      return values.reduce((best, value) =>
        compareValues(value, type, best, type) * sign > 0 ? value : best,
      );
    },
  };
}

const firstNotNull: NonNullable<ScalarFunction['evaluateWithNulls']> = (args, { argumentTypes, type }) => {
  const place = args.findIndex((arg) => arg !== null);
  return place < 0 ? null : convertScalar(args[place]!, argumentTypes[place]!, type);
};

/** Comparisons, connectives, tests, and the functions about NULL. */
export const logicFunctions: readonly ScalarFunction[] = [
  comparison('=', (order) => order === 0),
  comparison('<>', (order) => order !== 0),
  comparison('<', (order) => order < 0),
  comparison('<=', (order) => order <= 0),
  comparison('>', (order) => order > 0),
  comparison('>=', (order) => order >= 0),
  connective('and', false),
  connective('or', true),
  {
    name: 'not',
    parameters: ['boolean'],
    syntaxOnly: true,
    result: () => booleanType,
    evaluate: ([a]) => a === false,
  },
  {
    name: 'in',
    parameters: ['any', 'any'],
    variadic: true,
    syntaxOnly: true,
    result: (args) =>
      args.slice(1).every((item) => commonType(args[0]!.type, item.type) !== null) ? booleanType : null,
    evaluateWithNulls: isIn,
  },
  {
    name: 'is_null',
    parameters: ['any'],
    syntaxOnly: true,
    result: () => booleanType,
    evaluateWithNulls: ([a]) => a === null,
  },
  {
    name: 'is_true',
    parameters: ['boolean'],
    syntaxOnly: true,
    result: () => booleanType,
    evaluateWithNulls: ([a]) => a === true,
  },
  {
    name: 'is_false',
    parameters: ['boolean'],
    syntaxOnly: true,
    result: () => booleanType,
    evaluateWithNulls: ([a]) => a === false,
  },
  {
    name: 'is_distinct',
    parameters: ['any', 'any'],
    syntaxOnly: true,
    result: comparable,
    evaluateWithNulls: ([a, b], { argumentTypes }) =>
      a === null || b === null ? a !== b : compareValues(a!, argumentTypes[0]!, b!, argumentTypes[1]!) !== 0,
  },
  {
    name: 'coalesce',
    aliases: ['ifnull'],
    parameters: ['any', 'any'],
    optional: 1,
    variadic: true,
    result: commonOf,
    evaluateWithNulls: firstNotNull,
  },
  {
    name: 'nullif',
    parameters: ['any', 'any'],
    result: (args) => (comparable(args) === null ? null : args[0]!.type),
    evaluateWithNulls: ([a, b], { argumentTypes }) =>
      a !== null && b !== null && compareValues(a!, argumentTypes[0]!, b!, argumentTypes[1]!) === 0
        ? null
        : a!,
  },
  extreme('least', -1),
  extreme('greatest', 1),
  { name: 'isnan', parameters: ['number'], result: () => booleanType, evaluate: ([a]) => Number.isNaN(a) },
  { name: 'isfinite', parameters: ['any'], result: () => booleanType },
  { name: 'isinf', parameters: ['any'], result: () => booleanType },
  { name: 'random', parameters: [], result: () => doubleType },
];
