import type { BoundExpression, Measure, MomentLayout, Monomial } from '../plan/index.ts';
import { type Emitter, NotOnKernels } from './lower/emitter.ts';
import { toNumber } from './lower/arithmetic.ts';

/** Rows that a loop adds up before it hands its sums on. */
const pieceRows = 4096;

/** Code that leaves the row unless every condition holds. */
export function emitFilter(filter: readonly BoundExpression[], emitter: Emitter): void {
  for (const condition of filter) {
    const { value } = emitter.lowerBoolean(condition);
    emitter.lines.push(`if (!(${value})) continue;`);
  }
}

/** A measure of a row as code. */
export interface MeasureCode {
  /** The centred value; null where only the count is asked for. */
  readonly value: string | null;
  /** Condition that the measure takes the row; null: it takes every matching row. */
  readonly takes: string | null;
}

/** Whether a measure's value is asked for, not only whether it is there. */
function isValued(measure: number, { monomials }: MomentLayout): boolean {
  return monomials.some((monomial) =>
    monomial.some((factor) => factor.measure === measure && factor.power > 0),
  );
}

/** The condition and not NULL, where there is either. */
function allOf(condition: string | null, isNull: string | null): string | null {
  const parts = [condition, isNull === null ? null : `!${isNull}`].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' && ');
}

function emitMeasure(measure: Measure, valued: boolean, centre: number, emitter: Emitter): MeasureCode {
  const condition = measure.filter === null ? null : emitter.lowerBoolean(measure.filter).value;
  const { argument } = measure;
  if (argument === null) return { value: null, takes: condition };
  if (!valued) {
    const code = emitter.lower(argument);
    const isNull =
      code.kind === 'text' ? `(${code.code} === ${emitter.constant(code.dictionary.length)})` : code.isNull;
    return { value: null, takes: allOf(condition, isNull) };
  }
  const code = toNumber(argument, { kind: 'double' }, emitter);
  const value = emitter.temporary(`${code.value} - ${emitter.constant(centre)}`);
  return { value, takes: allOf(condition, code.isNull) };
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

/** What a monomial adds for a row, and under which condition. */
function termOf(
  monomial: Monomial,
  measures: readonly MeasureCode[],
): { term: string; condition: string | null } {
  const factors = monomial.flatMap(({ measure, power }) =>
    Array.from({ length: power }, () => measures[measure]!.value!),
  ); // valued where its power is above 0
  const conditions = monomial.map(({ measure }) => measures[measure]!.takes); // one a measure
  const held = [...new Set(conditions.filter((condition) => condition !== null))];
  return {
    term: factors.length === 0 ? '1' : factors.join(' * '),
    condition: held.length === 0 ? null : held.join(' && '),
  };
}

/** Code that adds a row's terms; `target` names the variable or place of a slot. Terms under one condition share its test. */
export function accumulation(
  layout: MomentLayout,
  measures: readonly MeasureCode[],
  target: (slot: number) => string,
): string {
  const byCondition = new Map<string, string[]>();
  for (const [slot, monomial] of layout.monomials.entries()) {
    const { term, condition } = termOf(monomial, measures);
    const lines = byCondition.get(condition ?? '') ?? [];
    lines.push(`${target(slot)} += ${term};`);
    byCondition.set(condition ?? '', lines);
  }
  return [...byCondition]
    .map(([condition, lines]) =>
      condition === '' ? lines.join(' ') : `if (${condition}) { ${lines.join(' ')} }`,
    )
    .join('\n');
}

/** The loop where a run's rows all belong to one cell: sums in local variables, one store a piece. */
export function constantGroupLoop(
  emitter: Emitter,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
): string {
  const slots = layout.monomials.map((_, slot) => slot);
  return `
for (let run = from; run < to; run += 3) {
  const h = runs[run], last = runs[run + 2];
  const o = cells.cell(h, groupOfStratum[h]) * ${slots.length};
  const sums = cells.sums;
  for (let start = runs[run + 1]; start < last; start += ${pieceRows}) {
    const end = Math.min(last, start + ${pieceRows});
    let ${slots.map((slot) => `s${slot} = 0`).join(', ')};
    for (let i = start; i < end; i++) {
      ${emitter.lines.join('\n      ')}
      ${accumulation(layout, measures, (slot) => `s${slot}`)}
    }
    ${slots.map((slot) => `sums[o + ${slot}] += s${slot};`).join(' ')}
  }
}`;
}

/** The loop where each row finds its cell. @param code the row's part of the group code */
export function variableGroupLoop(
  emitter: Emitter,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
  code: string,
  codes: number,
  direct: boolean,
): string {
  const stride = layout.monomials.length;
  const find = direct
    ? `let cell = direct[pairs + g];
      if (cell > 0) cell--;
      else { cell = cells.cell(h, g); sums = cells.sums; }`
    : `const cell = cells.cell(h, g); sums = cells.sums;`;
  return `
const direct = cells.direct;
let sums = cells.sums;
for (let run = from; run < to; run += 3) {
  const h = runs[run], end = runs[run + 2], base = groupOfStratum[h], pairs = h * ${codes};
  for (let i = runs[run + 1]; i < end; i++) {
      ${emitter.lines.join('\n      ')}
      const g = base + ${code};
      ${find}
      const o = cell * ${stride};
      ${accumulation(layout, measures, (slot) => `sums[o + ${slot}]`)}
  }
}`;
}

/** The loop over the first rows of strata. */
export function stratumLoop(emitter: Emitter, filter: readonly string[], code: string): string {
  return `
for (let h = 0; h < rows.length; h++) {
  const i = rows[h];
  if (i < 0) continue;
  ${emitter.lines.join('\n  ')}
  included[h] = ${filter.length === 0 ? '1' : `(${filter.join(' && ')}) ? 1 : 0`};
  groupOfStratum[h] = ${code};
}`;
}
