/** Least and greatest value of a column in each row group, in the form that its type prescribes for scalars. */
export interface ZoneColumn {
  readonly name: string;
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** A file's zone map: where in it values lie, so that whoever looks for some of them can leave out the rest. */
export interface Zones {
  /** Rows of each row group. */
  readonly rows: readonly number[];
  /** Columns whose order the rows follow, more or less; others tell nothing. */
  readonly columns: readonly ZoneColumn[];
}

/** The least and greatest value of a column that are looked for. */
export interface ZoneRange {
  readonly low: number;
  readonly high: number;
}

/** Rows of the row groups that may hold what is looked for in all columns. @param soughtOf null: any value */
export function rowsWithin(
  { rows, columns }: Zones,
  soughtOf: (column: ZoneColumn) => ZoneRange | null,
): number {
  const sought = columns.map((column) => ({ ...column, range: soughtOf(column) }));
  return rows.reduce((sum, count, group) => {
    const isLeftOut = sought.some(
      ({ low, high, range }) => range !== null && (high[group]! < range.low || low[group]! > range.high),
    ); // one value a group
    return isLeftOut ? sum : sum + count;
  }, 0);
}
