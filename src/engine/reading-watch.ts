import { keptWith } from '../common/index.ts';
import type { AggregateQuery } from '../plan/index.ts';
import type { RunControl } from './run-control.ts';

/**
 * A scan lets go after so long, milliseconds: others wait, and the caller may have given up. Where other threads read, nobody waits;
 * progress is to be seen.
 */
const pieceMs = { here: 8, inThreads: 32 };
/** Kernels read a run in pieces of so many rows: less than one cannot be had of it. */
const rowsMin = 4096;
/** Rows that are read before it is known how fast that is, with a deadline and without. */
const firstRows = { hurried: rowsMin, calm: 16_384 };
/** By what a piece may be larger than the one before, under a deadline. */
const growth = 4;
/** Pieces of which the slowest tells how slow the next can be, and by how much it may yet be slower. */
const remembered = 8;
const slownessMargin = 1.5;
/** So often a query was read before it counts as known: V8 has optimised its code. */
const readsMin = 8;

/** How slow the rows of a query were when it was last asked, milliseconds a row; null: it is asked for the first time. */
interface LastPace {
  msPerRow: number | null;
  /** How often it was read so far. */
  reads: number;
}

/** The same query is as slow the next time: of the same objects. */
export const lastPaceOf = keptWith<AggregateQuery, LastPace>(() => ({ msPerRow: null, reads: 0 }));

/** Cuts the reading of a sample into pieces, by how fast those before were: what is predicted to end too late is not begun. */
export class ReadingWatch {
  private readonly paces: number[] = [];
  private lastRows = 0;
  private startedRows = 0;
  private startedMs: number | null = null;
  /** The piece that was begun last is long enough to be handed to other threads, and they are ready. */
  isForThreads = false;

  /** @param last what is known before the first piece, without a deadline: under one nothing is taken for granted */
  constructor(
    private readonly control: RunControl,
    private readonly last: LastPace = { msPerRow: null, reads: 0 },
  ) {
    last.reads++;
  }

  /** Ends a piece, if one was begun. @param rowsRead in all */
  end(rowsRead: number): void {
    const rows = rowsRead - this.startedRows;
    if (this.startedMs !== null && rows > 0) {
      const pace = (this.control.elapsedMs() - this.startedMs) / rows;
      this.lastRows = rows;
      this.paces.push(pace);
      if (this.paces.length > remembered) this.paces.shift();
      if (rows >= rowsMin)
        this.last.msPerRow = this.isForThreads ? this.paceAlone(pace) : Math.max(...this.paces);
    }
    this.startedMs = null;
  }

  /** What one thread takes at most, by what several took together; and no more than was known. */
  private paceAlone(together: number): number {
    const count = this.control.threads?.count ?? 1;
    return Math.min(this.last.msPerRow ?? Number.POSITIVE_INFINITY, together * count);
  }

  /**
   * Begins a piece.
   * @param rowsRead in all
   * @param budgetMs time that reading may still take; infinite without a deadline
   * @param neededRows so many more are read whatever the time
   * @param rowsLeft of which threads could read some
   * @returns rows to read; 0: none
   */
  begin(rowsRead: number, budgetMs: number, neededRows: number, rowsLeft = 0): number {
    this.isForThreads = this.areThreadsWorth(rowsRead, rowsLeft);
    const rows = this.rowsWithin(budgetMs, rowsLeft);
    const taken = rows > 0 ? rows : Math.min(neededRows, this.rowsWithin(Number.POSITIVE_INFINITY, rowsLeft));
    if (taken <= 0) return 0;
    this.startedRows = rowsRead;
    this.startedMs = this.control.elapsedMs();
    return taken;
  }

  private areThreadsWorth(rowsRead: number, rowsLeft: number): boolean {
    const { control, last, paces } = this;
    const { threads } = control;
    if (threads === null) return false;
    const isKnown = last.msPerRow !== null && last.reads > readsMin && control.withinMs === null;
    if (isKnown && control.isUndisturbed() && rowsLeft * last.msPerRow! >= threads.worth.againMs)
      return threads.isReady; // it is known
    if (rowsRead < threads.worth.rows) return false;
    return rowsLeft * Math.min(...paces) >= threads.worth.ms && threads.isReady;
  }

  /** The pace to go by; null: it is to be found out by a few rows, behind which threads may take over. */
  private paceFor(rowsLeft: number, hurried: boolean): number | null {
    if (this.paces.length > 0) return Math.max(...this.paces);
    const { msPerRow } = this.last;
    const { threads } = this.control;
    if (hurried || msPerRow === null) return null;
    const mayTakeOver = threads !== null && !this.isForThreads && rowsLeft * msPerRow >= threads.worth.ms;
    return mayTakeOver ? null : msPerRow;
  }

  private rowsWithin(budgetMs: number, rowsLeft: number): number {
    if (budgetMs <= 0) return 0;
    const hurried = this.control.withinMs !== null;
    const pace = this.paceFor(rowsLeft, hurried);
    if (pace === null) return hurried ? firstRows.hurried : firstRows.calm;
    const msPerRow = slownessMargin * pace;
    if (budgetMs / msPerRow < rowsMin) return 0;
    const longest = this.isForThreads ? pieceMs.inThreads : pieceMs.here;
    const most = Math.min(budgetMs, longest) / msPerRow;
    const rows = Math.max(rowsMin, hurried ? Math.min(most, growth * this.lastRows) : most);
    return Math.floor(rows / rowsMin) * rowsMin;
  }
}
