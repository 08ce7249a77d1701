import type { Writable } from '../common/index.ts';
import { type Contributions, type ContributionTable, noContributions } from './contribution-table.ts';
import type { Draft } from './draft.ts';
import type { GroupEstimate } from './estimate-output.ts';
import type { PreparedOutput } from './prepared-output.ts';
import { isSuspectTail } from './hill.ts';
import { ShownEstimates } from './shown-estimates.ts';
import { type ForeseenEstimate, foreseenOf } from './sizing.ts';
import { emptyEvidence, type TailEvidence } from './tails.ts';
import { putTail, readTail, tailNumbers } from './tail-numbers.ts';

/** What sizing needs of an estimate as numbers, by their places; behind them follow the derivatives. */
const DF = 0;
const TAIL = 1;
const GRADIENT = TAIL + tailNumbers;

/** What is there of it, as bits. */
const HAS_TAIL = 1;
const HAS_GRADIENT = 2;

/** Filled anew for each tail that is looked at. */
const suspected = emptyEvidence();

/** Estimates that are made from totals, of one of the query's intervals, a group each: as numbers in a column, for there may be a hundred thousand. */
export class EstimateColumns {
  private estimates: ShownEstimates;
  /** Somebody else holds on to the estimates as they are by now. */
  private isShared = false;
  private readonly stride: number;
  private readonly numbers: Float64Array;
  private readonly state: Uint8Array;
  /** The table that holds what the strata contribute to it: one of the {@link tables}. */
  private readonly tableOf: Uint8Array;
  private readonly tables: ContributionTable[] = [noContributions.table];

  /**
   * @param confidence the level of each
   * @param starts where the cells of each group begin
   */
  constructor(
    private readonly prepared: PreparedOutput,
    confidence: number,
    private readonly starts: Int32Array,
  ) {
    const groups = starts.length - 1;
    this.estimates = new ShownEstimates(groups, confidence);
    this.stride = GRADIENT + prepared.totals.length;
    this.numbers = new Float64Array(groups * this.stride);
    this.state = new Uint8Array(groups);
    this.tableOf = new Uint8Array(groups);
  }

  /** The estimates alone, by group. */
  get shown(): ShownEstimates {
    return this.estimates;
  }

  /** The same for somebody who holds on to them. */
  share(): ShownEstimates {
    this.isShared = true;
    return this.estimates;
  }

  isMade(group: number): boolean {
    return this.shown.has(group);
  }

  /** Puts an estimate down. */
  put(group: number, { estimate, gradient, contributions, df, tail }: GroupEstimate): void {
    this.own().put(group, estimate);
    this.putParts(group, gradient, contributions.table, df, tail);
  }

  /** Puts a draft down. */
  putDraft(group: number, draft: Draft): void {
    this.own().putDraft(group, draft, this.prepared.monotone);
    this.putParts(group, draft.gradient, draft.table, draft.df, draft.hasTail ? draft.tail : null);
  }

  /** Puts down the ends of an estimate that was put down. */
  putEnds(group: number, low: number, high: number): void {
    this.own().putEnds(group, low, high, this.prepared.monotone);
  }

  /** The estimates to change: nobody else holds on to them. */
  private own(): ShownEstimates {
    if (this.isShared) this.estimates = this.estimates.clone();
    this.isShared = false;
    return this.estimates;
  }

  private putParts(
    group: number,
    gradient: ArrayLike<number>,
    table: ContributionTable,
    df: number,
    tail: TailEvidence | null,
  ): void {
    const { numbers } = this;
    const at = group * this.stride;
    let state = 0;
    numbers[at + DF] = df;
    if (tail !== null) {
      state |= HAS_TAIL;
      putTail(numbers, at + TAIL, tail);
    }
    if (gradient.length > 0) {
      state |= HAS_GRADIENT;
      for (let j = 0; j < gradient.length; j++) numbers[at + GRADIENT + j] = gradient[j]!; // j < length
    }
    this.state[group] = state;
    this.tableOf[group] = this.placeOfTable(table);
  }

  /** The estimate with what sizing needs of it. */
  at(group: number): GroupEstimate {
    const { numbers, prepared, shown } = this;
    const at = group * this.stride;
    return {
      estimate: shown.at(group),
      prepared,
      gradient: this.has(group, HAS_GRADIENT) ? [...numbers.subarray(at + GRADIENT, at + this.stride)] : [],
      contributions: this.contributionsAt(group),
      df: this.dfAt(group),
      tail: this.tailAt(group),
      certainty: null,
    };
  }

  private contributionsAt(group: number): Contributions {
    const { starts } = this;
    const table = this.tableAt(group);
    return table === noContributions.table
      ? noContributions
      : { table, from: starts[group]!, to: starts[group + 1]! }; // one more start than groups
  }

  /** The table that holds what the strata contribute to an estimate, at the places of its group's cells; that of {@link noContributions} where nothing does. */
  tableAt(group: number): ContributionTable {
    return this.tables[this.tableOf[group]!]!; // one of them
  }

  /** The estimate as far as forecasts go by it. */
  foreseenAt(group: number): ForeseenEstimate {
    return foreseenOf(this.at(group));
  }

  dfAt(group: number): number {
    return this.numbers[group * this.stride + DF]!; // a row of numbers a group
  }

  /** Whether it is certified, but for a tail that may yet be too heavy. */
  isSuspect(group: number): boolean {
    if (!this.has(group, HAS_TAIL) || !this.shown.isCertified(group)) return false;
    return isSuspectTail(this.putTail(group, suspected)!, this.shown.confidence); // it has one
  }

  private has(group: number, bit: number): boolean {
    return (this.state[group]! & bit) !== 0;
  }

  private tailAt(group: number): TailEvidence | null {
    return this.putTail(group, emptyEvidence());
  }

  /** Puts down the evidence of an estimate's tail. @returns what was filled; null: it needs none */
  putTail(group: number, into: Writable<TailEvidence>): TailEvidence | null {
    if (!this.has(group, HAS_TAIL)) return null;
    readTail(this.numbers, group * this.stride + TAIL, into);
    return into;
  }

  /** Where the strata are taken as read in half, their contributions lie in another table. */
  private placeOfTable(table: ContributionTable): number {
    const { tables } = this;
    // From behind: the last is that of most. There are three at most.
    for (let place = tables.length - 1; place >= 0; place--) if (tables[place] === table) return place;
    return tables.push(table) - 1;
  }
}
