import { valuesAtOnce } from './chebyshev.ts';
import { CountEnds, type CountEstimate } from './count-interval.ts';
import type { Scope } from './scope.ts';

/** The ends of counts, which wait for the quantiles of others: those of many are found in less time than one by one. */
export class IntervalEnds {
  private readonly counts = new CountEnds(valuesAtOnce);
  private readonly owners = new Int32Array(valuesAtOnce);

  /** Begins anew. */
  begin(): void {
    this.counts.count = 0;
  }

  /** Asks for the interval of a count. @param owner a number of its own */
  askCount(owner: number, estimate: CountEstimate, scope: Scope): void {
    this.owners[this.counts.count] = owner;
    this.counts.add(estimate, scope);
  }

  /** Whether no more can be asked for before they are made. */
  get isFull(): boolean {
    return this.counts.count === valuesAtOnce;
  }

  /** Makes those that were asked for. @param put is given them @param confidence two-sided, in (0, 1) */
  make(confidence: number, put: (owner: number, low: number, high: number) => void): void {
    const { owners, counts } = this;
    if (counts.count > 0) counts.make(confidence);
    for (let place = 0; place < counts.count; place++)
      put(owners[place]!, counts.low[place]!, counts.high[place]!); // place < count
    this.begin();
  }
}
