import type { BoundExpression, ColumnValue, FunctionCall, SlotValue } from './bound.ts';
import { convertScalar, Unevaluable } from './convert.ts';
import type { Value } from './functions/definition.ts';
import { scalarFunction } from './functions/table.ts';
import type { Scalar } from './scalar.ts';

/** Gives the value of a column or slot. */
export type Lookup = (leaf: ColumnValue | SlotValue) => Scalar;

/**
 * The value of an expression over scalars, as DuckDB defines it: the reference for what kernels compute, and the way to values
 * that are few (constants, dictionary entries, strata, rows of an answer).
 * @throws Unevaluable where only the source can tell: a function without evaluation, overflow, a failed conversion
 */
export function evaluate(expression: BoundExpression, lookup: Lookup): Scalar {
  switch (expression.kind) {
    case 'constant':
      return expression.value;
    case 'column':
    case 'slot':
      return lookup(expression);
    case 'function':
      return evaluateCall(expression, lookup);
    case 'case': {
      const branch = expression.branches.find(({ when }) => evaluate(when, lookup) === true);
      const result = branch?.then ?? expression.otherwise;
      return convertScalar(evaluate(result, lookup), result.type, expression.type);
    }
    case 'cast':
      // TRY_CAST included: that it fails here does not mean that it fails in DuckDB.
      return convertScalar(evaluate(expression.operand, lookup), expression.operand.type, expression.type);
    case 'aggregate':
    case 'accessor':
    case 'window':
    case 'subquery':
      throw new Unevaluable(`a ${expression.kind} is not a scalar`);
  }
}

function evaluateCall(call: FunctionCall, lookup: Lookup): Scalar {
  const definition = scalarFunction(call.name);
  const args = call.arguments.map((argument) => evaluate(argument, lookup));
  const invocation = { argumentTypes: call.arguments.map((argument) => argument.type), type: call.type };
  if (definition.evaluateWithNulls !== undefined) return definition.evaluateWithNulls(args, invocation);
  if (definition.evaluate === undefined) throw new Unevaluable(`${call.name} is left to the source`);
  if (args.includes(null)) return null;
  return definition.evaluate(args as readonly Value[], invocation); // no NULL among them
}

/** The expression's value, or `undefined` where only the source can tell. */
export function tryEvaluate(expression: BoundExpression, lookup: Lookup): Scalar | undefined {
  try {
    return evaluate(expression, lookup);
  } catch (error) {
    if (error instanceof Unevaluable) return undefined;
    throw error;
  }
}
