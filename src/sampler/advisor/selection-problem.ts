/** Columns that queries filter and group by together, and how much it matters to have a sample for them. */
export interface QuerySet {
  readonly columns: readonly string[];
  /** Its share of the workload. */
  readonly weight: number;
  /** |D(q)|: different values of its columns together. */
  readonly distinct: number;
  /** Δ(q): how much it suffers from values so rare that a uniform sample may miss them. */
  readonly rare: number;
  /** What samples that are not up for choice cover of it, in [0, 1]. */
  readonly floor: number;
}

/** A sample that could be kept: stratified by its columns. */
export interface Candidate {
  readonly columns: readonly string[];
  /** |D(φ)| */
  readonly distinct: number;
  /** |S(φ)|: the room that it takes, in rows. */
  readonly storage: number;
  /** How well it serves what it covers, in (0, 1]: below 1 where its cap is smaller than the one that is wanted. */
  readonly quality: number;
  /** It is there already. */
  readonly existing: boolean;
}

/** Which samples to keep. */
export interface SelectionProblem {
  readonly workload: readonly QuerySet[];
  readonly candidates: readonly Candidate[];
  /** Room for all chosen samples, in rows. */
  readonly budget: number;
  /** Churn limit: existing samples that are dropped may have had at most so much room. */
  readonly dropMax: number;
}

/** For each candidate whether it is chosen. */
export type Selection = readonly boolean[];

const isWithin = (columns: readonly string[], others: readonly string[]): boolean =>
  columns.every((column) => others.includes(column));

/**
 * What a sample stratified by φ covers of a query set q: min(1, |D(φ)| / |D(q)|) where one holds the other, else nothing.
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2.1, the constraint on y
 */
export function coverage(
  sample: Pick<Candidate, 'columns' | 'distinct'>,
  query: Pick<QuerySet, 'columns' | 'distinct'>,
): number {
  if (!isWithin(sample.columns, query.columns) && !isWithin(query.columns, sample.columns)) return 0;
  return Math.min(1, Math.max(1, sample.distinct) / Math.max(1, query.distinct));
}

/**
 * What each candidate would gain by itself: for each query set, and each candidate, weight · Δ · (coverage − floor), at least 0.
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2.1: the goal Σ wᵢ·yᵢ·Δ(qᵢ) with yᵢ ≤ max coverage of a chosen sample
 */
export function gainsOf({ workload, candidates }: SelectionProblem): readonly Float64Array[] {
  return workload.map((query) =>
    Float64Array.from(candidates, (candidate) => {
      const covered = coverage(candidate, query) * candidate.quality;
      return query.weight * query.rare * Math.max(0, covered - query.floor);
    }),
  );
}

/** The goal: each query set is served by the chosen sample that covers it best. @param gains see {@link gainsOf} */
export function valueOf(gains: readonly Float64Array[], selection: Selection): number {
  let value = 0;
  for (const ofQuery of gains) value += bestGain(ofQuery, selection);
  return value;
}

/** What a query set gains from the chosen samples. */
function bestGain(ofQuery: Float64Array, selection: Selection): number {
  let best = 0;
  for (const [candidate, gain] of ofQuery.entries())
    if (selection[candidate] === true && gain > best) best = gain;
  return best;
}

/** The room of the chosen samples, in rows. */
export function storageOf(
  { candidates }: Pick<SelectionProblem, 'candidates'>,
  selection: Selection,
): number {
  return candidates.reduce((sum, { storage }, place) => sum + (selection[place] === true ? storage : 0), 0);
}

/** The room that existing samples had which are not chosen. */
export function droppedBy(
  { candidates }: Pick<SelectionProblem, 'candidates'>,
  selection: Selection,
): number {
  return candidates.reduce(
    (sum, { existing, storage }, place) => sum + (existing && selection[place] !== true ? storage : 0),
    0,
  );
}

/** Whether a selection keeps to the budget and to the churn limit. */
export function isAllowed(problem: SelectionProblem, selection: Selection): boolean {
  return storageOf(problem, selection) <= problem.budget && droppedBy(problem, selection) <= problem.dropMax;
}
