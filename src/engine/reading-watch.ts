import { keptWith } from '../common/index.ts';
import type { Patience } from '../executor/index.ts';
import type { AggregateQuery } from '../plan/index.ts';
import type { RunControl } from './run-control.ts';

/**
 * A scan lets go after so long, milliseconds: others wait, and the caller may have given up. Where other threads read beside this one it
 * takes half as long; where they read alone nobody waits, and progress is to be seen.
 */
const pieceMs = { here: 8, beside: 12, inThreads: 32 };
/** Kernels read a run in pieces of so many rows: less than one cannot be had of it. */
const rowsMin = 4096;
/** Rows that are read before it is known how fast that is, with a deadline and without. */
const firstRows = { hurried: rowsMin, calm: 16_384 };
/** By what a piece may be larger than the one before, under a deadline. */
const growth = 4;
/** Pieces of which the slowest tells how slow the next can be, and by how much it may yet be slower. */
const remembered = 8;
const slownessMargin = 1.5;
/** So often a query was read before its pace counts as known: to be read beside this thread, and by threads alone. */
const readsMin = { beside: 2, inThreads: 8 };
/** By what it takes longer to share tasks that threads do not know yet. */
const anewFactor = 10;

/** How slow the rows of a query were when it was last asked, milliseconds a row; null: it is asked for the first time. */
interface LastPace {
  msPerRow: number | null;
  /** How often it was read so far. */
  reads: number;
  /** It was read with threads beside this one. */
  wasBeside?: boolean;
}

/** The same query is as slow the next time: of the same objects. */
export const lastPaceOf = keptWith<AggregateQuery, LastPace>(() => ({ msPerRow: null, reads: 0 }));

/** A query is to be read in a moment: threads that may read it beside this one get up. */
export function rouseReaders(query: AggregateQuery, control: RunControl): void {
  if (lastPaceOf(query).wasBeside === true && control.isUndisturbed()) control.threads?.rouse();
}

/** Cuts the reading of a sample into pieces, by how fast those before were: what is predicted to end too late is not begun. */
export class ReadingWatch {
  private readonly paces: number[] = [];
  private lastRows = 0;
  /** Rows that were read in this thread alone, and what they took. */
  private hereRows = 0;
  private hereMs = 0;
  private startedRows = 0;
  private startedMs: number | null = null;
  /** The piece that was begun last is long enough to be handed to other threads, and they are ready. */
  isForThreads = false;
  /** The sample is read from its first row to its last: the same tasks again and again. */
  isWhole = false;
  /** This thread is to read the piece with others beside. */
  isBeside = false;

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
      const tookMs = this.control.elapsedMs() - this.startedMs;
      this.lastRows = rows;
      this.paces.push(tookMs / rows);
      if (this.paces.length > remembered) this.paces.shift();
      if (this.isForThreads || this.isBeside) this.last.msPerRow = this.paceAlone(tookMs / rows);
      else {
        this.hereRows += rows;
        this.hereMs += tookMs;
        // Of a few rows most is the way to them.
        if (rows >= rowsMin) this.last.msPerRow = this.hereMs / this.hereRows;
      }
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
    this.isBeside = this.isWorthBeside(rowsLeft);
    if (rowsRead === 0) this.last.wasBeside = this.isBeside;
    this.isForThreads = !this.isBeside && this.areThreadsWorth(rowsRead, rowsLeft);
    const rows = this.rowsWithin(budgetMs, rowsLeft);
    const taken = rows > 0 ? rows : Math.min(neededRows, this.rowsWithin(Number.POSITIVE_INFINITY, rowsLeft));
    if (taken <= 0) return 0;
    this.startedRows = rowsRead;
    this.startedMs = this.control.elapsedMs();
    return taken;
  }

  /** Nobody waits, so that this thread may be busy, and its threads are not. */
  private isWorthBeside(rowsLeft: number): boolean {
    const { threads } = this.control;
    const ms = this.knownMs(rowsLeft, readsMin.beside);
    if (threads === null || ms === null || ms >= threads.worth.ms) return false;
    return ms >= threads.worth.againMs * (this.isWhole ? 1 : anewFactor) && threads.isReady;
  }

  /** For how long threads are waited for: not at all where it is not worth it. @param ms where this thread only waits */
  patience(ms: () => number): ReturnType<Patience> {
    return this.isBeside ? 'beside' : this.control.patience(this.isForThreads ? ms() : 0);
  }

  private areThreadsWorth(rowsRead: number, rowsLeft: number): boolean {
    const { threads } = this.control;
    if (threads === null) return false;
    const { rows, ms } = threads.worth;
    const known = this.knownMs(rowsLeft, readsMin.inThreads);
    if (known !== null && known >= ms) return threads.isReady;
    return rowsRead >= rows && rowsLeft * Math.min(...this.paces) >= ms && threads.isReady;
  }

  /** How long this thread would take for rows of a query that was read more than so often; null: nobody knows, or others wait. */
  private knownMs(rows: number, reads: number): number | null {
    const { control, last } = this;
    const isKnown = last.msPerRow !== null && last.reads > reads && control.withinMs === null;
    return isKnown && control.isUndisturbed() ? rows * last.msPerRow! : null;
  }

  /** The pace to go by; null: it is to be found out by a few rows, behind which threads may take over. */
  private paceFor(rowsLeft: number, hurried: boolean): number | null {
    const { msPerRow } = this.last;
    // Under a deadline the slowest piece counts.
    if (this.paces.length > 0) return hurried || msPerRow === null ? Math.max(...this.paces) : msPerRow;
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
    const longest = this.isForThreads ? pieceMs.inThreads : this.isBeside ? pieceMs.beside : pieceMs.here;
    const most = Math.min(budgetMs, longest) / msPerRow;
    const rows = Math.max(rowsMin, hurried ? Math.min(most, growth * this.lastRows) : most);
    return Math.floor(rows / rowsMin) * rowsMin;
  }
}
