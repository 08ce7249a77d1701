import { type Pieces, piecewise } from '../common/index.ts';
import type { MomentLayout } from '../plan/index.ts';
import type { Interner } from './interner.ts';
import { type MeasureCode, withScales } from './measure-code.ts';
import { overPiece, type RowFilter } from './row-filter.ts';
import { overRuns } from './scan-code.ts';
import type { Emitter } from './lower/emitter.ts';

/** The measures of matching rows, one entry a row in each array. */
export interface RowValues {
  readonly count: number;
  /** The row's group, as Moments numbers them. */
  readonly group: Int32Array;
  readonly stratum: Int32Array;
  /** Where keys were drawn the row's key; rows of one key follow each other. */
  readonly key: Int32Array | null;
  /** For each measure its centred value; NaN where the measure does not take the row. */
  readonly values: readonly Float64Array[];
}

/** Where a kernel puts the values it meets. */
export class ValueSink {
  count = 0;
  /** Codes of groups: made of keys' codes, so they may be large. */
  codes = new Float64Array(0);
  strata = new Int32Array(0);
  values: Float64Array[];

  /** @param groupOfStratum for each stratum what its key contributes to the group's code */
  constructor(
    measures: number,
    readonly groupOfStratum: Float64Array,
  ) {
    this.values = Array.from({ length: measures }, () => new Float64Array(0));
  }

  /** Makes room for so many rows more. */
  reserve(rows: number): void {
    const needed = this.count + rows;
    if (needed <= this.codes.length) return;
    const capacity = Math.max(needed, this.codes.length * 2);
    const wider = (array: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(capacity);
      grown.set(array);
      return grown;
    };
    const strata = new Int32Array(capacity);
    strata.set(this.strata);
    this.strata = strata;
    this.codes = wider(this.codes);
    this.values = this.values.map(wider);
  }

  private findGroups(groups: Interner, group: Int32Array, from: number, to: number): void {
    let [code, own] = [Number.NaN, -1];
    for (let row = from; row < to; row++) {
      // Rows of a group often follow each other.
      if (this.codes[row] !== code) own = groups.find((code = this.codes[row]!)); // row < count
      group[row] = own;
    }
  }

  /**
   * What has been put in.
   * @param groups tell the place of a code
   * @param keyEnds where keys were drawn, for each how many had been put in at its end
   */
  *take(groups: Interner, keyEnds: readonly number[] | null): Pieces<RowValues> {
    const { count } = this;
    const keyOfRow = keyEnds === null ? null : new Int32Array(count);
    for (const [key, end] of keyEnds?.entries() ?? []) keyOfRow?.fill(key, keyEnds?.[key - 1] ?? 0, end);
    const group = new Int32Array(count);
    yield* piecewise(count, (from, to) => this.findGroups(groups, group, from, to));
    return {
      count,
      group,
      stratum: this.strata.subarray(0, count),
      key: keyOfRow,
      values: this.values.map((values) => values.subarray(0, count)),
    };
  }
}

/** A loop over runs that puts down the values of matching rows. */
export type ValueKernel = (
  inputs: unknown,
  runs: Int32Array,
  from: number,
  to: number,
  sink: ValueSink,
) => void;

/** The loop of a {@link ValueKernel}. @param code the row's part of the group code; null where the stratum tells the group */
export function valueLoop(
  emitter: Emitter,
  filter: RowFilter,
  { measures: all }: MomentLayout,
  measures: readonly MeasureCode[],
  code: string | null,
): string {
  const scaled = withScales(measures);
  const stores = all.map((_, place) => {
    const { value, takes } = scaled[place]!; // one code a measure
    const present = value ?? '0';
    return `w${place}[o] = ${takes === null ? present : `(${takes}) ? ${present} : NaN`};`;
  });
  const body = [
    ...emitter.lines,
    `codes[o] = base${code === null ? '' : ` + ${code}`}; strata[o] = h;`,
    ...stores,
    filter.kind === 'mask' ? `o += ${filter.mask};` : 'o++;',
  ];
  return overRuns(
    'const base = sink.groupOfStratum[h];',
    `sink.reserve(end - start);
    const codes = sink.codes, strata = sink.strata;
    ${all.map((_, place) => `const w${place} = sink.values[${place}];`).join(' ')}
    let o = sink.count;
    ${overPiece(filter, () => body)}
    sink.count = o;`,
  );
}
