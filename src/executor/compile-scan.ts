import type { BoundExpression, LearnedValues, Measure, MomentLayout } from '../plan/index.ts';
import type { LoadedColumn, Sample } from '../samples/index.ts';
import { directPairsMax } from './cell-table.ts';
import { centresOf } from './centres.ts';
import { type CombinedKeys, combineKeys, keyCode } from './group-keys.ts';
import type { Interner } from './interner.ts';
import { dataOf, declareInputs, type KernelInputs, type ScanKernel } from './kernel.ts';
import { type ColumnSource, Emitter, NotOnKernels } from './lower/emitter.ts';
import { lowerExpression } from './lower/lower.ts';
import {
  constantGroupLoop,
  emitSelection,
  emitMeasures,
  type MeasureCode,
  variableGroupLoop,
} from './scan-code.ts';
import { compileLoop, linkProgram, type ScanProgram } from './scan-program.ts';
import { isStratumWise, type StrataView, viewStrata } from './strata-view.ts';
import { keyLoop, keyStride } from './universe-scan-code.ts';
import { type ValueKernel, valueLoop } from './values.ts';

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
  /** What tells the values of the codes that the program's kernel gives here. */
  readonly interners: readonly Interner[];
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
  const declared = (text: string): string => `${declareInputs(emitter.parameters)}\n${text}`;
  const program: ScanProgram = {
    ...dataOf(emitter.parameters, loaded),
    text: declared(loop),
    runsAreKeys: keyed !== null,
    interners: emitter.parameters.interners.length,
    keyGroups: keyed === null || byStratum ? null : { codes, stride: keyStride(layout) },
    groupOfStratum: view.group,
    cells: { strata: sample.strata.count, groups: codes, stride: layout.monomials.length },
  };
  const { interners } = emitter.parameters;
  const { kernel, inputs } = linkProgram(program, interners);
  const valueKernel = (): ValueKernel => {
    const text = declared(valueLoop(emitter, selection, layout, measures, rowCode));
    return compileLoop(text, 'sink', program) as ValueKernel; // the parameters are its
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
  return { view, rowKeys, program, interners, kernel, valueKernel, inputs, centres, constantInStratum };
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
