import { everyInPieces, type Pieces } from '../common/index.ts';
import type { Estimate, ReasonCode } from '../plan/index.ts';
import { varianceAt } from './design-error.ts';
import type { GroupEstimate } from './estimate-output.ts';
import type { ErrorParts } from './make-estimate.ts';
import type { MetGroup } from './met-group.ts';
import { chiSquareQuantile, tQuantile } from './quantiles.ts';
import { isCertifiedBy, isSpreadWider, type TailEvidence } from './tails.ts';

/** What an answer must reach, each number at the level of its interval. */
export interface ErrorTarget {
  /** Largest half-width: as a share of the value where relative, else in the aggregate's unit. */
  readonly bound: number;
  readonly relative: boolean;
}

/** Matching rows that a pilot wants in every cell before it is trusted to size the rest. */
export const pilotSupportMin = 100;
/** Level of the one-sided limits that the size is computed from: a pilot's variance is too small half of the time. */
const limitLevel = 0.8;
/** The value's lower limit is not taken below this share of it. */
const valueShareMin = 0.2;
/** How much more than the least limit is as good, as a share of it. */
const limitSlack = 2 ** -8;
/** The first step from a guess is a 64th of it. */
const stepShift = 6;
/** How much more matches and less skewness than certification asks for, so that chance does not fall short of it. */
const certainMargin = 1.3;
/** Cells that are looked at without a pause. */
const cellsAtOnce = 512;

/** How far a forecast from so many matches may be off, as a factor: wide, for skewed columns make variances uncertain. */
const doubtOf = (support: number): number => 1 + 4 / Math.sqrt(support);

/** How many rows of each stratum would be read. */
export type RowsAt = (stratum: number) => number;

/** True where the estimate keeps the target: certified or exact, and narrow enough. @param forgiven a reason that is no obstacle */
export function meetsTarget(
  estimate: Estimate,
  target: ErrorTarget,
  forgiven: ReasonCode | null = null,
): boolean {
  if (estimate.value === null) return estimate.exact;
  if (estimate.reasons.some((reason) => reason !== forgiven)) return false;
  const { low, high, value } = estimate;
  if (low === null || high === null) return false;
  const halfWidth = Math.max(value - low, high - value);
  return halfWidth <= (target.relative ? target.bound * Math.abs(value) : target.bound);
}

/** The upper limit of a variance that was estimated from so many matches, as a multiple of the estimate: df / χ²(1 − level; df). */
function varianceUpperLimit(support: number): number {
  const df = Math.max(1, support - 1);
  return df / chiSquareQuantile(1 - limitLevel, df);
}

/** What may be taken for granted of matches, to see how many rows would be enough if it was so. */
export interface Presumption {
  /** A tail of which nothing is known is light: a witness may show that it is. */
  readonly lightTails?: boolean;
  /** Matches are spread, and skewed, as what is known of the table leads to expect, whatever the few that were met look like. */
  readonly typicalMatches?: boolean;
}

function presumed(
  tail: TailEvidence,
  { lightTails = false, typicalMatches = false }: Presumption,
): TailEvidence {
  const { sampleSkewness, populationSkewness } = tail;
  if (populationSkewness === Number.POSITIVE_INFINITY)
    return lightTails ? { ...tail, populationSkewness: 0 } : tail;
  return typicalMatches
    ? { ...tail, spread: 1, sampleSkewness: Math.min(sampleSkewness, populationSkewness) }
    : tail;
}

/** The variance to expect as a share of the estimated one: matches spread wider than typical ones may be presumed to be as these are. */
function presumedVariance(tail: TailEvidence | null, { typicalMatches = false }: Presumption): number {
  return typicalMatches && tail !== null && isSpreadWider(tail) ? 1 / tail.spread : 1;
}

/** An estimate as far as forecasts go by it. */
export interface ForeseenEstimate
  extends Pick<Estimate, 'value' | 'stdError' | 'support' | 'exact' | 'confidence' | 'reasons'>, ErrorParts {}

/** An estimate that is not kept in columns. */
export function foreseenOf({
  estimate,
  contributions,
  df,
  tail,
  certainty,
}: GroupEstimate): ForeseenEstimate {
  return { contributions, df, tail, certainty, ...estimate };
}

/** A cell of the answer with what its precision would be at another size. */
export class CellForecast {
  /** The upper limit of the variance by its estimate; NaN until it is asked for, which may be for many sizes. */
  private doubt = Number.NaN;
  /** The lower limit of the value's magnitude; NaN until it is asked for. */
  private lowered = Number.NaN;

  constructor(
    readonly group: MetGroup,
    readonly estimate: ForeseenEstimate,
  ) {}

  /** By what factor the matching rows would grow that bring sampling error: those of strata that were not read whole. */
  private growthAt(rowsAt: RowsAt): number {
    const { table, from, to } = this.estimate.contributions;
    let seen = 0;
    let expected = 0;
    for (let place = from; place < to; place++) {
      const support = table.support[place]!; // a place of the table
      const read = table.read[place]!;
      if (read === 0 || read >= table.population[place]!) continue;
      seen += support;
      expected += (support * rowsAt(table.stratum[place]!)) / read;
    }
    return seen === 0 ? 1 : expected / seen;
  }

  /** Variance to expect. */
  private varianceAt(rowsAt: RowsAt): number {
    const { table, from, to } = this.estimate.contributions;
    let variance = 0;
    for (let place = from; place < to; place++) {
      const rows = rowsAt(table.stratum[place]!); // a place of the table
      variance += varianceAt(rows, table.population[place]!, table.read[place]!, table.spread[place]!, table.variance[place]!); // prettier-ignore
    }
    return variance;
  }

  /** Half-width to expect. @param growth see {@link growthAt} @param doubt what the variance is multiplied by */
  private halfWidthAt(rowsAt: RowsAt, growth: number, doubt = 1): number {
    const { df, confidence } = this.estimate;
    const t = tQuantile((1 + confidence) / 2, Math.max(1, df * growth));
    return t * Math.sqrt(this.varianceAt(rowsAt) * doubt);
  }

  /** Half-width to expect, as a share of the value; null where there is no value or it is 0. */
  relativeErrorAt(rowsAt: RowsAt): number | null {
    const { value } = this.estimate;
    if (value === null || value === 0) return null;
    return this.halfWidthAt(rowsAt, this.growthAt(rowsAt)) / Math.abs(value);
  }

  /** True where the cell may be expected to keep the target, counting on the pilot's limits rather than its estimates. */
  meets(target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption = {}): boolean {
    const { value, exact } = this.estimate;
    if (exact) return true;
    if (value === null) return false;
    const growth = this.growthAt(rowsAt);
    return (
      this.isCertifiedAt(growth, certainMargin, presumption) &&
      this.excessAt(target, rowsAt, presumption, growth) <= 1
    );
  }

  /** The half-width to count on, as a multiple of the largest that keeps the target; of a cell with a value. */
  excessAt(
    target: ErrorTarget,
    rowsAt: RowsAt,
    presumption: Presumption = {},
    growth = this.growthAt(rowsAt),
  ): number {
    if (Number.isNaN(this.doubt)) this.doubt = varianceUpperLimit(this.estimate.support);
    const share = presumedVariance(this.estimate.tail, presumption);
    const halfWidth = this.halfWidthAt(rowsAt, growth, this.doubt * share);
    return halfWidth / (target.relative ? target.bound * this.loweredValue() : target.bound);
  }

  private loweredValue(): number {
    if (!Number.isNaN(this.lowered)) return this.lowered;
    const { value, stdError, df } = this.estimate;
    const magnitude = Math.abs(value!); // it has one
    const limit = magnitude - tQuantile(limitLevel, df) * (stdError ?? 0);
    this.lowered = Math.max(limit, valueShareMin * magnitude);
    return this.lowered;
  }

  /** True where the cell would miss the target even if the pilot was far too gloomy. */
  isHopeless(target: ErrorTarget, rowsAt: RowsAt, presumption: Presumption = {}): boolean {
    const { value, support } = this.estimate;
    if (value === null || support === 0) return true;
    const doubt = doubtOf(support);
    const growth = this.growthAt(rowsAt);
    if (!this.isCertifiedAt(growth, 1 / doubt, presumption)) return true;
    const bound = target.relative ? target.bound * Math.abs(value) : target.bound;
    const halfWidth = this.halfWidthAt(rowsAt, growth, presumedVariance(this.estimate.tail, presumption));
    // A quantile whose interval has no end yet may have a narrow one with more rows: only reading on tells.
    return Number.isFinite(halfWidth) && halfWidth > doubt * bound;
  }

  /** Whether certification may be expected. */
  private isCertifiedAt(growth: number, margin: number, presumption: Presumption): boolean {
    const { tail, reasons, confidence, certainty } = this.estimate;
    if (reasons.includes('SINGLETON_STRATUM')) return false;
    if (certainty !== null) return certainty * growth >= margin;
    return tail === null || isCertifiedBy(presumed(tail, presumption), confidence, growth / margin);
  }
}

/** What sizing found. */
export interface SizingResult {
  /** Least rank limit at which all cells are expected to keep the target; null: none up to the largest. */
  readonly rankLimit: number | null;
  /** Not even good luck would bring all cells within the target: reading on to find out is not worth it. */
  readonly hopeless: boolean;
  /** The cell that needed most, or that fails at the largest. */
  readonly driver: CellForecast | null;
}

/**
 * The least rank limit R, so that reading min(R, n_h) rows of every stratum is expected to bring all cells within the target.
 * @param rankMax the largest stratum of the sample
 * @param rowsAt rows of a stratum under a rank limit
 */
export function* sizeForTarget(
  forecasts: readonly CellForecast[],
  target: ErrorTarget,
  rankMax: number,
  rowsAt: (rankLimit: number) => RowsAt,
  presumption: Presumption = {},
): Pieces<SizingResult> {
  let needed = 0;
  let driver: CellForecast | null = null;
  const ofAll = rowsAt(rankMax);
  let ofNeeded = rowsAt(needed);
  const isReached = (forecast: CellForecast): boolean => {
    if (forecast.estimate.exact) return true;
    if (needed > 0 && forecast.meets(target, ofNeeded, presumption)) return true;
    driver = forecast;
    if (!forecast.meets(target, ofAll, presumption)) return false;
    const excess = forecast.excessAt(target, ofAll, presumption);
    const enough = (limit: number): boolean => forecast.meets(target, rowsAt(limit), presumption);
    needed = leastEnough(enough, needed, rankMax, rankMax * excess ** 2);
    ofNeeded = rowsAt(needed);
    return true;
  };
  if (yield* everyInPieces(forecasts, isReached, cellsAtOnce))
    return { rankLimit: needed, hopeless: false, driver };
  const mayBeReached = (each: CellForecast): boolean =>
    each.estimate.exact || !each.isHopeless(target, ofAll, presumption);
  const hopeless = !(yield* everyInPieces(forecasts, mayBeReached, cellsAtOnce));
  return { rankLimit: null, hopeless, driver };
}

/**
 * The least limit that is enough, or a little more: by {@link limitSlack} of it.
 * @param low is not enough, unless it is 0
 * @param high is enough
 * @param guess where to look first: what is left of a width falls with the root of the rows
 */
function leastEnough(enough: (limit: number) => boolean, low: number, high: number, guess: number): number {
  let [below, above] = [low, high];
  // From the guess in steps that double, until it lies between two limits.
  let limit = Math.round(guess);
  for (let step = Math.max(1, limit >> stepShift); limit > below && limit < above; step *= 2) {
    const isEnough = enough(limit);
    if (isEnough) above = limit;
    else below = limit;
    limit += isEnough ? -step : step;
  }
  while (above - below > Math.max(1, above * limitSlack)) {
    const middle = Math.floor((below + above) / 2);
    if (enough(middle)) above = middle;
    else below = middle;
  }
  return above;
}
