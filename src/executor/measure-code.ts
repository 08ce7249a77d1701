import type { BoundExpression, Measure, MomentLayout, Monomial } from '../plan/index.ts';
import { columnSumOf } from './column-sum.ts';
import { isAlwaysFinite } from './lower/always-finite.ts';
import { toNumber } from './lower/arithmetic.ts';
import { type Emitter, NotOnKernels } from './lower/emitter.ts';

/** A measure of a row as code. */
export interface MeasureCode {
  /** The centred value, but for `scale`; null where only the count is asked for. */
  readonly value: string | null;
  /** A constant that the value is yet to be multiplied by; null: none. */
  readonly scale: string | null;
  /** Condition that the measure takes the row; null: it takes every matching row. */
  readonly takes: string | null;
  /** The value is finite in every row, whether or not it is taken. */
  readonly isFinite: boolean;
}

/** Whether a measure's value is asked for, not only whether it is there. */
function isValued(measure: number, { measures, monomials }: MomentLayout): boolean {
  if (measures[measure]!.listed) return true; // a place of measures
  return monomials.some((monomial) =>
    monomial.some((factor) => factor.measure === measure && factor.power > 0),
  );
}

/** The condition and not NULL, where there is either. */
function allOf(condition: string | null, isNull: string | null): string | null {
  const parts = [condition, isNull === null ? null : `!${isNull}`].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' & ');
}

/** Scales that leave third powers far from the ends of doubles. */
const scales = { least: 1e-30, most: 1e30 };

/** A double that is a multiple of a column, with its factor: rows then add up the column, and sums are multiplied. */
export function factored(argument: BoundExpression): { argument: BoundExpression; scale: number } {
  const sum = argument.type.kind === 'double' ? columnSumOf(argument) : null;
  const [only, another] = sum?.multiples ?? [];
  const isMultiple = sum?.offset === 0 && only !== undefined && another === undefined;
  const size = Math.abs(isMultiple ? only.scale : 1);
  // Beside an offset the centre would be rounded to the offset's digits.
  return isMultiple && size !== 1 && size > scales.least && size < scales.most
    ? { argument: only.column, scale: only.scale }
    : { argument, scale: 1 };
}

function emitMeasure(measure: Measure, valued: boolean, centre: number, emitter: Emitter): MeasureCode {
  const condition = measure.filter === null ? null : emitter.lowerBoolean(measure.filter).value;
  const { argument } = measure;
  if (argument === null) return { value: null, scale: null, takes: condition, isFinite: true };
  if (!valued) {
    const code = emitter.lower(argument);
    const isNull =
      code.kind === 'text' ? `(${code.code} === ${emitter.whole(code.dictionary.length)})` : code.isNull;
    return { value: null, scale: null, takes: allOf(condition, isNull), isFinite: true };
  }
  const { argument: own, scale } = measure.listed ? { argument, scale: 1 } : factored(argument);
  // What is left out of the loop may still be what kernels cannot compute.
  if (scale !== 1) emitter.anotherLoop().lower(argument);
  const code = toNumber(own, { kind: 'double' }, emitter);
  const value = emitter.temporary(`${code.value} - ${emitter.constant(centre / scale)}`);
  return {
    value,
    scale: scale === 1 ? null : emitter.constant(scale),
    takes: allOf(condition, code.isNull),
    isFinite: isAlwaysFinite(own, emitter.source),
  };
}

/** The code of all measures, in the layout's order. */
export function emitMeasures(layout: MomentLayout, centres: Float64Array, emitter: Emitter): MeasureCode[] {
  return layout.measures.map((measure, place) => {
    const { type } = measure.argument ?? {};
    const valued = isValued(place, layout);
    if (
      valued &&
      type !== undefined &&
      !['integer', 'decimal', 'float', 'double', 'boolean'].includes(type.kind)
    ) {
      throw new NotOnKernels('sums of these values are left to the source');
    }
    return emitMeasure(measure, valued, centres[place]!, emitter); // one centre a measure
  });
}

/** The measures with their scales taken into the values. */
export function withScales(measures: readonly MeasureCode[]): MeasureCode[] {
  return measures.map((measure) =>
    measure.scale === null
      ? measure
      : { ...measure, value: `(${measure.value} * ${measure.scale})`, scale: null },
  );
}

/** What a monomial's sum is yet to be multiplied by, as the end of a product. */
export function scaleOf(monomial: Monomial, measures: readonly MeasureCode[]): string {
  return monomial
    .flatMap(({ measure, power }) => Array.from({ length: power }, () => measures[measure]!.scale)) // places of measures
    .flatMap((scale) => (scale === null ? [] : [` * ${scale}`]))
    .join('');
}

/**
 * The measures as they add up under a mask: a value is 0 where the mask or the measure leaves the row out.
 * @param mask null: every row matches
 */
export function masked(
  measures: readonly MeasureCode[],
  mask: string | null,
  emitter: Emitter,
): MeasureCode[] {
  return measures.map((measure) => {
    const { value, takes } = measure;
    const condition = mask !== null && takes !== null ? `${mask} & ${takes}` : (mask ?? takes);
    if (value === null || condition === null) return measure;
    const one = condition === mask ? mask : emitter.temporary(`+(${condition})`);
    return { ...measure, value: emitter.temporary(`${value} * ${one}`) };
  });
}
