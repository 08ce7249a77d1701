/** Most columns of a sample that the advisor proposes. */
const columnsMax = 3;

/** Columns that queries use together, and how much they weigh. */
export interface WeightedColumns {
  readonly columns: readonly string[];
  readonly weight: number;
}

/** A text that is the same for the same columns in any order. */
export function columnsKey(columns: readonly string[]): string {
  return JSON.stringify([...columns].sort());
}

/**
 * The column sets that samples could be stratified by: all subsets of up to three columns of what queries use together, the sets that
 * weigh most first. Others would serve no query better than one of these.
 * @param setsMax so many at most
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2.2: candidates are subsets of the columns of some query, few at a time
 */
export function candidateSets(workload: readonly WeightedColumns[], setsMax: number): string[][] {
  const found = new Map<string, { readonly columns: string[]; weight: number }>();
  for (const { columns, weight } of workload) {
    for (const subset of subsetsOf([...columns].sort())) {
      const known = found.get(columnsKey(subset));
      if (known === undefined) found.set(columnsKey(subset), { columns: subset, weight });
      else known.weight += weight;
    }
  }
  return [...found.values()]
    .toSorted((a, b) => b.weight - a.weight || b.columns.length - a.columns.length)
    .slice(0, setsMax)
    .map(({ columns }) => columns);
}

/** All subsets of one to three columns. */
function subsetsOf(columns: readonly string[]): string[][] {
  const sets: string[][] = [];
  const extend = (begun: string[], from: number): void => {
    if (begun.length > 0) sets.push(begun);
    if (begun.length === columnsMax) return;
    for (let next = from; next < columns.length; next++) extend([...begun, columns[next]!], next + 1); // next < length
  };
  extend([], 0);
  return sets;
}
