import type { SampleEntry } from '../catalog/index.ts';
import { QueryError } from '../common/index.ts';
import type { Timers } from '../leases/index.ts';

/** A sample's device did not answer as long as the statement could wait. That says nothing of the sample. */
export class LateSample extends QueryError {
  constructor(
    readonly entry: SampleEntry,
    withinMs: number,
  ) {
    super('DEADLINE_EXCEEDED', `the sample ${entry.name} could not be read within ${withinMs} ms`);
  }
}

/**
 * Waits for work, but no longer than so many milliseconds: it goes on then, and nobody hears how it ends.
 * @throws what `late` gives where the time was over; else as the work
 */
export function waitAtMost<T>(
  timers: Timers,
  limitMs: number,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const callOff = timers.after(Math.max(0, limitMs), () => {
      // A process that stood still finds the timer over before it hears what the device has long answered.
      setImmediate(() => reject(late()));
    });
    work.then(resolve, reject).finally(callOff);
  });
}
