import type { ErrorCode } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import type { Share, ShareSums } from './share.ts';
import type { TaskFault } from './task-faults.ts';

/** What a thread is told. Programs have numbers; they are told once, before their first share. */
export type ToThread =
  | { readonly kind: 'program'; readonly number: number; readonly program: ScanProgram }
  | {
      readonly kind: 'share';
      readonly job: number;
      readonly share: number;
      /** Its number. */
      readonly program: number;
      /** One number in shared memory: anything but 0 stops the reading. */
      readonly stop: Int32Array;
      readonly tasks: Share;
      /** One number in shared memory: the thread counts the shares that it begins. */
      readonly begun: Int32Array;
      /** What was planted to happen. */
      readonly fault: TaskFault | null;
    }
  | { readonly kind: 'forget'; readonly number: number };

/** What a thread answers to a share. */
export interface FromThread {
  readonly job: number;
  readonly share: number;
  readonly outcome:
    | { readonly kind: 'sums'; readonly sums: ShareSums }
    | { readonly kind: 'stopped' }
    /** `code` is that of a QueryError; null: something that must not happen. */
    | {
        readonly kind: 'failed';
        readonly code: ErrorCode | null;
        readonly message: string;
        readonly hint: string | null;
      };
}
