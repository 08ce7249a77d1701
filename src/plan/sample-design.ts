import type { ColumnValue } from './bound.ts';

/**
 * How the rows of a sample came into it, which decides what totals and their variances are made from.
 *
 * - `strata`: simple random without replacement in each stratum, n_h of N_h rows; a row weighs N_h / n_h.
 * - `weights-in-strata`: in each stratum with replacement, each row with the weight that a column gives it: what R's `svydesign`
 *   takes strata and weights without fpc for.
 * - `independent-weights`: each row by itself, with the probability 1 / weight (Poisson sampling).
 */
export type SampleDesign =
  | {
      readonly kind: 'strata';
      readonly weight: null;
      /** The strata table tells of the whole population; false where the table itself is a sample, and only its rows are known. */
      readonly knowsPopulation: boolean;
    }
  | {
      readonly kind: 'weights-in-strata' | 'independent-weights';
      readonly weight: ColumnValue;
      readonly knowsPopulation: false;
    };

/** The design of samples that were drawn from their table. */
export const drawnDesign: SampleDesign = { kind: 'strata', weight: null, knowsPopulation: true };

/**
 * The powers of a row's weight that sums of products of so many totals are needed with, the highest first: with replacement in
 * strata weighted values are added up, independent rows have moments of their own (Σ w(w − 1)z², Σ w(w − 1)(w − 2)z³).
 * @param order 1 for totals, 2 for variances, 3 for skewness
 */
export function weightPowers({ kind }: SampleDesign, order: number): number[] {
  switch (kind) {
    case 'strata':
      return [0];
    case 'weights-in-strata':
      return [order];
    case 'independent-weights':
      return Array.from({ length: order }, (_, place) => order - place);
  }
}
