import { finish, type Pause, type Pieces, withPauses } from '../common/index.ts';
import { type Moments, type Scalar } from '../plan/index.ts';
import { type LoadedColumn, runStride, type Sample } from '../samples/index.ts';
import { CellTable } from './cell-table.ts';
import { collectMoments, type GroupCodes, leastMatched } from './collect-moments.ts';
import { type CompiledScan, compileScan, type ScanRequest } from './compile-scan.ts';
import { NotOnKernels } from './lower/emitter.ts';
import { keyPopulationOf, populationValuesOf, weightMaxOf } from './population-values.ts';
import { columnSource, loadColumns } from './sample-columns.ts';
import { isStratumWise } from './strata-view.ts';
import { type ScanTask, splitRuns, tasksOf } from './tasks.ts';
import { ThreadedReading, addShare } from './threads/threaded-reading.ts';
import type { ScanThreads } from './threads/scan-threads.ts';
import { readValues } from './read-values.ts';
import { type Patience, type Pauses, type Proceed, rowsAllowed } from './scan-steering.ts';
import type { RowValues } from './values.ts';

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
  try {
    const parts = request.layout.measures
      .flatMap(({ argument, filter }) => [argument, filter])
      .filter((part) => part !== null);
    const { headRows } = sample.runs;
    const loaded = await loadColumns(sample, [...request.filter, ...request.keys, ...parts], headRows);
    return new SampleScan(
      sample,
      request,
      loaded,
      compileScan(sample, request, columnSource(sample, loaded), loaded),
      threads,
    );
  } catch (error) {
    if (error instanceof NotOnKernels) return { refused: error.message };
    throw error;
  }
}

const noRuns = new Int32Array(0);

/** Sums of a scan, and how to read the keys of the groups. */
export interface CollectedSums {
  readonly moments: Moments;
  readonly key: (group: number, index: number) => Scalar;
}

/** A scan of a sample in progress: rows of each stratum read so far, and the sums over them. */
export class SampleScan {
  /** For each stratum the rows read, n_h, or the keys where keys were drawn. */
  readonly done: Int32Array;
  private readonly cells: CellTable;
  private readonly groupsByStratum: boolean;
  private rows = 0;
  /** The groups' codes in the order of the last moments. */
  groupCodes: readonly number[] = [];

  constructor(
    private readonly sample: Sample,
    private readonly request: ScanRequest,
    private readonly loaded: ReadonlyMap<string, LoadedColumn>,
    private readonly parts: CompiledScan,
    private readonly threads: ScanThreads | null,
  ) {
    const { view, rowKeys } = parts;
    this.done = new Int32Array(sample.strata.count);
    this.cells = new CellTable(
      sample.strata.count,
      view.codes * rowKeys.codes,
      request.layout.monomials.length,
    );
    this.groupsByStratum = request.keys.every((key) => isStratumWise(key, sample));
    if (this.groupsByStratum) this.addEmptyCells();
  }

  /** Another scan for the same request, from the start; groups have the same codes in both. */
  again(): SampleScan {
    return new SampleScan(this.sample, this.request, this.loaded, this.parts, this.threads);
  }

  /** For each stratum 0 where the predicate excludes all of it; its rows are never read. */
  get included(): Uint8Array {
    return this.parts.view.included;
  }

  /** Rows read so far. */
  get rowsRead(): number {
    return this.rows;
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
    const to = target.map((rows, stratum) =>
      this.included[stratum] === 1 ? Math.min(rows, this.sample.unitSizes[stratum]!) : 0,
    ); // one entry a stratum
    const tasks = tasksOf(this.sample, this.done, to, this.blocksOfTask);
    const others = this.openThreads();
    try {
      for (let place = 0; place < tasks.length;) {
        const may = await proceed({ rowsRead: this.rows, tasksDone: place, tasks: tasks.length });
        if (may === false || may === 0) return false;
        const together = others?.tasksWithin(tasks, place, rowsAllowed(may, this.rows, pauses)) ?? 0;
        if (others !== null && together > 0) {
          const read = await others.read(tasks.slice(place, place + together), patience?.() ?? null);
          if (read < together) return false;
          place += together;
          if (pauses !== null && place < tasks.length && this.rows >= pauses.nextRows) await pauses.pause();
        } else if (!(await this.readTask(tasks, place++, may, proceed, pauses))) return false;
      }
    } finally {
      others?.close();
    }
    return true;
  }

  /** Blocks that tasks reach over. Sums are flushed at the end of each, which costs a step a cell: so many rows that it does not show. */
  private get blocksOfTask(): number {
    return Math.max(1, Math.ceil((8 * this.cells.count) / this.sample.blockRows));
  }

  private openThreads(): ThreadedReading | null {
    if (this.threads === null) return null;
    const { program } = this.parts;
    const load = (rows: number): Promise<void> => this.load(rows);
    return new ThreadedReading(this.threads, program, load, (tasks, sums) => {
      if (sums === null) this.sumTasks(tasks);
      else addShare(sums, this.cells, this.parts);
      for (const { runs } of tasks) this.count(runs);
    });
  }

  /** Columns are loaded as far as tasks need, so a scan that stops early has read no more of the file. */
  private async load(rows: number): Promise<void> {
    for (const name of this.loaded.keys()) await this.sample.load(name, rows);
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
      await this.load(lastRow);
      const [head, tail] =
        allowed === true ? [rest, noRuns] : splitRuns(rest, allowed, this.sample.keys === null);
      if (pauses === null) this.add(head);
      else await this.addWithPauses(head, pauses, place === tasks.length - 1 && tail.length === 0);
      rest = tail;
      if (rest.length === 0) break;
      allowed = await proceed({ rowsRead: this.rows, tasksDone: place, tasks: tasks.length });
      if (allowed === false || allowed === 0) return false;
    }
    this.cells.flush();
    return true;
  }

  /** Pairs of stratum and group that were met so far. */
  get cellCount(): number {
    return this.cells.count;
  }

  private async addWithPauses(runs: Int32Array, pauses: Pauses, isLast: boolean): Promise<void> {
    for (let rest = runs; rest.length > 0;) {
      const [head, tail] = splitRuns(rest, pauses.nextRows - this.rows, this.sample.keys === null);
      this.add(head);
      rest = tail;
      if (this.rows >= pauses.nextRows && !(isLast && rest.length === 0)) await pauses.pause();
    }
  }

  private add(runs: Int32Array): void {
    this.sum(runs);
    this.count(runs);
  }

  private sum(runs: Int32Array): void {
    const { kernel, inputs, view } = this.parts;
    kernel(inputs, runs, 0, runs.length, view.group, this.cells);
  }

  private sumTasks(tasks: readonly ScanTask[]): void {
    for (const { runs } of tasks) {
      this.sum(runs);
      this.cells.flush();
    }
  }

  private count(runs: Int32Array): void {
    for (let run = 0; run < runs.length; run += runStride) {
      const rows = runs[run + 2]! - runs[run + 1]!; // whole runs
      this.done[runs[run]!]! += this.sample.keys === null ? rows : 1;
      this.rows += rows;
    }
  }

  /** Fewest matching rows so far of a group that has at least so many, but for strata read whole; infinite where none has. */
  leastMatched(atLeast: number): number {
    const { unitPopulation } = this.sample;
    return leastMatched(this.cells, atLeast, (stratum) => this.done[stratum]! < unitPopulation[stratum]!);
  }

  /** The sums so far, and how to read the groups' keys. */
  collect(): CollectedSums {
    this.cells.flush();
    return this.peek();
  }

  /** The same, where more will be read: the sums to come do not depend on having been looked at. */
  peek(): CollectedSums {
    const { view, rowKeys, centres, constantInStratum } = this.parts;
    const { layout } = this.request;
    const codes: GroupCodes = collectMoments(this.cells, layout.monomials.length, this.sample.strata.count);
    this.groupCodes = codes.groups;
    const moments: Moments = {
      layout,
      centres,
      ...populationValuesOf(this.request, this.sample, this.done),
      ...codes.cells,
      groupCount: this.request.keys.length === 0 ? 1 : codes.groups.length,
      populationRows: this.sample.unitPopulation,
      weightMax: weightMaxOf(layout, this.sample),
      rowsRead: Float64Array.from(this.done),
      included: this.included,
      constantInStratum,
      groupsByStratum: this.groupsByStratum,
      keys: keyPopulationOf(layout, this.sample),
    };
    // A group's code is its stratum's code plus the row's code times the number of stratum codes.
    let [ofStrata, ofRows] = [0, 0];
    const decoders = this.request.keys.map((key): ((code: number) => Scalar) => {
      if (isStratumWise(key, this.sample)) {
        const place = ofStrata++;
        return (code) => view.decode(code % view.codes, place);
      }
      const place = ofRows++;
      return (code) => rowKeys.decode(Math.floor(code / view.codes), place);
    });
    const key = (group: number, index: number): Scalar => decoders[index]!(codes.groups[group]!); // groups and keys are places
    return { moments, key };
  }

  /**
   * The values of matching rows among those that were read and added up in the last moments.
   * @param ranks for each stratum how many of its first rows to look at; no more than were read are
   * @param codes of groups, which are numbered by their places; a row of another has the group −1
   * @param matches how many rows to expect: there is room for these at once
   */
  values(ranks: Int32Array, codes = this.groupCodes, matches = Number.POSITIVE_INFINITY): RowValues {
    return finish(this.readValues(ranks, codes, matches));
  }

  /** The same, with a pause now and then. */
  valuesInPieces(ranks: Int32Array, matches: number, pause: Pause): Promise<RowValues> {
    return withPauses(this.readValues(ranks, this.groupCodes, matches), pause);
  }

  private readValues(ranks: Int32Array, codes: readonly number[], matches: number): Pieces<RowValues> {
    const to = this.done.map((rows, stratum) => Math.min(rows, ranks[stratum]!)); // one entry a stratum
    return readValues(this.parts, this.sample, to, codes, matches);
  }

  /** Where the stratum tells the group, every included stratum is a cell, matched or not: what is not read there is known. */
  private addEmptyCells(): void {
    const { included, group } = this.parts.view;
    for (const [stratum, isIn] of included.entries())
      if (isIn === 1) this.cells.cell(stratum, group[stratum]!); // one entry a stratum
  }
}
