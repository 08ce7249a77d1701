import { valuesAtOnce } from './chebyshev.ts';
import { CountEnds } from './count-interval.ts';
import { tQuantilesAt } from './quantiles.ts';
import type { Scope } from './scope.ts';

/** Student's t intervals, as columns of numbers: value ± t·s, with t of the estimate's degrees of freedom. */
class StudentEnds {
  count = 0;
  /** By the order in which they were asked for. */
  readonly owners = new Int32Array(valuesAtOnce);
  private readonly value = new Float64Array(valuesAtOnce);
  private readonly stdError = new Float64Array(valuesAtOnce);
  private readonly t = new Float64Array(valuesAtOnce);

  add(owner: number, value: number, stdError: number, df: number): void {
    const place = this.count++;
    this.owners[place] = owner;
    this.value[place] = value;
    this.stdError[place] = stdError;
    this.t[place] = df;
  }

  make(confidence: number, put: (owner: number, low: number, high: number) => void): void {
    const { count, owners, value, stdError, t } = this;
    tQuantilesAt((1 + confidence) / 2)(t, count);
    for (let place = 0; place < count; place++) {
      const halfWidth = t[place]! * stdError[place]!; // place < count, here and below
      put(owners[place]!, value[place]! - halfWidth, value[place]! + halfWidth);
    }
  }
}

/** The ends of intervals, at most {@link valuesAtOnce}, which wait for the quantiles of others: those of many are found in less time than one by one. */
export class IntervalEnds {
  private readonly counts = new CountEnds(valuesAtOnce);
  private readonly owners = new Int32Array(valuesAtOnce);
  private readonly students = new StudentEnds();

  /** Begins anew. */
  begin(): void {
    this.counts.count = this.students.count = 0;
  }

  /** Asks for the interval of a count, see {@link CountEnds.add}. @param owner a number of its own, here and below */
  askCount(
    owner: number,
    value: number,
    variance: number,
    support: number,
    certain: number,
    scope: Scope,
  ): void {
    this.owners[this.counts.count] = owner;
    this.counts.add(value, variance, support, certain, scope);
  }

  /** Asks for the t interval of an estimate. */
  askStudent(owner: number, value: number, stdError: number, df: number): void {
    this.students.add(owner, value, stdError, df);
  }

  /** Makes those that were asked for. @param put is given them @param confidence two-sided, in (0, 1) */
  make(confidence: number, put: (owner: number, low: number, high: number) => void): void {
    const { owners, counts, students } = this;
    if (counts.count > 0) counts.make(confidence);
    for (let place = 0; place < counts.count; place++)
      put(owners[place]!, counts.low[place]!, counts.high[place]!); // place < count
    if (students.count > 0) students.make(confidence, put);
    this.begin();
  }
}
