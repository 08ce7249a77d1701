import { readFileSync } from 'node:fs';

/**
 * How long the main thread of this process has been ready to run and had no processor, milliseconds: what other processes took from
 * it. Linux tells; elsewhere 0.
 */
export function processorWaitMs() {
  try {
    const [, waitedNs = '0'] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return Number(waitedNs) / 1e6;
  } catch {
    return 0;
  }
}
