import type { BoundExpression, Measure, MomentLayout, Moments, Scalar } from '../plan/index.ts';
import { type LoadedColumn, runStride, type Sample } from '../samples/index.ts';
import { CellTable, directPairsMax } from './cell-table.ts';
import { centresOf } from './centres.ts';
import { keyPopulationOf, populationValuesOf, weightMaxOf } from './population-values.ts';
import { collectMoments, type GroupCodes } from './collect-moments.ts';
import { type CombinedKeys, combineKeys, keyCode } from './group-keys.ts';
import { compile, declareInputs, inputsOf, type KernelInputs, type ScanKernel, shapeOf } from './kernel.ts';
import { type ColumnSource, Emitter, NotOnKernels } from './lower/emitter.ts';
import { lowerExpression } from './lower/lower.ts';
import { columnSource, loadColumns } from './sample-columns.ts';
import {
  constantGroupLoop,
  emitSelection,
  emitMeasures,
  type MeasureCode,
  variableGroupLoop,
} from './scan-code.ts';
import { isStratumWise, type StrataView, viewStrata } from './strata-view.ts';
import { tasksOf } from './tasks.ts';
import { keyLoop, newKeyGroups } from './universe-scan-code.ts';
import { type RowValues, type ValueKernel, valueLoop, ValueSink } from './values.ts';

/** What to add up over a sample. */
export interface ScanRequest {
  readonly filter: readonly BoundExpression[];
  readonly keys: readonly BoundExpression[];
  readonly layout: MomentLayout;
}

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

/** Asked before each task whether to go on; false stops the scan there, and what was read so far stands. */
export type Proceed = (progress: ScanProgress) => boolean | Promise<boolean>;

/** The compiled parts of a scan. */
interface CompiledScan {
  readonly view: StrataView;
  readonly rowKeys: CombinedKeys;
  readonly kernel: ScanKernel;
  /** Made when it is asked for. */
  readonly valueKernel: () => ValueKernel;
  readonly inputs: KernelInputs;
  readonly centres: Float64Array;
  readonly constantInStratum: readonly boolean[];
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

function compileScan(
  sample: Sample,
  request: ScanRequest,
  source: ColumnSource,
  loaded: ReadonlyMap<string, LoadedColumn>,
): CompiledScan {
  const { filter, keys, layout } = request;
  const ofStratum = (expression: BoundExpression): boolean => isStratumWise(expression, sample);
  const ofRow = (expression: BoundExpression): boolean => !isStratumWise(expression, sample);
  const view = viewStrata(sample, filter.filter(ofStratum), keys.filter(ofStratum), source, loaded);
  const emitter = new Emitter(source, lowerExpression);
  const centres = centresOf(layout, sample);
  const selection = emitSelection(filter.filter(ofRow), emitter);
  const measures = emitMeasures(layout, centres, emitter);
  const rowKeys = combineKeys(keys.filter(ofRow).map((key) => keyCode(key, emitter)));
  const codes = view.codes * rowKeys.codes;
  if (codes * sample.strata.count > Number.MAX_SAFE_INTEGER)
    throw new NotOnKernels('too many combinations of keys');
  const byStratum = keys.every(ofStratum);
  const rowCode = byStratum ? null : `(${rowKeys.code}) * ${view.codes}`;
  const { keyed } = layout;
  const rowLoop = (): string =>
    rowCode === null
      ? constantGroupLoop(emitter, selection, layout, measures)
      : variableGroupLoop(emitter, selection, layout, measures, {
          code: rowCode,
          codes,
          direct: codes * sample.strata.count <= directPairsMax,
        });
  const loop = keyed === null ? rowLoop() : keyLoop(emitter, selection, layout, keyed, measures, rowCode);
  const inputs = {
    ...inputsOf(emitter.parameters, loaded),
    ...(keyed === null || byStratum ? {} : { keyGroups: newKeyGroups(layout, codes) }),
  };
  const compileLoop = (text: string, output: string): unknown =>
    compile(
      ['inputs', 'runs', 'from', 'to', 'groupOfStratum', output],
      `${declareInputs(emitter.parameters)}\n${text}`,
      shapeOf(inputs),
    );
  const kernel = compileLoop(loop, 'cells') as ScanKernel; // the parameters are its
  const valueKernel = (): ValueKernel =>
    compileLoop(valueLoop(emitter, selection, layout, measures, rowCode), 'sink') as ValueKernel; // the parameters are its
  const everyRow = byStratum && filter.every(ofStratum);
  const constantInStratum = layout.totals.map(
    (total, place) =>
      everyRow &&
      layout.weightMeasure === null &&
      // Keys have different numbers of rows; each counts as one key.
      (keyed === null || keyed.distinct[place] === true) &&
      total.every(({ measure, power }) =>
        isConstant(layout.measures[measure]!, measures[measure]!, power, ofStratum),
      ), // one code a measure
  );
  return { view, rowKeys, kernel, valueKernel, inputs, centres, constantInStratum };
}

/** Whether a measure contributes the same for every row of a stratum. */
function isConstant(
  measure: Measure,
  code: MeasureCode,
  power: number,
  ofStratum: (expression: BoundExpression) => boolean,
): boolean {
  const counts = power === 0 && code.takes === null;
  const { argument, filter } = measure;
  return counts || ((argument === null || ofStratum(argument)) && (filter === null || ofStratum(filter)));
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
  private groupCodes: readonly number[] = [];

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
   * @returns false where `proceed` stopped it before the end
   * @throws QueryError DAMAGED_SAMPLE, LIMIT_EXCEEDED, and what `proceed` throws
   */
  async readTo(target: Int32Array, proceed: Proceed): Promise<boolean> {
    const to = target.map((rows, stratum) =>
      this.included[stratum] === 1 ? Math.min(rows, this.sample.unitSizes[stratum]!) : 0,
    ); // one entry a stratum
    const { kernel, inputs, view } = this.parts;
    const tasks = tasksOf(this.sample, this.done, to);
    for (const [place, task] of tasks.entries()) {
      if (!(await proceed({ rowsRead: this.rows, tasksDone: place, tasks: tasks.length }))) return false;
      // Columns are loaded as far as the task needs, so a scan that stops early has read no more of the file.
      for (const name of this.loaded.keys()) await this.sample.load(name, task.lastRow);
      kernel(inputs, task.runs, 0, task.runs.length, view.group, this.cells);
      this.account(task.runs);
    }
    return true;
  }

  private account(runs: Int32Array): void {
    for (let run = 0; run < runs.length; run += runStride) {
      const rows = runs[run + 2]! - runs[run + 1]!; // whole runs
      this.done[runs[run]!]! += this.sample.keys === null ? rows : 1;
      this.rows += rows;
      this.rowsSinceFlush += rows;
    }
    // Flushing costs a step a cell, so it waits for so many rows that it does not show.
    if (this.rowsSinceFlush < Math.max(this.sample.blockRows, 8 * this.cells.count)) return;
    this.cells.flush();
    this.rowsSinceFlush = 0;
  }

  /** The sums so far, and how to read the groups' keys. */
  collect(): { readonly moments: Moments; readonly key: (group: number, index: number) => Scalar } {
    this.cells.flush();
    const { view, rowKeys, centres, constantInStratum } = this.parts;
    if (this.groupsByStratum) this.addEmptyCells();
    const codes: GroupCodes = collectMoments(
      this.cells,
      this.request.layout.monomials.length,
      this.sample.strata.count,
    );
    this.groupCodes = codes.groups;
    const moments: Moments = {
      layout: this.request.layout,
      centres,
      population: populationValuesOf(this.request.layout, this.sample, this.done),
      ...codes.cells,
      groupCount: this.request.keys.length === 0 ? 1 : codes.groups.length,
      populationRows: this.sample.unitPopulation,
      weightMax: weightMaxOf(this.request.layout, this.sample),
      rowsRead: Float64Array.from(this.done),
      included: this.included,
      constantInStratum,
      groupsByStratum: this.groupsByStratum,
      keys: keyPopulationOf(this.request.layout, this.sample),
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
   */
  values(ranks: Int32Array): RowValues {
    const { inputs, view, valueKernel, centres } = this.parts;
    const to = this.done.map((rows, stratum) => Math.min(rows, ranks[stratum]!)); // one entry a stratum
    const sink = new ValueSink(centres.length);
    const kernel = valueKernel();
    const groupOf = new Map(this.groupCodes.map((code, group) => [code, group]));
    const { keys, runs } = this.sample;
    if (keys === null) {
      const wanted = runs.runs(new Int32Array(to.length), to);
      kernel(inputs, wanted, 0, wanted.length, view.group, sink);
      return sink.take(groupOf, null);
    }
    const ends = Array.from({ length: to[0] ?? 0 }, (_, key) => {
      kernel(
        inputs,
        Int32Array.of(0, keys.starts[key]!, keys.starts[key + 1]!),
        0,
        runStride,
        view.group,
        sink,
      ); // key < number of keys
      return sink.count;
    });
    return sink.take(groupOf, ends);
  }

  /** Where the stratum tells the group, every included stratum is a cell, matched or not: what is not read there is known. */
  private addEmptyCells(): void {
    const { included, group } = this.parts.view;
    for (const [stratum, isIn] of included.entries())
      if (isIn === 1) this.cells.cell(stratum, group[stratum]!); // one entry a stratum
  }
}
