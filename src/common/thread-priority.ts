import { readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** How much nicer than the process a thread is, as Linux counts: of a core it gets a fourth beside the main thread. */
const nicer = 5;

/**
 * Called in a thread: it gets less of a core than the main thread, which all statements share and which would wait for its turn where as
 * many threads as there are cores are at work. Linux alone has priorities of threads; elsewhere, and where it is not allowed, they stay
 * as they are.
 */
export function giveWayToMainThread(): void {
  try {
    const [, , thread] = readlinkSync('/proc/thread-self').split('/');
    setPriority(Number(thread), getPriority() + nicer);
  } catch {
    // It works all the same.
  }
}
