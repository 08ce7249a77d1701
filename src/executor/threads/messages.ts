import type { ErrorCode } from '../../common/index.ts';
import type { ScanProgram } from '../scan-program.ts';
import type { Bell, Order } from './bell.ts';
import type { Claims } from './claims.ts';
import type { Share, ShareSums } from './share.ts';
import type { TaskFault } from './task-faults.ts';

/** Runs of tasks, one behind the other, and where those of each end. */
export interface TaskRuns {
  readonly runs: Int32Array;
  readonly ends: readonly number[];
}

/** Where a thread that reads beside the main one gets orders and tasks, and leaves its sums. */
export interface Desk {
  readonly bell: Bell;
  readonly claims: Claims;
  /** Which of the threads beside the main one it is. */
  readonly slot: number;
  /** Shared memory. */
  readonly sums: Float64Array;
}

/** What a thread is told. Programs have numbers; they are told once, before their first share. */
export type ToThread =
  | {
      readonly kind: 'program';
      readonly number: number;
      readonly program: ScanProgram;
      /** The numbers of its columns: the same for the same one, and no other's. */
      readonly columns: readonly number[];
    }
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
  | {
      readonly kind: 'beside';
      readonly order: Order;
      /** null: those that it was told last for this program. */
      readonly tasks: TaskRuns | null;
      /** null: the last. */
      readonly desk: Desk | null;
    }
  | { readonly kind: 'forget'; readonly number: number }
  /** Columns that were forgotten may be large. */
  | { readonly kind: 'collect-garbage' };

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
