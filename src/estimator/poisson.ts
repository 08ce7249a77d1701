import type { Random } from '../common/index.ts';
import { normalQuantile } from './quantiles.ts';

/** From this mean on a Poisson number is drawn as a normal one. */
const normalFrom = 50;
/** P(k ≤ 0), P(k ≤ 1), … of a Poisson number with mean 1; at the last the rest is beyond 32 random bits. */
const poissonOfOneUpTo = Float64Array.from({ length: 13 });
for (let k = 0, term = Math.exp(-1), sum = 0; k < poissonOfOneUpTo.length; term /= ++k)
  poissonOfOneUpTo[k] = sum += term;

/** A Poisson number with mean 1 from a uniform one, by inversion. */
export function poissonOfOne(uniform: number): number {
  let k = 0;
  while (k < 12 && uniform >= poissonOfOneUpTo[k]!) k++; // 13 entries
  return k;
}

/** A Poisson number. */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean >= normalFrom) {
    const uniform = Math.max(random.next(), Number.EPSILON);
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normalQuantile(uniform)));
  }
  let k = 0;
  for (let product = random.next(), end = Math.exp(-mean); product > end; product *= random.next()) k++;
  return k;
}
