import type { Writable } from '../common/index.ts';
import type { Moments } from '../plan/index.ts';
import { eachOf } from './contribution-table.ts';
import { contributionsOf } from './contributions.ts';
import type { CellRange } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { MatchList } from './match-list.ts';
import { type ExpectedTail, tailOfMatches } from './population-skewness.ts';
import type { PowerMeans } from './power-means.ts';

/** Rows of the same sample, many more than an estimate is made from, that bear witness of its tail. */
export interface Witness {
  readonly moments: Moments;
  /** The cells there of a group here; none where the group has none. */
  readonly cellsOf: (group: number) => CellRange;
}

/** How many times the rows of an estimate a witness must have. */
export const witnessTimes = 20;

/**
 * What to expect of an estimate whose matching rows are like the witness's rows of the same group and stratum; where a stratum has
 * none, like all rows of the group.
 */
export function tailByWitness(
  { moments, cellsOf }: Witness,
  prepared: PreparedOutput,
  gradient: ArrayLike<number>,
  group: number,
  matches: MatchList,
  into: Writable<ExpectedTail>,
): void {
  const met = eachOf(contributionsOf(moments, prepared, gradient, cellsOf(group))).filter(
    ({ support }) => support > 0,
  );
  const ofStratum = new Map(met.map((each) => [each.stratum, each]));
  let [rows, squares, cubes] = [0, 0, 0];
  for (const { population, read, support, squares: second, cubes: third } of met) {
    const weight = population / read;
    rows += weight * support;
    squares += weight * second;
    cubes += weight * third;
  }
  const means: PowerMeans = {
    find(stratum, found) {
      const own = ofStratum.get(stratum);
      found.second = own === undefined ? squares / rows : own.squares / own.support;
      found.third = own === undefined ? cubes / rows : own.cubes / own.support;
    },
  };
  tailOfMatches(matches, means, into);
}
