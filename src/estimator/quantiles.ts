import beta from '@stdlib/stats-base-dists-beta-quantile';
import chiSquare from '@stdlib/stats-base-dists-chisquare-quantile';
import normal from '@stdlib/stats-base-dists-normal-quantile';
import student from '@stdlib/stats-base-dists-t-quantile';
import { ChebyshevSeries } from './chebyshev.ts';

/*
 * Quantiles. Those of t and χ² are asked for thousands of times at the same level, each time for other degrees of freedom: there they
 * are smooth, so that for each level a polynomial through a few values of the library serves all. Below, where they are not, what the
 * library gave is kept.
 */

/** A quantile at one level, as a function of the degrees of freedom. */
type QuantileAt = (df: number) => number;

/** Levels whose polynomials are kept. */
const levelsMax = 64;
/** Values that a polynomial goes through; more would carry rounding farther beyond them than they tell. */
const nodes = { t: 24, chiSquare: 16 };

/** Keeps what was made for each level. */
function byLevel<T>(make: (p: number) => T): (p: number) => T {
  const known = new Map<number, { readonly p: number; readonly made: T }>();
  // Mostly the level is that of the time before, and to look for it among others makes an object of the number.
  let last: { readonly p: number; readonly made: T } | null = null;
  return (p) => {
    if (last?.p === p) return last.made;
    last = known.get(p) ?? { p, made: make(p) };
    if (known.size >= levelsMax && !known.has(p)) known.delete(known.keys().next().value!); // not empty
    known.set(p, last);
    return last.made;
  };
}

/** From so many degrees of freedom on, t is smooth in 1/df, and χ² in 1/√df. */
const smoothFrom = { t: 4, chiSquare: 10 };
/** Up to so many degrees of freedom the library's quantile of χ² is right; from 1,900 on that of some levels is off by up to 0.3 %. */
const libraryRightTo = 1000;

/** Values of the library that are kept for each level: groups of few rows have the same few degrees of freedom. */
const keptMax = 4096;

/** Keeps what the library gave. */
const kept = (quantile: (p: number, df: number) => number): ((p: number) => QuantileAt) =>
  byLevel((p): QuantileAt => {
    const known = new Map<number, number>();
    return (df) => {
      const found = known.get(df);
      if (found !== undefined) return found;
      if (known.size >= keptMax) known.clear();
      const made = quantile(p, df);
      known.set(df, made);
      return made;
    };
  });

const fewT = kept(student);
const fewChiSquare = kept(chiSquare);

/** How far a level below a half lies from 0; those above mirror it. */
const tAt = byLevel((p): QuantileAt => {
  const series = new ChebyshevSeries((u) => Math.log(-student(p, 1 / u)), 0, 1 / smoothFrom.t, nodes.t);
  return (df) => Math.exp(series.at(1 / df));
});

/** By Wilson and Hilferty's cube root, which is nearly a straight line in 1/√df: (q/df)^⅓ = 1 + w·h(w). */
const chiSquareAt = byLevel((p): QuantileAt => {
  const h = new ChebyshevSeries(
    (w) => (Math.cbrt(chiSquare(p, 1 / w ** 2) * w ** 2) - 1) / w,
    1 / Math.sqrt(libraryRightTo),
    1 / Math.sqrt(smoothFrom.chiSquare),
    nodes.chiSquare,
  );
  return (df) => {
    const w = 1 / Math.sqrt(df);
    return df * (1 + w * h.at(w)) ** 3;
  };
});

/** The p-quantile of Student's t. @param df degrees of freedom, any positive number; infinite: it is normal */
export function tQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  if (df < smoothFrom.t) return fewT(p)(df);
  return p > 0.5 ? tAt(1 - p)(df) : -tAt(p)(df);
}

/** The p-quantile of the standard normal distribution. */
export const normalQuantile: (p: number) => number = byLevel((p) => normal(p, 0, 1));

/** The p-quantile of χ². @param df degrees of freedom, any positive number */
export function chiSquareQuantile(p: number, df: number): number {
  return (df < smoothFrom.chiSquare ? fewChiSquare : chiSquareAt)(p)(df);
}

/** The p-quantile of the beta distribution. @param a positive @param b positive */
export function betaQuantile(p: number, a: number, b: number): number {
  return beta(p, a, b);
}
