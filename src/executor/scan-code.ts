import type { MomentLayout, Monomial } from '../plan/index.ts';
import { type Accumulation, accumulation } from './accumulation.ts';
import { type CellIndex, cellIndexOf, type CellsShape } from './cell-table.ts';
import type { CombinedKeys } from './group-keys.ts';
import { pieceRows } from './kernel.ts';
import type { Emitter } from './lower/emitter.ts';
import { masked, type MeasureCode, scaleOf, withScales } from './measure-code.ts';
import { overPiece, type RowFilter } from './row-filter.ts';
import { recordLength } from './stratum-cells.ts';

/** A scan's loop over runs, and within these over pieces of them. */
export function overRuns(beforeRun: string, piece: string, afterRun = ''): string {
  return `
for (let run = from; run < to; run += 3) {
  const h = runs[run], last = runs[run + 2];
  ${beforeRun}
  for (let start = runs[run + 1]; start < last; start += ${pieceRows}) {
    const end = Math.min(last, start + ${pieceRows});
    ${piece}
  }${afterRun === '' ? '' : `\n  ${afterRun}`}
}`;
}

/** Sums that rows may add to under a mask: more are cheaper to leave out than to add zeros to. */
const maskedSumsMax = 4;
/** Sums of all lanes together: about as many as there are registers. */
const laneSumsMax = 12;
/** Beyond so many of a row there is no room for those of a second one beside what they are made of. */
const rowSumsMax = 5;
/** Lanes beyond which the rows of short runs are left over, and loops no longer fit what the compiler cares for. */
const lanesMax = { none: 4, mask: 2, selection: 2 };

/** Sums that are spread over fewer lie near, and rows in turns meet the same ones: one waits for the other. */
const spreadInLanesMin = 2 ** 14;
/** Sums of all lanes together that rows add to in memory. */
const spreadSumsMax = 16;

/** Slots whose monomials multiply values; the others count. */
const valuedSums = (monomials: readonly Monomial[]): number =>
  monomials.filter((monomial) => monomial.some(({ power }) => power > 0)).length;

/** Whether rows that a filter leaves out may be made to add zeros: their values are finite, and to add them costs little. */
export function canMask({ monomials }: MomentLayout, measures: readonly MeasureCode[]): boolean {
  return valuedSums(monomials) <= maskedSumsMax && measures.every(({ isFinite }) => isFinite);
}

/** What rows add, under the filter's mask where it has one; values that cannot be multiplied by 0 stand under a test. */
function accumulationUnder(
  filter: RowFilter,
  { monomials }: MomentLayout,
  measures: readonly MeasureCode[],
  emitter: Emitter,
): Accumulation {
  const mask = filter.kind === 'mask' ? filter.mask : null;
  return measures.every(({ isFinite }) => isFinite)
    ? accumulation(monomials, masked(measures, mask, emitter), { by: 'mask', mask })
    : accumulation(monomials, measures, { by: 'test' });
}

/** A loop over runs, and where it leaves the sums of a layout. */
export interface CellLoop {
  readonly code: string;
  /** Sums that a cell has. */
  readonly stride: number;
  /** For each slot its place among a cell's sums: what adds up the same is added up once. */
  readonly sumOf: readonly number[];
  readonly index: CellsShape['index'];
}

/**
 * The loop where a run's rows all belong to the cell of their stratum: sums in local variables, which a piece adds with what rounding takes
 * off. So sums do not depend on who reads how many pieces at a time.
 */
export function constantGroupLoop(
  emitter: Emitter,
  filter: RowFilter,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
): CellLoop {
  const { monomials } = layout;
  const { ofRow, firstSame, counts } = accumulationUnder(filter, layout, measures, emitter);
  const scales = monomials.map((monomial) => scaleOf(monomial, measures));
  const same = firstSame.map((first, slot) =>
    firstSame.findIndex((other, at) => other === first && scales[at] === scales[slot]),
  );
  const stored = [...new Set(same)];
  const summed = [...new Set(firstSame)].filter((slot) => !counts.includes(slot));
  const rowSums = Math.max(1, valuedSums(monomials));
  const lanes = rowSums > rowSumsMax ? 1 : Math.min(lanesMax[filter.kind], Math.floor(laneSumsMax / rowSums));
  const names = (slot: number): string[] => Array.from({ length: lanes }, (_, lane) => `s${slot}l${lane}`);
  const row = (lane: number): string[] => [...emitter.lines, ...ofRow((slot) => `s${slot}l${lane}`, summed)];
  const term = (slot: number): string =>
    counts.includes(slot) ? 'count' : `(${names(firstSame[slot]!).join(' + ')})${scales[slot]!}`; // slots are places of monomials
  const stride = stored.length;
  const piece = `${summed
    .flatMap(names)
    .map((name) => `let ${name} = 0;`)
    .join(' ')}
    ${overPiece(filter, row, lanes)}
    ${stored.map((slot, place) => addToTotal(term(slot), place, stride)).join('\n    ')}`;
  const code = `const sums = cells.sums;${overRuns(`const o = h * ${recordLength(stride)};`, piece)}`;
  return { code, stride, sumOf: same.map((slot) => stored.indexOf(slot)), index: 'strata' };
}

/** Code that adds a piece's term to a total of {@link StratumCells} (Knuth's two-sum, which takes no jump). Counts are exact. */
function addToTotal(term: string, place: number, stride: number): string {
  if (place === 0) return `sums[o] += ${term};`;
  const [total, rest] = [`sums[o + ${place}]`, `sums[o + ${place + stride - 1}]`];
  return `{ const t = ${total}, x = ${term}, u = t + x, a = u - t; ${total} = u; ${rest} += t - (u - a) + (x - a); }`;
}

/**
 * The loop where each row finds its cell.
 * @param code of the row's group among those of its stratum @param codes these are below it
 * @param rows of the sample
 */
export function variableGroupLoop(
  emitter: Emitter,
  filter: RowFilter,
  layout: MomentLayout,
  measures: readonly MeasureCode[],
  { code, codes }: Pick<CombinedKeys, 'code' | 'codes'>,
  { strata, rows }: { readonly strata: number; readonly rows: number },
): CellLoop {
  const { ofRow, firstSame } = accumulationUnder(filter, layout, withScales(measures), emitter);
  const summed = [...new Set(firstSame)];
  const sumOf = firstSame.map((slot) => summed.indexOf(slot));
  const stride = summed.length;
  const index = cellIndexOf({ strata, codes, stride }, rows);
  const sum = (slot: number): string => `sums[o + ${sumOf[slot]!}]`; // a slot of the layout
  // Each sum is added to by one row after the other, whatever pairs they find.
  const isFar = strata * codes * stride >= spreadInLanesMin;
  const inLanes = index === 'spread' && isFar && filter.kind === 'none';
  const lanes = inLanes ? Math.max(1, Math.min(lanesMax.none, Math.floor(spreadSumsMax / stride))) : 1;
  // The first counts all rows.
  const row = [...emitter.lines, ...cellFinder(index, code, stride), 'sums[o] += 1;', ...ofRow(sum, summed)];
  const piece = overPiece(filter, () => row, lanes);
  const pairs = index === 'hashed' ? '' : `const pairs = h * ${codes} | 0;`;
  const loop =
    index === 'spread'
      ? `const sums = cells.sums;\n${overRuns(pairs, `${piece}\ncells.unlisted += end - start;`)}`
      : `const direct = cells.direct;\nlet sums = cells.sums;\n${overRuns(pairs, piece)}`;
  return { code: loop, stride, sumOf, index };
}

/** Code by which a row finds its sums, from `o` on. Codes that are not hashed are small whole numbers, whatever they are made of. */
function cellFinder(index: CellIndex, code: string, stride: number): string[] {
  switch (index) {
    case 'spread':
      return [`const p = pairs + (${code}) | 0, o = p * ${stride} | 0;`];
    case 'direct':
      return [
        `const g = ${code} | 0;`,
        'let cell = direct[pairs + g];',
        'if (cell > 0) cell--; else { cell = cells.cell(h, g); sums = cells.sums; }',
        `const o = cell * ${stride};`,
      ];
    case 'hashed':
      return [`const cell = cells.cell(h, ${code}); sums = cells.sums;`, `const o = cell * ${stride};`];
  }
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
