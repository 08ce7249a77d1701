import type { Estimate } from './estimate.ts';
import type { Scalar } from './scalar.ts';

/** What is said of an aggregate's interval: an end, the standard error, the half-width as a share of the value, whether it is certified. */
export type AccessorName = 'lower_bound' | 'upper_bound' | 'stderr' | 'relative_error' | 'certified';

const accessors: Readonly<Record<AccessorName, (estimate: Estimate) => number | boolean | null>> = {
  lower_bound: ({ low }) => low,
  upper_bound: ({ high }) => high,
  stderr: ({ stdError }) => stdError,
  relative_error: ({ relativeError }) => relativeError,
  certified: ({ certified }) => certified,
};

/** All names of accessors, for "did you mean". */
export const accessorNames: readonly string[] = Object.keys(accessors);

/** The accessor with this name, in lower case. */
export function findAccessor(name: string): AccessorName | undefined {
  return Object.hasOwn(accessors, name) ? (name as AccessorName) : undefined; // a key of the table
}

/** What an accessor says of an estimate. */
export function accessorValue(name: AccessorName, estimate: Estimate): Scalar {
  return accessors[name](estimate);
}

/** What it says where there is no sampling error: both ends are the value, and nothing is off. @param value null where SQL has NULL */
export function exactAccessorValue(name: AccessorName, value: number | null): Scalar {
  if (name === 'certified') return true;
  return value === null || name === 'lower_bound' || name === 'upper_bound' ? value : 0;
}
