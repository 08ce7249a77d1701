import { bytesPerValue, type NumberArray } from '../../columns/index.ts';
import type { BoundExpression, ColumnValue, MomentLayout } from '../../plan/index.ts';
import type { LoadedColumn } from '../../samples/index.ts';
import type { Emitter } from '../lower/emitter.ts';
import { factored, type MeasureCode } from '../measure-code.ts';
import type { CellLoop } from '../scan-code.ts';
import { type ColumnRangeTest, columnRangeTest } from './column-range.ts';
import { moduleFor, type VectorProgram } from './vector-program.ts';
import type { VectorMeasure, VectorShape, WordStorage } from './vector-shape.ts';

/** Sums that loops over vectors were found to be faster for: two ratios have 18. */
const sumsMax = 24;

/** A query's rows as a loop is planned from. */
export interface VectorRequest {
  /** Conditions that differ by row. */
  readonly conditions: readonly BoundExpression[];
  readonly layout: MomentLayout;
  readonly centres: Float64Array;
  /** The same as code. */
  readonly measures: readonly MeasureCode[];
  readonly loop: Pick<CellLoop, 'sumOf' | 'stride'>;
}

/**
 * The loop over vectors that adds up what a loop by rows does, of strata whose rows are all of one group.
 * @param emitter has lowered all of it
 * @returns null where there is none: a condition is no range of a column's values, a value is no column's, or there is NULL
 */
export function planVector(
  request: VectorRequest,
  emitter: Emitter,
  loaded: ReadonlyMap<string, LoadedColumn>,
): VectorProgram | null {
  const { layout, measures, loop } = request;
  if (measures.some(({ takes }) => takes !== null)) return null;
  const tests = request.conditions.flatMap(conjuncts).map((each) => columnRangeTest(each, emitter));
  const columns = new ColumnPlaces(loaded);
  const conditions = tests.map((test) => (test === null ? null : columns.condition(test)));
  const sums = Array.from(
    { length: loop.stride - 1 },
    (_, place) => layout.monomials[loop.sumOf.indexOf(place + 1)]!,
  ); // each is some slot's
  const products = sums.map((monomial) =>
    monomial.flatMap(({ measure, power }) => Array.from({ length: power }, () => measure)),
  );
  const valued = [...new Set(products.flat())];
  const values = valued.map((measure) => columns.measure(measure, request));
  const { memory } = columns;
  const isPlanned = conditions.every((each) => each !== null) && values.every((each) => each !== null);
  if (
    !isPlanned ||
    memory === null ||
    products.length > sumsMax ||
    products.some(({ length }) => length === 0)
  )
    return null;
  const shape: VectorShape = {
    columns: columns.storages,
    conditions: conditions.map(({ shape: own }) => own),
    measures: values.map(({ shape: own }) => own),
    products: products.map((factors) => factors.map((measure) => valued.indexOf(measure))),
  };
  const module = moduleFor(shape);
  if (module === null) return null;
  return {
    module,
    memory,
    arguments: [
      columns.addresses,
      ...conditions.map((each) => each.arguments),
      ...values.map((each) => each.arguments),
    ].flat(),
    scales: products.map((factors) =>
      factors.flatMap((measure) => {
        const { scale } = measures[measure]!; // a place of measures
        return scale === null ? [] : [emitter.constantOf(scale)!]; // it is one
      }),
    ),
  };
}

const conjuncts = (condition: BoundExpression): BoundExpression[] =>
  condition.kind === 'function' && condition.name === 'and'
    ? condition.arguments.flatMap(conjuncts)
    : [condition];

/** A part of a shape, with its arguments. */
interface Part<T> {
  readonly shape: T;
  readonly arguments: readonly number[];
}

const leastOf: Readonly<Record<WordStorage, number>> = { int8: -(2 ** 7), int16: -(2 ** 15), int32: -(2 ** 31), uint8: 0, uint16: 0 }; // prettier-ignore

/** The columns that a loop reads, each once. */
class ColumnPlaces {
  private readonly read: LoadedColumn[] = [];

  constructor(private readonly loaded: ReadonlyMap<string, LoadedColumn>) {}

  get storages(): VectorShape['columns'] {
    return this.read.map(({ manifest }) => manifest.storage);
  }

  get addresses(): number[] {
    return this.read.map(({ values }) => (values as NumberArray).byteOffset);
  }

  /** Where all of them lie; null: some have buffers of their own, or there are none. */
  get memory(): WebAssembly.Memory | null {
    const [first = null, ...others] = this.read.map(({ memory }) => memory);
    return others.includes(null) ? null : first;
  }

  private placeOf({ name }: ColumnValue): number {
    const column = this.loaded.get(name)!; // loaded for the query
    const known = this.read.indexOf(column);
    return known >= 0 ? known : this.read.push(column) - 1;
  }

  private storageOf({ name }: ColumnValue): VectorMeasure['storage'] | null {
    const { storage } = this.loaded.get(name)!.manifest; // loaded for the query
    return storage === 'int64' || storage === 'float32' ? null : storage;
  }

  condition({ column, low, high, negated }: ColumnRangeTest): Part<VectorShape['conditions'][number]> | null {
    const storage = this.storageOf(column);
    if (storage === null || storage === 'float64') return null;
    const least = Math.max(low, leastOf[storage]);
    const span = Math.min(high, leastOf[storage] + 256 ** bytesPerValue(storage) - 1) - least;
    if (span < 0) return null;
    return { shape: { column: this.placeOf(column), storage, negated }, arguments: [least, span] };
  }

  measure(place: number, { layout, centres }: VectorRequest): Part<VectorMeasure> | null {
    const { argument, listed } = layout.measures[place]!; // a place of measures, here and below
    const { argument: own, scale } =
      listed || argument === null ? { argument, scale: 1 } : factored(argument);
    const column = own?.kind === 'cast' && own.type.kind === 'double' ? own.operand : own;
    if (column?.kind !== 'column' || !['integer', 'decimal', 'double'].includes(column.type.kind))
      return null;
    const storage = this.storageOf(column);
    if (storage === null) return null;
    const divisor = column.type.kind === 'decimal' && column.type.scale > 0 ? 10 ** column.type.scale : null;
    const centre = centres[place]! / scale;
    const isNarrow = storage !== 'float64' && storage !== 'int32';
    const isWhole = isNarrow && divisor === null && Number.isInteger(centre) && Math.abs(centre) < 2 ** 30;
    return {
      shape: { column: this.placeOf(column), storage, isDivided: divisor !== null, isWhole },
      arguments: divisor === null ? [centre] : [centre, divisor],
    };
  }
}
