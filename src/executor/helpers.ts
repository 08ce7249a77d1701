import { addInterval, QueryError } from '../common/index.ts';
import { roundHalfAway, roundHalfEven, roundPlaces } from '../plan/index.ts';
import type { Interner } from './interner.ts';

/** A function that generated code calls, as data: each thread makes its own of it. */
export type HelperSpec =
  /** Rounds half away from zero, after a division or a multiplication. */
  | { readonly kind: 'round-half-away'; readonly divisor: number; readonly factor: number }
  | { readonly kind: 'round-half-even' }
  | { readonly kind: 'round-places'; readonly places: number }
  | {
      readonly kind: 'add-interval';
      readonly months: number;
      readonly days: number;
      readonly micros: number;
    }
  | { readonly kind: 'is-one-of'; readonly values: readonly number[] }
  /** The number's code in order of appearance, from 1 on. @see Interner. The place is that of the interner among a kernel's. */
  | { readonly kind: 'intern'; readonly place: number };

/** A function that generated code calls. */
export type Helper = (x: number) => number | boolean;

/** Most different values of a key whose range is not known. */
export const internedMax = 2 ** 21;

/** The function that a specification stands for. @param interners what `intern` gives its codes by */
export function makeHelper(spec: HelperSpec, interners: readonly Interner[]): Helper {
  switch (spec.kind) {
    case 'round-half-away': {
      const { divisor, factor } = spec;
      return (x) => roundHalfAway((x * factor) / divisor);
    }
    case 'round-half-even':
      return roundHalfEven;
    case 'round-places': {
      const { places } = spec;
      return (x) => roundPlaces(x, places);
    }
    case 'add-interval': {
      const { months, days, micros } = spec;
      return (point) => addInterval(point, months, days, micros);
    }
    case 'is-one-of': {
      const values = new Set(spec.values);
      return (x) => values.has(x);
    }
    case 'intern': {
      const interner = interners[spec.place]!; // there is one for each key that is interned
      return (x) => {
        if (interner.count >= internedMax) throw tooManyValues();
        return interner.intern(x) + 1;
      };
    }
  }
}

const tooManyValues = (): QueryError =>
  new QueryError('LIMIT_EXCEEDED', `a key has more than ${internedMax} values`, {
    hint: 'group by less, or filter',
  });
