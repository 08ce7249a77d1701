import type { BoundExpression, Measure, MomentLayout, Monomial } from '../plan/index.ts';
import { pieceRows } from './kernel.ts';
import { type Emitter, NotOnKernels } from './lower/emitter.ts';
import { toNumber } from './lower/arithmetic.ts';

/** A loop over the rows `i` from `start` to `end`. */
const everyRow = (body: string): string => `
for (let i = start; i < end; i++) {
  ${body}
}`;
/** A loop over the `count` rows `i` that were selected. */
const selectedRows = (count: string, body: string): string => `
for (let j = 0; j < ${count}; j++) {
  const i = selection[j];
  ${body}
}`;

/**
 * Code that selects the rows from `start` to `end` of which every condition holds, `count` of them. Each condition has a loop of
 * its own, over what those before it left: every row is written down, and the next overwrites it where the condition does not
 * hold. So no jump depends on the data.
 * @returns null without conditions: every row is selected
 */
export function emitSelection(filter: readonly BoundExpression[], emitter: Emitter): string | null {
  const loops = filter.map((condition, place) => {
    const loop = emitter.anotherLoop();
    const { value } = loop.lowerBoolean(condition);
    const select = `${loop.lines.join('\n  ')}\n  selection[count] = i; count += +(${value});`;
    return place === 0
      ? `let count = 0;${everyRow(select)}`
      : `const before${place} = count; count = 0;${selectedRows(`before${place}`, select)}`;
  });
  return loops.length === 0 ? null : loops.join('\n');
}

/** The loop that adds up a piece: over the rows that are selected, or over all of them. */
export function overPiece(selection: string | null, body: string): string {
  return selection === null
    ? `const count = end - start;${everyRow(body)}`
    : `${selection}${selectedRows('count', body)}`;
}

/** A measure of a row as code. */
export interface MeasureCode {
  /** The centred value; null where only the count is asked for. */
  readonly value: string | null;
  /** Condition that the measure takes the row; null: it takes every matching row. */
  readonly takes: string | null;
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
    condition: held.length === 0 ? null : held.join(' & '),
  };
}

/** Code that adds terms to the sums of a row's group or of all rows. */
export interface Accumulation {
  /** What each row adds. Terms under one condition share its test. */
  readonly ofRow: string;
  /** Slots that count the rows themselves. */
  readonly counts: readonly number[];
}

/** What each row adds to some sums. @param target names the variable or place of a slot */
export function accumulation(
  { monomials }: Pick<MomentLayout, 'monomials'>,
  measures: readonly MeasureCode[],
  target: (slot: number) => string,
): Accumulation {
  const terms = monomials.map((monomial, slot) => ({ slot, ...termOf(monomial, measures) }));
  const isCount = ({ term, condition }: (typeof terms)[number]): boolean =>
    term === '1' && condition === null;
  const ofRow = terms.filter((term) => !isCount(term));
  const conditions = [...new Set(ofRow.map(({ condition }) => condition))];
  return {
    ofRow: conditions
      .map((condition) =>
        addTerms(
          condition,
          ofRow.filter((term) => term.condition === condition),
          target,
        ),
      )
      .join('\n  '),
    counts: terms.filter(isCount).map(({ slot }) => slot),
  };
}

function addTerms(
  condition: string | null,
  terms: readonly { readonly slot: number; readonly term: string }[],
  target: (slot: number) => string,
): string {
  if (condition !== null && terms.every(({ term }) => term === '1')) {
    return terms.map(({ slot }) => `${target(slot)} += +(${condition});`).join(' ');
  }
  const lines = terms.map(({ slot, term }) => `${target(slot)} += ${term};`).join(' ');
  return condition === null ? lines : `if (${condition}) { ${lines} }`;
}

/** A scan's loop over runs, and within these over pieces of them. */
export function overRuns(beforeRun: string, piece: string, afterRun = ''): string {
  return `
const selection = inputs.selection;
for (let run = from; run < to; run += 3) {
  const h = runs[run], last = runs[run + 2];
  ${beforeRun}
  for (let start = runs[run + 1]; start < last; start += ${pieceRows}) {
    const end = Math.min(last, start + ${pieceRows});
    ${piece}
  }${afterRun === '' ? '' : `\n  ${afterRun}`}
}`;
}

/** The loop where a run's rows all belong to one cell: sums in local variables, one store a piece. */
export function constantGroupLoop(
  emitter: Emitter,
  selection: string | null,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
): string {
  const stride = layout.monomials.length;
  const { ofRow, counts } = accumulation(layout, measures, (slot) => `s${slot}`);
  const summed = layout.monomials.map((_, slot) => slot).filter((slot) => !counts.includes(slot));
  return overRuns(
    `const o = cells.cell(h, groupOfStratum[h]) * ${stride};
  const sums = cells.sums;`,
    `${summed.map((slot) => `let s${slot} = 0;`).join(' ')}
    ${overPiece(selection, `${emitter.lines.join('\n  ')}\n  ${ofRow}`)}
    ${summed.map((slot) => `sums[o + ${slot}] += s${slot};`).join(' ')}
    ${counts.map((slot) => `sums[o + ${slot}] += count;`).join(' ')}`,
  );
}

/** How the rows of a query that groups by more than strata find their groups. */
export interface RowGroups {
  /** The row's part of the group code. */
  readonly code: string;
  /** Group codes are below this. */
  readonly codes: number;
  /** Whether pairs of stratum and group are few enough to be indexed directly. */
  readonly direct: boolean;
}

const sumOfCell = (slot: number): string => `sums[o + ${slot}]`;

/** The loop where each row finds its cell. */
export function variableGroupLoop(
  emitter: Emitter,
  selection: string | null,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
  { code, codes, direct }: RowGroups,
): string {
  const stride = layout.monomials.length;
  const { ofRow, counts } = accumulation(layout, measures, sumOfCell);
  const find = direct
    ? `let cell = direct[pairs + g];
  if (cell > 0) cell--;
  else { cell = cells.cell(h, g); sums = cells.sums; }`
    : `const cell = cells.cell(h, g); sums = cells.sums;`;
  const body = `${emitter.lines.join('\n  ')}
  const g = base + ${code};
  ${find}
  const o = cell * ${stride};
  ${counts.map((slot) => `${sumOfCell(slot)} += 1;`).join(' ')}
  ${ofRow}`;
  return `
const direct = cells.direct;
let sums = cells.sums;
${overRuns(`const base = groupOfStratum[h], pairs = h * ${codes};`, overPiece(selection, body))}`;
}

/** The loop over the first rows of strata. */
export function stratumLoop(emitter: Emitter, filter: readonly string[], code: string): string {
  return `
for (let h = 0; h < rows.length; h++) {
  const i = rows[h];
  if (i < 0) continue;
  ${emitter.lines.join('\n  ')}
  included[h] = ${filter.length === 0 ? '1' : `(${filter.join(' & ')}) ? 1 : 0`};
  groupOfStratum[h] = ${code};
}`;
}
