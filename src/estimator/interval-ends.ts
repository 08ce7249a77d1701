import { valuesAtOnce } from './chebyshev.ts';
import { CountEnds, type CountEstimate } from './count-interval.ts';
import { tQuantilesAt } from './quantiles.ts';
import type { Scope } from './scope.ts';

/** The ends of intervals, which wait for the quantiles of others: those of many are found in less time than one by one. */
export class IntervalEnds {
  private count = 0;
  private readonly low = new Float64Array(valuesAtOnce);
  private readonly high = new Float64Array(valuesAtOnce);
  private readonly values = new Float64Array(valuesAtOnce);
  private readonly stdErrors = new Float64Array(valuesAtOnce);
  private readonly ts = new Float64Array(valuesAtOnce);
  private readonly owners = new Int32Array(valuesAtOnce);
  private readonly counts = new CountEnds(valuesAtOnce);
  private readonly countOwners = new Int32Array(valuesAtOnce);

  /** Begins anew. */
  begin(): void {
    this.count = this.counts.count = 0;
  }

  /** Asks for the t interval of an estimate. @param owner a number of its own */
  askT(owner: number, value: number, stdError: number, df: number): void {
    const place = this.count++;
    this.owners[place] = owner;
    this.values[place] = value;
    this.stdErrors[place] = stdError;
    this.ts[place] = df;
  }

  /** Asks for the interval of a count. */
  askCount(owner: number, estimate: CountEstimate, scope: Scope): void {
    this.countOwners[this.counts.count] = owner;
    this.counts.add(estimate, scope);
  }

  /** Whether no more can be asked for before they are made. */
  get isFull(): boolean {
    return this.count === valuesAtOnce || this.counts.count === valuesAtOnce;
  }

  /** Makes those that were asked for. @param put is given them @param confidence two-sided, in (0, 1) */
  make(confidence: number, put: (owner: number, low: number, high: number) => void): void {
    const { count, values, stdErrors, ts, low, high, owners, counts, countOwners } = this;
    if (count > 0) {
      tQuantilesAt((1 + confidence) / 2)(ts, count);
      for (let place = 0; place < count; place++) {
        const halfWidth = ts[place]! * stdErrors[place]!; // place < count
        low[place] = values[place]! - halfWidth;
        high[place] = values[place]! + halfWidth;
      }
      for (let place = 0; place < count; place++) put(owners[place]!, low[place]!, high[place]!);
    }
    if (counts.count > 0) {
      counts.make(confidence);
      for (let place = 0; place < counts.count; place++)
        put(countOwners[place]!, counts.low[place]!, counts.high[place]!);
    }
    this.begin();
  }
}
