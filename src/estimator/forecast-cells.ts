import type { Writable } from '../common/index.ts';
import type { ReasonCode } from '../plan/index.ts';
import type { ContributionTable } from './contribution-table.ts';
import type { EstimateColumns } from './estimate-columns.ts';
import type { MetGroup } from './met-group.ts';
import type { ForeseenEstimate } from './sizing.ts';
import { emptyEvidence, type TailEvidence } from './tails.ts';
import { putTail, readTail, tailNumbers } from './tail-numbers.ts';

/** The numbers of a cell, by their places. */
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
  private readonly groups: MetGroup[] = [];
  protected readonly numbers: Float64Array;
  protected readonly state: Uint8Array;
  /** What the strata contribute to each: cells [from, to) of a table. */
  protected readonly tables: ContributionTable[] = [];
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
    this.from = new Int32Array(room);
    this.to = new Int32Array(room);
  }

  /** Adds a cell. */
  add(group: MetGroup, estimate: ForeseenEstimate): void {
    const { value, stdError, support, exact, reasons, contributions, df, tail, certainty } = estimate;
    const { table, from, to } = contributions;
    this.put(group, value, stdError, support, exact, reasons, table, from, to, df, tail, certainty);
  }

  /** Adds the cell of an estimate that lies in columns. */
  addFrom(columns: EstimateColumns, group: MetGroup): void {
    const { shown } = columns;
    const at = group.group;
    const [table, tail] = [columns.tableAt(at), columns.putTail(at, evidence)];
    const [from, to] = table.length === 0 ? [0, 0] : [group.cells.from, group.cells.to];
    this.put(group, shown.valueAt(at), shown.stdErrorAt(at), shown.supportAt(at), shown.isExact(at), shown.reasonsAt(at), table, from, to, columns.dfAt(at), tail, null); // prettier-ignore
  }

  private put(
    group: MetGroup,
    value: number | null,
    stdError: number | null,
    support: number,
    exact: boolean,
    reasons: readonly ReasonCode[],
    table: ContributionTable,
    from: number,
    to: number,
    df: number,
    tail: TailEvidence | null,
    certainty: number | null,
  ): void {
    const { numbers } = this;
    const cell = this.count++;
    const at = cell * NUMBERS;
    let state = exact ? IS_EXACT : 0;
    if (value !== null) state |= HAS_VALUE;
    if (reasons.length > 0 && reasons.includes('SINGLETON_STRATUM')) state |= IS_SINGLETON;
    numbers[at + VALUE] = value ?? 0;
    numbers[at + STD_ERROR] = stdError ?? 0;
    numbers[at + SUPPORT] = support;
    numbers[at + DF] = df;
    if (certainty !== null) {
      state |= HAS_CERTAINTY;
      numbers[at + CERTAINTY] = certainty;
    }
    if (tail !== null) {
      state |= HAS_TAIL;
      putTail(numbers, at + TAIL, tail);
    }
    this.state[cell] = state;
    this.groups.push(group);
    this.tables.push(table);
    this.from[cell] = from;
    this.to[cell] = to;
  }

  groupOf(cell: number): MetGroup {
    return this.groups[cell]!; // one a cell
  }

  /** Fills evidence with that of a cell that has a tail. */
  protected tailAt(cell: number, into: Writable<TailEvidence>): void {
    readTail(this.numbers, cell * NUMBERS + TAIL, into);
  }

  protected number(cell: number, number: number): number {
    return this.numbers[cell * NUMBERS + number]!; // a row of numbers a cell
  }

  protected has(cell: number, bit: number): boolean {
    return (this.state[cell]! & bit) !== 0;
  }
}
