import { setTimeout as pause } from 'node:timers/promises';

/** What happens later, injected so that tests can steer it. */
export interface Timers {
  /** Does the work after so many milliseconds; does not keep the process from ending. @returns calls it off */
  after(delayMs: number, work: () => void): () => void;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  pause(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** The process's own timers. */
export const systemTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs).unref();
    return () => clearTimeout(timer);
  },
  pause: (delayMs, signal) =>
    pause(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
