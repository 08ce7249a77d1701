import type { ColumnSetCounts } from '../../sources/index.ts';
import { columnsKey, type WeightedColumns } from './candidate-sets.ts';
import { type Candidate, coverage, type QuerySet, type SelectionProblem } from './selection-problem.ts';

/** All that the advisor goes by. */
export interface ProposalRequest {
  /** What queries filter and group by, as shares of the workload. The empty set stands for queries without such columns. */
  readonly workload: readonly AskedSet[];
  /** Column sets that samples could be stratified by. */
  readonly candidates: readonly (readonly string[])[];
  /** Counts of every set of either, by {@link columnsKey}, for the caps. */
  readonly counts: ReadonlyMap<string, ColumnSetCounts>;
  /** The cap that is wanted, then those to fall back to, falling. */
  readonly caps: readonly number[];
  /** Room for all of the advisor's samples, in rows. */
  readonly budget: number;
  readonly tableRows: number;
  /** The room that the totals of one stratum take, in rows. */
  readonly stratumRoom: number;
  /** Uniform and stratified samples of the table. */
  readonly present: readonly PresentSample[];
  /** Share of the room of its own samples that the advisor may give up at once. */
  readonly churnShare: number;
}
/** What queries filter and group by together. */
export interface AskedSet extends WeightedColumns {
  /** The user asks for it by name: it counts even where no value is rare. */
  readonly isNamed: boolean;
}
/** A sample that is there. */
export interface PresentSample {
  readonly name: string;
  /** What its strata are made of; none: it is uniform. */
  readonly columns: readonly string[];
  readonly cap: number;
  readonly strata: number;
  readonly rows: number;
  /** The advisor made it, and may drop it. */
  readonly isAdvised: boolean;
}

/** The selection problem of one cap, and what its candidates are. */
export interface CappedProblem extends SelectionProblem {
  readonly cap: number;
  readonly candidates: readonly CappedCandidate[];
}
/** A stratified sample that could be kept or made. */
export interface CappedCandidate extends Candidate {
  readonly cap: number;
  readonly rows: number;
  /** The sample that it is; null: one to be made. */
  readonly present: PresentSample | null;
}

/** The counts of a column set. */
export function countsOf({ counts }: ProposalRequest, columns: readonly string[]): ColumnSetCounts {
  if (columns.length === 0) return { distinct: 1, byCap: [] };
  const found = counts.get(columnsKey(columns));
  if (found === undefined) throw new Error(`columns ${columns.join(', ')} were not counted`);
  return found;
}

/**
 * Δ(q), how much a query set suffers without strata: the share of its values with fewer rows than the cap that is wanted; 1 for a set
 * that is asked for by name. BlinkDB counts these values, and leaves the measure open; but then of two queries the one by many values
 * weighs so much more that a sample that covers a hundredth of it displaces one that covers the other whole.
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 3.2.1, on non-uniformity
 */
export function raritySuffered(request: ProposalRequest, { columns, isNamed }: AskedSet): number {
  const { distinct, byCap } = countsOf(request, columns);
  return isNamed ? 1 : Math.min(1, (byCap[0]?.rare ?? 0) / Math.max(1, distinct));
}

/** Share of the workload that a uniform sample serves as well as any: no value of its columns is rare. */
export function evenShare(request: ProposalRequest): number {
  const even = request.workload.filter((asked) => raritySuffered(request, asked) === 0);
  return even.reduce((sum, { weight }) => sum + weight, 0);
}

/** The room of a present sample, in rows. */
export function roomOf({ stratumRoom }: ProposalRequest, { rows, strata }: PresentSample): number {
  return rows + Math.ceil(strata * stratumRoom);
}

/**
 * The selection problem for one of the caps K. Errors fall with the square root of the rows, so a sample with a smaller cap k counts for
 * √(k/K) of what it covers. Part of the budget is kept back for a uniform sample, as large a share as that of the workload that it
 * serves, as long as there is room for the samples that are there.
 */
export function problemFor(request: ProposalRequest, place: number): CappedProblem {
  const { workload, budget, present, churnShare, stratumRoom } = request;
  const cap = request.caps[place]!; // a place in the list
  const stratified = present.filter(({ columns }) => columns.length > 0);
  const quality = (own: number): number => Math.sqrt(Math.min(1, own / cap));
  const existing = stratified
    .filter(({ isAdvised }) => isAdvised)
    .map((sample): CappedCandidate => ({
      columns: sample.columns,
      distinct: sample.strata,
      storage: roomOf(request, sample),
      quality: quality(sample.cap),
      existing: true,
      cap: sample.cap,
      rows: sample.rows,
      present: sample,
    }));
  const known = new Set(
    existing.filter((sample) => sample.cap === cap).map(({ columns }) => columnsKey(columns)),
  );
  const made = request.candidates
    .filter((columns) => !known.has(columnsKey(columns)))
    .map((columns): CappedCandidate => {
      const { distinct, byCap } = countsOf(request, columns);
      const rows = Math.ceil(byCap[place]!.kept); // one for each cap
      const storage = rows + Math.ceil(distinct * stratumRoom);
      return { columns, distinct, storage, quality: 1, existing: false, cap, rows, present: null };
    });
  const byHand = stratified.filter(({ isAdvised }) => !isAdvised);
  const queries = workload.map((asked): QuerySet => {
    const query = { columns: asked.columns, distinct: countsOf(request, asked.columns).distinct };
    const covered = byHand.map((sample) => quality(sample.cap) * coverage({ ...sample, distinct: sample.strata }, query)); // prettier-ignore
    return {
      ...query,
      weight: asked.weight,
      rare: raritySuffered(request, asked),
      floor: Math.max(0, ...covered),
    };
  });
  const taken = existing.reduce((sum, { storage }) => sum + storage, 0);
  const reserve = budget * evenShare(request);
  return {
    cap,
    workload: queries,
    candidates: [...existing, ...made],
    budget: Math.floor(Math.max(budget - reserve, Math.min(budget, taken))),
    dropMax: Math.floor(churnShare * taken),
  };
}
