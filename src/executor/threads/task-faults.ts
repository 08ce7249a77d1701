import type { ScanTask } from '../tasks.ts';

/**
 * Why a task was not read: its rows cannot be had, whatever their values; or whoever read it failed, twice, which may have to do with its
 * values.
 */
export type LossCause = 'unreadable' | 'failed';

/** What a planted fault does to a task: the reader fails, stalls, ends or takes longer; or its rows cannot be had. */
export type TaskFault =
  | { readonly kind: 'fail' | 'stall' | 'crash' | 'unreadable' }
  | { readonly kind: 'delay'; readonly ms: number };

/** Plants faults, to see what becomes of answers. */
export interface TaskFaults {
  /** What happens to a task; null: nothing. @param tries how often it was tried before */
  faultOf(task: Pick<ScanTask, 'runs' | 'lastRow' | 'band'>, tries: number): TaskFault | null;
}

/** How often a task is tried. */
const triesMax = 2;

/** Why a task is lost by what is planted, where one thread tries it again and again; null: it is read. */
export function lossOf(faults: TaskFaults, task: ScanTask): LossCause | null {
  const planted = Array.from({ length: triesMax }, (_, tries) => faults.faultOf(task, tries)?.kind);
  if (planted.every((kind) => kind === 'unreadable')) return 'unreadable';
  return planted.every((kind) => kind === 'fail' || kind === 'unreadable') ? 'failed' : null;
}
