import type { SampleEntry, TableEntry } from '../catalog/index.ts';
import { groupDigits, type Pieces, piecewise, QueryError } from '../common/index.ts';
import type { AggregateQuery } from '../plan/index.ts';
import type { ResolvedBounds, SelectPlan } from '../planner/index.ts';
import { gatherRows } from './answer-columns.ts';
import type { OpenSampleQuery } from './choose-sample.ts';
import { countOf, describeBound, describeSample, percentOf, roundMs } from './describe.ts';
import { exactBeside } from './exact-beside.ts';
import { type Lessons, lessonsFor } from './learn-tails.ts';
import type { AnswerColumn, ColumnValues } from './query-result.ts';
import type { RunControl } from './run-control.ts';
import type { SampleAnswer } from './sample-answer.ts';
import { isSampleLost } from './sample-cache.ts';
import { firstTurn, nextTurn, type SampleCosts, type Turn } from './sample-costs.ts';
import type { IsOutbid } from './bidding.ts';
import type { RoutedAnswer, SelectRun } from './select-run.ts';
import type { StatementCosts } from './statement-costs.ts';
import type { RouteReport } from './summary.ts';
import { LateSample } from './wait-at-most.ts';

/** Rows that are looked at without a pause. */
const rowsAtOnce = 1024;

const stoppedBecause = 'the deadline came before the error bound was reached';

/**
 * Tries the samples in order, as long as the source is not predicted to be well ahead; where none keeps the bound, does as ON MISS says.
 * @param exact asks the source
 * @throws QueryError BOUND_MISSED where ON MISS FAIL says so, and what `exact` and the reading of samples throw
 */
export async function sampleRoute(
  table: TableEntry,
  plan: SelectPlan,
  chosen: readonly OpenSampleQuery[],
  run: SelectRun,
  exact: (reason: string, lessons: Lessons) => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  // TypeScript does not see that closures find it assigned.
  let best = null as TriedSample | null;
  const tried: SampleAnswer[] = [];
  const exactly = (open: OpenSampleQuery, why: string): Promise<RoutedAnswer> =>
    goExact(plan, run, { open, best }, why, () => exact(why, lessonsFor(table, tried)));
  for (const open of chosen) {
    // The first is asked as soon as the statement has come.
    const { control } = run;
    const { query } = open;
    const turn =
      tried.length === 0
        ? firstTurn(
            query,
            chosen.map((each) => each.query),
            control.waitedMs,
          )
        : nextTurn(control, query);
    const trying = trySample(open, run, turn);
    const next = await trying.catch((error: unknown) => {
      if (best !== null && error instanceof LateSample) return 'late' as const;
      throw error;
    });
    if (next === 'late') break;
    run.stopwatch.attributeToEstimating(open.query.estimateMs);
    if (next === 'outbid') return await exactly(open, describeOutbid(open.query.entry, run.costs));
    const { answer } = next;
    tried.push(answer);
    if (best === null || answer.errorMet || answer.leastError < best.answer.leastError) best = next;
    if (answer.errorMet || answer.stopped) break;
  }
  if (best === null) throw new Error('no sample to choose from');
  return best.answer.errorMet
    ? await fromSample(best, plan, run.control, [])
    : await afterMiss(best, plan, run, exactly);
}

/** Does as ON MISS says. */
async function afterMiss(
  best: TriedSample,
  plan: SelectPlan,
  { control, costs }: SelectRun,
  exactly: (open: OpenSampleQuery, why: string) => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  const { answer, open } = best;
  const { bounds, sampledTable } = plan;
  const notes = sampledTable === null ? [] : [`${sampledTable} is itself a sample: there is no exact answer`];
  const miss = answer.stopped ? stoppedBecause : await control.inPieces(describeMiss(answer, bounds));
  switch (bounds.onMiss) {
    case 'fail':
      throw new QueryError(
        'BOUND_MISSED',
        answer.stopped ? `${describeBound(bounds)} was not reached before the deadline` : miss,
        {
          hint:
            sampledTable === null
              ? 'ON MISS EXACT or ON MISS BEST EFFORT give an answer'
              : 'ON MISS BEST EFFORT gives an answer',
        },
      );
    case 'exact':
      if (answer.stopped) return await fromSample(best, plan, control, [miss, ...notes]);
      // With what was lost it might have been kept.
      if (answer.tasks.discarded === 0) costs.noteMiss(miss);
      return await exactly(open, miss);
    case 'best-effort': {
      const all = answer.stopped ? answer : await open.query.runToEnd();
      // All of the sample may keep a bound that was given up.
      return await fromSample(
        { ...best, answer: all },
        plan,
        control,
        all.errorMet ? notes : [miss, ...notes],
      );
    }
  }
}

/**
 * Asks the source; under a deadline the sample is read on beside it, so that its best lies ready where the source is late. Where the
 * sample breaks meanwhile, what was answered before is as good as it was.
 */
async function goExact(
  plan: SelectPlan,
  { control }: SelectRun,
  { open, best }: { readonly open: OpenSampleQuery; readonly best: TriedSample | null },
  why: string,
  exact: () => Promise<RoutedAnswer>,
): Promise<RoutedAnswer> {
  if (plan.bounds.withinMs === null || plan.sampledTable !== null) return await exact();
  const readOn = async (): Promise<TriedSample> => {
    try {
      return { open, answer: await open.query.runToEnd(), predicted: null };
    } catch (error) {
      if (best !== null && isSampleLost(error)) return best;
      throw error;
    }
  };
  const first = await exactBeside(control, exact, readOn);
  if ('exact' in first) return first.exact;
  const { ready } = first;
  const late = 'the exact answer was not ready before the deadline';
  return await fromSample(ready, plan, control, ready.answer.errorMet ? [late] : [why, late]);
}

/** An answer from a sample, and what was predicted of it. */
interface TriedSample {
  readonly open: OpenSampleQuery;
  readonly answer: SampleAnswer;
  readonly predicted: NonNullable<RouteReport['predicted']> | null;
}

/** Asks a sample, as long as the source is not predicted to be well ahead, and learns what that costs. */
async function trySample(open: OpenSampleQuery, run: SelectRun, turn: Turn): Promise<TriedSample | 'outbid'> {
  const { query } = open;
  const costs = run.costs.over(query.entry, turn);
  const answer = await query.run(isOutbidBy(run, costs));
  if (answer === 'outbid') return answer;
  const { expected, work } = answer;
  const predicted =
    expected === null
      ? null
      : { maxRelativeError: expected.relativeError, elapsedMs: costs.predictMs(expected.work) };
  // Whoever watches has more to wait for than the answer, and who is one of many has others' work to wait for.
  if (run.refine === null && run.control.isUndisturbed()) costs.learn(work, run.control, query.estimateMs);
  return { open, answer, predicted };
}

/** Tells whether the source is predicted to be well ahead of a sample; null: it is not to be asked. */
export function isOutbidBy({ costs, control }: SelectRun, sample: SampleCosts): IsOutbid | null {
  return costs.mayGoExact
    ? (all, done) => costs.isExactFaster(sample, all, done, control.remainingMs())
    : null;
}

/** Why the source was asked although the sample could do it, in words. */
export function describeOutbid({ name }: SampleEntry, costs: StatementCosts): string {
  return `the exact answer is predicted within ${roundMs(costs.exactMs())}, sooner than one from the sample ${name}`;
}

/** Why a sample's answer is not enough, in words: with the codes of what stands against certifying it. */
function* describeMiss({ entry, rows }: SampleAnswer, bounds: ResolvedBounds): Pieces<string> {
  const reasons = new Set<string>();
  const add = (from: number, to: number): void => {
    for (let place = from; place < to; place++)
      for (const { estimate } of rows.at(place)!.estimates)
        for (const reason of estimate.reasons) reasons.add(reason); // place < length
  };
  yield* piecewise(rows.length, add, rowsAtOnce);
  const codes = reasons.size === 0 ? '' : ` (${[...reasons].join(', ')})`;
  return `the sample ${entry.name} cannot keep ${describeBound(bounds)} with its ${countOf(entry.rows, 'row')}${codes}`;
}

async function fromSample(
  { answer, open: { reason }, predicted }: TriedSample,
  plan: SelectPlan,
  control: RunControl,
  notes: readonly string[],
): Promise<RoutedAnswer> {
  const { bounds } = plan;
  const read = answer.stopped
    ? 'read until the deadline'
    : answer.degraded === null
      ? 'read whole'
      : `cut short to ${percentOf(answer.degraded.rowsShare)} under load`;
  const size = bounds.error === null ? read : `enough for ${describeBound(bounds)}`;
  const outcome = answer.errorMet ? size : 'short of the bound';
  const { columns, report } = await routed(answer, plan, control, reason, outcome, notes);
  return { columns, report: { predicted, ...report } };
}

/** @param outcome what became of the reading, in words */
export async function routed(
  answer: SampleAnswer,
  plan: SelectPlan,
  control: RunControl,
  chosenBecause: string,
  outcome: string,
  notes: readonly string[],
): Promise<RoutedAnswer> {
  const { rows, entry, confidence, rowsRead, missing, tasks, cells, witnessRows, driver, degraded } = answer;
  const { outputs } = queryOf(plan);
  const startMs = control.elapsedMs();
  const gathered = await control.inPieces(gatherRows(rows, outputs));
  control.paces.handing.learn(rows.length * outputs.length, control.elapsedMs() - startMs);
  const { columns: values, maxRelativeError, unread, unmade } = gathered;
  const judged = await answer.judge();
  const reason = `${describeSample(entry)}: ${chosenBecause}; ${groupDigits(rowsRead)} of ${countOf(entry.rows, 'row')}, ${outcome}${driver === null ? '' : `; ${driver} needed most`}`;
  const missed = [
    ...(unread ? ['some strata have no row in the sample: nothing is known of them'] : []),
    ...(unmade > 0 ? [`there was no time for the intervals of ${countOf(unmade, 'row')}`] : []),
  ];
  const witnessed =
    witnessRows > 0
      ? [`${countOf(witnessRows, 'row')} of the sample were read to tell what the tails are like`]
      : [];
  const lost =
    tasks.discarded > 0
      ? [
          `${countOf(tasks.discarded, 'task')} of ${groupDigits(tasks.planned)} could not be read; the intervals allow for it`,
        ]
      : [];
  return {
    columns: columnsOf(plan, values),
    report: {
      mode: 'approximate',
      reason,
      notes: [...notes, ...missed, ...lost, ...witnessed, ...(typeof judged === 'string' ? [judged] : [])],
      errorMet: answer.errorMet && missed.length === 0,
      sample: { entry, rowsRead },
      tasks,
      missing,
      cells,
      confidence,
      maxRelativeError,
      choice: typeof judged === 'string' ? null : judged,
      degraded,
    },
  };
}

const queryOf = ({ aggregate }: SelectPlan): AggregateQuery => aggregate!.sampling!.query; // the sample route has a sampled query

/** The columns of an answer from a sample. @param values of each of the query's outputs */
export function columnsOf(plan: SelectPlan, values: readonly ColumnValues[]): AnswerColumn[] {
  const { outputs } = queryOf(plan);
  return plan.query.columns.map(({ name, type }, place) => {
    const { isKey, interval, expression } = outputs[place]!; // as many outputs as columns
    const role = isKey ? 'group' : interval === null ? 'value' : 'estimate';
    // What is made of accessors and estimates has the type that estimates give it: no whole numbers.
    return { name, role, type: role === 'value' ? expression.type : type, values: values[place]! };
  });
}
