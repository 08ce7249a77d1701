import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | null = null;

/**
 * Collects this thread's garbage here and now, which holds it up the longer the more is alive. V8 goes by the memory that it counts,
 * which memory that threads share is not: a thread that makes little garbage would hold on to it for good.
 */
export function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void; // it is the flag's
  }
  collect();
}
