import type { SampleDrift } from '../catalog/index.ts';
import { type Pieces, piecewise } from '../common/index.ts';
import type { StrataTable } from '../samples/index.ts';
import { stratumText } from './stratum-text.ts';

/** Strata that are looked at without a pause. */
const strataAtOnce = 2 ** 13;

/**
 * How the strata of a table have moved from one sample of it to a later one with the same strata: the total variation distance
 * ½ Σ |N_h/N − N'_h/N'| of their shares, between 0 and 1.
 */
export function* strataDrift(before: StrataTable, after: StrataTable): Pieces<SampleDrift> {
  const [then, now] = [yield* sharesOf(before), yield* sharesOf(after)];
  let distance = 0;
  let newStrata = 0;
  for (const [key, share] of now) {
    const earlier = then.get(key);
    if (earlier === undefined) newStrata++;
    distance += Math.abs(share - (earlier ?? 0));
  }
  for (const [key, share] of then) if (!now.has(key)) distance += share;
  return { distance: distance / 2, newStrata };
}

/** The share of each stratum, by its key; outliers of a key are among its rows. */
function* sharesOf({ count, population, keys }: StrataTable): Pieces<ReadonlyMap<string, number>> {
  const shares = new Map<string, number>();
  let all = 0;
  for (const rows of population) all += rows;
  const add = (from: number, to: number): void => {
    for (let stratum = from; stratum < to; stratum++) {
      const key = stratumText(keys, stratum);
      shares.set(key, (shares.get(key) ?? 0) + population[stratum]! / all);
    }
  };
  yield* piecewise(count, add, strataAtOnce);
  return shares;
}
