import type { Monomial } from '../plan/index.ts';
import type { MeasureCode } from './measure-code.ts';

/** Code that adds terms to the sums of a row's group or of all rows. */
export interface Accumulation {
  /** Statements of what each row adds to some slots, all unless given. Terms under one condition share its test. */
  readonly ofRow: (target: (slot: number) => string, slots?: readonly number[]) => string[];
  /** For each slot the first that adds up the same. */
  readonly firstSame: readonly number[];
  /** Slots that count the rows themselves. */
  readonly counts: readonly number[];
}

/** What a monomial adds for a row, and under which condition. */
interface Term {
  readonly slot: number;
  readonly term: string;
  readonly condition: string | null;
}

/** How values are left out that a row's measures do not take: their terms stand under a test, or the values are 0 then. */
export type LeavingOut = { readonly by: 'test' } | { readonly by: 'mask'; readonly mask: string | null };

/** What each row adds to some sums. @param measures {@link masked} where values are left out by a mask */
export function accumulation(
  monomials: readonly Monomial[],
  measures: readonly MeasureCode[],
  leaving: LeavingOut,
): Accumulation {
  const terms = monomials.map((monomial, slot) => ({
    slot,
    ...(leaving.by === 'test'
      ? testedTerm(monomial, measures)
      : maskedTerm(monomial, measures, leaving.mask)),
  }));
  const ofRow = terms.filter((term) => !isCount(term));
  return {
    ofRow: (target, slots) => {
      const own = slots === undefined ? ofRow : ofRow.filter(({ slot }) => slots.includes(slot));
      const conditions = [...new Set(own.map(({ condition }) => condition))];
      return conditions.flatMap((condition) =>
        addTerms(
          condition,
          own.filter((term) => term.condition === condition),
          target,
        ),
      );
    },
    firstSame: terms.map(({ term, condition }) =>
      terms.findIndex((other) => other.term === term && other.condition === condition),
    ),
    counts: terms.filter(isCount).map(({ slot }) => slot),
  };
}

const isCount = ({ term, condition }: Term): boolean => term === '1' && condition === null;

const factorsOf = (monomial: Monomial, measures: readonly MeasureCode[]): string[] =>
  monomial.flatMap(({ measure, power }) => Array.from({ length: power }, () => measures[measure]!.value!)); // valued where its power is above 0

function testedTerm(monomial: Monomial, measures: readonly MeasureCode[]): Omit<Term, 'slot'> {
  const factors = factorsOf(monomial, measures);
  const held = conditionsOf(monomial, measures);
  return {
    term: factors.length === 0 ? '1' : factors.join(' * '),
    condition: held.length === 0 ? null : held.join(' & '),
  };
}

function maskedTerm(
  monomial: Monomial,
  measures: readonly MeasureCode[],
  mask: string | null,
): Omit<Term, 'slot'> {
  const factors = factorsOf(monomial, measures);
  // A value is 0 already where its own measure leaves the row out, or the mask does.
  const inValues = conditionsOf(
    monomial.filter(({ power }) => power > 0),
    measures,
  );
  const others = conditionsOf(monomial, measures).filter((condition) => !inValues.includes(condition));
  if (factors.length > 0)
    return {
      term: [...factors, ...others.map((condition) => `+(${condition})`)].join(' * '),
      condition: null,
    };
  const held = [...(mask === null ? [] : [mask]), ...others];
  return { term: held.length === 0 ? '1' : `+(${held.join(' & ')})`, condition: null };
}

/** The conditions that a monomial's measures take rows by, each once. */
function conditionsOf(monomial: Monomial, measures: readonly MeasureCode[]): string[] {
  const conditions = monomial.map(({ measure }) => measures[measure]!.takes); // places of measures
  return [...new Set(conditions.filter((condition) => condition !== null))];
}

function addTerms(
  condition: string | null,
  terms: readonly Term[],
  target: (slot: number) => string,
): string[] {
  if (condition !== null && terms.every(({ term }) => term === '1'))
    return terms.map(({ slot }) => `${target(slot)} += +(${condition});`);
  const additions = terms.map(({ slot, term }) => `${target(slot)} += ${term};`);
  return condition === null ? additions : [`if (${condition}) { ${additions.join(' ')} }`];
}
