import beta from '@stdlib/stats-base-dists-beta-quantile';
import chiSquare from '@stdlib/stats-base-dists-chisquare-quantile';
import normal from '@stdlib/stats-base-dists-normal-quantile';
import student from '@stdlib/stats-base-dists-t-quantile';
import { ChebyshevSeries, valuesAtOnce } from './chebyshev.ts';

/*
 * Quantiles. Those of t and χ² are asked for thousands of times at the same level, each time for other degrees of freedom: there they
 * are smooth, so that for each level a polynomial through a few values of the library serves all. Below, where they are not, what the
 * library gave is kept.
 */

/** A quantile at one level, as a function of the degrees of freedom. */
type QuantileAt = (df: number) => number;

/** Replaces the first `count` degrees of freedom in a list, at most {@link valuesAtOnce}, by their quantiles at one level. */
export type ReplaceByQuantiles = (values: Float64Array, count: number) => void;

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

/** What was asked for, and the library's values where the polynomial does not serve. */
const asked = new Float64Array(valuesAtOnce);
const ofLibrary = new Float64Array(valuesAtOnce);

/** How far a level below a half lies from 0; those above mirror it. @param few quantiles of few degrees of freedom */
function replaceByT(p: number, few: QuantileAt, sign: number): ReplaceByQuantiles {
  const series = lazily(() => new ChebyshevSeries((u) => Math.log(-student(p, 1 / u)), 0, 1 / smoothFrom.t, nodes.t)); // prettier-ignore
  return (values, count) => {
    if (!asks(values, count, smoothFrom.t, few)) return;
    for (let place = 0; place < count; place++) values[place] = 1 / values[place]!; // place < count
    series().replace(values, count);
    for (let place = 0; place < count; place++)
      values[place] = asked[place]! < smoothFrom.t ? ofLibrary[place]! : sign * Math.exp(values[place]!);
  };
}

/** Keeps what is asked for, and finds it where the polynomial does not serve. @returns false where it is found of all */
function asks(values: Float64Array, count: number, from: number, few: QuantileAt): boolean {
  let isSmooth = false;
  for (let place = 0; place < count; place++) {
    const df = (asked[place] = values[place]!); // place < count
    if (df < from) ofLibrary[place] = few(df);
    else isSmooth = true;
  }
  if (!isSmooth) for (let place = 0; place < count; place++) values[place] = ofLibrary[place]!;
  return isSmooth;
}

/** Makes something when it is first asked for. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/**
 * Quantiles of Student's t at one level.
 * @returns what replaces degrees of freedom by them: any positive numbers; infinite: it is normal
 */
export const tQuantilesAt = byLevel((p): ReplaceByQuantiles => {
  if (p === 0.5) return (values, count) => values.fill(0, 0, count);
  return p > 0.5 ? replaceByT(1 - p, fewT(p), 1) : replaceByT(p, fewT(p), -1);
});

/**
 * Quantiles of χ² at one level, by Wilson and Hilferty's cube root, which is nearly a straight line in 1/√df: (q/df)^⅓ = 1 + w·h(w).
 * @returns what replaces degrees of freedom by them: any positive numbers
 */
export const chiSquareQuantilesAt = byLevel((p): ReplaceByQuantiles => {
  const few = fewChiSquare(p);
  const series = lazily(
    () =>
      new ChebyshevSeries(
        (w) => (Math.cbrt(chiSquare(p, 1 / w ** 2) * w ** 2) - 1) / w,
        1 / Math.sqrt(libraryRightTo),
        1 / Math.sqrt(smoothFrom.chiSquare),
        nodes.chiSquare,
      ),
  );
  return (values, count) => {
    if (!asks(values, count, smoothFrom.chiSquare, few)) return;
    for (let place = 0; place < count; place++) values[place] = 1 / Math.sqrt(values[place]!); // place < count
    series().replace(values, count);
    for (let place = 0; place < count; place++) {
      const df = asked[place]!;
      const h = values[place]!;
      const root = 1 + (1 / Math.sqrt(df)) * h;
      values[place] = df < smoothFrom.chiSquare ? ofLibrary[place]! : df * root * root * root;
    }
  };
});

/** One alone. */
const single = new Float64Array(1);

function quantileOf(replace: ReplaceByQuantiles, df: number): number {
  single[0] = df;
  replace(single, 1);
  return single[0];
}

/** The p-quantile of Student's t. @param df degrees of freedom, any positive number; infinite: it is normal */
export function tQuantile(p: number, df: number): number {
  return quantileOf(tQuantilesAt(p), df);
}

/** The p-quantile of the standard normal distribution. */
export const normalQuantile: (p: number) => number = byLevel((p) => normal(p, 0, 1));

/** The p-quantile of χ². @param df degrees of freedom, any positive number */
export function chiSquareQuantile(p: number, df: number): number {
  return quantileOf(chiSquareQuantilesAt(p), df);
}

/** The p-quantile of the beta distribution. @param a positive @param b positive */
export function betaQuantile(p: number, a: number, b: number): number {
  return beta(p, a, b);
}
