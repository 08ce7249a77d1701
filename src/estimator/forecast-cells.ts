import type { Writable } from '../common/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import type { ContributionTable } from './contribution-table.ts';
import type { EstimateColumns } from './estimate-columns.ts';
import type { MetGroup } from './met-group.ts';
import type { ForeseenEstimate, Presumption } from './sizing.ts';
import { emptyEvidence, type TailEvidence } from './tails.ts';
import { putTail, readTail, tailNumbers } from './tail-numbers.ts';

/** The numbers of a cell, by their places; the first three as {@link ShownEstimates.putValue} puts them down. */
export const VALUE = 0;
export const STD_ERROR = 1;
export const SUPPORT = 2;
export const DF = 3;
export const CERTAINTY = 4;
export const TAIL = 5;
const NUMBERS = TAIL + tailNumbers;

/** What there is of it, as bits. */
export const IS_EXACT = 1;
export const HAS_VALUE = 2;
export const HAS_TAIL = 4;
export const HAS_CERTAINTY = 8;
export const IS_SINGLETON = 16;

/** Filled anew for each cell. */
const evidence = emptyEvidence();

/** Cells of the answer with what forecasts go by: as numbers in columns, for there may be a hundred thousand. */
export class ForecastCells {
  count = 0;
  /** The row of the answer that each is in. */
  private readonly rows: Int32Array;
  protected readonly numbers: Float64Array;
  protected readonly state: Uint8Array;
  /** What the strata contribute to each: cells [from, to) of a table. */
  protected readonly tables: ContributionTable[];
  protected readonly from: Int32Array;
  protected readonly to: Int32Array;
  /**
   * @param room for so many cells
   * @param confidence the level of each
   */
  constructor(
    room: number,
    protected readonly confidence: number,
  ) {
    this.numbers = new Float64Array(room * NUMBERS);
    this.state = new Uint8Array(room);
    this.rows = new Int32Array(room);
    this.tables = Array<ContributionTable>(room);
    this.from = new Int32Array(room);
    this.to = new Int32Array(room);
  }

  /** Adds a cell. @param row of the answer */
  add(row: number, estimate: ForeseenEstimate): void {
    const { value, stdError, support, exact, reasons, contributions, df, tail, certainty } = estimate;
    const { table, from, to } = contributions;
    const at = this.count * NUMBERS;
    let state = value === null ? 0 : HAS_VALUE;
    this.numbers[at + VALUE] = value ?? 0;
    this.numbers[at + STD_ERROR] = stdError ?? 0;
    this.numbers[at + SUPPORT] = support;
    if (certainty !== null) {
      state |= HAS_CERTAINTY;
      this.numbers[at + CERTAINTY] = certainty;
    }
    this.put(row, state, exact, reasons, table, from, to, df, tail);
  }

  /** Adds the cell of an estimate that lies in columns. @param row of the answer */
  addFrom(row: number, columns: EstimateColumns, { group, cells }: MetGroup): void {
    const { shown } = columns;
    const at = this.count * NUMBERS;
    const [table, tail] = [columns.tableAt(group), columns.putTail(group, evidence)];
    const isEmpty = table.length === 0;
    shown.putValue(group, this.numbers, at);
    this.put(
      row,
      shown.hasValue(group) ? HAS_VALUE : 0,
      shown.isExact(group),
      shown.reasonsAt(group),
      table,
      isEmpty ? 0 : cells.from,
      isEmpty ? 0 : cells.to,
      columns.dfAt(group),
      tail,
    );
  }

  /** Adds a cell whose first numbers are put down. @param state what there is of them */
  private put(
    row: number,
    state: number,
    exact: boolean,
    reasons: readonly ReasonCode[],
    table: ContributionTable,
    from: number,
    to: number,
    df: number,
    tail: TailEvidence | null,
  ): void {
    const cell = this.count++;
    const at = cell * NUMBERS;
    let known = state;
    if (exact) known |= IS_EXACT;
    if (reasons.length > 0 && reasons.includes('SINGLETON_STRATUM')) known |= IS_SINGLETON;
    this.numbers[at + DF] = df;
    if (tail !== null) {
      known |= HAS_TAIL;
      putTail(this.numbers, at + TAIL, tail);
    }
    this.state[cell] = known;
    this.rows[cell] = row;
    this.tables[cell] = table;
    this.from[cell] = from;
    this.to[cell] = to;
  }

  /** The row of the answer that a cell is in. */
  rowOf(cell: number): number {
    return this.rows[cell]!; // one a cell
  }

  /** The evidence of a cell that has a tail, as far as nothing else is presumed; filled anew for each. */
  protected presumedTail(cell: number, presumption: Presumption): TailEvidence {
    readTail(this.numbers, cell * NUMBERS + TAIL, evidence);
    presume(evidence, presumption);
    return evidence;
  }

  protected number(cell: number, number: number): number {
    return this.numbers[cell * NUMBERS + number]!; // a row of numbers a cell
  }

  protected has(cell: number, bit: number): boolean {
    return (this.state[cell]! & bit) !== 0;
  }
}

function presume(
  tail: Writable<TailEvidence>,
  { lightTails = false, typicalMatches = false }: Presumption,
): void {
  if (tail.populationSkewness === Number.POSITIVE_INFINITY) {
    if (lightTails) tail.populationSkewness = 0;
  } else if (typicalMatches) {
    tail.spread = 1;
    tail.sampleSkewness = Math.min(tail.sampleSkewness, tail.populationSkewness);
  }
}
