import type { TableEntry } from '../catalog/index.ts';
import { nothingLearned } from '../plan/index.ts';
import type { AggregatePlan, ResolvedBounds } from '../planner/index.ts';
import { concernsStrata, queryColumnSet } from '../planner/index.ts';
import { countOf, percentOf } from './describe.ts';
import type { RunControl } from './run-control.ts';
import { type Appraisal, SampleQuery } from './sample-query.ts';
import type { ReadingState } from './state.ts';
import type { LearnedOf } from './tail-subjects.ts';

/** Share of what is left of a deadline after which no further sample is probed. */
const probingShare = 0.1;

/** A query opened over a sample, and why that sample. */
export interface OpenSampleQuery {
  readonly query: SampleQuery;
  readonly reason: string;
}

/** Errors that differ by less than about this factor are taken for equal: a probe is small. */
const errorStep = 1.1;

/**
 * Opens the query over the samples in question, in the order to try them: as planned where their strata cover the query's columns;
 * else a probe decides: the one that meets more groups, then the one that keeps the bound with fewer rows, then the one with the
 * smaller error, then the smaller one. (BlinkDB takes the highest share of matching rows. That share is the same for all samples
 * whose strata have nothing to do with the predicate, while their unequal weights can double the error.) Of such samples one is
 * probed, see {@link orderUnrelated}.
 * @param table of the query, as it was planned for
 * @returns in words why no sample can answer
 * @throws QueryError DAMAGED_SAMPLE, CANCELLED
 * @see Agarwal et al., "BlinkDB", EuroSys 2013, section 4.1
 */
export async function chooseSample(
  state: ReadingState,
  table: TableEntry,
  sampling: NonNullable<AggregatePlan['sampling']>,
  bounds: ResolvedBounds,
  control: RunControl,
): Promise<OpenSampleQuery[] | string> {
  const { query, candidates } = sampling;
  const opened: SampleQuery[] = [];
  let refusal = 'no sample holds its columns';
  for (const entry of candidates.samples) {
    const sample = await state.samples.get(entry, control);
    const learned: LearnedOf = (subjects, measures) =>
      table.id === entry.tableId
        ? state.tails.valuesOf({ table, entry }, sample, subjects, measures)
        : nothingLearned;
    const open = await SampleQuery.open(query, bounds, entry, sample, control, learned);
    if (typeof open === 'string') refusal = open;
    else opened.push(open);
  }
  if (opened.length === 0) return refusal;
  if (candidates.covering) {
    const columns = [...queryColumnSet(query)].join(', ');
    return opened.map((each) => ({ query: each, reason: `its strata cover ${columns}` }));
  }
  if (opened.length === 1) return [{ query: opened[0]!, reason: 'the only sample that can answer' }];
  const related = opened.filter(({ entry }) => concernsStrata(entry, query));
  const [first, ...others] = orderUnrelated(
    opened.filter((each) => !related.includes(each)),
    bounds,
  );
  const inQuestion = first === undefined ? related : [...related, first];
  const probed: Probed[] = [];
  const unprobed: SampleQuery[] = [];
  const endMs = control.elapsedMs() + control.remainingMs() * probingShare;
  for (const each of inQuestion.length > 1 ? inQuestion : []) {
    if (probed.length > 0 && control.elapsedMs() > endMs) unprobed.push(each);
    else probed.push({ query: each, groups: await each.probe(), appraisal: null });
  }
  for (const each of probed) {
    // Estimates decide only between samples that met as many groups.
    const isEven = probed.some((other) => other !== each && other.groups === each.groups);
    if (isEven) each.appraisal = await each.query.appraise();
  }
  const bounded = bounds.error !== null;
  probed.sort((a, b) => compareMerits(merits(a, bounded), merits(b, bounded)));
  const alone = inQuestion.length > 1 ? [] : inQuestion;
  return [
    ...alone.map((each) => ({
      query: each,
      reason: bounded ? 'each of its rows counts for most' : 'its rows count for most',
    })),
    ...probed.map((each) => ({ query: each.query, reason: `in a probe it ${inWords(each, bounds)}` })),
    ...unprobed.map((each) => ({ query: each, reason: 'the deadline left no time to probe it' })),
    ...others.map((each) => ({ query: each, reason: 'it counts for more rows than those tried before' })),
  ];
}

/** Share of its rows that a sample counts for. */
const efficiency = ({ effectiveRows, entry }: SampleQuery): number => effectiveRows / Math.max(1, entry.rows);

/**
 * Samples whose strata have nothing to do with the query differ only in how many rows they count for: under an error bound the one
 * that makes most of a row, and behind it those that count for more in all; without, the one that counts for most.
 */
function orderUnrelated(queries: readonly SampleQuery[], { error }: ResolvedBounds): SampleQuery[] {
  const byRows = queries.toSorted((a, b) => b.effectiveRows - a.effectiveRows);
  if (error === null) return byRows.slice(0, 1);
  const first = queries
    .toSorted((a, b) => efficiency(b) - efficiency(a) || a.entry.rows - b.entry.rows)
    .slice(0, 1);
  const larger = byRows.filter((each) =>
    first.every(({ effectiveRows }) => each.effectiveRows > effectiveRows),
  );
  return [...first, ...larger.toReversed()];
}

interface Probed {
  readonly query: SampleQuery;
  /** Groups that it met. */
  readonly groups: number;
  /** null: none other met as many groups. */
  appraisal: Appraisal | null;
}

/** What decides between samples, most important first; the least is the best. */
function merits({ query, groups, appraisal }: Probed, bounded: boolean): number[] {
  if (appraisal === null) return [-groups];
  const { rowsNeeded, relativeError } = appraisal;
  // Errors count by steps of a tenth.
  const error = Number.isFinite(relativeError)
    ? Math.round(Math.log(relativeError) / Math.log(errorStep))
    : relativeError;
  return [-groups, bounded ? rowsNeeded : 0, error, query.entry.rows];
}

function compareMerits(a: readonly number[], b: readonly number[]): number {
  const place = a.findIndex((merit, at) => merit !== b[at]);
  return place < 0 ? 0 : a[place]! < b[place]! ? -1 : 1; // as many merits
}

function inWords({ groups, appraisal }: Probed, { confidence }: ResolvedBounds): string {
  const met = `met ${countOf(groups, 'group')}`;
  return appraisal !== null && Number.isFinite(appraisal.relativeError)
    ? `${met}, and read whole it should reach ±${percentOf(appraisal.relativeError)} at ${percentOf(confidence)}`
    : met;
}
