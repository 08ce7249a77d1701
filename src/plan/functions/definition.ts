import type { BoundExpression } from '../bound.ts';
import type { Scalar } from '../scalar.ts';
import { formatType, isCalendar, isNumeric, isOpaque, type SqlType } from '../sql-type.ts';

/** What a parameter takes. `part` is a constant text that names a unit of time. */
export type ParameterKind =
  'any' | 'number' | 'integer' | 'text' | 'boolean' | 'calendar' | 'interval' | 'part';

/** The types that a function was called with and has, for its evaluation. */
export interface Invocation {
  readonly argumentTypes: readonly SqlType[];
  readonly type: SqlType;
}

/** A value that is not NULL. */
export type Value = Exclude<Scalar, null>;

/** A scalar function or operator: its signature, its type, and its value as DuckDB defines it. */
export interface ScalarFunction {
  /** Canonical name, lower case; DuckDB's own where it has one. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly parameters: readonly ParameterKind[];
  /** So many of the last parameters may be left out. Default 0. */
  readonly optional?: number;
  /** The last parameter may repeat. */
  readonly variadic?: boolean;
  /** Operators and forms with their own syntax cannot be called by name. */
  readonly syntaxOnly?: boolean;
  /** The result's type; null where the arguments' types do not go together. */
  readonly result: (args: readonly BoundExpression[]) => SqlType | null;
  /** The value from arguments none of which is NULL (else it is NULL). Absent: only the source can tell. */
  readonly evaluate?: (args: readonly Value[], call: Invocation) => Scalar;
  /** The value where NULL arguments do not simply make NULL. */
  readonly evaluateWithNulls?: (args: readonly Scalar[], call: Invocation) => Scalar;
}

/** True where the type may stand for the parameter. */
function accepts(kind: ParameterKind, type: SqlType): boolean {
  if (isOpaque(type)) return true;
  switch (kind) {
    case 'any':
      return true;
    case 'number':
      return isNumeric(type);
    case 'integer':
      return type.kind === 'integer';
    case 'text':
    case 'part':
      return type.kind === 'varchar';
    case 'boolean':
      return type.kind === 'boolean';
    case 'calendar':
      return isCalendar(type);
    case 'interval':
      return type.kind === 'interval';
  }
}

/** The parameter at a place, the last one repeated for a variadic function. */
function parameterAt(definition: ScalarFunction, place: number): ParameterKind | undefined {
  const { parameters, variadic = false } = definition;
  return parameters[place] ?? (variadic ? parameters.at(-1) : undefined);
}

/**
 * The type of a call.
 * @returns null where the function has no such signature
 */
export function resolveCall(definition: ScalarFunction, args: readonly BoundExpression[]): SqlType | null {
  const least = definition.parameters.length - (definition.optional ?? 0);
  if (args.length < least) return null;
  const fits = args.every((arg, place) => {
    const kind = parameterAt(definition, place);
    return kind !== undefined && accepts(kind, arg.type);
  });
  return fits ? definition.result(args) : null;
}

const kindNames: Readonly<Record<ParameterKind, string>> = {
  any: 'any',
  number: 'number',
  integer: 'integer',
  text: 'text',
  boolean: 'boolean',
  calendar: 'date or timestamp',
  interval: 'interval',
  part: 'unit',
};

/** The signature for an error message, for example `round(number[, integer])`. */
export function signatureOf(definition: ScalarFunction): string {
  const { name, parameters, optional = 0, variadic = false } = definition;
  const required = parameters.slice(0, parameters.length - optional).map((kind) => kindNames[kind]);
  const rest = parameters.slice(parameters.length - optional).map((kind) => `[, ${kindNames[kind]}]`);
  return `${name}(${required.join(', ')}${rest.join('')}${variadic ? ', …' : ''})`;
}

/** The argument types as an error message shows them. */
export function describeTypes(args: readonly BoundExpression[]): string {
  return args.map((arg) => formatType(arg.type)).join(', ');
}
