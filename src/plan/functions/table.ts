import { arithmeticFunctions } from './arithmetic.ts';
import type { ScalarFunction } from './definition.ts';
import { logicFunctions } from './logic.ts';
import { mathFunctions } from './math.ts';
import { temporalFunctions } from './temporal.ts';
import { textFunctions } from './text.ts';

const all: readonly ScalarFunction[] = [
  ...arithmeticFunctions,
  ...logicFunctions,
  ...mathFunctions,
  ...textFunctions,
  ...temporalFunctions,
];

const byName: ReadonlyMap<string, ScalarFunction> = new Map(
  all.flatMap((definition) =>
    [definition.name, ...(definition.aliases ?? [])].map((name) => [name, definition]),
  ),
);

/** Every scalar function and operator there is; nothing else ever reaches a source. */
export const scalarFunctions = all;

/** The function with this name or alias, in lower case. */
export function findScalarFunction(name: string): ScalarFunction | undefined {
  return byName.get(name);
}

/** The names that users may call, for "did you mean". */
export const callableFunctionNames: readonly string[] = [...byName].flatMap(
  ([name, { syntaxOnly = false }]) => (syntaxOnly || !/^\w+$/.test(name) ? [] : [name]),
);

/** The definition behind a bound call. */
export function scalarFunction(name: string): ScalarFunction {
  const definition = byName.get(name);
  if (definition === undefined) throw new Error(`no function ${name} in the table`);
  return definition;
}
