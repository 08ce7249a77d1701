export interface SampleOf {
  readonly name: string;
  readonly method: string;
  readonly strata: readonly string[];
}
export interface BoundsTable {
  readonly name: string;
  readonly ranges: readonly string[];
  readonly classes: readonly string[];
  readonly keys: readonly string[];
  readonly manyKeys: readonly string[];
  readonly measures: readonly string[];
  readonly types64: string;
  readonly samples: (rows: number) => readonly SampleOf[];
}
export const sessions: BoundsTable;
export const flights: BoundsTable;
