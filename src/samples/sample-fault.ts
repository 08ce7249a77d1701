import { QueryError } from '../common/index.ts';

/** Damaged: its files are not what was written, and never will be. Unavailable: the device does not give them now. */
export type SampleFaultKind = 'damaged' | 'unavailable';

/** Why a sample cannot be read: DAMAGED_SAMPLE or, where its files may be sound, STORAGE. */
export class SampleFault extends QueryError {
  constructor(
    readonly kind: SampleFaultKind,
    reason: string,
    cause?: unknown,
  ) {
    super(kind === 'damaged' ? 'DAMAGED_SAMPLE' : 'STORAGE', reason, {
      hint: kind === 'damaged' ? 'drop the sample and create it again' : 'it is tried again later',
      cause,
    });
  }
}
