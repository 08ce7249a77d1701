/** What is known of a request before it is served. */
export interface LoadRequest {
  readonly client: string;
  /** As of its work: milliseconds where nothing is degraded. */
  readonly predictedMs: number;
  /** Whether it may read fewer rows. */
  readonly isDegradable: boolean;
}

/** What is kept of measured costs at each work; and in which time half of them is forgotten: a moment in which all was slow passes. */
const costKept = 0.98;
const costHalfLifeMs = 1500;
/** A work counts as so many times as dear as others at most: a few that were held up say little of those to come. */
const outlierTimes = 2;
/** In which half of what was asked for is forgotten. */
const loadHalfLifeMs = 250;
/** Fewest works that a measured cost is believed from. */
const evidenceMin = 10;
/** Where nothing was measured: share of a degradable work's cost that does not depend on rows. Large: going back is tried early. */
const fixedShare = 0.5;

/** Cost by prediction: a quotient of sums that forget. */
class CostRatio {
  private works = 0;
  private costMs = 0;
  private predictedMs = 0;

  /** Null: too little is known. */
  get value(): number | null {
    return this.works >= evidenceMin && this.predictedMs > 0 ? this.costMs / this.predictedMs : null;
  }

  add(costMs: number, predictedMs: number): void {
    const { value } = this;
    this.age(costKept);
    this.works++;
    this.costMs += value === null ? costMs : Math.min(costMs, outlierTimes * value * predictedMs);
    this.predictedMs += predictedMs;
  }

  age(kept: number): void {
    this.works *= kept;
    this.costMs *= kept;
    this.predictedMs *= kept;
  }
}

/**
 * Foresees how busy the pool would be at each level of degrading: by what is asked for, admitted or not, and by what works cost
 * at each level compared with what was predicted. So predictions may be off by any factor, as long as all are.
 */
export class LoadForecast {
  private readonly rigidRatio = new CostRatio();
  private readonly ratios: readonly CostRatio[];
  /** Predicted milliseconds that were asked for since the last observation, and smoothed, for each millisecond. */
  private asked = { rigidMs: 0, degradableMs: 0 };
  private load = { rigid: 0, degradable: 0 };

  /** @param shares for each level, of rows that are read */
  constructor(private readonly shares: readonly number[]) {
    this.ratios = shares.map(() => new CostRatio());
  }

  ask({ predictedMs, isDegradable }: LoadRequest): void {
    this.asked[isDegradable ? 'degradableMs' : 'rigidMs'] += predictedMs;
  }

  /** @param share that was read of it */
  served({ predictedMs, isDegradable }: LoadRequest, costMs: number, share: number): void {
    (isDegradable ? this.ratios[this.shares.indexOf(share)] : this.rigidRatio)?.add(costMs, predictedMs);
  }

  observe(elapsedMs: number): void {
    const keep = 0.5 ** (elapsedMs / loadHalfLifeMs);
    const smooth = (old: number, askedMs: number): number => keep * old + ((1 - keep) * askedMs) / elapsedMs;
    this.load = {
      rigid: smooth(this.load.rigid, this.asked.rigidMs),
      degradable: smooth(this.load.degradable, this.asked.degradableMs),
    };
    this.asked = { rigidMs: 0, degradableMs: 0 };
    const kept = 0.5 ** (elapsedMs / costHalfLifeMs);
    for (const ratio of [this.rigidRatio, ...this.ratios]) ratio.age(kept);
  }

  /** Places of a pool that would be busy. */
  busyPlaces(level: number): number {
    return this.load.rigid * this.rigidCost() + this.load.degradable * this.degradableCost(level);
  }

  /** What works cost, by what was predicted, as they are asked for at present. */
  costRatio(level: number): number {
    const { rigid, degradable } = this.load;
    if (rigid + degradable === 0) return this.degradableCost(level);
    return this.busyPlaces(level) / (rigid + degradable);
  }

  /** Share of what is asked for that can be degraded. */
  degradableShare(): number {
    const { rigid, degradable } = this.load;
    return rigid + degradable === 0 ? 1 : degradable / (rigid + degradable);
  }

  private rigidCost(): number {
    return this.rigidRatio.value ?? this.ratios[0]?.value ?? 1;
  }

  /** Where nothing was measured, by the nearest level where something was. */
  private degradableCost(level: number): number {
    let nearest: number | null = null;
    for (const [other, { value }] of this.ratios.entries())
      if (value !== null && (nearest === null || Math.abs(other - level) < Math.abs(nearest - level)))
        nearest = other;
    const assumed = (at: number): number => fixedShare + (1 - fixedShare) * this.shares[at]!; // a level
    return nearest === null
      ? assumed(level)
      : (this.ratios[nearest]!.value! * assumed(level)) / assumed(nearest);
  }
}
