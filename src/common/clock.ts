/** Time, injected so that tests can steer it. */
export interface Clock {
  /** Wall-clock time, milliseconds since 1970 in UTC. For records, never for deadlines. */
  nowMs(): number;
  /** Monotonic time, milliseconds from an arbitrary origin. For durations and deadlines. */
  monotonicMs(): number;
}

/** The process's own clocks. */
export const systemClock: Clock = {
  // The one place where the real clocks are read.
  // oxlint-disable-next-line no-restricted-properties
  nowMs: () => Date.now(),
  // oxlint-disable-next-line no-restricted-properties
  monotonicMs: () => performance.now(),
};
