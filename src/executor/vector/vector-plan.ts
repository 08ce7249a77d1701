import { bytesPerValue, type NumberArray } from '../../columns/index.ts';
import type { BoundExpression, ColumnValue, MomentLayout, Monomial } from '../../plan/index.ts';
import type { LoadedColumn } from '../../samples/index.ts';
import type { Emitter } from '../lower/emitter.ts';
import { factored, type MeasureCode } from '../measure-code.ts';
import type { CellLoop } from '../scan-code.ts';
import { columnRangeTest } from './column-range.ts';
import { moduleFor, type VectorProgram } from './vector-program.ts';
import type { VectorMeasure, VectorSum, VectorTest, WordStorage } from './vector-shape.ts';

/** Sums that loops over vectors were found to be faster for: two ratios have 18. */
const sumsMax = 24;
/** Tests whose code is worth its length. */
const testsMax = 16;

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

/** Thrown where rows are to be read one by one. */
class NotByVectors extends Error {}

/**
 * The loop over vectors that adds up what a loop by rows does, of strata whose rows are all of one group.
 * @param emitter has lowered all of it
 * @returns null where there is none: a condition is no range of a column's values, or a value is no column's
 */
export function planVector(
  request: VectorRequest,
  emitter: Emitter,
  loaded: ReadonlyMap<string, LoadedColumn>,
): VectorProgram | null {
  try {
    return new VectorPlan(request, emitter, loaded).program();
  } catch (error) {
    if (error instanceof NotByVectors) return null;
    throw error;
  }
}

/** A mask, and the code of what it lets through; null: it is that of all rows. */
interface PlannedMask {
  readonly takes: string | null;
  readonly tests: readonly VectorTest[];
}

const leastOf: Readonly<Record<WordStorage, number>> = { int8: -(2 ** 7), int16: -(2 ** 15), int32: -(2 ** 31), uint8: 0, uint16: 0 }; // prettier-ignore

class VectorPlan {
  /** All of which something is read. */
  private readonly read = new Set<LoadedColumn>();
  /** Those whose values are. */
  private readonly columns: LoadedColumn[] = [];
  private readonly bitmaps: Uint8Array[] = [];
  private readonly masks: PlannedMask[] = [];
  private readonly measures: VectorMeasure[] = [];
  /** What tests and measures are told, in their order. */
  private readonly ranges: number[] = [];
  private readonly scalings: number[] = [];
  /** The measures of the layout whose values are asked for, in the order of {@link measures}. */
  private readonly valued: number[] = [];

  constructor(
    private readonly request: VectorRequest,
    private readonly emitter: Emitter,
    private readonly loaded: ReadonlyMap<string, LoadedColumn>,
  ) {}

  /** @throws NotByVectors */
  program(): VectorProgram {
    const { conditions, layout, measures, loop } = this.request;
    this.masks.push({ takes: null, tests: conditions.flatMap((condition) => this.testsOf(condition)) });
    const places = Array.from({ length: loop.stride }, (_, place) => loop.sumOf.indexOf(place));
    const monomials = places.map((slot) => layout.monomials[slot]!); // each is some slot's
    const sums = monomials.map((monomial) => this.sumOf(monomial));
    const { columns, masks, bitmaps } = this;
    const [memory = null, ...others] = [...this.read].map((column) => column.memory);
    const tests = masks.reduce((count, own) => count + own.tests.length, 0);
    const isTooMuch = tests > testsMax || sums.length > sumsMax;
    if (memory === null || others.includes(null) || isTooMuch) throw new NotByVectors();
    const module = moduleFor({
      columns: columns.map(({ manifest }) => manifest.storage),
      bitmaps: bitmaps.length,
      masks: masks.map((mask) => mask.tests),
      measures: this.measures,
      sums,
    });
    if (module === null) throw new NotByVectors();
    const addresses = [...columns.map(({ values }) => values as NumberArray), ...bitmaps]; // no column is int64
    return {
      module,
      memory,
      arguments: [...addresses.map(({ byteOffset }) => byteOffset), ...this.ranges, ...this.scalings],
      scales: sums.map(({ factors }) =>
        factors.flatMap((place) => {
          const { scale } = measures[this.valued[place]!]!; // places of measures
          return scale === null ? [] : [this.emitter.constantOf(scale)!]; // it is one
        }),
      ),
    };
  }

  /** What rows add to the sum of a monomial. */
  private sumOf(monomial: Monomial): VectorSum {
    const takes = ({ measure }: Monomial[number]): string | null => this.request.measures[measure]!.takes; // a place of measures
    const factors = monomial.flatMap(({ measure, power }) =>
      Array.from({ length: power }, () => this.valueOf(measure)),
    );
    const ofValues = monomial.filter(({ power }) => power > 0).map(takes);
    const others = monomial.filter((factor) => takes(factor) !== null && !ofValues.includes(takes(factor)));
    const [one, another] = others.filter((factor, at) => others.map(takes).indexOf(takes(factor)) === at);
    // A product is 0 where one of its values is; of others there is one mask.
    if (another !== undefined) throw new NotByVectors();
    return { factors, mask: one === undefined ? 0 : this.maskOf(one.measure) };
  }

  /** The mask of the rows that a measure takes. */
  private maskOf(place: number): number {
    const { takes } = this.request.measures[place]!; // a place of measures, here and below
    const known = this.masks.findIndex((mask) => mask.takes === takes);
    if (known >= 0) return known;
    const { argument, filter } = this.request.layout.measures[place]!;
    const tests = filter === null ? [] : this.testsOf(filter);
    if (argument !== null) tests.push(...this.hasValue(this.columnOf(place)));
    return this.masks.push({ takes, tests }) - 1;
  }

  /** The tests of a condition. */
  private testsOf(condition: BoundExpression): VectorTest[] {
    if (condition.kind === 'function' && condition.name === 'and')
      return condition.arguments.flatMap((each) => this.testsOf(each));
    const test = columnRangeTest(condition, this.emitter);
    if (test === null) throw new NotByVectors();
    const { column, low, high, negated } = test;
    const { nullable, dictionary } = this.emitter.source.columnOf(column);
    const range = this.rangeTest(column, low, high, negated);
    // The code of NULL lies in no range.
    return !nullable || (dictionary !== null && !negated) ? [range] : [range, ...this.hasValue(column)];
  }

  /** The test that a column is not NULL; none where it never is. */
  private hasValue(column: ColumnValue): VectorTest[] {
    const { nullable, dictionary } = this.emitter.source.columnOf(column);
    if (!nullable) return [];
    if (dictionary !== null) return [this.rangeTest(column, 0, dictionary.length - 1, false)];
    const validity = this.loadedOf(column).validity!; // it may be NULL
    const known = this.bitmaps.indexOf(validity);
    return [{ kind: 'valid', bitmap: known >= 0 ? known : this.bitmaps.push(validity) - 1 }];
  }

  private rangeTest(column: ColumnValue, low: number, high: number, negated: boolean): VectorTest {
    const { storage } = this.loadedOf(column).manifest;
    if (storage === 'int64' || storage === 'float32' || storage === 'float64') throw new NotByVectors();
    const least = Math.max(low, leastOf[storage]);
    const span = Math.min(high, leastOf[storage] + 256 ** bytesPerValue(storage) - 1) - least;
    if (span < 0) throw new NotByVectors(); // it holds of no row, or of all
    this.ranges.push(least, span);
    return { kind: 'range', column: this.placeOf(column), storage, negated };
  }

  /** The place of a measure's values. */
  private valueOf(measure: number): number {
    const known = this.valued.indexOf(measure);
    if (known >= 0) return known;
    const column = this.columnOf(measure);
    const { storage } = this.loadedOf(column).manifest;
    const { type } = column;
    if (storage === 'int64' || storage === 'float32' || !['integer', 'decimal', 'double'].includes(type.kind))
      throw new NotByVectors();
    const divisor = type.kind === 'decimal' && type.scale > 0 ? 10 ** type.scale : null;
    const { centres, measures } = this.request;
    const { scale } = measures[measure]!; // a place of measures
    const centre = centres[measure]! / (scale === null ? 1 : this.emitter.constantOf(scale)!); // one each; it is a constant
    const isNarrow = storage !== 'float64' && storage !== 'int32';
    const isWhole = isNarrow && divisor === null && Number.isInteger(centre) && Math.abs(centre) < 2 ** 30;
    const mask = this.maskOf(measure);
    this.scalings.push(...(divisor === null ? [centre] : [centre, divisor]));
    this.valued.push(measure);
    const isDivided = divisor !== null;
    return this.measures.push({ column: this.placeOf(column), storage, isDivided, isWhole, mask }) - 1;
  }

  /** The column that a measure takes its values from. */
  private columnOf(measure: number): ColumnValue {
    const { argument, listed } = this.request.layout.measures[measure]!; // a place of measures
    const own = listed || argument === null ? argument : factored(argument).argument;
    const column = own?.kind === 'cast' && own.type.kind === 'double' ? own.operand : own;
    if (column?.kind !== 'column') throw new NotByVectors();
    return column;
  }

  private loadedOf({ name }: ColumnValue): LoadedColumn {
    const loaded = this.loaded.get(name)!; // loaded for the query
    this.read.add(loaded);
    return loaded;
  }

  private placeOf(column: ColumnValue): number {
    const loaded = this.loadedOf(column);
    const known = this.columns.indexOf(loaded);
    return known >= 0 ? known : this.columns.push(loaded) - 1;
  }
}
