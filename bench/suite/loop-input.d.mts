/** A sample as loops written by hand find it: arrays over all rows. */
export interface LoopInput {
  readonly strata: number;
}
export interface LoopColumn {
  readonly values: Int16Array | Int32Array | Float64Array;
  /** What codes stand for; null: values are no codes. */
  readonly texts: readonly string[] | null;
}
export function loopInput(columns: ReadonlyMap<string, LoopColumn>): LoopInput;
export function cellsOf(input: LoopInput, query: string): number;
