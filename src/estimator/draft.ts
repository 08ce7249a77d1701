import { clear } from '../common/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import { type ContributionTable, noContributions } from './contribution-table.ts';
import type { CellRange } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { GroupEstimate } from './estimate-output.ts';
import { estimateOf } from './make-estimate.ts';
import { emptyEvidence } from './tails.ts';

const noGradient: readonly number[] = [];

/**
 * An estimate from totals while it is made, before the rounding around the output. There may be a hundred thousand, and to make
 * objects of each takes longer than the numbers in them: they are made in one draft, and put from there where they are kept.
 */
export class Draft {
  /** Rows of the sample behind it. */
  support = 0;
  hasValue = false;
  value = 0;
  hasEnds = false;
  low = 0;
  high = 0;
  hasStdError = false;
  stdError = 0;
  exact = false;
  readonly reasons: ReasonCode[] = [];
  /** One partial derivative a total; none where there is no value. */
  gradient: ArrayLike<number> = noGradient;
  /** Holds what the strata contribute at the places of the group's cells, unless it is the table of {@link noContributions}. */
  table: ContributionTable = noContributions.table;
  df = 1;
  hasTail = false;
  readonly tail = emptyEvidence();

  /** Begins another one, of which nothing is known yet. */
  begin(support: number): void {
    this.support = support;
    this.gradient = noGradient;
    this.hasValue = this.hasEnds = this.hasStdError = this.exact = this.hasTail = false;
    clear(this.reasons);
    this.table = noContributions.table;
    this.df = 1;
  }

  setPoint(value: number, gradient: ArrayLike<number>): void {
    this.hasValue = true;
    this.value = value;
    this.gradient = gradient;
  }

  setEnds(low: number, high: number): void {
    this.hasEnds = true;
    this.low = low;
    this.high = high;
  }

  setStdError(stdError: number): void {
    this.hasStdError = true;
    this.stdError = stdError;
  }

  /** There is no error. @param value null where SQL has NULL */
  setExact(value: number | null): void {
    this.exact = true;
    this.setStdError(0);
    if (value === null) return;
    this.hasValue = true;
    this.value = value;
    this.setEnds(value, value);
  }

  /** The estimate as an object. @param cells of its group */
  taken(prepared: PreparedOutput, { from, to }: CellRange, confidence: number): GroupEstimate {
    const { table, gradient, df, support } = this;
    const error = {
      low: this.hasEnds ? this.low : null,
      high: this.hasEnds ? this.high : null,
      stdError: this.hasStdError ? this.stdError : null,
      exact: this.exact,
      reasons: [...this.reasons],
    };
    return {
      estimate: estimateOf(this.hasValue ? this.value : null, error, prepared.monotone, { confidence, support }), // prettier-ignore
      prepared,
      gradient: Array.from(gradient),
      contributions: table === noContributions.table ? noContributions : { table, from, to },
      df,
      tail: this.hasTail ? { ...this.tail } : null,
      certainty: null,
    };
  }
}
