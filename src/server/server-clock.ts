import type { StageClock } from './stages/index.ts';

/** The time that statements arrive by. */
export const serverClock: StageClock = {
  nowMs: () => performance.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
