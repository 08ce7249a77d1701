import beta from '@stdlib/stats-base-dists-beta-quantile';
import chiSquare from '@stdlib/stats-base-dists-chisquare-quantile';
import normal from '@stdlib/stats-base-dists-normal-quantile';
import student from '@stdlib/stats-base-dists-t-quantile';

/** Beyond so many degrees of freedom t is normal to eight digits. */
const normalBeyond = 1e8;

/** The p-quantile of Student's t. @param df degrees of freedom, any positive number */
export function tQuantile(p: number, df: number): number {
  return df > normalBeyond ? normal(p, 0, 1) : student(p, df);
}

/** The p-quantile of the standard normal distribution. */
export function normalQuantile(p: number): number {
  return normal(p, 0, 1);
}

/** The p-quantile of χ². @param df degrees of freedom, any positive number */
export function chiSquareQuantile(p: number, df: number): number {
  return chiSquare(p, df);
}

/** The p-quantile of the beta distribution. @param a positive @param b positive */
export function betaQuantile(p: number, a: number, b: number): number {
  return beta(p, a, b);
}
