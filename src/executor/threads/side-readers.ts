import type { Worker } from 'node:worker_threads';
import { keptWith } from '../../common/index.ts';
import type { CellSums } from '../cell-table.ts';
import type { ScanProgram } from '../scan-program.ts';
import { joinTasks, type ScanTask } from '../tasks.ts';
import { announce, newBell, order, rouse } from './bell.ts';
import {
  awaitPart,
  beginClaims,
  claim,
  type Claims,
  isEnded,
  newClaims,
  type Part,
  partLength,
  readPart,
  stop,
} from './claims.ts';
import type { Desk, TaskRuns, ToThread } from './messages.ts';

/** How long others are waited for, milliseconds: about as long as it takes to read half of the rows here. */
const waitMs = (rows: number): number => 0.1 + rows * 5e-7;

/** A thread that reads beside the main one, as the latter knows it. */
export class SideReader {
  /** What it was told last, by the number of the program. */
  private readonly tasks = new Map<number, readonly ScanTask[]>();
  private desk: Desk | null = null;
  private readonly bell = newBell();

  constructor(private readonly worker: Worker) {}

  /** Sends it a message. */
  tell(message: ToThread): void {
    this.worker.postMessage(message, []);
    announce(this.bell);
  }

  /** It has something to read in a moment. */
  rouse(): void {
    rouse(this.bell);
  }

  forget(program: number): void {
    this.tasks.delete(program);
  }

  /** It is not at a reading that nobody waits for any more. */
  get isIdle(): boolean {
    return this.desk === null || isEnded(this.desk.claims, this.desk.slot);
  }

  /** Has it begin to claim tasks from `from` to `to`. @param room numbers that its part may take */
  begin(
    program: number,
    tasks: readonly ScanTask[],
    [from, to]: readonly [number, number],
    { claims, slot }: Pick<Desk, 'claims' | 'slot'>,
    room: number,
  ): void {
    const last = this.desk;
    if (last?.claims !== claims || last.slot !== slot || last.sums.length < room)
      this.desk = { bell: this.bell, claims, slot, sums: new Float64Array(new SharedArrayBuffer(8 * room)) };
    const isTold = this.tasks.get(program) === tasks;
    const isAtDesk = this.desk === last;
    const own = { program, from, to };
    if (isTold && isAtDesk && order(this.bell, own)) return;
    this.tasks.set(program, tasks);
    this.tell({
      kind: 'beside',
      order: own,
      tasks: isTold ? null : runsOf(tasks),
      desk: isAtDesk ? null : this.desk,
    });
  }

  /** Waits for what it reads. @returns null where it comes too late */
  end(stride: number, ms: number): Part | null {
    const { claims, slot, sums } = this.desk!; // it has begun
    return awaitPart(claims, slot, ms) ? readPart(sums, stride) : null;
  }
}

/** Whole reads have the same tasks again and again. */
const runsOf = keptWith((tasks: readonly ScanTask[]): TaskRuns => {
  const [{ runs } = { runs: new Int32Array(0) }] = joinTasks(tasks, tasks.length);
  let end = 0;
  return { runs, ends: tasks.map((task) => (end += task.runs.length)) };
});

/** What the main thread does with tasks. */
export interface MainReader {
  readonly read: (task: ScanTask) => void;
  /** Gets the sums of tasks that others have read. */
  readonly take: (tasks: readonly ScanTask[], cells: CellSums) => void;
}

/** Readings of this thread with others beside it, one after the other. */
export class SideReadings {
  private claims: Claims | null = null;
  private readers = 0;

  /**
   * Reads tasks, without a turn of the event loop. What others do not bring soon is read here.
   * @param number of the program @param readers idle ones
   */
  read(
    readers: readonly SideReader[],
    { cells: { strata, codes, stride } }: ScanProgram,
    number: number,
    tasks: readonly ScanTask[],
    [from, to]: readonly [number, number],
    main: MainReader,
  ): void {
    const count = to - from;
    const claims = this.begin(readers.length);
    const room = partLength(count, strata * codes, stride);
    for (const [slot, reader] of readers.entries())
      reader.begin(number, tasks, [from, to], { claims, slot }, room);
    try {
      let place = from;
      let rows = 0;
      while (claim(claims, count)) {
        rows += tasks[place]!.rows; // fewer are claimed than there are
        main.read(tasks[place++]!);
      }
      const taken: ScanTask[] = [];
      for (const reader of readers) {
        if (taken.length === to - place) break;
        const part = reader.end(stride, waitMs(rows));
        const own = part?.behind.map((behind) => tasks[to - 1 - behind]!) ?? []; // it was claimed
        if (part !== null && own.length > 0) main.take(own, part.cells);
        taken.push(...own);
      }
      if (taken.length < to - place)
        for (const task of tasks.slice(place, to)) if (!taken.includes(task)) main.read(task);
    } finally {
      stop(claims);
    }
  }

  /** Claims that nobody holds on to from a reading before. */
  private begin(readers: number): Claims {
    let { claims } = this;
    for (let slot = 0; claims !== null && slot < this.readers; slot++)
      if (!isEnded(claims, slot)) claims = null;
    if (claims === null || readers > claims.length - 2) claims = newClaims(readers);
    this.claims = claims;
    this.readers = readers;
    beginClaims(claims, readers);
    return claims;
  }
}
