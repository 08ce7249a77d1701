import type { CellSums } from '../cell-table.ts';
import {
  type LinkedProgram,
  linkProgram,
  newCells,
  newInterners,
  type ScanProgram,
} from '../scan-program.ts';
import { type ScanTask, splitRuns } from '../tasks.ts';

/** A part of a scan that one thread reads, one after the other. */
export type Share = readonly ScanTask[];

/** A task by what is read of it. */
export type TaskToRead = Pick<ScanTask, 'runs'>;

/** What reading a share came to. */
export interface ShareSums {
  readonly cells: CellSums;
  /** For each interner of the program the values of its codes. */
  readonly interned: readonly Float64Array[];
}

/** How a share is read. */
export interface ShareReading {
  /** Asked now and then. */
  readonly isStopped: () => boolean;
  /** Rows that are read before it is asked again. */
  readonly rowsAtOnce?: number;
  /** See {@link CellTable.take}. */
  readonly room?: (length: number) => Float64Array;
}

/** Reads shares of a scan, for one thread. */
export class ShareReader {
  private readonly interners;
  private readonly linked: LinkedProgram;
  private readonly cells;

  /** @param isOwn see {@link linkProgram} */
  constructor(
    private readonly program: ScanProgram,
    isOwn: boolean,
  ) {
    this.interners = newInterners(program);
    this.linked = linkProgram(program, this.interners, isOwn);
    this.cells = newCells(program);
  }

  /**
   * Sums up a share, each task by itself as whoever reads them one by one does.
   * @returns null where it was stopped
   * @throws QueryError LIMIT_EXCEEDED; the reader is of no use then
   */
  read(
    share: Iterable<TaskToRead>,
    { isStopped, rowsAtOnce = 16_384, room }: ShareReading,
  ): ShareSums | null {
    let isRead = true;
    for (const { runs } of share) {
      isRead = this.add(runs, isStopped, rowsAtOnce);
      this.cells.flush(runs);
      if (!isRead) break;
    }
    const sums = {
      cells: this.cells.take(room),
      interned: this.interners.map((interner) => interner.values()),
    };
    for (const interner of this.interners) interner.clear();
    return isRead ? sums : null;
  }

  /** @returns false where it was stopped */
  private add(runs: Int32Array, isStopped: () => boolean, rowsAtOnce: number): boolean {
    const { kernel, inputs } = this.linked;
    const { runsAreKeys } = this.program;
    for (let rest = runs; rest.length > 0;) {
      if (isStopped()) return false;
      const [head, tail] = splitRuns(rest, rowsAtOnce, !runsAreKeys);
      kernel(inputs, head, 0, head.length, this.cells);
      rest = tail;
    }
    return true;
  }
}
