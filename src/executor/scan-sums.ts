import type { Pieces } from '../common/index.ts';
import type { BoundExpression, Moments, Scalar } from '../plan/index.ts';
import { runStride, type Sample } from '../samples/index.ts';
import { CellTable } from './cell-table.ts';
import { type CellOrder, findOrder, leastMatched, sumsInOrder } from './collect-moments.ts';
import type { CompiledScan, ScanRequest } from './compile-scan.ts';
import type { CombinedKeys } from './group-keys.ts';
import { type KeyColumn, type KeyDecoder, keyColumns } from './key-column.ts';
import { LostRows } from './lost-rows.ts';
import { keyPopulationOf, populationValuesOf, weightMaxOf } from './population-values.ts';
import { readValues } from './read-values.ts';
import { type Cells, newCells } from './scan-program.ts';
import { isStratumWise, type StrataView } from './strata-view.ts';
import type { ScanTask } from './tasks.ts';
import type { ShareOutcome } from './threads/scan-job.ts';
import type { ShareSums } from './threads/share.ts';
import type { RowValues } from './values.ts';

/** Sums of a scan, and how to read the keys of the groups. */
export interface CollectedSums {
  readonly moments: Moments;
  readonly key: (group: number, index: number) => Scalar;
  /** All keys of groups, one column each. */
  readonly keyColumns: (groups: Int32Array) => KeyColumn[];
  /** For each stratum the rows that were lost, maybe because of their values; they are not among those read. null: none were. */
  readonly suspect: Int32Array | null;
}

/** By what was compiled, of rows whose stratum tells the group. */
const orderOf = new WeakMap<CompiledScan, CellOrder>();

/** What a scan has read so far: the sums over it, and how far it has come in every stratum. */
export class ScanSums {
  readonly lost: LostRows;
  /** Tasks of all reads, and those of them that are over, lost ones among them. */
  tasksPlanned = 0;
  tasksDone = 0;
  /** The groups' codes in the order of the last moments. */
  groupCodes: Float64Array = new Float64Array(0);
  private rows = 0;
  /** The runs of a task that has ended and was not flushed yet, or all that was read; null: there is none. */
  private ended: Int32Array | 'all' | null = null;
  /** null: nothing was read yet. Of the samples that a statement could read, most are not. */
  private begun: Cells | null = null;
  private doneOf: Int32Array | null = null;
  private readonly groupsByStratum: boolean;

  constructor(
    protected readonly sample: Sample,
    protected readonly request: ScanRequest,
    protected readonly parts: CompiledScan,
  ) {
    this.lost = new LostRows(sample.runs.takeAll, sample.keys !== null);
    this.groupsByStratum = parts.byStratum;
  }

  /** For each stratum how many of its first rows were read or lost, or keys where keys were drawn. */
  get done(): Int32Array {
    return (this.doneOf ??= new Int32Array(this.sample.strata.count));
  }

  private get cells(): Cells {
    return (this.begun ??= this.begin());
  }

  /** For each stratum 0 where the predicate excludes all of it; its rows are never read. */
  get included(): Uint8Array {
    return this.parts.view.included;
  }

  /** For each stratum the code of the keys that are the same for all of it: strata with the same may have rows of the same groups. */
  get stratumGroups(): Float64Array {
    return this.parts.view.group;
  }

  /** Rows read so far. */
  get rowsRead(): number {
    return this.rows;
  }

  /** Rows of the table that rows stand for which were lost, maybe because of their values. */
  get suspectRows(): number {
    const { unitPopulation } = this.sample;
    const { suspect } = this.lost;
    const { read } = this;
    return suspect.reduce((sum, own, stratum) => {
      if (own === 0) return sum;
      return sum + (own * unitPopulation[stratum]!) / (read[stratum]! + own); // one entry a stratum
    }, 0);
  }

  /** Pairs of stratum and group that were met so far, or a few more. */
  get cellCount(): number {
    return this.cells.countMax;
  }

  /** Those that were met: to count them may take as long as to read a thousand rows or ten. */
  protected get metCells(): number {
    return this.cells.count;
  }

  /** Reads rows here and now. */
  protected add(runs: Int32Array): void {
    this.flushEnded();
    const { kernel, inputs } = this.parts;
    kernel(inputs, runs, 0, runs.length, this.cells);
    this.count(runs, true);
  }

  /** Ends a task: what it came to is added to the totals, as soon as there is more to add up. */
  protected end({ runs }: ScanTask): void {
    this.flushEnded();
    this.ended = runs;
  }

  private flushEnded(): void {
    if (this.ended !== null) this.cells.flush(this.ended === 'all' ? null : this.ended);
    this.ended = null;
  }

  /**
   * Takes what became of tasks that were read elsewhere.
   * @param to for each stratum how far is read in all
   * @throws QueryError STORAGE where a task was lost that the answer needs
   */
  protected take(tasks: readonly ScanTask[], outcome: ShareOutcome, to: Int32Array): void {
    for (const task of tasks) {
      if (outcome === 'unread') {
        this.add(task.runs);
        this.end(task);
      } else if (outcome === 'unreadable' || outcome === 'failed') {
        if (this.lost.isCritical(task, to))
          throw this.sample.unreadable('a part of the sample that answers need cannot be read');
        this.lost.add(task, outcome);
        this.count(task.runs, false);
      } else this.count(task.runs, true);
    }
    if (typeof outcome !== 'string') this.addShare(outcome);
    this.tasksDone += tasks.length;
  }

  private addShare({ cells: sums, interned }: ShareSums): void {
    const { rowKeys, interners } = this.parts;
    const { recode } = rowKeys;
    this.flushEnded();
    if (recode === null) {
      this.cells.add(sums, null);
      return;
    }
    // 0 stands for NULL, wherever the row was read.
    const translate = (interner: number, code: number): number =>
      code === 0 ? 0 : interners[interner]!.intern(interned[interner]![code - 1]!) + 1; // as many there as here
    this.cells.add(sums, (code) => recode(code, translate));
  }

  private count(runs: Int32Array, isRead: boolean): void {
    const { done } = this;
    const areKeys = this.sample.keys !== null;
    let read = 0;
    for (let run = 0; run < runs.length; run += runStride) {
      const rows = runs[run + 2]! - runs[run + 1]!; // whole runs
      done[runs[run]!]! += areKeys ? 1 : rows;
      read += rows;
    }
    if (isRead) this.rows += read;
  }

  /** For each stratum the rows read, n_h, or the keys where keys were drawn. */
  private get read(): Int32Array {
    const { count } = this.lost;
    return this.done.map((rows, stratum) => rows - count[stratum]!); // one entry a stratum
  }

  /** A group's code: its stratum's code plus the row's code times the number of stratum codes. */
  private readonly groupOf = (cell: number): number => {
    const { view } = this.parts;
    return view.group[this.cells.stratumOf(cell)]! + view.codes * this.cells.codeOf(cell); // one entry a stratum
  };

  /** Fewest matching rows so far of a group that has at least so many, but for strata read whole; infinite where none has. */
  leastMatched(atLeast: number): number {
    const { unitPopulation } = this.sample;
    const { read } = this;
    return leastMatched(
      this.cells,
      this.groupOf,
      atLeast,
      (stratum) => read[stratum]! < unitPopulation[stratum]!,
    );
  }

  /** The sums so far, and how to read the groups' keys. */
  collect(): Pieces<CollectedSums> {
    // The first flush changes no total, and mostly it is the last.
    const isPlain = this.cells instanceof CellTable && this.cells.isPlain;
    if (!isPlain) this.cells.flush();
    this.ended = isPlain ? 'all' : null;
    return this.gather();
  }

  /** The same, where more will be read: the sums to come do not depend on having been looked at. */
  peek(): Pieces<CollectedSums> {
    this.flushEnded();
    return this.gather();
  }

  private *gather(): Pieces<CollectedSums> {
    const { view, sumOf, centres, constantInStratum } = this.parts;
    const { layout } = this.request;
    const { read } = this;
    const order = yield* this.cellOrder();
    const { groups, cellCount, cellGroup, cellStratum } = order;
    this.groupCodes = groups;
    const moments: Moments = {
      layout,
      centres,
      ...populationValuesOf(this.request, this.sample, read),
      cellCount,
      cellGroup,
      cellStratum,
      sums: yield* sumsInOrder(this.cells, order, sumOf),
      groupCount: this.request.keys.length === 0 ? 1 : groups.length,
      populationRows: this.sample.unitPopulation,
      weightMax: weightMaxOf(layout, this.sample),
      rowsRead: Float64Array.from(read),
      included: view.included,
      constantInStratum,
      groupsByStratum: this.groupsByStratum,
      keys: keyPopulationOf(layout, this.sample),
    };
    const decoders = decodersOf(this.request.keys, this.sample, this.parts);
    const key = (group: number, index: number): Scalar => decoders[index]!(groups[group]!); // groups and keys are places
    const columns = (places: Int32Array): KeyColumn[] => keyColumns(groups, decoders, places);
    const { suspect } = this.lost;
    return { moments, key, keyColumns: columns, suspect: suspect.some((rows) => rows > 0) ? suspect : null };
  }

  /** Where the stratum tells the group, it is the same for all scans. */
  private *cellOrder(): Pieces<CellOrder> {
    const { parts } = this;
    const known = this.groupsByStratum ? orderOf.get(parts) : undefined;
    const order = known ?? (yield* findOrder(this.cells, this.groupOf, this.sample.strata.count));
    if (this.groupsByStratum) orderOf.set(parts, order);
    return order;
  }

  /**
   * The values of matching rows among those that were read and added up in the last moments.
   * @param ranks for each stratum how many of its first rows to look at; no more than were read are
   * @param codes of groups, which are numbered by their places; a row of another has the group −1
   * @param matches how many rows to expect: there is room for these at once
   */
  values(ranks: Int32Array, codes = this.groupCodes, matches = Number.POSITIVE_INFINITY): Pieces<RowValues> {
    const to = this.done.map((rows, stratum) => Math.min(rows, ranks[stratum]!)); // one entry a stratum
    return readValues(this.parts, this.sample, to, this.lost, codes, matches);
  }

  /** For each stratum how many of its first rows were read and not lost. @param ranks how many of them to look at */
  unitsWithin(ranks: Float64Array): Float64Array {
    const to = this.done.map((rows, stratum) => Math.min(rows, ranks[stratum]!)); // one entry a stratum
    return Float64Array.from(this.lost.tasks === 0 ? to : this.lost.unitsLeft(this.sample, to));
  }

  /** Where the stratum tells the group, every included stratum is a cell, matched or not: what is not read there is known. */
  private begin(): Cells {
    const { program, listed } = this.parts;
    const cells = newCells(program, listed);
    if (listed !== null && cells instanceof CellTable) for (const stratum of listed) cells.cell(stratum, 0);
    return cells;
  }
}

/** What tells the values of keys by the groups' codes, and holds on to no column. */
function decodersOf(
  keys: readonly BoundExpression[],
  sample: Sample,
  { view, rowKeys }: CompiledScan,
): KeyDecoder[] {
  let [ofStrata, ofRows] = [0, 0];
  return keys.map((key): KeyDecoder => {
    if (isStratumWise(key, sample)) return stratumDecoder(view, ofStrata++);
    return rowDecoder(rowKeys, view.codes, ofRows++);
  });
}

const stratumDecoder =
  ({ decode, codes }: StrataView, place: number): KeyDecoder =>
  (code) =>
    decode(code % codes, place);

const rowDecoder =
  ({ decode }: CombinedKeys, codes: number, place: number): KeyDecoder =>
  (code) =>
    decode(Math.floor(code / codes), place);
