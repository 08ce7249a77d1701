/**
 * Ends a `switch` over a union: the compiler refuses the call where a case is missing.
 * @throws Error always; reaching it is a bug, never the user's doing
 */
export function assertNever(value: never): never {
  throw new Error(`unexpected variant: ${JSON.stringify(value)}`);
}
