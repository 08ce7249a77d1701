import { type Moments, type Scalar } from '../plan/index.ts';
import { type LoadedColumn, runStride, type Sample } from '../samples/index.ts';
import { CellTable } from './cell-table.ts';
import { collectMoments, type GroupCodes, leastMatched } from './collect-moments.ts';
import { type CompiledScan, compileScan, type ScanRequest } from './compile-scan.ts';
import { pieceRows } from './kernel.ts';
import { NotOnKernels } from './lower/emitter.ts';
import { keyPopulationOf, populationValuesOf, weightMaxOf } from './population-values.ts';
import { columnSource, loadColumns } from './sample-columns.ts';
import { isStratumWise } from './strata-view.ts';
import { splitRuns, tasksOf } from './tasks.ts';
import { type RowValues, ValueSink } from './values.ts';

/** Kernels cannot do a scan, and why. */
export interface ScanRefusal {
  readonly refused: string;
}

/** Progress of a scan. */
export interface ScanProgress {
  /** Rows read so far, in this and earlier reads. */
  readonly rowsRead: number;
  /** Tasks of this read that are done, and all of them. */
  readonly tasksDone: number;
  readonly tasks: number;
}

/**
 * Asked before each task, and again inside it where it named a number, whether to go on. It names the rows that may be read before it is asked again: whole
 * pieces of runs are, so that they may be a few more. True: all of the task. False or 0 stops the scan there, and what was read
 * so far stands.
 */
export type Proceed = (progress: ScanProgress) => boolean | number | Promise<boolean | number>;

/** Places in a scan, inside its tasks too, where what was read so far is looked at. */
export interface Pauses {
  /** Rows to read, in this and earlier reads, before the next pause. */
  readonly nextRows: number;
  /** Called when so many rows or a few more have been read, and others are still to be. It has `nextRows` grow. */
  pause(): Promise<void>;
}

/**
 * Opens a scan of a sample for a query.
 * @returns a refusal where kernels cannot compute the query just as DuckDB would
 * @throws QueryError DAMAGED_SAMPLE
 */
export async function openScan(sample: Sample, request: ScanRequest): Promise<SampleScan | ScanRefusal> {
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
    );
  } catch (error) {
    if (error instanceof NotOnKernels) return { refused: error.message };
    throw error;
  }
}

const noRuns = new Int32Array(0);
/** Keys whose values are read without a pause. */
const keysAtOnce = 256;

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
  private rowsSinceFlush = 0;
  /** The groups' codes in the order of the last moments. */
  groupCodes: readonly number[] = [];

  constructor(
    private readonly sample: Sample,
    private readonly request: ScanRequest,
    private readonly loaded: ReadonlyMap<string, LoadedColumn>,
    private readonly parts: CompiledScan,
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
    return new SampleScan(this.sample, this.request, this.loaded, this.parts);
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
  async readTo(target: Int32Array, proceed: Proceed, pauses: Pauses | null = null): Promise<boolean> {
    const to = target.map((rows, stratum) =>
      this.included[stratum] === 1 ? Math.min(rows, this.sample.unitSizes[stratum]!) : 0,
    ); // one entry a stratum
    const tasks = tasksOf(this.sample, this.done, to);
    for (const [place, task] of tasks.entries()) {
      for (let rest = task.runs; rest.length > 0;) {
        const may = await proceed({ rowsRead: this.rows, tasksDone: place, tasks: tasks.length });
        if (may === false || may === 0) return false;
        // Columns are loaded as far as the task needs, so a scan that stops early has read no more of the file.
        for (const name of this.loaded.keys()) await this.sample.load(name, task.lastRow);
        const [head, tail] = may === true ? [rest, noRuns] : splitRuns(rest, may, this.sample.keys === null);
        if (pauses === null) this.add(head);
        else await this.addWithPauses(head, pauses, place === tasks.length - 1 && tail.length === 0);
        rest = tail;
      }
      this.flushWhereDue();
    }
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
    const { kernel, inputs, view } = this.parts;
    kernel(inputs, runs, 0, runs.length, view.group, this.cells);
    for (let run = 0; run < runs.length; run += runStride) {
      const rows = runs[run + 2]! - runs[run + 1]!; // whole runs
      this.done[runs[run]!]! += this.sample.keys === null ? rows : 1;
      this.rows += rows;
      this.rowsSinceFlush += rows;
    }
  }

  private flushWhereDue(): void {
    // Flushing costs a step a cell, so it waits for so many rows that it does not show.
    if (this.rowsSinceFlush < Math.max(this.sample.blockRows, 8 * this.cells.count)) return;
    this.cells.flush();
    this.rowsSinceFlush = 0;
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
    const reading = this.readValues(ranks, codes, matches);
    for (;;) {
      const step = reading.next();
      if (step.done === true) return step.value;
    }
  }

  /** The same, with a pause now and then. */
  async valuesInPieces(ranks: Int32Array, matches: number, pause: () => Promise<void>): Promise<RowValues> {
    const reading = this.readValues(ranks, this.groupCodes, matches);
    for (;;) {
      const step = reading.next();
      if (step.done === true) return step.value;
      await pause();
    }
  }

  /** Yields between pieces. */
  private *readValues(
    ranks: Int32Array,
    codes: readonly number[],
    matches: number,
  ): Generator<undefined, RowValues> {
    const { inputs, view, valueKernel, centres } = this.parts;
    const to = this.done.map((rows, stratum) => Math.min(rows, ranks[stratum]!)); // one entry a stratum
    const sink = new ValueSink(centres.length);
    const kernel = valueKernel();
    const groupOf = new Map(codes.map((code, group) => [code, group]));
    const { keys, runs } = this.sample;
    if (keys === null) {
      const rows = to.reduce((sum, own) => sum + own, 0);
      sink.reserve(Math.min(rows, matches + pieceRows)); // a piece makes room for all of its rows
      for (let rest = runs.runs(new Int32Array(to.length), to); rest.length > 0;) {
        const [head, tail] = splitRuns(rest, this.sample.blockRows, true);
        kernel(inputs, head, 0, head.length, view.group, sink);
        rest = tail;
        yield;
      }
      return sink.take(groupOf, null);
    }
    const ends: number[] = [];
    for (let key = 0; key < (to[0] ?? 0); key++) {
      const run = Int32Array.of(0, keys.starts[key]!, keys.starts[key + 1]!); // key < number of keys
      kernel(inputs, run, 0, runStride, view.group, sink);
      ends.push(sink.count);
      if (key % keysAtOnce === 0) yield;
    }
    return sink.take(groupOf, ends);
  }

  /** Where the stratum tells the group, every included stratum is a cell, matched or not: what is not read there is known. */
  private addEmptyCells(): void {
    const { included, group } = this.parts.view;
    for (const [stratum, isIn] of included.entries())
      if (isIn === 1) this.cells.cell(stratum, group[stratum]!); // one entry a stratum
  }
}
