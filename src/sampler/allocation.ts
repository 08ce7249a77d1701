import type { RowMethod, SampleOutliers } from '../catalog/index.ts';
import type { RowRequest, ScannedStrata } from '../sources/index.ts';

/** How far a sample reaches into the strata that it does not take whole. */
export interface Depth {
  /** Most rows of a stratum; infinite where a share bounds them. */
  readonly cap: number;
  /** Priorities below this share of their range are kept; 1: all. */
  readonly shareMax: number;
}

/** Strata by the rows that they have, and whether they are taken whole. */
type Sizes = Pick<ScannedStrata, 'population' | 'takeAll'>;

/** Rows of the strata that are taken whole. */
export function rowsTaken({ population, takeAll }: Sizes): number {
  return population.reduce((sum, rows, stratum) => sum + (takeAll?.[stratum] === 1 ? rows : 0), 0);
}

/**
 * The depth of a method. A table that is itself a sample: all. What a uniform sample takes whole counts among its rows, so the rest is
 * drawn by so much less; at least by half, for rows to come may hold more outliers than the threshold was made for.
 * @param like outliers of a sample to be merged with, whose share stays; null: none
 */
export function depthOf(method: RowMethod, strata: Sizes, like: SampleOutliers | null): Depth {
  const unbounded = Number.POSITIVE_INFINITY;
  if (method.kind === 'given') return { cap: unbounded, shareMax: 1 };
  if (method.kind === 'stratified') return { cap: method.cap, shareMax: 1 };
  const taken = rowsTaken(strata);
  if (method.unit === 'rows')
    return { cap: Math.max(method.amount - taken, Math.ceil(method.amount / 2)), shareMax: 1 };
  if (like !== null && like.share !== null) return { cap: unbounded, shareMax: like.share };
  const share = method.amount / 100;
  if (taken === 0) return { cap: unbounded, shareMax: share };
  const all = strata.population.reduce((sum, rows) => sum + rows, 0);
  return { cap: unbounded, shareMax: (share * all - taken) / (all - taken) };
}

/**
 * What to ask of the scan so that all rows of a depth are there. Bottom-k: a margin more (five standard deviations of how many lie
 * below a threshold), so that the smallest are nearly always among what comes back.
 * @param reach shares of the priorities' range beyond which none of a bottom-k stay, one a stratum
 */
export function requestOf(
  { cap, shareMax }: Depth,
  { population, takeAll }: Sizes,
  reach: Float64Array | null = null,
): Pick<RowRequest, 'thresholds' | 'atLeast'> {
  const margin = cap + 5 * Math.sqrt(cap) + 10;
  const isWhole = (stratum: number): boolean => takeAll?.[stratum] === 1;
  const thresholdOf = (rows: number): number => Math.min(shareMax, margin / rows);
  const reachOf = (stratum: number): number =>
    reach === null || !Number.isFinite(cap) ? 1 : Math.min(1, reach[stratum]!); // one a stratum
  // How many lie below a share is left to chance.
  const isByShare = (rows: number, stratum: number): boolean =>
    shareMax < 1 || reachOf(stratum) < thresholdOf(rows);
  return {
    thresholds: population.map((rows, stratum) =>
      isWhole(stratum) ? 1 : Math.min(thresholdOf(rows), reachOf(stratum)),
    ),
    atLeast: population.map((rows, stratum) =>
      isWhole(stratum) ? rows : isByShare(rows, stratum) ? 0 : Math.min(cap, rows),
    ),
  };
}
