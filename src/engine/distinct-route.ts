import type { SampleEntry } from '../catalog/index.ts';
import { mapInPieces, type Pieces, QueryError } from '../common/index.ts';
import { estimateDistinct, missingGroups, type SeenValue } from '../estimator/index.ts';
import { openScan } from '../executor/index.ts';
import {
  type AggregateQuery,
  type Estimate,
  evaluate,
  layoutMoments,
  type Moments,
  type Scalar,
} from '../plan/index.ts';
import type { DistinctCount, ResolvedBounds, SelectPlan } from '../planner/index.ts';
import { chooseRows, type GroupSlots, slotLookup } from './answer-rows.ts';
import { countOf, describeSample } from './describe.ts';
import { exactBeside } from './exact-beside.ts';
import type { AnswerColumn } from './query-result.ts';
import { holdsAllOf } from './rank-limits.ts';
import { ReadingWatch } from './reading-watch.ts';
import type { RunControl } from './run-control.ts';
import type { RoutedAnswer } from './select-run.ts';
import type { EngineState } from './state.ts';
import { LateSample } from './wait-at-most.ts';

/** Of a deadline the share that may be spent on a sample; the rest is for the exact answer. */
const sampleShare = 0.3;
/** Rows that are read whatever the time. */
const firstRows = 4096;
/** Groups that are counted without a pause. */
const groupsAtOnce = 64;

/** A group with the different values that were met in it. */
interface CountedGroup {
  readonly keys: readonly Scalar[];
  readonly values: SeenValue[];
}

/** A group as the answer shows it. */
interface ShownCount extends GroupSlots {
  readonly estimate: Estimate;
}

/** What a sample of rows tells of different values. */
interface Counted {
  readonly entry: SampleEntry;
  readonly groups: readonly CountedGroup[];
  /** All rows that the predicate may leave in were read. */
  readonly complete: boolean;
  readonly rowsRead: number;
  readonly missing: { readonly groupRowsMax: number; readonly rowsMax: number };
}

/** Whether a statement would rather have an estimate that is never certified than wait for the exact answer. */
export function wantsEstimate({ withinMs, onMiss }: ResolvedBounds): boolean {
  return withinMs !== null || onMiss === 'best-effort';
}

/**
 * COUNT(DISTINCT x) where no sample of keys tells it: exactly from a sample that holds all rows of the strata in question; else
 * exactly from the source, unless the statement would rather have an estimate, in time or as the best that there is.
 * @param exact asks the source
 * @throws QueryError as the source reports it
 */
export async function countDistinct(
  state: EngineState,
  plan: SelectPlan,
  { query, samples }: DistinctCount,
  control: RunControl,
  exact: () => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  const { bounds } = plan;
  for (const entry of samples) {
    const counted = await countValues(state, entry, query, plan, control, true);
    if (counted !== null)
      return await control.inPieces(answerOf(counted, query, plan, 'it holds all rows in question', true));
  }
  const [largest] = samples;
  const counted =
    wantsEstimate(bounds) && largest !== undefined
      ? await countValues(state, largest, query, plan, control, false)
      : null;
  if (counted === null) return await exact();
  // The answer is made before the source is asked: at the deadline there is time for nothing else.
  const ready = await control.inPieces(
    answerOf(counted, query, plan, plan.exactReason, bounds.error === null),
  );
  if (bounds.withinMs === null) return ready;
  const first = await exactBeside(control, exact, () => Promise.resolve(ready));
  if ('exact' in first) return first.exact;
  if (bounds.onMiss === 'fail')
    throw new QueryError('DEADLINE_EXCEEDED', `the exact answer was not ready within ${bounds.withinMs} ms`, {
      hint: 'ON MISS BEST EFFORT gives an estimate',
    });
  return ready;
}

/**
 * Counts values by a scan that groups by the value as well.
 * @param onlyWhole asks only a sample that holds all rows that the predicate may leave in
 * @returns null where kernels cannot, or that is not so
 */
async function countValues(
  state: EngineState,
  entry: SampleEntry,
  query: AggregateQuery,
  { bounds }: SelectPlan,
  control: RunControl,
  onlyWhole: boolean,
): Promise<Counted | null> {
  const sample = await state.samples.get(entry, control);
  const value = query.aggregates[0]!.arguments[0]!; // the planner let one COUNT(DISTINCT x) through
  const { layout } = layoutMoments({ ...query, aggregates: [], intervals: [] });
  const scan = await openScan(sample, { filter: query.filter, keys: [...query.keys, value], layout });
  if ('refused' in scan) return null;
  const { unitSizes } = sample;
  const isWhole = holdsAllOf(sample, scan.included);
  if (onlyWhole && !isWhole) return null;
  const watch = new ReadingWatch(control);
  const endMs = control.elapsedMs() + control.spareMs() * sampleShare;
  let finished: boolean;
  try {
    finished = await scan.readTo(unitSizes, async ({ rowsRead }) => {
      watch.end(rowsRead);
      await control.pause();
      const countingMs = control.paces.counting.predictMs(scan.cellCount);
      const budgetMs = isWhole ? Number.POSITIVE_INFINITY : endMs - control.elapsedMs() - countingMs;
      return watch.begin(rowsRead, budgetMs, Math.max(0, firstRows - rowsRead));
    });
  } catch (error) {
    if (error instanceof QueryError && error.code === 'LIMIT_EXCEEDED') return null; // too many values for a scan
    if (!(error instanceof LateSample) || isWhole || scan.rowsRead < firstRows) throw error;
    finished = false;
  }
  const collectedMs = control.elapsedMs();
  const { moments, key } = await control.inPieces(scan.collect());
  const complete = isWhole && finished;
  const groups = await control.inPieces(groupValues(query, moments, key));
  control.paces.counting.learn(scan.cellCount, control.elapsedMs() - collectedMs);
  return {
    entry,
    groups,
    complete,
    rowsRead: scan.rowsRead,
    missing:
      complete || query.keys.length === 0
        ? { groupRowsMax: 0, rowsMax: 0 }
        : await control.inPieces(unseenGroups(moments, bounds.confidence)),
  };
}

/** Gathers the groups by key and value into groups by key; a NULL is no value. */
function* groupValues(
  query: AggregateQuery,
  { layout, sums, cellCount, cellGroup, cellStratum, populationRows, rowsRead }: Moments,
  key: (group: number, index: number) => Scalar,
): Pieces<CountedGroup[]> {
  const stride = layout.monomials.length;
  const groups = new Map<string, CountedGroup>();
  if (query.keys.length === 0) groups.set('[]', { keys: [], values: [] });
  for (let cell = 0; cell < cellCount;) {
    const group = cellGroup[cell]!; // one a cell
    if (group % groupsAtOnce === groupsAtOnce - 1) yield;
    const stratum = cellStratum[cell]!;
    let rows = 0;
    for (; cell < cellCount && cellGroup[cell] === group; cell++) rows += sums[cell * stride]!; // slot 0 counts the matching rows
    // Strata that tell the group have cells without a match.
    if (rows === 0) continue;
    const keys = query.keys.map((_, index) => key(group, index));
    const name = JSON.stringify(keys, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
    const known = groups.get(name) ?? { keys, values: [] };
    groups.set(name, known);
    if (key(group, query.keys.length) !== null)
      known.values.push({ rows, weight: populationRows[stratum]! / rowsRead[stratum]! }); // one entry a stratum
  }
  return [...groups.values()];
}

/** Groups that were not met may have all rows that were not read. */
function* unseenGroups(moments: Moments, confidence: number): Pieces<Counted['missing']> {
  const { included, populationRows, rowsRead } = moments;
  const { groupRowsMax } = yield* missingGroups(moments, confidence);
  const unread = included.reduce(
    (sum, isIn, stratum) => (isIn === 1 ? sum + populationRows[stratum]! - rowsRead[stratum]! : sum),
    0,
  ); // one entry a stratum
  return { groupRowsMax: Math.min(groupRowsMax, unread), rowsMax: unread };
}

/** The planner lets no query with accessors through. */
function noAccessor(): never {
  throw new Error('nothing is said of this estimate but itself');
}

function* answerOf(
  { entry, groups, complete, rowsRead, missing }: Counted,
  query: AggregateQuery,
  { query: bound, bounds, aggregate }: SelectPlan,
  why: string,
  errorMet: boolean,
): Pieces<RoutedAnswer> {
  const count = ({ keys, values }: CountedGroup): ShownCount => {
    const estimate = estimateDistinct(values, complete, bounds.confidence);
    return { keys, aggregates: [estimate.value], accessor: noAccessor, estimate };
  };
  const counted = yield* mapInPieces(groups, count, groupsAtOnce);
  const { shown: rows } = yield* chooseRows(query, counted);
  const columns: AnswerColumn[] = [];
  for (const [place, { name, type }] of bound.columns.entries()) {
    const { isKey, expression } = aggregate!.query.outputs[place]!; // an aggregate plan has as many outputs as columns
    const valueOf = (row: ShownCount): Scalar | Estimate =>
      isKey ? evaluate(expression, slotLookup(row)) : row.estimate;
    const values = yield* mapInPieces(rows, valueOf, groupsAtOnce);
    columns.push({ name, type, role: isKey ? 'group' : 'estimate', values });
  }
  return {
    columns,
    report: {
      mode: 'approximate',
      reason: `${describeSample(entry)}: ${why}; ${countOf(rowsRead, 'row')} read`,
      notes: complete
        ? []
        : ['from a sample of rows different values are counted from below: the estimate has no upper end'],
      errorMet,
      sample: { entry, rowsRead },
      missing,
    },
  };
}
