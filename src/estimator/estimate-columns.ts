import type { Estimate, ReasonCode } from '../plan/index.ts';
import { type Contributions, type ContributionTable, noContributions } from './contribution-table.ts';
import type { GroupEstimate } from './estimate-output.ts';
import type { PreparedOutput } from './group-totals.ts';
import { isSuspectTail } from './hill.ts';
import { shownEstimate } from './make-estimate.ts';
import type { ForeseenEstimate } from './sizing.ts';
import type { TailEvidence } from './tails.ts';

/** The numbers of an estimate, by their places; behind them follow the derivatives. */
const VALUE = 0;
const LOW = 1;
const HIGH = 2;
const STD_ERROR = 3;
const SUPPORT = 4;
const DF = 5;
const TAIL = 6;
const GRADIENT = TAIL + 5;

/** What is there of an estimate, as bits. */
const MADE = 1;
const HAS_VALUE = 2;
const HAS_LOW = 4;
const HAS_HIGH = 8;
const HAS_STD_ERROR = 16;
const IS_EXACT = 32;
const HAS_TAIL = 64;
const HAS_GRADIENT = 128;

/** Estimates that are made from totals, of one of the query's intervals, a group each: as numbers in a column, for there may be a hundred thousand. */
export class EstimateColumns {
  private readonly stride: number;
  private readonly numbers: Float64Array;
  private readonly state: Uint8Array;
  /** Which of the {@link reasonLists} each has. */
  private readonly reasons: Uint16Array;
  private readonly reasonLists: (readonly ReasonCode[])[] = [[]];
  /** The table that holds what the strata contribute to it: one of the {@link tables}. */
  private readonly tableOf: Uint8Array;
  private readonly tables: ContributionTable[] = [noContributions.table];

  /**
   * @param confidence the level of each
   * @param starts where the cells of each group begin
   */
  constructor(
    private readonly prepared: PreparedOutput,
    readonly confidence: number,
    private readonly starts: Int32Array,
  ) {
    const groups = starts.length - 1;
    this.stride = GRADIENT + prepared.totals.length;
    this.numbers = new Float64Array(groups * this.stride);
    this.state = new Uint8Array(groups);
    this.reasons = new Uint16Array(groups);
    this.tableOf = new Uint8Array(groups);
  }

  isMade(group: number): boolean {
    return this.state[group] !== 0;
  }

  /** Puts an estimate down. */
  put(group: number, { estimate, gradient, contributions, df, tail }: GroupEstimate): void {
    const { numbers } = this;
    const { value, low, high, stdError, support, exact, reasons } = estimate;
    const at = group * this.stride;
    let state = exact ? MADE | IS_EXACT : MADE;
    if (value !== null) state |= HAS_VALUE;
    if (low !== null) state |= HAS_LOW;
    if (high !== null) state |= HAS_HIGH;
    if (stdError !== null) state |= HAS_STD_ERROR;
    numbers[at + VALUE] = value ?? 0;
    numbers[at + LOW] = low ?? 0;
    numbers[at + HIGH] = high ?? 0;
    numbers[at + STD_ERROR] = stdError ?? 0;
    numbers[at + SUPPORT] = support;
    numbers[at + DF] = df;
    if (tail !== null) {
      state |= HAS_TAIL;
      numbers[at + TAIL] = tail.effectiveSupport;
      numbers[at + TAIL + 1] = tail.sampleSkewness;
      numbers[at + TAIL + 2] = tail.populationSkewness;
      numbers[at + TAIL + 3] = tail.spread;
      numbers[at + TAIL + 4] = tail.largestSkewness;
    }
    if (gradient.length > 0) {
      state |= HAS_GRADIENT;
      for (let j = 0; j < gradient.length; j++) numbers[at + GRADIENT + j] = gradient[j]!; // j < length
    }
    this.state[group] = state;
    this.reasons[group] = this.placeOfReasons(reasons);
    this.tableOf[group] = this.placeOfTable(contributions.table);
  }

  /** The estimate with what sizing needs of it. */
  at(group: number): GroupEstimate {
    const { numbers, prepared } = this;
    const at = group * this.stride;
    return {
      estimate: this.estimateAt(group),
      prepared,
      gradient: this.has(group, HAS_GRADIENT) ? [...numbers.subarray(at + GRADIENT, at + this.stride)] : [],
      contributions: this.contributionsAt(group),
      df: this.dfAt(group),
      tail: this.tailAt(group),
      certainty: null,
    };
  }

  contributionsAt(group: number): Contributions {
    const { starts } = this;
    const table = this.tables[this.tableOf[group]!]!; // one of them
    return table === noContributions.table
      ? noContributions
      : { table, from: starts[group]!, to: starts[group + 1]! }; // one more start than groups
  }

  /** The estimate alone. */
  estimateAt(group: number): Estimate {
    const { numbers, confidence } = this;
    const at = group * this.stride;
    const state = this.state[group]!; // one a group
    return shownEstimate({
      value: (state & HAS_VALUE) === 0 ? null : numbers[at + VALUE]!, // a row of numbers a group
      low: (state & HAS_LOW) === 0 ? null : numbers[at + LOW]!,
      high: (state & HAS_HIGH) === 0 ? null : numbers[at + HIGH]!,
      stdError: (state & HAS_STD_ERROR) === 0 ? null : numbers[at + STD_ERROR]!,
      exact: (state & IS_EXACT) !== 0,
      reasons: this.reasonLists[this.reasons[group]!]!,
      confidence,
      support: numbers[at + SUPPORT]!,
    });
  }

  /** The estimate as far as forecasts go by it: looked up, for one is made of each cell. */
  foreseenAt(group: number): ForeseenEstimate {
    return new ColumnEstimate(this, group);
  }

  valueAt(group: number): number | null {
    return this.has(group, HAS_VALUE) ? this.numberAt(group, VALUE) : null;
  }

  stdErrorAt(group: number): number | null {
    return this.has(group, HAS_STD_ERROR) ? this.numberAt(group, STD_ERROR) : null;
  }

  supportAt(group: number): number {
    return this.numberAt(group, SUPPORT);
  }

  dfAt(group: number): number {
    return this.numberAt(group, DF);
  }

  isExact(group: number): boolean {
    return this.has(group, IS_EXACT);
  }

  reasonsAt(group: number): readonly ReasonCode[] {
    return this.reasonLists[this.reasons[group]!]!; // one of them
  }

  /** Whether it is certified, but for a tail that may yet be too heavy. */
  isSuspect(group: number): boolean {
    if (!this.has(group, HAS_TAIL) || this.reasons[group] !== 0) return false;
    return isSuspectTail(this.tailAt(group)!, this.confidence); // it has one
  }

  private has(group: number, bit: number): boolean {
    return (this.state[group]! & bit) !== 0;
  }

  private numberAt(group: number, place: number): number {
    return this.numbers[group * this.stride + place]!; // a row of numbers a group
  }

  tailAt(group: number): TailEvidence | null {
    if (!this.has(group, HAS_TAIL)) return null;
    const { numbers } = this;
    const at = group * this.stride;
    return {
      effectiveSupport: numbers[at + TAIL]!, // a row of numbers a group
      sampleSkewness: numbers[at + TAIL + 1]!,
      populationSkewness: numbers[at + TAIL + 2]!,
      spread: numbers[at + TAIL + 3]!,
      largestSkewness: numbers[at + TAIL + 4]!,
    };
  }

  /** There are few different lists. */
  private placeOfReasons(reasons: readonly ReasonCode[]): number {
    const { reasonLists } = this;
    for (let place = 0; place < reasonLists.length; place++)
      if (isSame(reasonLists[place]!, reasons)) return place; // place < length
    return reasonLists.push(reasons) - 1;
  }

  /** Where the strata are taken as read in half, their contributions lie in another table. */
  private placeOfTable(table: ContributionTable): number {
    const place = this.tables.indexOf(table);
    return place < 0 ? this.tables.push(table) - 1 : place;
  }
}

/** An estimate that lies in columns. */
class ColumnEstimate implements ForeseenEstimate {
  constructor(
    private readonly columns: EstimateColumns,
    private readonly group: number,
  ) {}

  get value(): number | null {
    return this.columns.valueAt(this.group);
  }

  get stdError(): number | null {
    return this.columns.stdErrorAt(this.group);
  }

  get support(): number {
    return this.columns.supportAt(this.group);
  }

  get exact(): boolean {
    return this.columns.isExact(this.group);
  }

  get confidence(): number {
    return this.columns.confidence;
  }

  get reasons(): readonly ReasonCode[] {
    return this.columns.reasonsAt(this.group);
  }

  get contributions(): Contributions {
    return this.columns.contributionsAt(this.group);
  }

  get df(): number {
    return this.columns.dfAt(this.group);
  }

  get tail(): TailEvidence | null {
    return this.columns.tailAt(this.group);
  }

  get certainty(): null {
    return null;
  }
}

function isSame(one: readonly ReasonCode[], other: readonly ReasonCode[]): boolean {
  if (one.length !== other.length) return false;
  for (let place = 0; place < one.length; place++) if (one[place] !== other[place]) return false;
  return true;
}
