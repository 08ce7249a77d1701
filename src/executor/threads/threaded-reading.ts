import type { CellSums } from '../cell-table.ts';
import { isRepeatable, type ScanProgram } from '../scan-program.ts';
import { partsOf, type ScanTask } from '../tasks.ts';
import type { ScanThreads } from './scan-threads.ts';
import type { ScanJob, TakeShare } from './scan-job.ts';

/** Fewer tasks are read by whoever has them: to hand some out, and to take sums back, costs as much as to read one. */
const tasksMin = 4;
/** Tasks that a thread gets at once: so many that they are worth it, and so few that no thread ends long after the others. */
const sharesAThread = 2;
const tasksAtOnce = { least: 2, most: 16 };

/** Cells that there may be where threads read beside this one, for each row: what they have added up is added to what there is here. */
const cellsPerRowMax = 1 / 64;

/** The part of a scan that threads read. */
export class ThreadedReading {
  private job: ScanJob | null = null;
  private tasksTaken = 0;

  /**
   * @param owner what the program's columns belong to
   * @param load fills columns up to a row
   * @param take gets what became of tasks, in their order
   */
  constructor(
    private readonly threads: ScanThreads,
    private readonly program: ScanProgram,
    private readonly owner: object,
    private readonly load: (rows: number) => Promise<void>,
    private readonly take: TakeShare,
  ) {}

  /** How many tasks from a place on threads should read; 0: it is not worth it. @param rowsMax so many rows at most */
  tasksWithin(tasks: readonly ScanTask[], place: number, rowsMax: number): number {
    let [count, rows] = [0, 0];
    while (place + count < tasks.length && (rows += tasks[place + count]!.rows) <= rowsMax) count++;
    return count >= tasksMin && this.threads.isReady ? count : 0;
  }

  /**
   * Has threads read tasks.
   * @param signal ends the waiting for them
   * @returns how many of the first tasks have been taken
   * @throws QueryError LIMIT_EXCEEDED, DAMAGED_SAMPLE
   */
  async read(tasks: readonly ScanTask[], signal: AbortSignal | null): Promise<number> {
    this.job ??= this.threads.open(this.program, this.owner, (own, outcome) => {
      this.take(own, outcome);
      this.tasksTaken += own.length;
    });
    const { job, tasksTaken: before } = this;
    const wanted = Math.ceil(tasks.length / (this.threads.count * sharesAThread));
    const atOnce = Math.min(tasksAtOnce.most, Math.max(tasksAtOnce.least, wanted));
    const end = (): void => job.abandon();
    signal?.addEventListener('abort', end);
    try {
      for (let from = 0; from < tasks.length; from += atOnce) {
        if (signal?.aborted === true) break;
        const share = tasks.slice(from, from + atOnce);
        await this.load(share.at(-1)!.lastRow); // not empty
        job.add(share);
      }
      await job.settle();
    } catch (error) {
      job.abandon();
      throw error;
    } finally {
      signal?.removeEventListener('abort', end);
    }
    return this.tasksTaken - before;
  }

  /**
   * Reads tasks here and in threads at once, see {@link ScanThreads}.
   * @param read reads one here, or a part of one
   * @returns false where it is not worth it: nothing was read
   */
  readBeside(
    tasks: readonly ScanTask[],
    [from, to]: readonly [number, number],
    read: (task: ScanTask) => void,
  ): boolean {
    const { program, threads, owner } = this;
    const { strata, codes } = program.cells;
    let rows = 0;
    for (let place = from; place < to; place++) rows += tasks[place]!.rows;
    if (!isRepeatable(program) || strata * codes > rows * cellsPerRowMax || threads.faults !== null)
      return false;
    const { number, readers } = threads.idleWith(program, owner);
    if (readers.length === 0) return false;
    const take = (own: readonly ScanTask[], cells: CellSums): void => this.take(own, { cells, interned: [] });
    const how = { read, take };
    // Only where tasks do not part sums may they be cut.
    if (program.cells.index !== 'strata')
      threads.beside.read(readers, program, number, tasks, [from, to], how);
    else {
      const { parts, starts } = partsOf(tasks, readers.length + 1);
      threads.beside.read(readers, program, number, parts, [starts[from]!, starts[to]!], how); // places of tasks
    }
    return true;
  }

  /** To be called when nothing more is to be read. */
  close(): void {
    if (this.job !== null) this.threads.release(this.job);
  }
}
