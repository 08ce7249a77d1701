import type { Scalar } from '../plan/index.ts';

/** Keys of strata as a sample or a scan has them: for each key column one value a stratum. */
export type KeyValues = readonly { readonly values: readonly Scalar[] }[];

/** A stratum's key as text, the same wherever it comes from: whole numbers may be bigint or not. */
export function stratumText(keys: KeyValues, stratum: number): string {
  return JSON.stringify(keys.map(({ values }) => asText(values[stratum]!))); // one value a stratum
}

const asText = (value: Scalar): string | null =>
  value === null || typeof value === 'object' ? null : String(value); // no key is an interval
