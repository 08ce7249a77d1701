import type { BoundExpression, LearnedMoments, OutputColumn, PairMoments } from '../plan/index.ts';
import type { OutlierRule } from './build-scan.ts';

/** Expressions of which a source is to work out the exact moments in every stratum of a table. */
export interface LearningRequest {
  readonly table: string;
  /** The columns that strata are made of; none: one stratum. */
  readonly keys: readonly string[];
  /** Rows beyond one of them form strata of their own. */
  readonly outliers: readonly OutlierRule[];
  /** The table's. */
  readonly columns: readonly OutputColumn[];
  /** Numbers, over columns of the table. */
  readonly expressions: readonly BoundExpression[];
  /** Pairs of which joint moments are wanted too, by places in `expressions`. */
  readonly pairs: readonly { readonly of: readonly [number, number]; readonly order: number }[];
}

/** The strata are in the order that sample builds give them: by their keys, NULL last, outliers behind the other rows of a key. */
export interface LearnedStrata {
  /** N_h */
  readonly population: Float64Array;
  readonly expressions: readonly LearnedMoments[];
  readonly pairs: readonly PairMoments[];
}
