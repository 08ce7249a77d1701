import { type BoundExpression, columnsOf, type Scalar } from '../plan/index.ts';
import type { LoadedColumn, Sample } from '../samples/index.ts';
import { type CombinedKeys, combineKeys, keyCode } from './group-keys.ts';
import {
  compile,
  dataOf,
  declare,
  declareInputs,
  inputsOf,
  namedArrays,
  shapeOf,
  sourcesOfArrays,
  type StratumKernel,
} from './kernel.ts';
import { type ColumnSource, Emitter } from './lower/emitter.ts';
import { lowerExpression } from './lower/lower.ts';
import { stratumLoop } from './scan-code.ts';

/** What a query says of whole strata, from their columns alone. */
export interface StrataView {
  /** For each stratum 0 where the predicate excludes all of it. */
  readonly included: Uint8Array;
  /** For each stratum the code of its keys, below `codes`. */
  readonly group: Float64Array;
  readonly codes: number;
  /** The value of one of the strata's keys for a code. */
  readonly decode: (code: number, key: number) => Scalar;
}

/** True where the expression is constant in every stratum: it reads no column but those that strata are made of. */
export function isStratumWise(expression: BoundExpression, sample: Sample): boolean {
  const strataColumns = new Set(sample.strata.keys.map(({ name }) => name));
  return columnsOf(expression).every(({ name }) => strataColumns.has(name));
}

/**
 * Evaluates stratum-wise conditions and keys once a stratum, on its first row in the sample.
 * @throws NotOnKernels
 */
export function viewStrata(
  sample: Sample,
  filter: readonly BoundExpression[],
  keys: readonly BoundExpression[],
  source: ColumnSource,
  loaded: ReadonlyMap<string, LoadedColumn>,
): StrataView {
  const { count, sampled } = sample.strata;
  const emitter = new Emitter(source, lowerExpression);
  const conditions = filter.map((condition) => emitter.lowerBoolean(condition).value);
  const combined = combineKeys(keys.map((key) => keyCode(key, emitter)));
  const { parameters } = emitter;
  const declared = `const { ${sourcesOfArrays.join(', ')} } = inputs;\n${declare(namedArrays(parameters))}\n${declareInputs(parameters)}`;
  const body = `${declared}\n${stratumLoop(emitter, conditions, combined.code)}`;
  const inputs = inputsOf(dataOf(emitter.parameters, loaded), emitter.parameters.interners);
  const kernel = compile(
    ['inputs', 'rows', 'included', 'groupOfStratum'],
    body,
    shapeOf(inputs),
  ) as StratumKernel; // the parameters are its
  // A stratum without rows in the sample has no first row: nothing excludes it.
  const rows = sampled.map((size, stratum) => (size === 0 ? -1 : sample.runs.firstRow(stratum)));
  const included = new Uint8Array(count).fill(1);
  const group = new Float64Array(count);
  kernel(inputs, rows, included, group);
  return { included, ...dense(group, combined) };
}

/** Replaces codes by their places among those that occur, so that few groups have small codes. */
function dense(group: Float64Array, combined: CombinedKeys): Pick<StrataView, 'group' | 'codes' | 'decode'> {
  const places = new Map<number, number>();
  const original: number[] = [];
  const compact = group.map((code) => {
    const known = places.get(code);
    if (known !== undefined) return known;
    places.set(code, original.length);
    return original.push(code) - 1;
  });
  return {
    group: compact,
    codes: Math.max(1, original.length),
    decode: (code, key) => combined.decode(original[code]!, key),
  }; // codes are places
}
