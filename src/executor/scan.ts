import type { MomentLayout } from '../plan/index.ts';
import type { LoadedColumn, Sample, StrataTable } from '../samples/index.ts';
import { type CompiledScan, compileScan, type ScanRequest } from './compile-scan.ts';
import { NotOnKernels } from './lower/emitter.ts';
import { isRepeatable } from './scan-program.ts';
import { columnSource, loadColumns } from './sample-columns.ts';
import { joinTasks, type ScanTask, splitRuns, tasksOf } from './tasks.ts';
import { ThreadedReading } from './threads/threaded-reading.ts';
import type { ScanThreads } from './threads/scan-threads.ts';
import { type LossCause, lossOf } from './threads/task-faults.ts';
import { type Patience, type Pauses, type Proceed, rowsAllowed } from './scan-steering.ts';
import { ScanSums } from './scan-sums.ts';
import { wholeTasks } from './whole-reads.ts';

/** Kernels cannot do a scan, and why. */
export interface ScanRefusal {
  readonly refused: string;
}

/**
 * Opens a scan of a sample for a query.
 * @param threads that read with this one where there is much to read; null: this one reads all
 * @returns a refusal where kernels cannot compute the query just as DuckDB would
 * @throws QueryError DAMAGED_SAMPLE
 */
export async function openScan(
  sample: Sample,
  request: ScanRequest,
  threads: ScanThreads | null = null,
): Promise<SampleScan | ScanRefusal> {
  const known = knownScans.get(request.layout)?.get(sample.strata);
  if (known !== undefined) return new SampleScan(sample, request, known.loaded, known.compiled, threads);
  try {
    const parts = request.layout.measures
      .flatMap(({ argument, filter }) => [argument, filter])
      .filter((part) => part !== null);
    const { headRows } = sample.runs;
    const loaded = await loadColumns(sample, [...request.filter, ...request.keys, ...parts], headRows);
    const compiled = compileScan(sample, request, columnSource(sample, loaded), loaded);
    keepScan(request.layout, sample.strata, { loaded, compiled });
    return new SampleScan(sample, request, loaded, compiled, threads);
  } catch (error) {
    if (error instanceof NotOnKernels) return { refused: error.message };
    throw error;
  }
}

/** A scan that was compiled for the columns of an open sample, which stay where they are. */
interface KnownScan {
  readonly loaded: ReadonlyMap<string, LoadedColumn>;
  readonly compiled: CompiledScan;
}

/** By the layout of moments, which is of one query, and the strata, which are of one opening of a sample. */
const knownScans = new WeakMap<MomentLayout, WeakMap<StrataTable, KnownScan>>();

function keepScan(layout: MomentLayout, strata: StrataTable, scan: KnownScan): void {
  if (!isRepeatable(scan.compiled.program)) return;
  const ofLayout = knownScans.get(layout) ?? new WeakMap<StrataTable, KnownScan>();
  knownScans.set(layout, ofLayout);
  ofLayout.set(strata, scan);
}

/** Blocks whose rows are too few to be shared, and enough to tell how many cells there are. */
const shortBlocks = 8;

/** A scan of a sample in progress. */
export class SampleScan extends ScanSums {
  /** So many rows, at least, have all their columns in memory. */
  private loadedRows = 0;

  constructor(
    sample: Sample,
    request: ScanRequest,
    private readonly loaded: ReadonlyMap<string, LoadedColumn>,
    parts: CompiledScan,
    private readonly threads: ScanThreads | null,
  ) {
    super(sample, request, parts);
  }

  /** Another scan for the same request, from the start; groups have the same codes in both. */
  again(): SampleScan {
    return new SampleScan(this.sample, this.request, this.loaded, this.parts, this.threads);
  }

  /**
   * Reads on, in file order, until each included stratum has `target` rows read (or all of its rows).
   * @param target for each stratum a number of rows, or of keys where keys were drawn; less than what is read already reads nothing
   * @param pauses change nothing of the sums, not even their rounding
   * @returns false where `proceed` stopped it before the end
   * @throws QueryError DAMAGED_SAMPLE, LIMIT_EXCEEDED, and what `proceed` throws
   */
  async readTo(
    target: Int32Array,
    proceed: Proceed,
    pauses: Pauses | null = null,
    patience: Patience | null = null,
  ): Promise<boolean> {
    const { to, tasks: planned } = this.planTo(target);
    let tasks = planned;
    const recutAt = 8 * this.unmetCells > this.sample.blockRows ? shortBlocks : tasks.length;
    const opened = this.openThreads(to);
    // What they do not finish in time is read here, as far as it must be.
    let others = opened;
    // What may still be read here without asking.
    let leftRows = 0;
    try {
      for (let place = 0; place < tasks.length;) {
        if (place === recutAt) tasks = this.recut(tasks, place);
        const task = tasks[place]!; // place < length
        if (task.rows <= leftRows && this.readAtOnce(task)) {
          leftRows -= task.rows;
          place++;
          continue;
        }
        const asked = proceed({ rowsRead: this.rowsRead });
        const may = typeof asked === 'object' ? await asked : asked;
        if (may === false || may === 0) return false;
        const next = place < recutAt && recutAt < tasks.length ? tasks.slice(0, recutAt) : tasks;
        const together = others?.tasksWithin(next, place, rowsAllowed(may, this.rowsRead, pauses)) ?? 0;
        const waiting = together > 0 ? (patience?.() ?? null) : null;
        if (waiting === 'beside' && pauses === null && this.readBeside(others, tasks, place, together)) {
          place += together;
          continue;
        }
        if (others !== null && together > 0 && waiting !== 'beside' && waiting?.aborted !== true) {
          const read = await others.read(tasks.slice(place, place + together), waiting);
          place += read;
          if (read < together) others = null;
          if (others !== null && pauses !== null && place < tasks.length && this.rowsRead >= pauses.nextRows)
            await pauses.pause();
        } else {
          const isWithin = pauses === null && (may === true || task.rows <= may);
          // Where threads might be worth it, it is asked again.
          const isForHere = isWithin && may !== true && (waiting !== null || (this.threads?.count ?? 0) < 2);
          leftRows = isForHere ? may - task.rows : 0;
          const lost = this.plantedLoss(task);
          if (lost !== null) this.take([task], lost, to);
          else if (!(isWithin && this.readAtOnce(task))) {
            if (!(await this.readTask(tasks, place, may, proceed, pauses))) return false;
            this.tasksDone++;
          }
          place++;
        }
      }
    } finally {
      opened?.close();
    }
    return true;
  }

  /** @returns for each stratum how far is read in all, and the tasks on the way there */
  private planTo(target: Int32Array): { readonly to: Int32Array; readonly tasks: readonly ScanTask[] } {
    const { sample, included } = this;
    const { unitSizes } = sample;
    const to = new Int32Array(target.length);
    let isWhole = this.tasksPlanned === 0;
    for (let stratum = 0; stratum < to.length; stratum++) {
      if (included[stratum] !== 1) continue;
      to[stratum] = Math.min(target[stratum]!, unitSizes[stratum]!); // one entry a stratum
      isWhole &&= to[stratum] === unitSizes[stratum];
    }
    const blocks = this.blocksOfTask(to);
    const tasks = isWhole ? wholeTasks(sample, included, to, blocks) : tasksOf(sample, this.done, to, blocks);
    this.tasksPlanned += tasks.length;
    const lastRow = tasks.at(-1)?.lastRow ?? 0;
    if (this.missing(lastRow).length === 0) this.loadedRows = Math.max(this.loadedRows, lastRow);
    return { to, tasks };
  }

  /**
   * Blocks that tasks reach over. Sums are flushed at the end of each, which costs a step a cell: so many rows that it does not show.
   * A short reading goes by the cells that it may meet, a longer one, which others may share, by those that were met: before it, and
   * again on its way.
   */
  private blocksOfTask(to: Int32Array): number {
    const { blockRows } = this.sample;
    let cells = this.unmetCells;
    if (cells > 0) {
      const units = to.reduce((sum, own, stratum) => sum + Math.max(0, own - this.done[stratum]!), 0); // one entry a stratum
      cells = units <= shortBlocks * blockRows ? Math.min(units, cells) : 0;
    }
    return Math.max(1, Math.ceil((8 * Math.max(cells, this.metCells)) / blockRows));
  }

  /** Cells that there may be, as far as tasks are to be longer for them; where a fault is planted each block is to be lost by itself. */
  private get unmetCells(): number {
    const { strata, codes, index } = this.parts.program.cells;
    // Where pairs are hashed, nobody knows how many there may be.
    const isKnown = this.sample.keys === null && codes > 1 && index !== 'hashed';
    return isKnown && (this.threads?.faults ?? null) === null ? strata * codes : 0;
  }

  /** Tasks that are as long as the pairs that were met ask for, from a place on. */
  private recut(tasks: readonly ScanTask[], from: number): readonly ScanTask[] {
    const blocks = this.blocksOfTask(this.done);
    if (blocks === 1) return tasks;
    const cut = [...tasks.slice(0, from), ...joinTasks(tasks.slice(from), blocks)];
    this.tasksPlanned += cut.length - tasks.length;
    return cut;
  }

  private openThreads(to: Int32Array): ThreadedReading | null {
    if (this.threads === null) return null;
    return new ThreadedReading(
      this.threads,
      this.parts.program,
      this.sample.strata,
      (rows) => this.load(rows),
      (tasks, outcome) => this.take(tasks, outcome, to),
    );
  }

  /** Here there is no other thread that could try a task again. */
  private plantedLoss(task: ScanTask): LossCause | null {
    const faults = this.threads?.faults ?? null;
    return faults === null ? null : lossOf(faults, task);
  }

  /** Bytes of columns that reading so many rows would have to load. */
  bytesToLoad(rows: number): number {
    if (rows <= this.loadedRows) return 0;
    return [...this.loaded.keys()].reduce((sum, name) => sum + this.sample.bytesToLoad(name, rows), 0);
  }

  /**
   * Columns are loaded as far as rows are needed.
   * @param next as far as others follow: while these are checked and added up, those are read
   */
  private async load(rows: number, next = 0): Promise<void> {
    const loads = this.missing(rows).map((name) => this.sample.load(name, rows));
    // While one column is checked, others are read.
    for (const row of [rows, next]) for (const name of this.loaded.keys()) this.sample.readAhead(name, row);
    for (const load of await Promise.allSettled(loads)) if (load.status === 'rejected') throw load.reason;
  }

  private missing(rows: number): string[] {
    return [...this.loaded.keys()].filter((name) => this.sample.bytesToLoad(name, rows) > 0);
  }

  /** Reads a task here and now. @returns false where that cannot be: nothing was read */
  private readAtOnce(task: ScanTask): boolean {
    if (task.lastRow > this.loadedRows || this.plantedLoss(task) !== null) return false;
    this.add(task.runs);
    this.end(task);
    this.tasksDone++;
    return true;
  }

  /** Reads tasks here and in threads at once. @returns false where that cannot be: nothing was read */
  private readBeside(
    others: ThreadedReading | null,
    tasks: readonly ScanTask[],
    from: number,
    count: number,
  ): boolean {
    if (tasks[from + count - 1]!.lastRow > this.loadedRows) return false; // there are so many
    const { tasksDone } = this;
    const isRead = others?.readBeside(tasks, [from, from + count], (task) => this.readAtOnce(task)) === true;
    if (isRead) this.tasksDone = tasksDone + count; // some were read in parts
    return isRead;
  }

  /** Reads a task in this thread. @param may what was allowed of it; it is asked again for what that leaves @returns false where it was stopped */
  private async readTask(
    tasks: readonly ScanTask[],
    place: number,
    may: true | number,
    proceed: Proceed,
    pauses: Pauses | null,
  ): Promise<boolean> {
    const { runs, lastRow } = tasks[place]!; // a place of tasks
    let allowed: boolean | number = may;
    for (let rest = runs; ;) {
      const mayBe = allowed === true ? Number.POSITIVE_INFINITY : allowed;
      const isLoaded = this.missing(lastRow).length === 0;
      const rows = isLoaded ? mayBe : Math.min(mayBe, this.sample.blockRows);
      const [head, tail] = splitRuns(rest, rows, this.sample.keys === null);
      if (!isLoaded) await this.load(head.at(-1)!, tail.length > 0 ? lastRow : tasks[place + 1]?.lastRow); // it ends with a row
      if (pauses === null) this.add(head);
      else await this.addWithPauses(head, pauses, place === tasks.length - 1 && tail.length === 0);
      rest = tail;
      if (rest.length === 0) break;
      allowed = await proceed({ rowsRead: this.rowsRead });
      if (allowed === false || allowed === 0) return false;
    }
    this.end(tasks[place]!); // a place of tasks
    return true;
  }

  private async addWithPauses(runs: Int32Array, pauses: Pauses, isLast: boolean): Promise<void> {
    for (let rest = runs; rest.length > 0;) {
      const [head, tail] = splitRuns(rest, pauses.nextRows - this.rowsRead, this.sample.keys === null);
      this.add(head);
      rest = tail;
      if (this.rowsRead >= pauses.nextRows && !(isLast && rest.length === 0)) await pauses.pause();
    }
  }
}
