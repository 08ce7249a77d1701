import type { Outcome } from './ask.mjs';

export interface Promised {
  readonly promise: string;
  readonly found: string;
  readonly kept: boolean;
}
export function checkPromises(outcomes: readonly Outcome[]): Promised[];
