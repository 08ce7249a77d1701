import {
  type MomentLayout,
  type Monomial,
  type KeyedLayout,
  monomialKey,
  reduceMonomial,
} from '../plan/index.ts';
import type { Emitter } from './lower/emitter.ts';
import { accumulation } from './accumulation.ts';
import { type MeasureCode, withScales } from './measure-code.ts';
import { overPiece, type RowFilter } from './row-filter.ts';
import { overRuns } from './scan-code.ts';

/*
 * The loops over samples of keys. Every run is one key. Its rows are summed first; at its end the products of these sums are added
 * to the cells.
 */

/** What is summed over the rows of a key. */
interface KeyTerms {
  /** Each once. */
  readonly monomials: readonly Monomial[];
  /** For each total of the layout its place among them. */
  readonly places: readonly number[];
}

/** A total and its count of keys are made from the same sum of rows. */
function keyTerms({ totals, measures }: MomentLayout): KeyTerms {
  const monomials: Monomial[] = [];
  const known = new Map<string, number>();
  const places = totals.map((total) => {
    const reduced = reduceMonomial(total, measures);
    const key = monomialKey(reduced);
    const place = known.get(key) ?? monomials.push(reduced) - 1;
    known.set(key, place);
    return place;
  });
  return { monomials, places };
}

/** Code that adds a key's products to the cell at `o` of `sums`. @param summed names the sum of a term over the key's rows */
function addProducts(
  { distinct, products }: KeyedLayout,
  { places }: KeyTerms,
  summed: (term: number) => string,
): string {
  const totals = places.map((term, total) => {
    const value = distinct[total] === true ? `+(${summed(term)} > 0)` : summed(term);
    return `const z${total} = ${value};`;
  });
  const added = products.map((product, slot) => {
    const value = product.length === 0 ? '1' : product.map((total) => `z${total}`).join(' * ');
    return `sums[o + ${slot}] += ${value};`;
  });
  return [...totals, ...added].join('\n    ');
}

/** Sums over the rows of a key, for each group that these belong to. */
export function keyStride(layout: MomentLayout): number {
  return keyTerms(layout).monomials.length;
}

/** The sum of a term over a key's rows: in a variable, or in the key's sums of a group from place `p` on. */
const variableOf = (term: number): string => `a${term}`;
const placeOf = (term: number): string => `own[p + ${term}]`;

/** The loop over keys. @param code the row's part of the group code; null where a key's rows all belong to one group */
export function keyLoop(
  emitter: Emitter,
  filter: RowFilter,
  layout: MomentLayout,
  keyed: KeyedLayout,
  measures: readonly MeasureCode[],
  code: string | null,
): string {
  return code === null
    ? oneGroupLoop(emitter, filter, layout, keyed, measures)
    : groupsLoop(emitter, filter, layout, keyed, measures, code);
}

function oneGroupLoop(
  emitter: Emitter,
  filter: RowFilter,
  layout: MomentLayout,
  keyed: KeyedLayout,
  measures: readonly MeasureCode[],
): string {
  const terms = keyTerms(layout);
  const { ofRow, counts } = accumulation(terms.monomials, withScales(measures), { by: 'test' });
  return overRuns(
    ['let matched = 0;', ...terms.monomials.map((_, term) => `let ${variableOf(term)} = 0;`)].join(' '),
    `${overPiece(filter, () => [...emitter.lines, ...ofRow(variableOf)])}
    matched += count;
    ${counts.map((term) => `${variableOf(term)} += count;`).join(' ')}`,
    `if (matched > 0) {
    const o = cells.cell(h, 0) * ${keyed.products.length};
    const sums = cells.sums;
    ${addProducts(keyed, terms, variableOf)}
  }`,
  );
}

/** Each row of a key finds its group. */
function groupsLoop(
  emitter: Emitter,
  filter: RowFilter,
  layout: MomentLayout,
  keyed: KeyedLayout,
  measures: readonly MeasureCode[],
  code: string,
): string {
  const terms = keyTerms(layout);
  const stride = terms.monomials.length;
  const { ofRow, counts } = accumulation(terms.monomials, withScales(measures), { by: 'test' });
  const body = [
    ...emitter.lines,
    `const p = groups.place(${code}) * ${stride};`,
    'const own = groups.sums;',
    ...counts.map((term) => `${placeOf(term)} += 1;`),
    ...ofRow(placeOf),
  ];
  return `
const groups = inputs.keyGroups;
${overRuns(
  '',
  overPiece(filter, () => body),
  `for (let place = 0; place < groups.count; place++) {
    const o = cells.cell(h, groups.groupAt(place)) * ${keyed.products.length};
    const sums = cells.sums, own = groups.sums, p = place * ${stride};
    ${addProducts(keyed, terms, placeOf)}
  }
  groups.clear();`,
)}`;
}
