import { aggregateFunction } from '../plan/index.ts';
import { valuesAtOnce } from './chebyshev.ts';
import type { Draft } from './draft.ts';
import { DualColumns } from './dual.ts';
import { aggregateValue, putSlotSums, putTotals } from './group-totals.ts';
import type { PreparedOutput } from './prepared-output.ts';
import type { GroupLot, MetGroup } from './met-group.ts';

/** Room by the number of totals: for one group, and by the place of the interval for several. It serves all that is asked for in turn. */
const ofOne: DualColumns[] = [];
const ofMany: DualColumns[][] = [];
const gradients: Float64Array[] = [];

/** Values of an output that is an aggregate as it stands, with derivatives, of several groups in columns. */
export class PointColumns {
  private readonly one: DualColumns;
  private readonly gradient: Float64Array;
  /** The column that they are in. */
  private found = 0;
  private first = -1;
  private count = 0;
  /** Rows that the aggregate takes, by place in the lot. */
  private readonly support = new Float64Array(valuesAtOnce);

  /**
   * @param aggregate that the output is
   * @param interval the place of its interval: those of one group are made beside each other
   */
  constructor(
    private readonly prepared: PreparedOutput,
    private readonly aggregate: number,
    private readonly interval: number,
  ) {
    const { length } = prepared.totals;
    this.one = ofOne[length] ??= new DualColumns(length, 1);
    this.gradient = gradients[length] ??= new Float64Array(length);
  }

  private get columns(): DualColumns {
    const { length } = this.prepared.totals;
    return ((ofMany[this.interval] ??= [])[length] ??= new DualColumns(length, valuesAtOnce));
  }

  /** Finds those of a lot, which is not empty, where one formula serves all of its groups. */
  find(lot: GroupLot): void {
    const { query, aggregateTotals, moments, listed } = lot.groups[0]!;
    const { columns, aggregate, prepared } = this;
    const { estimate } = aggregateFunction(query.aggregates[aggregate]!.name); // a place of aggregates
    this.count = 0;
    if (listed !== null || estimate?.isPlain !== true) return;
    const { measures, totals } = aggregateTotals[aggregate]!;
    columns.begin(lot.count);
    const ofTerms = totals.map((total) => {
      const column = columns.total(prepared.totals.indexOf(total));
      putTotals(moments, lot, total, columns.valuesOf(column));
      return column;
    });
    putSlotSums(moments, lot, moments.layout.totalSlot[totals[0]!]!, this.support); // the first total counts
    const centres = measures.map((measure) => moments.centres[measure]!); // one a measure
    // Groups without support are not asked for here.
    this.found = estimate.value(columns, { totals: ofTerms, centres, support: 1, complete: false })!;
    [this.first, this.count] = [lot.first, lot.count];
  }

  /**
   * Puts the value of a group down in a draft, where it has one.
   * @param at its place in the list of which values were found; negative: it is in none
   * @param complete no row of the group can have been missed
   */
  put(group: MetGroup, at: number, complete: boolean, draft: Draft): void {
    const place = at - this.first;
    const isFound = at >= 0 && place >= 0 && place < this.count && this.support[place]! > 0;
    const columns = isFound ? this.columns : this.one;
    const column = isFound ? this.found : this.valueOf(group, complete);
    if (column < 0) return;
    const own = isFound ? place : 0;
    columns.putGradient(column, own, this.gradient);
    draft.setPoint(columns.at(column, own), this.gradient);
  }

  /** Its column in `one`; negative: SQL has NULL. */
  private valueOf(group: MetGroup, complete: boolean): number {
    const { one, prepared, aggregate } = this;
    one.begin(1);
    const totalAs = (value: number, total: number): number => {
      const column = one.total(prepared.totals.indexOf(total));
      one.valuesOf(column)[0] = value;
      return column;
    };
    return aggregateValue(group, aggregate, one, totalAs, complete) ?? -1;
  }
}
