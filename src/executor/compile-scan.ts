import type { BoundExpression, LearnedValues, Measure, MomentLayout } from '../plan/index.ts';
import type { LoadedColumn, Sample } from '../samples/index.ts';
import { cellIndexOf } from './cell-table.ts';
import { centresOf } from './centres.ts';
import { type CombinedKeys, combineKeys, keyCode } from './group-keys.ts';
import type { Interner } from './interner.ts';
import { dataOf, declareInputs, type KernelInputs, namedArrays, type ScanKernel } from './kernel.ts';
import { linkLoop, type LoopCode } from './link-loop.ts';
import { type ColumnSource, Emitter, NotOnKernels } from './lower/emitter.ts';
import { lowerExpression } from './lower/lower.ts';
import { emitMeasures, type MeasureCode } from './measure-code.ts';
import { emitMask, emitSelection, type RowFilter } from './row-filter.ts';
import { canMask, type CellLoop, constantGroupLoop, variableGroupLoop } from './scan-code.ts';
import { linkProgram, type ScanProgram } from './scan-program.ts';
import { isStratumWise, type StrataView, viewStrata } from './strata-view.ts';
import { keyLoop, keyStride } from './universe-scan-code.ts';
import { type ValueKernel, valueLoop } from './values.ts';
import { planVector } from './vector/vector-plan.ts';

/** What to add up over a sample. */
export interface ScanRequest {
  readonly filter: readonly BoundExpression[];
  readonly keys: readonly BoundExpression[];
  readonly layout: MomentLayout;
  /** What was learned of the measures; undefined: nothing. */
  readonly learned?: LearnedValues;
}

/** The compiled parts of a scan. */
export interface CompiledScan {
  readonly view: StrataView;
  readonly rowKeys: CombinedKeys;
  readonly program: ScanProgram;
  /** For each slot of the layout its place among a cell's sums. */
  readonly sumOf: readonly number[];
  /** What tells the values of the codes that the program's kernel gives here. */
  readonly interners: readonly Interner[];
  /** Rows of a stratum are of one group. */
  readonly byStratum: boolean;
  /** Then the strata that the predicate leaves in, each a cell; else null. */
  readonly listed: Int32Array | null;
  readonly kernel: ScanKernel;
  /** Made when it is asked for. */
  readonly valueKernel: () => ValueKernel;
  readonly inputs: KernelInputs;
  readonly centres: Float64Array;
  readonly constantInStratum: readonly boolean[];
}

/**
 * Compiles the loops of a scan.
 * @param source the columns that the request reads, with what is known of them @param loaded the same, with their values
 * @throws NotOnKernels where kernels cannot compute the query just as DuckDB would
 */
export function compileScan(
  sample: Sample,
  request: ScanRequest,
  source: ColumnSource,
  loaded: ReadonlyMap<string, LoadedColumn>,
): CompiledScan {
  const { filter, keys, layout } = request;
  const ofStratum = (expression: BoundExpression): boolean => isStratumWise(expression, sample);
  const ofRow = (expression: BoundExpression): boolean => !isStratumWise(expression, sample);
  const view = viewStrata(sample, filter.filter(ofStratum), keys.filter(ofStratum), source, loaded);
  const centres = centresOf(layout, sample);
  const byStratum = keys.every(ofStratum);
  const rowsCode = emitRows(filter.filter(ofRow), layout, centres, source, byStratum);
  const { emitter, filter: rows, measures } = rowsCode;
  const rowKeys = combineKeys(keys.filter(ofRow).map((key) => keyCode(key, emitter)));
  const codes = view.codes * rowKeys.codes;
  if (codes * sample.strata.count > Number.MAX_SAFE_INTEGER)
    throw new NotOnKernels('too many combinations of keys');
  const { keyed } = layout;
  const { count: strata } = sample.strata;
  const loop = loopOf(rowsCode, layout, rowKeys, byStratum, sample);
  const declared = (body: string): LoopCode => ({
    arrays: namedArrays(emitter.parameters),
    body: `${declareInputs(emitter.parameters)}\n${body}`,
  });
  const program: ScanProgram = {
    ...dataOf(emitter.parameters, loaded),
    loop: declared(loop.code),
    runsAreKeys: keyed !== null,
    interners: emitter.parameters.interners.length,
    keyGroups: keyed === null || byStratum ? null : { codes: rowKeys.codes, stride: keyStride(layout) },
    cells: { strata, codes: rowKeys.codes, stride: loop.stride, index: loop.index },
    vector:
      loop.index === 'strata'
        ? planVector({ conditions: filter.filter(ofRow), layout, centres, measures, loop }, emitter, loaded)
        : null,
  };
  const { interners } = emitter.parameters;
  const { kernel, inputs } = linkProgram(program, interners, true);
  const valueKernel = (): ValueKernel => {
    const code = byStratum ? null : `(${rowKeys.code}) * ${view.codes}`;
    const values = declared(valueLoop(emitter, rows, layout, measures, code));
    return linkLoop(values, 'sink', program, true) as ValueKernel; // the parameters are its
  };
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
  return {
    view,
    rowKeys,
    program,
    sumOf: loop.sumOf,
    interners,
    byStratum,
    listed: byStratum ? strataIn(view.included) : null,
    kernel,
    valueKernel,
    inputs,
    centres,
    constantInStratum,
  };
}

const strataIn = (included: Uint8Array): Int32Array => {
  const strata = Int32Array.from(included, (_, stratum) => stratum);
  return strata.filter((stratum) => included[stratum] === 1); // one entry a stratum
};

/** The loop of a scan, and where it leaves the sums. @param byStratum rows of a stratum are of one group */
function loopOf(
  { emitter, filter, measures }: RowsCode,
  layout: MomentLayout,
  rowKeys: CombinedKeys,
  byStratum: boolean,
  { rows, strata: { count: strata } }: Sample,
): CellLoop {
  const { keyed, monomials } = layout;
  if (keyed === null && !byStratum)
    return variableGroupLoop(emitter, filter, layout, measures, rowKeys, { strata, rows });
  if (keyed === null) return constantGroupLoop(emitter, filter, layout, measures);
  const code = keyLoop(emitter, filter, layout, keyed, measures, byStratum ? null : rowKeys.code);
  const stride = monomials.length;
  const index = cellIndexOf({ strata, codes: rowKeys.codes, stride }, 0);
  return { code, stride, sumOf: [...monomials.keys()], index };
}

/** The code of a row: which rows match, and what they measure. */
interface RowsCode {
  readonly emitter: Emitter;
  readonly filter: RowFilter;
  readonly measures: readonly MeasureCode[];
}

/** @param byStratum rows of a stratum are of one group: no group is met by a row that does not match */
function emitRows(
  conditions: readonly BoundExpression[],
  layout: MomentLayout,
  centres: Float64Array,
  source: ColumnSource,
  byStratum: boolean,
): RowsCode {
  const emitter = new Emitter(source, lowerExpression);
  if (byStratum && conditions.length > 0 && layout.keyed === null) {
    const trial = emitter.anotherLoop();
    const mask = emitMask(conditions, trial);
    const measures = mask === null ? null : emitMeasures(layout, centres, trial);
    if (mask !== null && measures !== null && canMask(layout, measures))
      return { emitter: trial, filter: { kind: 'mask', mask }, measures };
  }
  const filter = emitSelection(conditions, emitter);
  return { emitter, filter, measures: emitMeasures(layout, centres, emitter) };
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
