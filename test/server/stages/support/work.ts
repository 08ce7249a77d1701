import type { Work } from '../../../../src/server/stages/index.ts';

/** A work of client a that takes 10 ms, arrived at 0, without a deadline. */
export function workOf(name: string, differences: Partial<Work<string>> = {}): Work<string> {
  return {
    payload: name,
    client: 'a',
    bytes: 1,
    arrivedMs: 0,
    deadlineMs: null,
    predictedMs: 10,
    batchKey: null,
    isAbandoned: () => false,
    ...differences,
  };
}
